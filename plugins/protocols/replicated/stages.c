/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One level of AND gates (Araki, Furukawa, Lindell, Nof, Ohara 2016, over bits).
 *
 * Party i's summand z_i = x_i y_i ^ x_i y_i+1 ^ x_i+1 y_i ^ a_i, a_0 ^ a_1 ^ a_2 = 0, is its piece i of the product and goes
 * to party i - 1. XOR acts on each piece, NOT on piece 0. The message: for every AND gate of the level, jobs in order,
 * gates in order, a row of ceil(m / 8) bytes, of a scalar 1 byte. Byte k of it is masked by byte k of the level's own range of
 * a = F(K_i) ^ F(K_i+1).
 * Masking: party i - 1 lacks K_i+1.
 *
 * All of it goes bit by bit, so that threads take ranges of a part's words; scalars come before, or with the first
 * range.
 */
#include "stages.h"

#include "parties.h"
#include "rows.h"

struct stage {
	const struct rep_part *parts;
	size_t n_parts, ranges; /* of each part */
	uint32_t level;
	int me;
	const struct rep_kernels *k;
};

/* Words first .. first + words - 1 of a part's rows, which have m instances. */
struct range {
	const struct rep_part *part;
	size_t first, words, m;
};

static const quo_level *level_of(const struct rep_part *part, uint32_t level)
{
	const quo_levels *l = part->job->program->levels;

	return level < l->n_levels ? &l->levels[level] : NULL;
}

static bool range_of(const struct stage *st, size_t i, struct range *r)
{
	const struct rep_part *part = &st->parts[i / st->ranges];
	quo_range words = quo_range_of(part->words, st->ranges, i % st->ranges, REP_SHARE_WORDS);
	size_t end = words.end == part->words ? part->m : 64 * words.end;

	*r = (struct range){ part, words.first, words.end - words.first, end - 64 * words.first };
	return r->words && level_of(part, st->level);
}

/* NOT acts on piece 0, which is part 0 of party 0 and part 1 of party 2. */
static uint64_t flip_of(int me, unsigned piece, bool flip)
{
	return flip && rep_after(me, (int)piece) == 0 ? UINT64_MAX : 0;
}

static void run_local(const struct stage *st, const struct rep_part *part, const quo_local_gate *g,
		      size_t first, size_t words)
{
	const struct rep_kernels *k = st->k;

	for (unsigned piece = 0; piece < 2; piece++) {
		uint64_t *out = part->rows[g->out].piece[piece] + first;
		const uint64_t *a = part->rows[g->a].piece[piece] + first;
		const uint64_t *b = part->rows[g->b].piece[piece];
		if (g->op == QUO_LOCAL_XOR)
			k->xor_rows(out, a, b + first, words);
		else
			k->xor_word(out, a,
				    g->op == QUO_LOCAL_NOT ? flip_of(st->me, piece, true) : *b,
				    words);
	}
}

static void run_scalar_locals(const struct stage *st, const struct rep_part *part)
{
	const quo_level *level = level_of(part, st->level);
	const quo_levels *l = part->job->program->levels;

	for (uint32_t g = level->locals; g < level->locals_end; g++)
		if (l->locals[g].scalar)
			run_local(st, part, &l->locals[g], 0, 1);
}

static void local_task(void *arg, size_t i)
{
	const struct stage *st = arg;
	struct range r;

	if (!range_of(st, i, &r))
		return;
	const quo_level *level = level_of(r.part, st->level);
	const quo_levels *l = r.part->job->program->levels;
	for (uint32_t g = level->locals; g < level->locals_end; g++)
		if (!l->locals[g].scalar)
			run_local(st, r.part, &l->locals[g], r.first, r.words);
}

/* ---- AND gates ---- */

static bool is_scalar(const quo_and_gate *g)
{
	return g->scalar_a && g->scalar_b;
}

static void multiply(const struct stage *st, const struct range *r, const quo_and_gate *g,
		     uint8_t *row)
{
	const struct rep_row *a = &r->part->rows[g->a], *b = &r->part->rows[g->b];
	bool scalar = is_scalar(g);
	struct rep_and and = { .message = row + (scalar ? 0 : 8 * r->first) };

	for (unsigned piece = 0; piece < 2; piece++) {
		and.x[piece] = b->piece[piece] + (scalar ? 0 : r->first);
		and.y[piece] = a->piece[piece] + (g->scalar_a ? 0 : r->first);
		and.flip_x[piece] = flip_of(st->me, piece, g->not_b);
		and.flip_y[piece] = flip_of(st->me, piece, g->not_a);
	}
	/* When one operand alone is a scalar, it is a. */
	(g->scalar_a ? st->k->multiply_by_scalar : st->k->multiply)(&and, scalar ? 1 : r->m);
}

/* Both messages of the level hold the result's pieces. */
static void store(const struct stage *st, const struct range *r, const quo_and_gate *g,
		  const uint8_t *mine, const uint8_t *theirs)
{
	const struct rep_row *out = &r->part->rows[g->out];
	const uint8_t *from[2] = { mine, theirs };

	for (unsigned piece = 0; piece < 2; piece++) {
		if (is_scalar(g))
			out->piece[piece][0] = 0 - (uint64_t)(*from[piece] & 1);
		else
			st->k->read(out->piece[piece] + r->first, from[piece] + 8 * r->first, r->m);
	}
}

static void and_rows(const struct stage *st, size_t i, bool after)
{
	struct range r;

	if (!range_of(st, i, &r))
		return;
	const quo_level *level = level_of(r.part, st->level);
	const quo_levels *l = r.part->job->program->levels;
	size_t at = 0;
	for (uint32_t g = level->ands; g < level->ands_end; g++) {
		const quo_and_gate *gate = &l->ands[g];
		bool scalar = is_scalar(gate);
		if (!scalar || !r.first) {
			if (after)
				store(st, &r, gate, r.part->mine + at, r.part->theirs + at);
			else
				multiply(st, &r, gate, r.part->mine + at);
		}
		at += rep_row_bytes(scalar ? 1 : r.part->m);
	}
}

static void multiply_task(void *arg, size_t i)
{
	and_rows(arg, i, false);
}

static void store_task(void *arg, size_t i)
{
	and_rows(arg, i, true);
}

/* Words that the level's gates read and write, about. */
static size_t work_of(const struct rep_part *part, uint32_t level)
{
	const quo_level *l = level_of(part, level);

	return l ? 2 * part->words * (l->locals_end - l->locals + l->ands_end - l->ands) : 0;
}

static size_t place_parts(struct rep_part *parts, size_t n_parts, uint32_t level,
			  const struct rep_round *round, int me)
{
	size_t bytes = 0;

	for (size_t i = 0; i < n_parts; i++) {
		if (round->out[rep_after(me, 2)]) {
			parts[i].mine = round->out[rep_after(me, 2)] + bytes;
			parts[i].theirs = round->in[rep_after(me, 1)] + bytes;
		}
		bytes += rep_level_bytes(&parts[i], level);
	}
	return bytes;
}

quo_status rep_level_run(struct replicated *r, quo_session *s, struct rep_part *parts,
			 size_t n_parts, uint32_t level, struct rep_round *round, quo_err *err)
{
	struct stage st = { .parts = parts,
			    .n_parts = n_parts,
			    .ranges = 1,
			    .level = level,
			    .me = quo_me(s),
			    .k = rep_kernels() };
	size_t bytes = place_parts(parts, n_parts, level, round, st.me), work = 0;
	struct rep_range zeros;

	for (int p = 0; p < REP_PARTIES; p++)
		round->m.bytes[p][rep_after(p, 2)] = bytes;
	QUO_TRY(rep_take(&r->keys, bytes, &zeros, err));
	if (quo_is_dry(s))
		return rep_round_run(s, round, err);
	for (size_t i = 0; i < n_parts; i++) {
		work += work_of(&parts[i], level);
		if (level_of(&parts[i], level))
			run_scalar_locals(&st, &parts[i]);
	}
	quo_pool *pool = work < REP_SHARE_WORK ? NULL : quo_session_pool(s);
	st.ranges = quo_pool_threads(pool);
	quo_parallel(pool, n_parts * st.ranges, local_task, &st);
	if (!bytes)
		return QUO_OK;
	rep_stream(pool, &r->keys, REP_BOTH, zeros, 0,
		   (quo_block *)(void *)round->out[rep_after(st.me, 2)], rep_blocks(bytes));
	quo_parallel(pool, n_parts * st.ranges, multiply_task, &st);
	QUO_TRY(rep_round_run(s, round, err));
	quo_parallel(pool, n_parts * st.ranges, store_task, &st);
	return QUO_OK;
}
