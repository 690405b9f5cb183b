/* SPDX-License-Identifier: Apache-2.0 */
/*
 * products/cot: the shared bit-plane product by correlated OT (flow.c has the protocol and why it
 * is secure).
 *
 * Per batch of COTs: the choices of direction 0, those of direction 1, then the payloads of both at
 * the same time, both parties sending corrections of their own direction while they take in the
 * other's. Bytes per COT: n (l - e) / 8 for a row of n integers mod 2^l under a coefficient of 2^e,
 * on top of the OT engine's.
 */
#include "flow.h"

#include <quotient/ot.h>

#include <string.h>

/* Processor time for a COT, beside its making, and for a byte of its row (docs/performance.md). */
#define ROW_S 6e-9
#define SENDER_S 0.18e-9
#define RECEIVER_S 0.1e-9
#define MAX_AHEAD_BYTES ((uint64_t)1 << 26)

struct config {
	int64_t batch, chunk_kib;
};

struct cot {
	const struct config *config;
};

static const quo_option options[] = {
	QUO_OPTION(struct config, batch, QUO_OPT_INT, "1048576",
		   "Correlated OTs in flight per direction; 16 bytes of memory each.", .min = 8,
		   .max = 1 << 26),
	QUO_OPTION(struct config, chunk_kib, QUO_OPT_INT, "256",
		   "KiB of corrections that a thread computes before they are sent.", .min = 1,
		   .max = 1 << 16),
	{ 0 },
};

static quo_status init(void *self, const void *config, quo_err *err)
{
	(void)err;
	((struct cot *)self)->config = config;
	return QUO_OK;
}

static quo_status open(void *self, quo_session *s, quo_err *err)
{
	(void)self;
	if (quo_parties(s) != 2 || !quo_session_cot(s, 0) || !quo_session_cot(s, 1))
		return quo_fail(err, QUO_BUG,
				"products/cot wants two parties and a COT in each direction");
	return QUO_OK;
}

/* COTs of the next batch in one direction; the cursor moves behind them. */
static size_t next_batch(cot_cursor *cursor, size_t batch, uint64_t *bytes)
{
	cot_piece piece;
	size_t n = 0;

	*bytes = 0;
	while (n < batch && cot_cursor_next(cursor, batch - n, &piece)) {
		cot_shape shape = cot_shape_of(piece.job);
		n += piece.count;
		*bytes += cot_wire_bytes(&shape, piece.width, piece.count);
	}
	return n;
}

static quo_status choose(cot_flow *flow, int direction, uint64_t *choices, quo_block *blocks,
			 quo_err *err)
{
	quo_session *s = flow->session;
	cot_cursor cursor = flow->cursor;
	cot_piece piece;

	if (!flow->sender && !quo_is_dry(s)) {
		memset(choices, 0, quo_words(flow->n) * sizeof *choices);
		for (size_t at = 0; at < flow->n; at += piece.count) {
			cot_cursor_next(&cursor, flow->n - at, &piece);
			const cot_operand *op = &flow->operands[piece.job_index];
			quo_bits_append(choices, at, op->planes + piece.plane * op->plane_words,
					piece.first, piece.count);
		}
	}
	return quo_cot_chosen(quo_session_cot(s, direction), s, flow->n,
			      flow->sender ? NULL : choices, blocks, err);
}

/* How far this party sends ahead of what it has taken in, in bytes: with less than a round trip of
 * the link under way, both would wait for each other's next chunk. Nothing ahead where latency is
 * nothing: what is sent stays in cache. */
static uint64_t ahead_bytes(const quo_session *s)
{
	double bytes = 4 * quo_session_link(s).latency_s * quo_session_link(s).bytes_per_s;

	return bytes > MAX_AHEAD_BYTES ? MAX_AHEAD_BYTES : (uint64_t)bytes;
}

/*
 * Parties cut a direction into steps of their own: threads may differ. A party waits for a step only
 * when it has sent at least as many bytes as it will then have taken in, or everything. Were both to
 * wait, each would need more than the other has sent, and so more than it has sent itself: never.
 */
static quo_status stream(cot_flow flow[2], quo_session *s, quo_err *err)
{
	cot_flow *out = &flow[quo_me(s)], *in = &flow[1 - quo_me(s)];
	uint64_t ahead = ahead_bytes(s);

	while (!cot_flow_ended(out) || !cot_flow_ended(in)) {
		bool may_send = cot_flow_ended(in) || out->bytes < cot_flow_next_bytes(in) + ahead;
		QUO_TRY(cot_flow_step(!cot_flow_ended(out) && may_send ? out : in, err));
	}
	return quo_channel_flush(quo_session_peer(s), err);
}

/*
 * The payloads of both directions, one round. Lanes stream them through the channel, as far ahead as the
 * link wants; a dry session states them here.
 */
static quo_status payloads(cot_flow flow[2], quo_session *s, const uint64_t bytes[2], quo_err *err)
{
	const int me = quo_me(s), other = 1 - me;
	quo_status status;

	quo_round(s, true);
	if (quo_is_dry(s)) {
		status = quo_send(s, other, NULL, bytes[me], err);
		if (status == QUO_OK)
			status = quo_recv(s, other, NULL, bytes[other], err);
	} else {
		status = stream(flow, s, err);
	}
	quo_round(s, false);
	for (int i = 0; i < 2; i++) {
		double rows = (double)flow[i].n * ROW_S;
		quo_session_work(s, i, rows + (double)bytes[i] * SENDER_S);
		quo_session_work(s, 1 - i, rows + (double)bytes[i] * RECEIVER_S);
	}
	return status;
}

/* One batch; false in *more when there was none left. */
static quo_status run_batch(const struct cot *self, cot_flow flow[2], uint64_t *choices,
			    quo_block *blocks[2], bool *more, quo_err *err)
{
	quo_session *s = flow[0].session;
	cot_cursor after[2] = { flow[0].cursor, flow[1].cursor };
	uint64_t bytes[2];

	for (int i = 0; i < 2; i++) {
		size_t n = next_batch(&after[i], (size_t)self->config->batch, &bytes[i]);
		uint64_t tweak = quo_session_tweaks(s, i ? QUO_DOMAIN_COT_1 : QUO_DOMAIN_COT_0,
						    (n + QUO_TCCR_PER_KEY - 1) / QUO_TCCR_PER_KEY);
		cot_flow_begin(&flow[i], n, blocks[i], tweak);
	}
	*more = flow[0].n || flow[1].n;
	if (!*more)
		return QUO_OK;
	for (int i = 0; i < 2; i++)
		if (flow[i].n)
			QUO_TRY(choose(&flow[i], i, choices, blocks[i], err));
	quo_status status = payloads(flow, s, bytes, err);
	flow[0].cursor = after[0];
	flow[1].cursor = after[1];
	return status;
}

static quo_status run_batches(const struct cot *self, cot_flow flow[2], uint64_t *choices,
			      quo_block *blocks[2], quo_err *err)
{
	bool more = true;

	while (more)
		QUO_TRY(run_batch(self, flow, choices, blocks, &more, err));
	return QUO_OK;
}

static quo_status multiply(const struct cot *self, quo_session *s, const cot_cursor cursor[2],
			   const cot_operand *op, quo_err *err)
{
	size_t largest = 0;
	quo_block *blocks[2];
	cot_flow flow[2];

	for (int i = 0; i < 2; i++) {
		uint64_t bytes;
		cot_cursor at = cursor[i];
		size_t n = next_batch(&at, (size_t)self->config->batch, &bytes);
		largest = n > largest ? n : largest;
		blocks[i] = quo_arena_alloc(quo_step_arena(s), n, sizeof **blocks, err);
		if (!blocks[i])
			return QUO_FAILED;
		flow[i] = (cot_flow){
			.session = s, .operands = op, .cursor = cursor[i], .sender = quo_me(s) == i
		};
		if (n)
			QUO_TRY(cot_flow_open(&flow[i], (size_t)self->config->chunk_kib << 10,
					      bytes, quo_step_arena(s), err));
	}
	uint64_t *choices =
		quo_arena_alloc(quo_step_arena(s), quo_words(largest), sizeof *choices, err);
	if (!choices)
		return QUO_FAILED;
	flow[quo_me(s)].delta = quo_cot_delta(quo_session_cot(s, quo_me(s)));
	quo_status status = run_batches(self, flow, choices, blocks, err);
	quo_wipe(&flow[quo_me(s)].delta, sizeof flow[quo_me(s)].delta);
	return status;
}

static quo_status run(const struct cot *self, quo_session *s, const cot_cursor cursor[2],
		      const quo_matrix_job *jobs, size_t n_jobs, quo_err *err)
{
	cot_operand *op = quo_arena_alloc(quo_step_arena(s), n_jobs, sizeof *op, err);

	if (!op)
		return QUO_FAILED;
	for (size_t i = 0; i < n_jobs; i++)
		QUO_TRY(cot_operand_open(&op[i], &jobs[i], quo_me(s), quo_session_pool(s),
					 quo_step_arena(s), err));
	QUO_TRY(multiply(self, s, cursor, op, err));
	for (size_t i = 0; i < n_jobs; i++)
		QUO_TRY(cot_operand_close(&op[i], &jobs[i], quo_session_pool(s), quo_step_arena(s),
					  err));
	return QUO_OK;
}

static quo_status product(void *self, quo_session *s, const quo_matrix_job *jobs, size_t n_jobs,
			  quo_err *err)
{
	cot_cursor cursor[2] = { { .jobs = jobs, .n_jobs = n_jobs, .direction = 0 },
				 { .jobs = jobs, .n_jobs = n_jobs, .direction = 1 } };

	for (size_t i = 0; i < n_jobs; i++)
		if (jobs[i].y->spec.width < jobs[i].z->spec.width)
			return quo_fail(err, QUO_BUG,
					"product: a ring of %d bits cannot give one of %d",
					jobs[i].y->spec.width, jobs[i].z->spec.width);
	if (quo_is_dry(s)) {
		cot_flow flow[2] = { { .session = s, .cursor = cursor[0] },
				     { .session = s, .cursor = cursor[1] } };
		return run_batches(self, flow, NULL, (quo_block *[2]){ NULL, NULL }, err);
	}
	quo_arena_mark mark = quo_arena_here(quo_step_arena(s));
	quo_status status = run(self, s, cursor, jobs, n_jobs, err);
	quo_arena_release(quo_step_arena(s), mark);
	return status;
}

/* COTs for each of the integers that are summed over, with this side's planes on the left. An
 * operand that a party owns needs them in one direction only. */
static uint64_t cots(const quo_product_job *job, quo_product_side side, const quo_value *planes,
		     const quo_value *integers)
{
	const quo_tensor *y = integers->arith ? integers->arith : integers->bits;
	uint64_t directions = y->spec.owner == QUO_SHARED ? 2 : 1;

	return directions * planes->bits->spec.width * quo_product_outer(job, side);
}

/* The operand that needs fewer. Ternary weights always: whatever their number is, a row of their
 * two planes has a quarter of the bytes. */
static quo_product_side planes(void *self, const quo_session *s, const quo_product_job *job)
{
	const quo_value *left = job->left, *right = job->right;

	(void)self, (void)s;
	if (!left->bits || !right->bits)
		return left->bits ? QUO_SIDE_LEFT : QUO_SIDE_RIGHT;
	if (!left->coef != !right->coef)
		return left->coef ? QUO_SIDE_LEFT : QUO_SIDE_RIGHT;
	return cots(job, QUO_SIDE_LEFT, left, right) < cots(job, QUO_SIDE_RIGHT, right, left)
		       ? QUO_SIDE_LEFT
		       : QUO_SIDE_RIGHT;
}

/* Bits to integers: P is the column of bits, Y the number 1 that one party owns. */
struct convert {
	quo_tensor p, y, z;
	uint32_t one;
};

static quo_status convert_job(struct convert *c, const quo_convert_job *job, int party,
			      quo_matrix_job *out, quo_err *err)
{
	if (job->x->n > UINT32_MAX || job->x->n != job->z->n)
		return quo_fail(err, QUO_BUG, "convert: cannot make %zu integers of %zu", job->z->n,
				job->x->n);
	c->p = *job->x;
	c->z = *job->z;
	c->p.spec.n_dims = c->z.spec.n_dims = 2;
	c->p.spec.dim[0] = c->z.spec.dim[0] = (uint32_t)job->x->n;
	c->p.spec.dim[1] = c->z.spec.dim[1] = 1;
	c->y.spec = quo_spec_arith(QUO_MAX_RING, 2, (const uint32_t[]){ 1, 1 });
	c->y.spec.owner = job->x->spec.owner == QUO_SHARED ? 0 : job->x->spec.owner;
	c->y.n = 1;
	c->one = party == c->y.spec.owner;
	c->y.a = &c->one;
	*out = (quo_matrix_job){ .z = &c->z, .p = &c->p, .y = &c->y, .coef = job->coef };
	return QUO_OK;
}

static quo_status convert(void *self, quo_session *s, const quo_convert_job *jobs, size_t n_jobs,
			  quo_err *err)
{
	quo_arena_mark mark = quo_arena_here(quo_step_arena(s));
	quo_matrix_job *products =
		quo_arena_alloc(quo_step_arena(s), n_jobs, sizeof *products, err);
	struct convert *c = quo_arena_alloc(quo_step_arena(s), n_jobs, sizeof *c, err);
	quo_status status = products && c ? QUO_OK : QUO_FAILED;

	for (size_t i = 0; i < n_jobs && status == QUO_OK; i++)
		status = convert_job(&c[i], &jobs[i], quo_me(s), &products[i], err);
	if (status == QUO_OK)
		status = product(self, s, products, n_jobs, err);
	quo_arena_release(quo_step_arena(s), mark);
	return status;
}

static const quo_products_ops ops = {
	.life = { .init = init },
	.open = open,
	.product = product,
	.convert = convert,
	.planes = planes,
};

static const quo_component cot = {
	QUO_COMPONENT(QUO_KIND_PRODUCTS, &ops),
	.name = "cot",
	.summary = "bit planes times integers, one correlated OT per bit and row",
	.security = "semi-honest, 128 bits; circular correlation-robust hash (ideal cipher)",
	.wire_version = 2,
	.instance_size = sizeof(struct cot),
	.config_size = sizeof(struct config),
	.options = options,
};

QUO_PLUGIN("products", "0.1.0", &cot)
