/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parts of circuits/gmw: a circuit's program (program.c, cover.c), the plan of a call
 * (plan.c), its multiplication triples (triples.c), the levels of gates (stages.c), row
 * kernels (rows.c) and the engine itself (gmw.c).
 *
 * Stars. AND gates that share an operand share the random bit that masks it: a *star* is an operand
 * (the centre) and the AND gates (leaves) that use it. Its triples have one a, and b_j, c_j = a b_j
 * for every leaf j. One COT per direction makes all of them, because a hash has 128 bits and a
 * triple needs one; and the centre is opened once. Every AND gate belongs to exactly one star, so
 * the stars' centres cover the gates' operands like a vertex cover does the edges of a graph.
 *
 * Wires that depend on scalar ports alone are scalar: one value for all instances. Kinds of stars
 * by what meets there: GMW_VECTOR  centre and leaves differ from instance to instance: one COT per
 * instance; GMW_SCALAR  a scalar centre, other leaves: one COT in all, its hash is the key of a
 * stream of b bits; GMW_ONE     everything scalar: one COT in all.
 */
#ifndef QUOTIENT_PLUGINS_GMW_H
#define QUOTIENT_PLUGINS_GMW_H

#include <quotient/quotient.h>

/* Hash bits that a star takes of a COT: leaves of one star where b is not a stream. */
#define GMW_MAX_LEAVES 32u
/* Memory of a wave: wires, triples and messages. */
#ifndef GMW_WAVE_BYTES
#define GMW_WAVE_BYTES ((size_t)64 << 20)
#endif
/* Instances of a job are cut at multiples of this; itself a multiple of 64. */
#ifndef GMW_GRAIN
#define GMW_GRAIN ((size_t)512)
#endif
/* COTs that are made and hashed at a time; a multiple of 64. */
#ifndef GMW_BATCH_COTS
#define GMW_BATCH_COTS ((size_t)1 << 14)
#endif
/* What a thread should have to do: COTs of a batch, words of a row, and words of all rows of a stage
 * together. */
#ifndef GMW_SHARE_COTS
#define GMW_SHARE_COTS ((size_t)1 << 11)
#define GMW_SHARE_WORDS ((size_t)64)
#define GMW_SHARE_WORK ((size_t)1 << 15)
#endif

/* ---- programs ---- */

typedef enum gmw_kind { GMW_VECTOR, GMW_SCALAR, GMW_ONE, GMW_CROSS } gmw_kind;

typedef enum gmw_code { GMW_XOR, GMW_XOR_SCALAR /* b is scalar, out is not */, GMW_NOT } gmw_code;

/*
 * Rows. A row is one bit of every instance, or one word that repeats a scalar bit. Numbers of rows:
 * input wires of the two-party circuit, then slots of vectors, then slots of scalars.
 */
struct gmw_op {
	uint32_t out, a, b;
	uint8_t code;
	bool scalar; /* all of it */
};

struct gmw_star {
	uint32_t centre; /* row */
	uint32_t degree;
	uint32_t planes,
		words; /* where its triples start among the part's planes and scalar words */
	uint8_t kind;
	uint8_t owner; /* CROSS: the party that knows the centre */
};

/* The star's rows differ from instance to instance, its centre's too. */
static inline bool gmw_wide(const struct gmw_star *s)
{
	return s->kind == GMW_VECTOR || s->kind == GMW_CROSS;
}

/* The party takes part in opening the centre; the leaves. */
static inline bool gmw_opens_centre(const struct gmw_star *s, int party)
{
	return s->kind != GMW_CROSS || s->owner == party;
}
static inline bool gmw_opens_leaves(const struct gmw_star *s, int party)
{
	return s->kind != GMW_CROSS || s->owner != party;
}
/* The star's COTs go (also) in the direction in which the party sends. */
static inline bool gmw_has_cots(const struct gmw_star *s, int sender)
{
	return gmw_opens_leaves(s, sender);
}

struct gmw_and {
	uint32_t star, leaf; /* leaf: its number in the star */
	uint32_t in, out;    /* rows: the leaf's operand, the result */
	bool not_centre, not_leaf;
};

/* A stage: local gates, then one exchange that opens centres and leaves, then the AND gates. Ends
 * in the arrays. */
struct gmw_stage {
	uint32_t ops_end, stars_end, ands_end;
};

struct gmw_program {
	uint64_t id;   /* of the circuit as the caller gave it */
	quo_goal goal; /* of its adders behind additive ports */
	struct gmw_op *ops;
	struct gmw_star *stars; /* in the order in which they are opened */
	struct gmw_and *ands;   /* in the order in which they are evaluated */
	struct gmw_stage *stages;
	uint32_t *out_rows; /* of each output wire; or QUO_OUT_ZERO, QUO_OUT_ONE */
	bool *out_scalar;
	uint32_t n_stages; /* the circuit's depth, and one without an exchange */
	uint32_t n_inputs, n_outputs;
	uint32_t n_slots, n_scalar_slots;
	uint32_t n_stars, n_ands;
	uint32_t n_single_stars; /* COTs of a part in either direction: of kinds SCALAR and ONE */
	uint32_t n_planes, n_words;
	uint32_t most_rows;    /* vectors in the largest exchange */
	uint32_t input_planes; /* planes of additive ports */
};

/* The program of a circuit; additive ports are split (quo_split_arith). NULL and a message on
 * failure. */
struct gmw_program *gmw_program_new(const quo_circuit *c, quo_goal goal, quo_err *err);
void gmw_program_free(struct gmw_program *p);

/* An AND gate between two operands, numbered as the caller likes below n_vertices. */
struct gmw_edge {
	uint32_t a, b;
};
/*
 * Choose a centre for every edge, few in all: centre[e] is a or b of edge e. Greedy: the operand
 * with most uncovered edges first; then centres whose edges all have another centre are dropped.
 */
quo_status gmw_cover(const struct gmw_edge *edges, uint32_t n, uint32_t n_vertices,
		     uint32_t *centre, quo_err *err);

/* ---- the plan of a call ---- */

struct gmw_job {
	const quo_map_job *map;
	const struct gmw_program *program;
};

/* Instances first .. first+m-1 of a job. */
struct gmw_part {
	const struct gmw_job *job;
	size_t first, m, words;
	uint64_t **rows;   /* by number */
	uint64_t *planes;  /* triples, `words` a plane */
	uint64_t *scalars; /* triples of scalars */
	uint64_t *zeros;   /* a row */
	const struct gmw_kernels *k;
	/* Where its messages of the present stage begin. */
	uint8_t *mine;
	const uint8_t *theirs;
};

struct gmw_cursor {
	size_t job, done;
};

/*
 * The next wave: parts that advance stage by stage together (room for n_jobs of them) within
 * GMW_WAVE_BYTES. Their number; 0: all done. Public shapes decide it alone, so that both parties
 * and a forecast agree.
 */
size_t gmw_next_wave(const struct gmw_job *jobs, size_t n_jobs, struct gmw_cursor *cursor,
		     struct gmw_part *parts);
/* Bytes that a party sends for the part in the exchange of a stage. */
size_t gmw_stage_bytes(const struct gmw_part *part, uint32_t stage, int party);

static inline size_t gmw_row_bytes(size_t m)
{
	return m / 8 + (m % 8 != 0);
}

/* ---- triples ---- */

static inline uint64_t *gmw_plane(const struct gmw_part *part, uint32_t plane)
{
	return part->planes + plane * part->words;
}

/* Rows of a star's triples: vectors or single words as its kind says. */
static inline uint64_t *gmw_a(const struct gmw_part *part, const struct gmw_star *s)
{
	return gmw_wide(s) ? gmw_plane(part, s->planes) : part->scalars + s->words;
}

/* Where the opened centre goes: d = centre ^ a. */
static inline uint64_t *gmw_d(const struct gmw_part *part, const struct gmw_star *s)
{
	return gmw_wide(s) ? gmw_plane(part, s->planes + 1) : part->scalars + s->words + 1;
}

static inline uint64_t *gmw_b(const struct gmw_part *part, const struct gmw_star *s, uint32_t j)
{
	if (s->kind == GMW_ONE)
		return part->scalars + s->words + 2 + j;
	return gmw_plane(part, s->planes + (gmw_wide(s) ? 2 : 0) + j);
}

static inline uint64_t *gmw_c(const struct gmw_part *part, const struct gmw_star *s, uint32_t j)
{
	return gmw_b(part, s, s->degree + j);
}

/* Make the triples of a wave's parts, whose planes and scalars are zero; in a dry session, account
 * for it. */
quo_status gmw_triples(quo_session *s, const struct gmw_part *parts, size_t n_parts, quo_err *err);

/* ---- stages ---- */

/*
 * One stage of a wave: local gates, one exchange, AND gates. `mine` and `theirs` have room for the
 * stage's messages (gmw_stage_bytes) and a word more each.
 */
quo_status gmw_stage_run(quo_session *s, struct gmw_part *parts, size_t n_parts, uint32_t stage,
			 uint8_t *mine, uint8_t *theirs, quo_err *err);

/* ---- rows ---- */

/* Bits at .. at+n-1 of a plane to a row; the last word's other bits cleared. */
void gmw_cut_bits(uint64_t *out, const uint64_t *plane, size_t at, size_t n);

/*
 * One party's share of (x ^ fx)(y ^ fy) from d = x ^ a, e = y ^ b opened and shares of a, b, c = ab
 * (Beaver 1991): d e (party 0 alone) ^ d b ^ e a ^ c. d and e come with fx, fy (all ones or zero)
 * added here. e is the sum of two messages, whose rows need no alignment; whole words of them are
 * read.
 */
struct gmw_beaver {
	uint64_t *out;
	const uint64_t *d, *a, *b, *c;
	const uint8_t *e0, *e1;
	uint64_t not_d, not_e;
	uint64_t party0; /* all ones at party 0 */
};

/* Loops over rows, one table per SIMD tier. Outputs may be an input, as a whole. */
struct gmw_kernels {
	void (*xor_rows)(uint64_t *out, const uint64_t *a, const uint64_t *b, size_t words);
	void (*xor_word)(uint64_t *out, const uint64_t *a, uint64_t b, size_t words);
	/* c ^= a & b */
	void (*add_product)(uint64_t *c, const uint64_t *a, const uint64_t *b, size_t words);
	void (*add_multiple)(uint64_t *c, uint64_t a, const uint64_t *b, size_t words);
	/* a ^ b to gmw_row_bytes(m) bytes, bits beyond m cleared. */
	void (*mask)(uint8_t *out, const uint64_t *a, const uint64_t *b, size_t m);
	/* The sum of two messages to a row of m bits. */
	void (*open)(uint64_t *out, const uint8_t *a, const uint8_t *b, size_t m);
	void (*multiply)(const struct gmw_beaver *m, size_t words);
	/* The same with d and a single words. */
	void (*multiply_by_scalar)(const struct gmw_beaver *m, size_t words);
	/* Low 32 bits of blocks; and of the sums of pairs. */
	void (*low_words)(uint32_t *x, const quo_block *h, size_t n);
	void (*low_words_pair)(uint32_t *x, uint32_t *v, const quo_block *h0, const quo_block *h1,
			       size_t n);
};
/* The table of quo_cpu_tier(). */
const struct gmw_kernels *gmw_kernels(void);

#endif
