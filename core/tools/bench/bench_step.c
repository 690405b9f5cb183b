/* SPDX-License-Identifier: Apache-2.0 */
/* step: one training step of 784-128-128-10 with a batch of 128, by phase. */
#include "numerics/step.h"
#include "tools/bench/bench_network.h"

enum { FORWARD, BACKWARD, UPDATE, PHASES };
static const char *const names[] = { "forward", "backward", "update" };

static const bench_column columns[] = {
	{ "optimizer", "optimizer", BENCH_WORD, 9 },
	{ "engine", "engine", BENCH_WORD, 28 },
	{ "phase", "phase", BENCH_WORD, 8 },
	{ "parties", "parties", BENCH_COUNT, 7 },
	BENCH_TIME_COLUMNS,
	BENCH_THIRD_COLUMN,
	BENCH_TRAFFIC_COLUMNS,
	{ "peak_rss_bytes", "memory", BENCH_BYTES, 0 },
	{ "paper_seconds", "paper", BENCH_SECONDS, 0 },
	{ 0 },
};

struct state {
	bench_network network;
	quo_tensor *x, *y, *e;
	uint64_t step;
};

static quo_status prepare(const bench_job *job, quo_session *s, void *state, quo_err *err)
{
	const bench *b = job->arg;
	struct state *t = state;
	bench_shape shape = { 3, { 784, 128, 128, 10 }, 128 };

	if (b->quick)
		shape = (bench_shape){ 2, { 20, 16, 10 }, 8 };
	QUO_TRY(bench_network_init(&t->network, b, s, &shape, err));
	t->x = bench_arith(s, QUO_MAX_RING, shape.batch, shape.size[0], err);
	t->y = bench_labels(s, shape.batch, 10, err);
	return t->x && t->y ? QUO_OK : QUO_FAILED;
}

static quo_status run_phase(const bench_job *job, quo_session *s, void *state, unsigned phase,
			    quo_err *err)
{
	struct state *t = state;

	(void)job;
	if (phase == FORWARD)
		return quo_step_forward(&t->network.net, s, t->x, t->y, &t->e, err);
	if (phase == BACKWARD)
		return quo_step_backward(&t->network.net, s, t->e, err);
	return quo_step_update(&t->network.net, s, 0, t->step++, err);
}

static void finish(void *state)
{
	bench_network_fini(&((struct state *)state)->network);
}

static void put_row(bench *b, const char *label, const char *phase, const bench_result *r,
		    const bench_phase *p)
{
	bench_set_word(b->table, "optimizer", b->optimizer);
	bench_set_word(b->table, "engine", label);
	bench_set_word(b->table, "phase", phase);
	bench_set(b->table, "parties", r->parties);
	bench_put(b, r, p);
}

static quo_status put(bench *b, const char *protocol, const char *label, const void *arg,
		      quo_err *err)
{
	bench_result r;
	uint64_t most = 0;
	bench_job job = { .protocol = protocol,
			  .n_phases = PHASES,
			  .state_bytes = sizeof(struct state),
			  .arg = b,
			  .prepare = prepare,
			  .run = run_phase,
			  .finish = finish };

	(void)arg;
	QUO_TRY(bench_run(b, &job, &r, err));
	for (unsigned i = 0; i < PHASES; i++) {
		put_row(b, label, names[i], &r, &r.phase[i]);
		bench_end_row(b->table);
	}
	put_row(b, label, "all", &r, &r.total);
	for (int i = 0; i < r.parties && !r.skipped; i++)
		if (r.peak_rss[i] > most)
			most = r.peak_rss[i];
	if (!r.skipped)
		bench_set(b->table, "peak_rss_bytes", (double)most);
	if (!b->quick && r.parties == 2 && bench_is_lan(b))
		bench_set(b->table, "paper_seconds", 67);
	if (!b->quick && r.parties == 2 && bench_is_paper_wan(b))
		bench_set(b->table, "paper_seconds", 389);
	bench_end_row(b->table);
	return QUO_OK;
}

static quo_status run_optimizer(bench *b, quo_err *err)
{
	return bench_every_protocol(b, put, NULL, err);
}

static quo_status run(bench *b, quo_err *err)
{
	return bench_every_optimizer(b, run_optimizer, err);
}

const bench_command bench_step = {
	.name = "step",
	.help = "a training step of 784-128-128-10, batch 128, by phase (--protocols, --optimizer)",
	.columns = columns,
	.note = "Random shares of data; the public initial weights. paper: two parties, on two machines of 32 cores each.\n",
	.run = run,
};
