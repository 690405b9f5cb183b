/* SPDX-License-Identifier: Apache-2.0 */
/*
 * threads: what a party gains from more threads, alone on the machine.
 *
 * Two forked parties run a job once and each keeps what it received. What a party does depends
 * neither on its randomness nor on its threads, so its computation can be repeated against that
 * recording, without the other party, with one thread and with several.
 */
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "run/children.h"
#include "session/session_core.h"
#include "tools/bench/bench.h"
#include "tools/bench/primitives.h"
#include "train/trainer.h"

static const bench_column columns[] = {
	{ "what", "what", BENCH_WORD, 24 },
	{ "engine", "engine", BENCH_WORD, 28 },
	{ "party", "party", BENCH_COUNT, 5 },
	{ "threads", "threads", BENCH_COUNT, 7 },
	{ "seconds_one", "with 1", BENCH_SECONDS, 0 },
	{ "seconds", "with N", BENCH_SECONDS, 0 },
	{ "rate_one", "with 1", BENCH_RATE, 8 },
	{ "rate", "with N", BENCH_RATE, 8 },
	{ "unit", "unit", BENCH_WORD, 6 },
	{ "gain", "gain", BENCH_REAL, 6 },
	{ 0 },
};

/* How often a job runs in a recording; the first time does not count. Short jobs, repeated: one of
 * them meets no other work of the machine. */
#define REPEATS 41
/* Between two times. */
#define REST_US 10000

/* Recordings of either party, between processes. */
struct record {
	uint8_t *bytes;
	size_t room, n;
};

/* A channel that keeps what it receives from `inner`, or, without one, gives it back. */
struct tape {
	quo_channel base;
	quo_channel *inner;
	struct record *record;
	size_t at;
};

static quo_status tape_send(quo_channel *ch, const void *data, size_t n, quo_err *err)
{
	struct tape *t = (struct tape *)ch;

	return t->inner ? quo_channel_send(t->inner, data, n, err) : QUO_OK;
}

static quo_status tape_recv(quo_channel *ch, void *data, size_t n, quo_err *err)
{
	struct tape *t = (struct tape *)ch;
	struct record *r = t->record;

	if (n > (t->inner ? r->room : r->n) - t->at)
		return quo_fail(err, QUO_BUG, "a party receives more than %s",
				t->inner ? "its forecast says" : "was recorded");
	if (t->inner) {
		QUO_TRY(quo_channel_recv(t->inner, data, n, err));
		memcpy(r->bytes + t->at, data, n);
		r->n += n;
	} else {
		memcpy(data, r->bytes + t->at, n);
	}
	t->at += n;
	return QUO_OK;
}

static quo_status tape_flush(quo_channel *ch, quo_err *err)
{
	struct tape *t = (struct tape *)ch;

	return t->inner ? quo_channel_flush(t->inner, err) : QUO_OK;
}

static void tape_close(quo_channel *ch)
{
	(void)ch;
}

static const quo_channel_ops tape_ops = { .name = "tape",
					  .send = tape_send,
					  .recv = tape_recv,
					  .flush = tape_flush,
					  .close = tape_close };

/* ---- one party ---- */

struct meeting {
	unsigned threads;
	atomic_uint here;
};

static void meet(void *arg, size_t i)
{
	struct meeting *m = arg;

	(void)i;
	atomic_fetch_add(&m->here, 1);
	while (atomic_load(&m->here) < m->threads)
		;
}

/*
 * On a machine that has other work, threads that come from a rest are let in soon and stay for some
 * milliseconds. All threads are there when this returns.
 */
static void gather(quo_pool *pool)
{
	struct meeting m = { .threads = quo_pool_threads(pool) };

	usleep(REST_US);
	quo_parallel(pool, m.threads, meet, &m);
}

struct run {
	const bench *b;
	const bench_job *job;
	quo_block hash_start;
	int repeats;
	bool alone;    /* against a recording */
	double best;   /* of the repeats, seconds */
	quo_cost cost; /* dry: of all repeats; of one */
	quo_cost cost_one;
};

static quo_status repeat(struct run *run, quo_session *s, void *state, quo_err *err)
{
	for (int i = 0; i < run->repeats; i++) {
		if (run->alone)
			gather(quo_session_pool(s));
		double start = quo_now_seconds();
		for (unsigned phase = 0; phase < run->job->n_phases; phase++)
			QUO_TRY(run->job->run(run->job, s, state, phase, err));
		if (!quo_is_dry(s))
			QUO_TRY(quo_channel_flush(quo_session_peer(s), err));
		double seconds = quo_now_seconds() - start;
		/* The first one warms up. */
		if (i == 1 || (i > 1 && seconds < run->best))
			run->best = seconds;
		quo_arena_reset(quo_step_arena(s));
	}
	return QUO_OK;
}

static quo_status in_session(struct run *run, quo_session *s, quo_err *err)
{
	void *state = quo_alloc(1, run->job->state_bytes, err);

	if (!state)
		return QUO_FAILED;
	quo_status status = quo_protocol_open(s, err);
	if (status == QUO_OK)
		status = run->job->prepare(run->job, s, state, err);
	if (status == QUO_OK)
		status = repeat(run, s, state, err);
	if (run->job->finish)
		run->job->finish(state);
	quo_protocol_close(s);
	quo_free(state);
	return status;
}

/* peer NULL: a forecast. Takes the channel over. */
static quo_status run_party(struct run *run, int party, unsigned threads, quo_channel *peer,
			    quo_err *err)
{
	const quo_link loopback = QUO_LINK_LOOPBACK;
	quo_experiment *owner = NULL;
	quo_instance *protocol = NULL;
	quo_status status = quo_component_load(run->b->registry, QUO_KIND_PROTOCOL,
					       run->job->protocol, &owner, &protocol, err);

	if (status != QUO_OK) {
		quo_channel_close(peer);
		return status;
	}
	quo_session *s =
		peer ? quo_session_live(&(quo_session_config){ .party = party,
							       .parties = 2,
							       .peer = peer,
							       .hash_start = run->hash_start,
							       .link = loopback,
							       .protocol = protocol,
							       .threads = threads },
					err)
		     : quo_session_forecast(protocol, loopback, &run->cost, err);
	status = s ? in_session(run, s, err) : QUO_FAILED;
	quo_session_free(s);
	quo_experiment_free(owner);
	return status;
}

/* ---- recording ---- */

struct recording {
	struct run *run;
	struct record *record;
	quo_channel **ends; /* of both parties, before the fork */
	int party;
};

static quo_status record_party(void *arg, quo_err *err)
{
	const struct recording *r = arg;
	quo_channel *end = r->ends[r->party];
	struct tape tape = { .base = { .ops = &tape_ops }, .inner = end, .record = r->record };

	quo_channel_close(r->ends[1 - r->party]);
	quo_status status = run_party(r->run, r->party, 1, &tape.base, err);
	if (status == QUO_OK)
		status = quo_channel_flush(end, err);
	quo_channel_close(end);
	return status;
}

static quo_status record_both(struct run *run, struct record *records, quo_err *err)
{
	static const char *const names[] = { "recording party 0", "recording party 1" };
	struct recording recording[2];
	quo_channel *ends[2];
	quo_children *children = quo_children_new(2, err);
	quo_status status = children ? quo_channel_pair(ends, err) : QUO_FAILED;

	if (status != QUO_OK) {
		quo_children_free(children);
		return status;
	}
	for (int i = 0; i < 2 && status == QUO_OK; i++) {
		recording[i] = (struct recording){ run, &records[i], ends, i };
		status =
			quo_children_start(children, i, names[i], record_party, &recording[i], err);
	}
	quo_channel_close(ends[0]);
	quo_channel_close(ends[1]);
	quo_status waited = quo_children_wait(children, err);
	quo_children_free(children);
	return status != QUO_OK ? status : waited;
}

static void *shared(size_t bytes)
{
	void *p = mmap(NULL, bytes + 1, PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

/* ---- results ---- */

struct what {
	const char *name, *engine, *unit;
	double units; /* of one repeat */
};

static quo_status play(struct run *run, struct record *record, int party, unsigned threads,
		       double *best, quo_err *err)
{
	struct tape tape = { .base = { .ops = &tape_ops }, .record = record };

	run->alone = true;
	QUO_TRY(run_party(run, party, threads, &tape.base, err));
	if (*best == 0 || run->best < *best)
		*best = run->best;
	return QUO_OK;
}

/* One thread and several in turn, so that other work on the machine meets both alike. */
static quo_status compare(struct run *run, struct record *record, int party,
			  const struct what *what, quo_err *err)
{
	bench_table *t = run->b->table;
	double one = 0, many = 0;

	for (int i = 0; i < run->b->runs; i++) {
		QUO_TRY(play(run, record, party, 1, &one, err));
		QUO_TRY(play(run, record, party, run->b->threads, &many, err));
	}
	bench_set_word(t, "what", what->name);
	bench_set_word(t, "engine", what->engine);
	bench_set(t, "party", party);
	bench_set(t, "threads", run->b->threads);
	bench_set(t, "seconds_one", one);
	bench_set(t, "seconds", many);
	bench_set(t, "rate_one", what->units / one);
	bench_set(t, "rate", what->units / many);
	bench_set_word(t, "unit", what->unit);
	bench_set(t, "gain", one / many);
	bench_end_row(t);
	return QUO_OK;
}

static quo_status measure_recorded(struct run *run, struct record *records, const struct what *what,
				   quo_err *err)
{
	for (int i = 0; i < 2; i++) {
		/* Sizes are forecasts; some slack for what they leave out. */
		records[i].room = run->cost.sent_bytes[1 - i] + ((size_t)1 << 20);
		records[i].bytes = shared(records[i].room);
		if (!records[i].bytes)
			return quo_fail(err, QUO_FAILED, "out of memory: a recording");
	}
	quo_status status = record_both(run, records, err);
	for (int i = 0; i < 2 && status == QUO_OK; i++)
		status = compare(run, &records[i], i, what, err);
	return status;
}

static quo_status measure(bench *b, const bench_job *job, const char *name, const char *engine,
			  const char *unit, bool by_ands, quo_err *err)
{
	const quo_cost none = QUO_COST_INIT;
	struct run run = { .b = b, .job = job, .repeats = 1, .cost = none };
	quo_rng *rng = quo_rng_new(err);

	if (!rng)
		return QUO_FAILED;
	run.hash_start = quo_rng_block(rng);
	quo_rng_free(rng);
	/* Units of one repeat; then room for all. */
	QUO_TRY(run_party(&run, 0, 1, NULL, err));
	struct what what = { name, engine, unit,
			     (double)(by_ands ? run.cost.and_gates : run.cost.cots) };
	run.cost = none;
	run.repeats = REPEATS;
	QUO_TRY(run_party(&run, 0, 1, NULL, err));

	struct record *records = shared(2 * sizeof *records);
	if (!records)
		return quo_fail(err, QUO_FAILED, "out of memory: recordings");
	quo_status status = measure_recorded(&run, records, &what, err);
	for (int i = 0; i < 2; i++)
		if (records[i].bytes)
			munmap(records[i].bytes, records[i].room + 1);
	munmap(records, 2 * sizeof *records + 1);
	return status;
}

static quo_status run(bench *b, quo_err *err)
{
	bench_engine ots[BENCH_MAX_ENGINES], circuits[BENCH_MAX_ENGINES], ot;
	char yaml[BENCH_YAML_CHARS];
	const size_t cots = b->quick ? 1 << 16 : 1 << 17;
	const uint32_t inner = b->quick ? 16 : 32;
	size_t n_ots, n_circuits, n;

	if (b->threads < 2)
		b->threads = 2;
	QUO_TRY(bench_ots(b, true, false, ots, &n_ots, err));
	QUO_TRY(bench_circuits(b, true, circuits, &n_circuits, err));
	for (size_t i = 0; i < n_ots; i++) {
		bench_job job = bench_ot_job(&cots, bench_protocol(yaml, &ots[i], NULL));
		QUO_TRY(measure(b, &job, "random COT", ots[i].label, "COT", false, err));
	}
	ot = ots[0];
	if (!b->n_ot) {
		QUO_TRY(bench_ots(b, false, false, ots, &n, err));
		ot = ots[0];
	}
	for (size_t i = 0; i < n_circuits; i++) {
		bench_map map = { b, BENCH_UPDATE, b->quick ? 128 : 1 << 10 };
		bench_job job = bench_map_job_of(&map, bench_protocol(yaml, &ot, &circuits[i]));
		QUO_TRY(measure(b, &job, "AND, amsgrad update", circuits[i].label, "AND", true,
				err));
	}
	bench_job job = bench_product_job(&inner, bench_protocol(yaml, &ot, NULL));
	return measure(b, &job, "product rows, 128x18 bit", ot.label, "row", false, err);
}

const bench_command bench_threads = {
	.name = "threads",
	.help = "one party alone, against a recording of the other, with 1 thread and with more",
	.columns = columns,
	.note = "Least of 40 times in each of `runs` runs, one thread and several in turn. Nothing is sent: times are of\n"
		"computation alone. gain: how many times faster.\n",
	.run = run,
};
