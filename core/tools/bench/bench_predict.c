/* SPDX-License-Identifier: Apache-2.0 */
/* predict: 784-128-128-10 on one image and on 128, after set-up; the scores are opened to both. */
#include "numerics/step.h"
#include "tools/bench/bench_network.h"

static const bench_column columns[] = {
	{ "images", "images", BENCH_COUNT, 6 },
	{ "engine", "engine", BENCH_WORD, 28 },
	BENCH_COLUMNS,
	{ "setup_seconds", "set-up", BENCH_SECONDS, 0 },
	{ "paper_seconds", "paper", BENCH_SECONDS, 0 },
	{ 0 },
};

struct arg {
	const bench *b;
	uint32_t images;
};

struct state {
	bench_network network;
	quo_tensor *x;
	int32_t *scores;
};

static quo_status prepare(const bench_job *job, quo_session *s, void *state, quo_err *err)
{
	const struct arg *arg = job->arg;
	struct state *t = state;
	bench_shape shape = { 3, { 784, 128, 128, 10 }, arg->images };

	if (arg->b->quick)
		shape = (bench_shape){ 2, { 20, 16, 10 }, arg->images };
	QUO_TRY(bench_network_init(&t->network, arg->b, s, &shape, err));
	t->x = bench_arith(s, QUO_MAX_RING, arg->images, shape.size[0], err);
	t->scores =
		quo_arena_alloc(quo_run_arena(s), (size_t)arg->images * 10, sizeof *t->scores, err);
	return t->x && t->scores ? QUO_OK : QUO_FAILED;
}

static quo_status run_once(const bench_job *job, quo_session *s, void *state, unsigned phase,
			   quo_err *err)
{
	struct state *t = state;
	quo_tensor *a;

	(void)job;
	(void)phase;
	QUO_TRY(quo_step_predict(&t->network.net, s, t->x, &a, err));
	return quo_reveal(s, a, t->scores, QUO_TO_ALL, err);
}

static void finish(void *state)
{
	bench_network_fini(&((struct state *)state)->network);
}

static quo_status put(bench *b, const char *protocol, const char *label, const void *argument,
		      quo_err *err)
{
	const struct arg *arg = argument;
	bench_result r;
	bench_job job = { .protocol = protocol,
			  .n_phases = 1,
			  .state_bytes = sizeof(struct state),
			  .arg = arg,
			  .prepare = prepare,
			  .run = run_once,
			  .finish = finish };

	QUO_TRY(bench_run(b, &job, &r, err));
	bench_set(b->table, "images", arg->images);
	bench_set_word(b->table, "engine", label);
	bench_put(b, &r, &r.phase[0]);
	if (!r.skipped)
		bench_set(b->table, "setup_seconds", r.setup.seconds.median);
	if (bench_is_lan(b) && !b->quick)
		bench_set(b->table, "paper_seconds", arg->images == 1 ? 0.356 : 2.24);
	bench_end_row(b->table);
	return QUO_OK;
}

static quo_status run(bench *b, quo_err *err)
{
	static const uint32_t images[] = { 1, 128 };

	for (size_t i = 0; i < 2; i++) {
		struct arg arg = { b, images[i] };
		QUO_TRY(bench_every_protocol(b, put, &arg, err));
	}
	return QUO_OK;
}

const bench_command bench_predict = {
	.name = "predict",
	.help = "prediction with 784-128-128-10, one image and 128, after set-up",
	.columns = columns,
	.note = "paper: its LAN, two machines of 32 cores each.\n",
	.run = run,
};
