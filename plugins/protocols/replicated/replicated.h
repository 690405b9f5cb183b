/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parts of protocol/replicated: keyed streams (streams.c), what travels (wire.c), input and output (share.c),
 * products (product.c), bits to integers (convert.c, words.c), circuits (program.c, plan.c, ports.c, stages.c, map.c),
 * row kernels (rows.c) and the component (replicated.c).
 *
 * A value is the sum mod 2^l of three pieces x_0, x_1, x_2, or the XOR of three bits. Party i has pieces i and i + 1
 * (indices mod 3) as parts 0 and 1 of a tensor, so it lacks one, and every piece has two holders. Key K_q goes with
 * piece q: its holders are the same two parties, q and q - 1.
 */
#ifndef QUOTIENT_PLUGINS_REPLICATED_H
#define QUOTIENT_PLUGINS_REPLICATED_H

#include <quotient/gemm.h>
#include <quotient/quotient.h>

enum { REP_PARTIES = 3 };

static inline int rep_after(int party, int by)
{
	return (party + by) % REP_PARTIES;
}

/* The part of a tensor in which `me` has a piece; 2: it lacks it. */
static inline int rep_part_of(int me, int piece)
{
	return (piece - me + REP_PARTIES) % REP_PARTIES;
}

/* ---- streams.c ---- */

/*
 * Counters. The three keys count blocks in one sequence for the whole session: whoever needs key stream, at
 * whichever of its parties, takes the next blocks of that sequence for one purpose. All parties take alike, as sizes are
 * public, also those that lack the key. Nothing gives blocks back and the count stops short of its end, so that no two uses
 * have a (key, counter) pair in common.
 * A range that is used with several keys has different pairs with each.
 */
struct rep_keys {
	quo_block key[2]; /* K_me, K_me+1 */
	quo_aes_key schedule[2];
	uint64_t next; /* the first block that nobody has taken */
};

struct rep_range {
	uint64_t first, blocks;
};

/* The next `bytes` bytes of all three key streams; QUO_FAILED when the counters are used up. */
quo_status rep_take(struct rep_keys *keys, uint64_t bytes, struct rep_range *out, quo_err *err);
void rep_keys_set(struct rep_keys *keys, quo_block own, quo_block next);

/* Which stream: of the key of part 0 or 1, or the XOR of both (shares of zero bits). */
enum rep_stream { REP_PART_0, REP_PART_1, REP_BOTH };

/* Blocks at .. at + n - 1 of a range, on the pool's threads (NULL: one). */
void rep_stream(quo_pool *pool, const struct rep_keys *keys, enum rep_stream which,
		struct rep_range range, uint64_t at, quo_block *out, size_t n);
/*
 * Words at .. at + n - 1 of a range, 32 bits each; `at` a multiple of 4, room for a multiple of 4. rep_zero_words() adds
 * to z this party's summand of zero: words of part 0 less words of part 1.
 */
void rep_words(const struct rep_keys *keys, unsigned part, struct rep_range range, uint64_t at,
	       uint32_t *out, size_t n);
void rep_zero_words(const struct rep_keys *keys, struct rep_range range, uint32_t *z, size_t n);

static inline size_t rep_blocks(size_t bytes)
{
	return bytes / 16 + (bytes % 16 != 0);
}

/* ---- rows.c ---- */

/*
 * This party's summand of (x ^ flip_x)(y ^ flip_y), x and y in pieces: x_i (y_i ^ y_i+1) ^ x_i+1 y_i, added to the
 * message, where a share of zero stands already. Rows of a message need no alignment.
 */
struct rep_and {
	const uint64_t *x[2], *y[2];
	uint64_t flip_x[2], flip_y[2]; /* all ones or zero */
	uint8_t *message;
};

/* Loops over rows, one table per SIMD tier. Outputs may be an input, as a whole. */
struct rep_kernels {
	void (*xor_rows)(uint64_t *out, const uint64_t *a, const uint64_t *b, size_t words);
	void (*xor_word)(uint64_t *out, const uint64_t *a, uint64_t b, size_t words);
	/* m instances to ceil(m / 8) bytes, bits beyond m cleared. */
	void (*multiply)(const struct rep_and *g, size_t m);
	/* The same with y[0], y[1] single words. */
	void (*multiply_by_scalar)(const struct rep_and *g, size_t m);
	/* A message's row of m bits to whole words. */
	void (*read)(uint64_t *out, const uint8_t *row, size_t m);
	/* out = bit - s */
	void (*deal)(uint32_t *out, const uint32_t *bit, const uint32_t *s, size_t n);
	/* sum += c * x; sum += c * x * bit, bit 0 or 1 */
	void (*add)(uint32_t *sum, uint32_t c, const uint32_t *x, size_t n);
	void (*add_if)(uint32_t *sum, uint32_t c, const uint32_t *x, const uint32_t *bit, size_t n);
	/* out = (a + b) & mask; out = (a - b) & mask */
	void (*sum)(uint32_t *out, const uint32_t *a, const uint32_t *b, uint32_t mask, size_t n);
	void (*difference)(uint32_t *out, const uint32_t *a, const uint32_t *b, uint32_t mask,
			   size_t n);
};
extern const struct rep_kernels rep_rows_portable, rep_rows_avx2, rep_rows_avx512;
/* The table of quo_cpu_tier(). */
const struct rep_kernels *rep_kernels(void);

static inline size_t rep_row_bytes(size_t m)
{
	return m / 8 + (m % 8 != 0);
}

/* ---- the instance ---- */

/* Elements that one party deals at a time, and the grain at which instances are cut; a multiple of 512. */
#define REP_BLOCK ((size_t)4096)

/* Processor time of a party for an AND gate with its share of local gates (docs/performance.md). */
#define REP_AND_S 0.17e-9

struct rep_program;
struct rep_adder;
struct replicated {
	const struct rep_config *config;
	struct rep_keys keys;
	quo_gemm *gemm;
	struct rep_program **programs;
	size_t n_programs;
	struct rep_adder *adders; /* words.c */
	size_t n_adders;
};

struct rep_config {
	int goal;
};

/* The party that deals block `block` of job `job` of a call. The same in every step, so that a step's forecast holds
 * for all. */
static inline int rep_dealer(size_t job, size_t block)
{
	return (int)((job + block) % REP_PARTIES);
}

/* ---- wire.c ---- */

/* A round with its buffers; sizes first, then rep_round_buffers(), then what is sent. */
struct rep_round {
	quo_message_round m;
	uint8_t *out[REP_PARTIES], *in[REP_PARTIES]; /* with 16 bytes more than the sizes */
};
/* Buffers of the step arena; none in a dry session. */
quo_status rep_round_buffers(quo_session *s, struct rep_round *r, quo_err *err);
quo_status rep_round_run(quo_session *s, struct rep_round *r, quo_err *err);

/* One part of a tensor on the wire: exact widths, planes byte by byte. */
size_t rep_wire_bytes(const quo_tensor *t);
void rep_pack(const quo_tensor *t, uint8_t *wire);
void rep_unpack(const uint8_t *wire, quo_tensor *t);
/* t += or -= (ARITH), ^= (BITS) u; tensors of one part. */
void rep_combine(quo_tensor *t, const quo_tensor *u, bool subtract);
/* Key stream that a tensor of this spec takes, in bytes; and a part filled with the stream of `key` part. */
uint64_t rep_stream_bytes(const quo_tensor *t);
void rep_draw(const struct rep_keys *keys, unsigned part, struct rep_range range, quo_tensor *t);

/* ---- share.c ---- */

quo_status rep_share(void *self, quo_session *s, quo_tensor *out, const int32_t *values, int owner,
		     quo_err *err);
quo_status rep_reveal(void *self, quo_session *s, const quo_tensor *in, int32_t *out, int to,
		      quo_err *err);

/* ---- convert.c, words.c, product.c ---- */

/* z = sum_k coef_k (plane k of x) mod 2^l, element by element; coef NULL: the integers that x holds. */
struct rep_conversion {
	quo_tensor *z;
	const quo_tensor *x;
	const int32_t *coef;
};
/* Bit by bit, in two rounds; as words through an adder. Bits that all parties together send for an element. */
quo_status rep_convert_bits(struct replicated *r, quo_session *s, const struct rep_conversion *jobs,
			    size_t n_jobs, quo_err *err);
unsigned rep_bits_per_element(const struct rep_conversion *job);
quo_status rep_convert_words(struct replicated *r, quo_session *s,
			     const struct rep_conversion *jobs, size_t n_jobs, quo_err *err);
unsigned rep_words_per_element(const struct rep_conversion *job);
void rep_adders_free(struct replicated *r);
/* Each job by the way that is faster over the session's link. */
quo_status rep_convert(struct replicated *r, quo_session *s, const struct rep_conversion *jobs,
		       size_t n_jobs, quo_err *err);
quo_status rep_product(void *self, quo_session *s, const quo_matrix_job *jobs, size_t n_jobs,
		       quo_err *err);

/* ---- map.c ---- */

quo_status rep_map(void *self, quo_session *s, const quo_map_job *jobs, size_t n_jobs,
		   quo_err *err);
quo_goal rep_goal(void *self, const quo_session *s, size_t n);

#endif
