/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bits to integers bit by bit (after ABY3, Mohassel and Rindal 2018): z = sum_k c_k b_k mod 2^l in two rounds.
 *
 * A block of elements has a dealer d, who knows u = b_d ^ b_d+1; the two others know v = b_d+2. A bit is u + v - 2 u v.
 *   round 1  u = s_d + s_d+1 with s_d from K_d, known to d and d + 2; d sends s_d+1 to d + 1, for every bit. So the sum
 *            P = sum_k c_k u_k v_k is P_d+2 + P_d+1, P_d+2 = sum c_k s_d v_k known to d + 2, P_d+1 = sum c_k s_d+1 v_k to d + 1.
 *   round 2  t_d from K_d, t_d+1 from K_d+1; d + 2 sends alpha = P_d+2 - t_d, d + 1 sends beta = P_d+1 - t_d+1, to each other.
 *   pieces   d: sum c_k s_d - 2 t_d;  d + 1: sum c_k s_d+1 - 2 t_d+1;  d + 2: sum c_k v_k - 2 (alpha + beta).
 * s_d+1 counts mod 2^l / c_k and alpha, beta mod 2^(l-1): for w bits of weights 1, 2, .. that is
 * sum_k (l - k) + 2 (l - 1) bits an element.
 *
 * Masking: s_d+1 by s_d, a stream of K_d, which d + 1 lacks; alpha by t_d, of K_d, to the same d + 1; beta by t_d+1, of K_d+1,
 * which d + 2 lacks. Streams of s and t are ranges of their own, and an element's place in them is its own.
 */
#include "bits.h"

#include <string.h>

#include "parties.h"
#include "rows.h"
#include "wire.h"

/* Elements at a time: what is in flight stays in a first-level cache. Divides REP_BLOCK. */
#define CHUNK ((size_t)512)

/* A conversion's constants. */
struct plan {
	quo_tensor z[2], x[2]; /* parts */
	size_t n;
	unsigned width, ring;
	uint32_t coef[64];
	uint8_t bits[64]; /* of a message's entry, by plane; 0: the plane does not count */
	struct rep_range s, t;
};

/* Elements first .. first + n - 1 of a job, and where their bytes are. */
struct block {
	const struct plan *plan;
	size_t first, n;
	int dealer, role; /* role: this party's, counted from the dealer */
	uint8_t *deal;    /* roles 0, 1: the message of round 1 */
	uint8_t *mine, *theirs;
};

struct run {
	const struct rep_keys *keys;
	struct block *blocks;
};

static size_t deal_bytes(const struct plan *p, size_t n)
{
	size_t bytes = 0;

	for (unsigned k = 0; k < p->width; k++)
		bytes += quo_packed_bytes(n, p->bits[k]);
	return bytes;
}

static size_t open_bytes(const struct plan *p, size_t n)
{
	return quo_packed_bytes(n, p->ring - 1);
}

/* ---- arithmetic on a chunk ---- */

/* Bits first .. first + n - 1 of a plane (of two, added) as words. */
static void bits_of(const struct rep_kernels *k, const uint64_t *a, const uint64_t *b, size_t first,
		    size_t n, uint32_t *out)
{
	uint64_t sum[CHUNK / 64];

	a += first / 64;
	if (b) {
		k->xor_rows(sum, a, b + first / 64, quo_words(n));
		a = sum;
	}
	quo_words_from_planes(a, n, 1, false, out);
}

/* z = -2 t, t of the key of this party's part. */
static void begin_with_mask(const struct run *r, const struct block *b, unsigned key, size_t at,
			    size_t n, uint32_t *t, uint32_t *z)
{
	rep_words(r->keys, key, b->plan->t, at, t, n);
	for (size_t i = 0; i < n; i++)
		z[i] = 0u - 2 * t[i];
}

static void mask_words(uint32_t *z, size_t n, unsigned ring)
{
	for (size_t i = 0; i < n; i++)
		z[i] &= quo_mask32(ring);
}

/* Where the stream of plane k stands for element `at`. */
static uint64_t stream_at(const struct plan *p, unsigned k, size_t at)
{
	return (uint64_t)k * (4 * ((p->n + 3) / 4)) + at;
}

/* The dealer's chunk: pieces d and d + 1, and the message. */
static void deal_chunk(const struct run *r, const struct block *b, size_t off, size_t n)
{
	const struct rep_kernels *kernels = rep_kernels();
	const struct plan *p = b->plan;
	_Alignas(64) uint32_t bit[CHUNK], s[CHUNK];
	size_t at = b->first + off;
	uint32_t *z0 = p->z[0].a + at, *z1 = p->z[1].a + at;
	uint8_t *to = b->deal;

	begin_with_mask(r, b, 0, at, n, s, z0);
	begin_with_mask(r, b, 1, at, n, s, z1);
	for (unsigned k = 0; k < p->width; k++) {
		if (!p->bits[k])
			continue;
		bits_of(kernels, quo_plane(&p->x[0], k), quo_plane(&p->x[1], k), at, n, bit);
		rep_words(r->keys, 0, p->s, stream_at(p, k, at), s, n);
		kernels->add(z0, p->coef[k], s, n);
		kernels->deal(bit, bit, s, n);
		kernels->add(z1, p->coef[k], bit, n);
		quo_pack(bit, n, p->bits[k], to + off / 8 * p->bits[k]);
		to += quo_packed_bytes(b->n, p->bits[k]);
	}
	mask_words(z0, n, p->ring);
	mask_words(z1, n, p->ring);
	quo_wipe(s, sizeof s);
}

/* The others' chunk: their piece of u's sum to `own`, piece d + 2 as far as they know it to `third`, and alpha or beta. */
static void multiply_chunk(const struct run *r, const struct block *b, size_t off, size_t n)
{
	const struct rep_kernels *kernels = rep_kernels();
	const struct plan *p = b->plan;
	_Alignas(64) uint32_t bit[CHUNK], s[CHUNK], sum[CHUNK], t[CHUNK];
	size_t at = b->first + off;
	/* Role 1 has pieces d + 1, d + 2, role 2 has d + 2, d. */
	unsigned own = b->role == 1 ? 0 : 1, third = 1 - own;
	uint32_t *z = p->z[own].a + at, *v = p->z[third].a + at;
	const uint8_t *from = b->deal;

	memset(v, 0, n * sizeof *v);
	memset(sum, 0, sizeof sum);
	begin_with_mask(r, b, own, at, n, t, z);
	for (unsigned k = 0; k < p->width; k++) {
		if (!p->bits[k])
			continue;
		bits_of(kernels, quo_plane(&p->x[third], k), NULL, at, n, bit);
		if (b->role == 1)
			quo_unpack(from + off / 8 * p->bits[k], n, p->bits[k], s);
		else
			rep_words(r->keys, 1, p->s, stream_at(p, k, at), s, n);
		kernels->add(z, p->coef[k], s, n);
		kernels->add_if(sum, p->coef[k], s, bit, n);
		kernels->add(v, p->coef[k], bit, n);
		from += quo_packed_bytes(b->n, p->bits[k]);
	}
	mask_words(z, n, p->ring);
	/* What the other sends is added below; P's own half less its mask is in v already. */
	if (p->ring > 1) {
		kernels->difference(sum, sum, t, UINT32_MAX, n);
		quo_pack(sum, n, p->ring - 1, b->mine + off / 8 * (p->ring - 1));
		kernels->add(v, (uint32_t)-2, sum, n);
	}
	quo_wipe(s, sizeof s);
	quo_wipe(t, sizeof t);
	quo_wipe(sum, sizeof sum);
}

static void finish_chunk(const struct block *b, size_t off, size_t n)
{
	const struct plan *p = b->plan;
	uint32_t other[CHUNK], *v = p->z[b->role == 1 ? 1 : 0].a + b->first + off;

	if (p->ring > 1) {
		quo_unpack(b->theirs + off / 8 * (p->ring - 1), n, p->ring - 1, other);
		rep_kernels()->add(v, (uint32_t)-2, other, n);
	}
	mask_words(v, n, p->ring);
}

/* ---- the three steps, a block a task ---- */

static void deal_task(void *arg, size_t i)
{
	const struct run *r = arg;
	const struct block *b = &r->blocks[i];

	for (size_t off = 0; b->role == 0 && off < b->n; off += CHUNK)
		deal_chunk(r, b, off, b->n - off < CHUNK ? b->n - off : CHUNK);
}

static void multiply_task(void *arg, size_t i)
{
	const struct run *r = arg;
	const struct block *b = &r->blocks[i];

	for (size_t off = 0; b->role != 0 && off < b->n; off += CHUNK)
		multiply_chunk(r, b, off, b->n - off < CHUNK ? b->n - off : CHUNK);
}

static void finish_task(void *arg, size_t i)
{
	const struct run *r = arg;
	const struct block *b = &r->blocks[i];

	for (size_t off = 0; b->role != 0 && off < b->n; off += CHUNK)
		finish_chunk(b, off, b->n - off < CHUNK ? b->n - off : CHUNK);
}

/* ---- a call ---- */

/* A job's shape and constants. */
static void weigh(const struct rep_conversion *job, struct plan *p)
{
	p->width = job->x->spec.width;
	p->ring = job->z->spec.width;
	p->n = job->z->n;
	for (unsigned k = 0; k < p->width; k++) {
		uint32_t c = k < 32 ? UINT32_C(1) << k : 0;
		if (k + 1 == p->width && job->x->spec.is_signed)
			c = 0 - c;
		p->coef[k] = job->coef ? (uint32_t)job->coef[k] : c;
		unsigned zeros = p->coef[k] ? (unsigned)__builtin_ctz(p->coef[k]) : p->ring;
		p->bits[k] = (uint8_t)(zeros < p->ring ? p->ring - zeros : 0);
	}
}

unsigned rep_bits_per_element(const struct rep_conversion *job)
{
	struct plan p;
	unsigned bits = 2 * (job->z->spec.width - 1u);

	weigh(job, &p);
	for (unsigned k = 0; k < p.width; k++)
		bits += p.bits[k];
	return bits;
}

static quo_status plan_of(struct replicated *r, const quo_session *s,
			  const struct rep_conversion *job, struct plan *p, quo_err *err)
{
	weigh(job, p);
	for (unsigned k = 0; k < 2 && !quo_is_dry(s); k++) {
		p->z[k] = quo_part(job->z, k);
		p->x[k] = quo_part(job->x, k);
	}
	QUO_TRY(rep_take(&r->keys, 4 * stream_at(p, p->width, 0), &p->s, err));
	return rep_take(&r->keys, 4 * (uint64_t)p->n, &p->t, err);
}

static size_t count_blocks(const struct rep_conversion *jobs, size_t n_jobs)
{
	size_t n = 0;

	for (size_t i = 0; i < n_jobs; i++)
		n += (jobs[i].z->n + REP_BLOCK - 1) / REP_BLOCK;
	return n;
}

static void list_blocks(const quo_session *s, const struct plan *plans, size_t n_jobs,
			struct block *b)
{
	for (size_t i = 0; i < n_jobs; i++)
		for (size_t at = 0; at < plans[i].n; at += REP_BLOCK, b++) {
			*b = (struct block){ .plan = &plans[i],
					     .first = at,
					     .n = plans[i].n - at < REP_BLOCK ? plans[i].n - at
									      : REP_BLOCK };
			b->dealer = rep_dealer(i, at / REP_BLOCK);
			b->role = rep_after(quo_me(s), REP_PARTIES - b->dealer);
		}
}

/* Sizes of both rounds' messages; once there are buffers, every block's places in them. */
static void place(struct block *blocks, size_t n, struct rep_round *first, struct rep_round *second)
{
	size_t dealt[REP_PARTIES] = { 0 }, opened[REP_PARTIES] = { 0 };

	for (size_t i = 0; i < n; i++) {
		struct block *b = &blocks[i];
		int d = b->dealer, d1 = rep_after(d, 1), d2 = rep_after(d, 2);
		size_t open = opened[d];
		if (b->role == 0 && first->out[d1])
			b->deal = first->out[d1] + dealt[d];
		if (b->role == 1 && first->in[d])
			b->deal = first->in[d] + dealt[d];
		int other = b->role == 1 ? d2 : d1;
		if (b->role && second->out[other]) {
			/* Between two parties both ways, blocks of one dealer only. */
			b->mine = second->out[other] + open;
			b->theirs = second->in[other] + open;
		}
		dealt[d] += deal_bytes(b->plan, b->n);
		opened[d] += open_bytes(b->plan, b->n);
	}
	for (int d = 0; d < REP_PARTIES; d++) {
		int d1 = rep_after(d, 1), d2 = rep_after(d, 2);
		first->m.bytes[d][d1] = dealt[d];
		second->m.bytes[d1][d2] = opened[d];
		second->m.bytes[d2][d1] = opened[d];
	}
}

static quo_status convert(struct replicated *r, quo_session *s, const struct rep_conversion *jobs,
			  size_t n_jobs, quo_err *err)
{
	size_t n = count_blocks(jobs, n_jobs);
	struct plan *plans = quo_arena_alloc(quo_step_arena(s), n_jobs, sizeof *plans, err);
	struct block *blocks = quo_arena_alloc(quo_step_arena(s), n, sizeof *blocks, err);
	struct rep_round first = { 0 }, second = { 0 };
	struct run run = { &r->keys, blocks };
	quo_pool *pool = n > 1 ? quo_session_pool(s) : NULL;

	if (!plans || !blocks)
		return QUO_FAILED;
	for (size_t i = 0; i < n_jobs; i++)
		QUO_TRY(plan_of(r, s, &jobs[i], &plans[i], err));
	list_blocks(s, plans, n_jobs, blocks);
	place(blocks, n, &first, &second);
	QUO_TRY(rep_round_buffers(s, &first, err));
	QUO_TRY(rep_round_buffers(s, &second, err));
	place(blocks, n, &first, &second);
	bool dry = quo_is_dry(s);
	if (!dry)
		quo_parallel(pool, n, deal_task, &run);
	QUO_TRY(rep_round_run(s, &first, err));
	if (!dry)
		quo_parallel(pool, n, multiply_task, &run);
	QUO_TRY(rep_round_run(s, &second, err));
	if (!dry)
		quo_parallel(pool, n, finish_task, &run);
	return QUO_OK;
}

quo_status rep_convert_bits(struct replicated *r, quo_session *s, const struct rep_conversion *jobs,
			    size_t n_jobs, quo_err *err)
{
	quo_arena_mark mark = quo_arena_here(quo_step_arena(s));
	quo_status status = convert(r, s, jobs, n_jobs, err);

	quo_arena_release(quo_step_arena(s), mark);
	return status;
}
