/* SPDX-License-Identifier: Apache-2.0 */
/*
 * primitives: what each engine does per second beside what the machine could do.
 *
 * Rates are those of both parties together working on one job over a socket pair, one process each;
 * the limit is what the bottleneck alone allows: hashing or AES on one core, or the socket.
 * Garbling schemes, and matrix products in the clear, are also measured alone, in one process,
 * without a socket.
 */
#include <stdio.h>
#include <string.h>

#include "tools/bench/bench.h"
#include "tools/bench/bench_circuits.h"
#include "tools/bench/primitives.h"
#include "tools/bench/raw_gc.h"
#include "tools/bench/raw_gemm.h"

#define OT_CHUNK ((size_t)1 << 20)

static const bench_column columns[] = {
	{ "what", "what", BENCH_WORD, 24 },
	{ "engine", "engine", BENCH_WORD, 28 },
	{ "rate", "per s", BENCH_RATE, 8 },
	{ "rate_min", "min", BENCH_RATE, 8 },
	{ "rate_max", "max", BENCH_RATE, 8 },
	{ "unit", "unit", BENCH_WORD, 6 },
	{ "bytes_per_unit", "B/unit", BENCH_REAL, 7 },
	{ "cpu0_seconds_per_unit", "cpu 0", BENCH_SECONDS, 8 },
	{ "cpu1_seconds_per_unit", "cpu 1", BENCH_SECONDS, 8 },
	{ "rate_per_core", "per core", BENCH_RATE, 8 },
	{ "limit", "limit", BENCH_RATE, 8 },
	{ "share_of_limit", "of it", BENCH_PERCENT, 5 },
	{ "limit_by", "limited by", BENCH_WORD, 16 },
	{ 0 },
};

struct context {
	bench *b;
	bench_limits limits;
};

static void put_rate(bench *b, const char *what, const char *engine, const char *unit,
		     bench_stat rate)
{
	bench_set_word(b->table, "what", what);
	bench_set_word(b->table, "engine", engine);
	bench_set_word(b->table, "unit", unit);
	bench_set(b->table, "rate", rate.median);
	bench_set(b->table, "rate_min", rate.min);
	bench_set(b->table, "rate_max", rate.max);
}

/* `units` per run; compute_limit: what the processor allows (0: not known), by what. */
static void put_result(const struct context *c, const char *what, const char *engine,
		       const char *unit, const bench_result *r, double units, double compute_limit,
		       const char *by)
{
	bench *b = c->b;
	const bench_phase *p = &r->phase[0];
	double bytes = (double)bench_sent(r, p) / units;
	double most = (double)(p->sent[0] > p->sent[1] ? p->sent[0] : p->sent[1]) / units;
	double limit = compute_limit,
	       socket_limit = most > 0 ? c->limits.socket_bytes.median / most : 0;

	if (r->skipped)
		return;
	if (socket_limit > 0 && (limit <= 0 || socket_limit < limit)) {
		limit = socket_limit;
		by = "socket";
	}
	put_rate(b, what, engine, unit,
		 (bench_stat){ units / p->seconds.median, units / p->seconds.max,
			       units / p->seconds.min });
	bench_set(b->table, "bytes_per_unit", bytes);
	bench_set(b->table, "cpu0_seconds_per_unit", p->cpu[0] / units);
	bench_set(b->table, "cpu1_seconds_per_unit", p->cpu[1] / units);
	double busier = p->cpu[0] > p->cpu[1] ? p->cpu[0] : p->cpu[1];
	if (busier > 0)
		bench_set(b->table, "rate_per_core", units / busier);
	if (limit > 0) {
		bench_set(b->table, "limit", limit);
		bench_set(b->table, "share_of_limit", units / p->seconds.median / limit);
		bench_set_word(b->table, "limit_by", by);
	}
	bench_end_row(b->table);
}

static void put_limits(const struct context *c)
{
	const bench_limits *l = &c->limits;
	const struct {
		const char *what, *engine, *unit;
		bench_stat rate;
	} row[] = {
		{ "AES-CTR", "one core", "block", l->aes_blocks },
		{ "AES, a key a block", "one core", "block", l->aes_keys },
		{ "hash (8 per key)", "one core", "block", l->hashes },
		{ "memcpy, out of cache", "one core", "byte", l->memcpy_bytes },
		{ "socket pair", "one way", "byte", l->socket_bytes },
		{ "socket pair, each way", "both ways at once", "byte", l->socket_both_bytes },
	};

	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		put_rate(c->b, row[i].what, row[i].engine, row[i].unit, row[i].rate);
		bench_end_row(c->b->table);
	}
}

/* ---- OT: random correlated OTs, party 0 sends ---- */

struct ot {
	quo_block *out;
	uint64_t *choices;
};

static size_t ot_count(const bench_job *job)
{
	return *(const size_t *)job->arg;
}

static quo_status ot_prepare(const bench_job *job, quo_session *s, void *state, quo_err *err)
{
	struct ot *ot = state;

	(void)job;
	if (quo_is_dry(s))
		return QUO_OK;
	ot->out = quo_arena_alloc(quo_run_arena(s), OT_CHUNK, sizeof *ot->out, err);
	ot->choices =
		quo_arena_alloc(quo_run_arena(s), quo_words(OT_CHUNK), sizeof *ot->choices, err);
	return ot->out && ot->choices ? QUO_OK : QUO_FAILED;
}

static quo_status ot_run(const bench_job *job, quo_session *s, void *state, unsigned phase,
			 quo_err *err)
{
	struct ot *ot = state;

	(void)phase;
	for (size_t left = ot_count(job); left;) {
		size_t n = left < OT_CHUNK ? left : OT_CHUNK;
		QUO_TRY(quo_cot_random(quo_session_cot(s, 0), s, n, ot->out,
				       quo_me(s) == 0 ? NULL : ot->choices, err));
		left -= n;
	}
	return QUO_OK;
}

bench_job bench_ot_job(const size_t *n, const char *protocol)
{
	return (bench_job){ .protocol = protocol,
			    .n_phases = 1,
			    .state_bytes = sizeof(struct ot),
			    .arg = n,
			    .prepare = ot_prepare,
			    .run = ot_run };
}

static quo_status measure_ots(const struct context *c, quo_err *err)
{
	const size_t count = c->b->quick ? OT_CHUNK / 16 : 8 * OT_CHUNK;
	bench_engine engine[BENCH_MAX_ENGINES];
	char yaml[BENCH_YAML_CHARS];
	size_t n;

	QUO_TRY(bench_ots(c->b, true, true, engine, &n, err));
	for (size_t i = 0; i < n; i++) {
		bench_result r;
		bench_job job = bench_ot_job(&count, bench_protocol(yaml, &engine[i], NULL));
		QUO_TRY(bench_run(c->b, &job, &r, err));
		/* Whatever an engine does, it writes a pseudo-random block a COT. */
		put_result(c, "random COT", engine[i].label, "COT", &r, (double)ot_count(&job),
			   c->limits.aes_blocks.median, "AES, a block");
	}
	return QUO_OK;
}

/* ---- circuits ---- */

struct map_state {
	quo_circuit *circuit;
	quo_map_job job;
};

static quo_status map_prepare(const bench_job *job, quo_session *s, void *state, quo_err *err)
{
	const bench_map *arg = job->arg;
	struct map_state *m = state;

	m->circuit = arg->which == BENCH_WIDE
			     ? bench_wide_circuit(quo_protocol_goal(s, arg->n), err)
			     : bench_update_circuit(arg->b, quo_protocol_goal(s, arg->n), "amsgrad",
						    err);
	if (!m->circuit)
		return QUO_FAILED;
	return bench_map_job(s, m->circuit, arg->n, &m->job, err);
}

static quo_status map_run(const bench_job *job, quo_session *s, void *state, unsigned phase,
			  quo_err *err)
{
	struct map_state *m = state;

	(void)job;
	(void)phase;
	return quo_map(s, &m->job, 1, err);
}

static void map_finish(void *state)
{
	quo_circuit_free(((struct map_state *)state)->circuit);
}

bench_job bench_map_job_of(const bench_map *map, const char *protocol)
{
	return (bench_job){ .protocol = protocol,
			    .n_phases = 1,
			    .state_bytes = sizeof(struct map_state),
			    .arg = map,
			    .prepare = map_prepare,
			    .run = map_run,
			    .finish = map_finish };
}

/* Hashes of the busier party for an AND gate, where that is known: half-gates 4 (garbler),
 * three-halves 6, GMW 3 (two as sender of one COT, one as receiver of another). */
static double hashes_per_and(const char *label)
{
	return strstr(label, "halfgates")     ? 4
	       : strstr(label, "threehalves") ? 6
	       : strstr(label, "gmw")         ? 3
					      : 0;
}

static quo_status measure_circuits(const struct context *c, quo_err *err)
{
	static const char *const what[] = { "AND, wide circuit", "AND, amsgrad update" };
	bench_engine circuits[BENCH_MAX_ENGINES], ots[BENCH_MAX_ENGINES];
	char yaml[BENCH_YAML_CHARS];
	size_t n, n_ots;

	QUO_TRY(bench_circuits(c->b, true, circuits, &n, err));
	QUO_TRY(bench_ots(c->b, true, false, ots, &n_ots, err));
	for (int which = BENCH_WIDE; which <= BENCH_UPDATE; which++) {
		for (size_t i = 0; i < n * n_ots; i++) {
			const bench_engine *ot = &ots[i % n_ots], *circuit = &circuits[i / n_ots];
			const bool wide = which == BENCH_WIDE;
			const size_t n_instances =
				c->b->quick ? (wide ? 64 : 128) : (wide ? 1 << 14 : 1 << 15);
			bench_map map = { c->b, which, n_instances };
			bench_result r;
			char label[140], by[40];
			bench_job job = bench_map_job_of(&map, bench_protocol(yaml, ot, circuit));
			QUO_TRY(bench_run(c->b, &job, &r, err));
			double hashes = hashes_per_and(circuit->label);
			snprintf(label, sizeof label, "%.60s, %.60s", circuit->label, ot->label);
			snprintf(by, sizeof by, "%g hashes", hashes);
			put_result(c, what[which], label, "AND", &r,
				   (double)r.phase[0].cost.and_gates,
				   hashes > 0 ? c->limits.hashes.median / hashes : 0, by);
		}
	}
	return QUO_OK;
}

static quo_status measure_raw(const struct context *c, quo_err *err)
{
	for (size_t i = 0; i < quo_registry_count(c->b->registry); i++) {
		const quo_registered *r = quo_registry_at(c->b->registry, i);
		bench_raw_gc raw;
		char by[40];
		if (r->component.kind != QUO_KIND_GC)
			continue;
		QUO_TRY(bench_measure_raw_gc(c->b, r, &raw, err));
		double hashes = hashes_per_and(r->component.name);
		for (int side = 0; side < 2; side++) {
			bench_stat rate = side == 0 ? raw.garble : raw.evaluate;
			double per_and = side == 0 ? hashes : hashes / 2;
			put_rate(c->b, side == 0 ? "garble, no socket" : "evaluate, no socket",
				 r->component.name, "AND", rate);
			bench_set(c->b->table, "bytes_per_unit", raw.bytes_per_and);
			if (hashes > 0) {
				snprintf(by, sizeof by, "%g hashes", per_and);
				bench_set(c->b->table, "limit", c->limits.hashes.median / per_and);
				bench_set(c->b->table, "share_of_limit",
					  rate.median * per_and / c->limits.hashes.median);
				bench_set_word(c->b->table, "limit_by", by);
			}
			bench_end_row(c->b->table);
		}
	}
	return QUO_OK;
}

/* ---- products: a ternary 128 x 784 matrix times a batch of 128 columns ---- */

struct product {
	quo_value w, y;
	quo_product_job job;
};

#define PRODUCT_RING 18

static quo_status product_prepare(const bench_job *job, quo_session *s, void *state, quo_err *err)
{
	uint32_t inner = *(const uint32_t *)job->arg;
	struct product *p = state;
	quo_tensor *w = bench_bits(s, 2, false, 128, inner, err),
		   *y = bench_arith(s, PRODUCT_RING, inner, 128, err);
	quo_tensor *z = bench_arith(s, PRODUCT_RING, 128, 128, err);

	if (!w || !y || !z)
		return QUO_FAILED;
	p->w = (quo_value){ .bits = w, .ring = PRODUCT_RING, .coef = quo_ternary_coef };
	p->y = (quo_value){ .arith = y };
	p->job = (quo_product_job){ .z = z, .left = &p->w, .right = &p->y };
	return QUO_OK;
}

static quo_status product_run(const bench_job *job, quo_session *s, void *state, unsigned phase,
			      quo_err *err)
{
	(void)job;
	(void)phase;
	struct product *p = state;
	p->w.arith = NULL; /* a protocol of integers converts every time */
	return quo_product(s, &p->job, 1, err);
}

bench_job bench_product_job(const uint32_t *inner, const char *protocol)
{
	return (bench_job){ .protocol = protocol,
			    .n_phases = 1,
			    .state_bytes = sizeof(struct product),
			    .arg = inner,
			    .prepare = product_prepare,
			    .run = product_run };
}

static quo_status measure_products(const struct context *c, quo_err *err)
{
	const uint32_t inner = c->b->quick ? 16 : 784;
	bench_engine engine[BENCH_MAX_ENGINES];
	char yaml[BENCH_YAML_CHARS];
	size_t n;

	QUO_TRY(bench_ots(c->b, true, false, engine, &n, err));
	for (size_t i = 0; i < n; i++) {
		bench_result r;
		bench_job job = bench_product_job(&inner, bench_protocol(yaml, &engine[i], NULL));
		QUO_TRY(bench_run(c->b, &job, &r, err));
		/* A row at a party, as sender or as receiver: on average 1.5 hashes and 1.5 pads of
		 * the payload's blocks. */
		double blocks = 128.0 * PRODUCT_RING / 128;
		double seconds =
			1.5 / c->limits.hashes.median + 1.5 * blocks / c->limits.aes_blocks.median;
		put_result(c, "product rows, 128x18 bit", engine[i].label, "row", &r,
			   (double)r.phase[0].cost.cots, 1 / seconds, "hash and pads");
	}
	return QUO_OK;
}

static quo_status measure_gemm(const struct context *c, quo_err *err)
{
	static const char *const what[] = { "matrix product, 8 bits", "matrix product, 16 bits" };

	for (unsigned i = 0; i < 2; i++) {
		bench_raw_gemm raw;
		QUO_TRY(bench_measure_raw_gemm(c->b, 8 + 8 * i, &raw, err));
		put_rate(c->b, what[i], "clear, one core", "mult", raw.product);
		bench_set(c->b->table, "limit", raw.tile.median);
		bench_set(c->b->table, "share_of_limit", raw.product.median / raw.tile.median);
		bench_set_word(c->b->table, "limit_by", "its inner loop");
		bench_end_row(c->b->table);
	}
	return QUO_OK;
}

static quo_status run(bench *b, quo_err *err)
{
	struct context c = { .b = b };

	QUO_TRY(bench_measure_limits(b, &c.limits, err));
	put_limits(&c);
	QUO_TRY(measure_gemm(&c, err));
	QUO_TRY(measure_raw(&c, err));
	QUO_TRY(measure_ots(&c, err));
	QUO_TRY(measure_circuits(&c, err));
	return measure_products(&c, err);
}

const bench_command bench_primitives = {
	.name = "primitives",
	.help = "rates of every engine, each beside its physical limit",
	.columns = columns,
	.note = "cpu 0, cpu 1: processor time of either party for a unit; per core: the rate if each party had a core to\n"
		"itself and never waited. limit: what hashing or AES on one core, or the socket, would allow alone; \"of it\"\n"
		"is the rate's share of it. Rows of one core are by processor time. AND rates include the inputs' COTs.\n",
	.run = run,
};
