/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A stage: local gates, one exchange that opens masked operands, AND gates.
 *
 * All of it goes bit by bit, so that threads take ranges of a part's words. Rows of a message lie
 * at places that the program and the part's size give, whoever fills them in. What is one bit for
 * all instances comes before the ranges or is the first one's.
 */
#include "stages.h"

#include "triples.h"

/* What a thread should have to do: words of a row, and words of all rows of a stage together. */
#ifndef GMW_SHARE_WORDS
#define GMW_SHARE_WORDS ((size_t)64)
#define GMW_SHARE_WORK ((size_t)1 << 15)
#endif

struct stage {
	const quo_session *s;
	const struct gmw_part *parts;
	size_t n_parts, ranges; /* of each part */
	uint32_t number;
};

/* Words first .. first+words-1 of a part's rows, which have m instances. */
struct range {
	const struct gmw_part *part;
	size_t first, words, m;
};

static const quo_level *level_of(const struct gmw_part *part, uint32_t stage)
{
	return &part->job->program->levels->levels[stage];
}

static bool has_stage(const struct gmw_part *part, uint32_t stage)
{
	return stage < part->job->program->levels->n_levels;
}

/* ---- local gates, masks ---- */

static void run_op(const quo_session *s, const struct gmw_part *part, const quo_local_gate *op,
		   size_t first, size_t words)
{
	uint64_t flip = quo_me(s) == 0 ? UINT64_MAX : 0;
	uint64_t *out = part->rows[op->out] + first, *a = part->rows[op->a] + first;
	const uint64_t *b = part->rows[op->b];

	if (op->op == QUO_LOCAL_XOR)
		part->k->xor_rows(out, a, b + first, words);
	else
		part->k->xor_word(out, a, op->op == QUO_LOCAL_NOT ? flip : *b, words);
}

static void run_scalar_ops(const quo_session *s, const struct gmw_part *part, uint32_t stage)
{
	const quo_local_gate *locals = part->job->program->levels->locals;
	const quo_level *level = level_of(part, stage);

	for (uint32_t i = level->locals; i < level->locals_end; i++)
		if (locals[i].scalar)
			run_op(s, part, &locals[i], 0, 1);
}

/* A row of the message: `wide`, of the part's instances; else one bit. Returns its end. */
static uint8_t *mask_row(const struct range *r, uint8_t *to, const uint64_t *row,
			 const uint64_t *mask, bool wide)
{
	if (wide)
		r->part->k->mask(to + 8 * r->first, row + r->first, mask + r->first, r->m);
	else if (!r->first)
		r->part->k->mask(to, row, mask, 1);
	return to + gmw_row_bytes(wide ? r->part->m : 1);
}

/* This party's shares of what the stage opens: centres, then leaves. */
static void mask_operands(const quo_session *s, const struct range *r, uint32_t stage)
{
	const struct gmw_part *part = r->part;
	const struct gmw_program *p = part->job->program;
	const quo_level *level = level_of(part, stage);
	uint8_t *to = part->mine;

	for (uint32_t i = p->stages[stage].stars; i < p->stages[stage].stars_end; i++) {
		const struct gmw_star *star = &p->stars[i];
		if (gmw_opens_centre(star, quo_me(s)))
			to = mask_row(r, to, part->rows[star->centre], gmw_a(part, star),
				      gmw_wide(star));
	}
	for (uint32_t i = level->ands; i < level->ands_end; i++) {
		const struct gmw_and *gate = &p->ands[i];
		const struct gmw_star *star = &p->stars[gate->star];
		if (gmw_opens_leaves(star, quo_me(s)))
			to = mask_row(r, to, part->rows[gate->in], gmw_b(part, star, gate->leaf),
				      star->kind != GMW_ONE);
	}
}

static bool range_of(const struct stage *st, size_t i, struct range *r)
{
	const struct gmw_part *part = &st->parts[i / st->ranges];
	quo_range words = quo_range_of(part->words, st->ranges, i % st->ranges, GMW_SHARE_WORDS);
	size_t end = words.end == part->words ? part->m : 64 * words.end;

	*r = (struct range){ part, words.first, words.end - words.first, end - 64 * words.first };
	return r->words && has_stage(part, st->number);
}

static void local_task(void *arg, size_t i)
{
	const struct stage *st = arg;
	struct range r;

	if (!range_of(st, i, &r))
		return;
	const quo_local_gate *locals = r.part->job->program->levels->locals;
	const quo_level *level = level_of(r.part, st->number);
	for (uint32_t k = level->locals; k < level->locals_end; k++)
		if (!locals[k].scalar)
			run_op(st->s, r.part, &locals[k], r.first, r.words);
	mask_operands(st->s, &r, st->number);
}

/* ---- AND gates ---- */

/* Where the reading of an exchange's two messages stands. */
struct messages {
	const uint8_t *mine, *theirs;
};

/* The next row: this party's and the other's part of it, zeros from who sends none. */
static struct messages next_row(const struct gmw_part *part, struct messages *at, bool wide,
				bool from_me, bool from_peer)
{
	const uint8_t *zeros = (const uint8_t *)part->zeros;
	struct messages row = { from_me ? at->mine : zeros, from_peer ? at->theirs : zeros };
	size_t bytes = gmw_row_bytes(wide ? part->m : 1);

	at->mine += from_me ? bytes : 0;
	at->theirs += from_peer ? bytes : 0;
	return row;
}

static struct messages next_centre(const struct gmw_part *part, const struct gmw_star *star,
				   int party, struct messages *at)
{
	return next_row(part, at, gmw_wide(star), gmw_opens_centre(star, party),
			gmw_opens_centre(star, 1 - party));
}

static uint64_t open_bit(const struct messages *row)
{
	return 0 - (uint64_t)((row->mine[0] ^ row->theirs[0]) & 1);
}

static void open_scalar_centres(const quo_session *s, const struct gmw_part *part, uint32_t stage)
{
	const struct gmw_program *p = part->job->program;
	struct messages at = { part->mine, part->theirs };

	for (uint32_t i = p->stages[stage].stars; i < p->stages[stage].stars_end; i++) {
		const struct gmw_star *star = &p->stars[i];
		struct messages row = next_centre(part, star, quo_me(s), &at);
		if (!gmw_wide(star))
			*gmw_d(part, star) = open_bit(&row);
	}
}

static struct gmw_beaver beaver(const quo_session *s, const struct gmw_part *part,
				const struct gmw_and *gate)
{
	const struct gmw_star *star = &part->job->program->stars[gate->star];

	return (struct gmw_beaver){
		.out = part->rows[gate->out],
		.d = gmw_d(part, star),
		.a = gmw_a(part, star),
		.b = gmw_b(part, star, gate->leaf),
		.c = gmw_c(part, star, gate->leaf),
		.not_d = 0 - (uint64_t)gate->not_centre,
		.not_e = 0 - (uint64_t)gate->not_leaf,
		.party0 = quo_me(s) == 0 ? UINT64_MAX : 0,
	};
}

static void multiply_bit(struct gmw_beaver m, const struct messages *row,
			 const struct gmw_kernels *k)
{
	uint64_t e = open_bit(row), zero = 0;

	m.e0 = (const uint8_t *)&e;
	m.e1 = (const uint8_t *)&zero;
	k->multiply_by_scalar(&m, 1);
}

static void multiply_range(struct gmw_beaver m, const struct messages *row, const struct range *r,
			   bool wide)
{
	m.out += r->first;
	m.b += r->first;
	m.c += r->first;
	m.e0 = row->mine + 8 * r->first;
	m.e1 = row->theirs + 8 * r->first;
	if (!wide) {
		r->part->k->multiply_by_scalar(&m, r->words);
		return;
	}
	m.a += r->first;
	m.d += r->first;
	r->part->k->multiply(&m, r->words);
}

/* Opens what mask_operands() masked and evaluates the stage's AND gates. */
static void and_task(void *arg, size_t i)
{
	const struct stage *st = arg;
	struct range r;

	if (!range_of(st, i, &r))
		return;
	int me = quo_me(st->s);
	const struct gmw_part *part = r.part;
	const struct gmw_program *p = part->job->program;
	const quo_level *level = level_of(part, st->number);
	struct messages at = { part->mine, part->theirs };
	for (uint32_t k = p->stages[st->number].stars; k < p->stages[st->number].stars_end; k++) {
		const struct gmw_star *star = &p->stars[k];
		struct messages row = next_centre(part, star, me, &at);
		if (gmw_wide(star))
			part->k->open(gmw_d(part, star) + r.first, row.mine + 8 * r.first,
				      row.theirs + 8 * r.first, r.m);
	}
	for (uint32_t k = level->ands; k < level->ands_end; k++) {
		const struct gmw_and *gate = &p->ands[k];
		const struct gmw_star *star = &p->stars[gate->star];
		bool one = star->kind == GMW_ONE;
		struct messages row = next_row(part, &at, !one, gmw_opens_leaves(star, me),
					       gmw_opens_leaves(star, 1 - me));
		if (!one)
			multiply_range(beaver(st->s, part, gate), &row, &r, gmw_wide(star));
		else if (!r.first)
			multiply_bit(beaver(st->s, part, gate), &row, part->k);
	}
}

/* ---- a stage ---- */

/* Words that the stage's gates read and write, about. */
static size_t work_of(const struct gmw_part *part, uint32_t stage)
{
	const struct gmw_stage *opens = &part->job->program->stages[stage];
	const quo_level *level = level_of(part, stage);

	return part->words * (level->locals_end - level->locals + opens->stars_end - opens->stars +
			      level->ands_end - level->ands);
}

quo_status gmw_stage_run(quo_session *s, struct gmw_part *parts, size_t n_parts, uint32_t stage,
			 uint8_t *mine, uint8_t *theirs, quo_err *err)
{
	struct stage st = { .s = s, .parts = parts, .n_parts = n_parts, .number = stage };
	const bool dry = quo_is_dry(s);
	size_t outgoing = 0, incoming = 0, work = 0;

	for (size_t i = 0; i < n_parts; i++) {
		struct gmw_part *part = &parts[i];
		part->mine = dry ? NULL : mine + outgoing;
		part->theirs = dry ? NULL : theirs + incoming;
		if (!has_stage(part, stage))
			continue;
		outgoing += gmw_stage_bytes(part, stage, quo_me(s));
		incoming += gmw_stage_bytes(part, stage, 1 - quo_me(s));
		if (dry)
			continue;
		work += work_of(part, stage);
		run_scalar_ops(s, part, stage);
	}
	if (dry)
		return quo_exchange_two(s, NULL, outgoing, NULL, incoming, err);
	quo_pool *pool = work < GMW_SHARE_WORK ? NULL : quo_session_pool(s);
	st.ranges = quo_pool_threads(pool);
	quo_parallel(pool, n_parts * st.ranges, local_task, &st);
	if (!outgoing && !incoming)
		return QUO_OK;
	QUO_TRY(quo_exchange_two(s, mine, outgoing, theirs, incoming, err));
	for (size_t i = 0; i < n_parts; i++)
		if (has_stage(&parts[i], stage))
			open_scalar_centres(s, &parts[i], stage);
	quo_parallel(pool, n_parts * st.ranges, and_task, &st);
	return QUO_OK;
}
