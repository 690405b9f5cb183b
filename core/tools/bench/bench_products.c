/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/bench/bench_products.h"

#include <stdio.h>

#include "tools/bench/bench_circuits.h"

const char *const bench_method_names[] = { "COT, ternary", "circuit", "OT, Gilboa" };

struct state {
	quo_circuit *circuit;
	quo_value w, x;
	quo_product_job product;
	quo_map_job map;
};

static quo_status prepare(const bench_job *job, quo_session *s, void *state, quo_err *err)
{
	const bench_product *p = job->arg;
	struct state *t = state;

	if (p->method == BENCH_CIRCUIT) {
		t->circuit = bench_ternary_circuit(quo_protocol_goal(s, (size_t)p->m * p->n),
						   p->width, err);
		return t->circuit ? bench_map_job(s, t->circuit, (size_t)p->m * p->n, &t->map, err)
				  : QUO_FAILED;
	}
	bool ternary = p->method == BENCH_COT;
	quo_tensor *w = bench_bits(s, ternary ? 2 : p->width, !ternary, p->m, p->n, err);
	quo_tensor *x = bench_arith(s, p->width, p->n, 1, err),
		   *z = bench_arith(s, p->width, p->m, 1, err);
	if (!w || !x || !z)
		return QUO_FAILED;
	t->w = (quo_value){ .bits = w,
			    .ring = (uint8_t)p->width,
			    .coef = ternary ? quo_ternary_coef : NULL };
	t->x = (quo_value){ .arith = x };
	t->product = (quo_product_job){ .z = z, .left = &t->w, .right = &t->x };
	return QUO_OK;
}

static quo_status run(const bench_job *job, quo_session *s, void *state, unsigned phase,
		      quo_err *err)
{
	const bench_product *p = job->arg;
	struct state *t = state;

	(void)phase;
	t->w.arith = NULL; /* a protocol of integers converts every time */
	return p->method == BENCH_CIRCUIT ? quo_map(s, &t->map, 1, err)
					  : quo_product(s, &t->product, 1, err);
}

static void finish(void *state)
{
	quo_circuit_free(((struct state *)state)->circuit);
}

static quo_status put(bench *b, const bench_product *p, const bench_engine *ot,
		      const bench_engine *circuits, quo_err *err)
{
	char yaml[BENCH_YAML_CHARS], label[140];
	bench_result r;
	bench_job job = { .protocol = bench_protocol(yaml, ot, circuits),
			  .n_phases = 1,
			  .state_bytes = sizeof(struct state),
			  .arg = p,
			  .prepare = prepare,
			  .run = run,
			  .finish = finish };

	QUO_TRY(bench_run(b, &job, &r, err));
	snprintf(label, sizeof label, "%.60s%s%.60s", circuits ? circuits->label : "",
		 circuits ? ", " : "", ot->label);
	bench_set(b->table, "n", p->n);
	bench_set_word(b->table, "method", bench_method_names[p->method]);
	bench_set_word(b->table, "engine", label);
	bench_put(b, &r, &r.phase[0]);
	bench_end_row(b->table);
	return QUO_OK;
}

quo_status bench_put_products(bench *b, const bench_product *p, quo_err *err)
{
	bench_engine ots[BENCH_MAX_ENGINES], circuits[BENCH_MAX_ENGINES];
	bool with_circuits = p->method == BENCH_CIRCUIT;
	size_t n_ots, n_circuits;

	QUO_TRY(bench_ots(b, !with_circuits, false, ots, &n_ots, err));
	QUO_TRY(bench_circuits(b, true, circuits, &n_circuits, err));
	for (size_t i = 0; i < (with_circuits ? n_circuits : 1); i++)
		for (size_t j = 0; j < n_ots; j++)
			QUO_TRY(put(b, p, &ots[j], with_circuits ? &circuits[i] : NULL, err));
	return QUO_OK;
}
