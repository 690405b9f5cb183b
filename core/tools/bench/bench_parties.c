/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parties of a job, as many as its protocol has: forked, connected by socket pairs, shaped if
 * asked for, and run a few times between barriers.
 *
 * A phase starts at all parties after an exchange of a byte each and lasts until the slowest party
 * is done. Party 0 decides before each repetition whether there is another and says so in that
 * byte.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>

#include "base/clock.h"
#include "net/mesh.h"
#include "run/children.h"
#include "session/session_core.h"
#include "tools/bench/bench.h"
#include "train/trainer.h"

struct sample {
	double seconds, cpu;
	uint64_t sent, rounds;
};

/* What a party tells the parent, in a shared page. */
struct outcome {
	int runs;
	struct sample setup, sample[BENCH_MAX_RUNS][BENCH_MAX_PHASES];
};

struct party {
	const bench *b;
	const bench_job *job;
	quo_session_config config;
	quo_channel *(*ends)[QUO_MAX_PARTIES]; /* of all parties, before the fork */
	char name[16];
	quo_session *s;
	void *state;
	struct outcome *out;
	int runs;
	bool warm_up;
};

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

bench_stat bench_stat_of(double *values, int n)
{
	qsort(values, (size_t)n, sizeof *values, by_value);
	double middle = n % 2 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
	return (bench_stat){ middle, values[0], values[n - 1] };
}

/* All parties are here; `word` is party 0's. */
static quo_status barrier(quo_session *s, char *word, quo_err *err)
{
	char theirs[QUO_MAX_PARTIES] = { 0 };
	quo_message_round r = { 0 };

	for (int i = 0; i < quo_parties(s); i++) {
		for (int j = 0; j < quo_parties(s); j++)
			r.bytes[i][j] = i != j;
		r.out[i] = word;
		r.in[i] = &theirs[i];
	}
	quo_status status = quo_exchange(s, &r, err);
	if (quo_me(s) != 0)
		*word = theirs[0];
	return status;
}

static struct sample begin(const quo_session *s)
{
	quo_traffic t = quo_session_traffic(s);

	return (struct sample){ quo_now_seconds(), quo_cpu_seconds(), t.sent_bytes, t.rounds };
}

static struct sample since(const quo_session *s, const struct sample *start)
{
	struct sample now = begin(s);

	return (struct sample){ now.seconds - start->seconds, now.cpu - start->cpu,
				now.sent - start->sent, now.rounds - start->rounds };
}

static quo_status repeat(struct party *p, struct sample *samples, quo_err *err)
{
	char go = 1;

	for (unsigned phase = 0; phase < p->job->n_phases; phase++) {
		QUO_TRY(barrier(p->s, &go, err));
		struct sample start = begin(p->s);
		QUO_TRY(p->job->run(p->job, p->s, p->state, phase, err));
		QUO_TRY(quo_flush(p->s, err));
		samples[phase] = since(p->s, &start);
	}
	QUO_TRY(barrier(p->s, &go, err));
	(void)quo_session_end_step(p->s);
	return QUO_OK;
}

static quo_status measure(struct party *p, quo_err *err)
{
	struct outcome *out = p->out;
	struct sample ignored[BENCH_MAX_PHASES];
	double start = quo_now_seconds();

	if (p->warm_up)
		QUO_TRY(repeat(p, ignored, err));
	for (;;) {
		char go = out->runs == 0 ||
			  (out->runs < p->runs && quo_now_seconds() - start < p->b->limit_s);
		QUO_TRY(barrier(p->s, &go, err));
		if (!go)
			return QUO_OK;
		QUO_TRY(repeat(p, out->sample[out->runs], err));
		out->runs++;
	}
}

static quo_status open_and_measure(struct party *p, quo_err *err)
{
	quo_session *s = p->s;
	char go = 1;

	QUO_TRY(barrier(s, &go, err));
	struct sample start = begin(s);
	if (quo_session_protocol(s)) {
		QUO_TRY(quo_protocol_open(s, err));
		QUO_TRY(quo_flush(s, err));
	}
	p->out->setup = since(s, &start);
	quo_status status = p->job->prepare(p->job, s, p->state, err);
	if (status == QUO_OK)
		status = measure(p, err);
	if (p->job->finish)
		p->job->finish(p->state);
	return status;
}

/* The job's protocol; NULL where it has none. */
static quo_status load_protocol(const struct party *p, quo_experiment **owner,
				quo_instance **protocol, quo_err *err)
{
	*owner = NULL;
	*protocol = NULL;
	return p->job->protocol ? quo_component_load(p->b->registry, QUO_KIND_PROTOCOL,
						     p->job->protocol, owner, protocol, err)
				: QUO_OK;
}

/* Run `inside` in the party's session and end it. */
static quo_status in_session(struct party *p, quo_status (*inside)(struct party *, quo_err *),
			     quo_err *err)
{
	p->state = quo_alloc(1, p->job->state_bytes, err);
	quo_status status = p->s && p->state ? inside(p, err) : QUO_FAILED;
	if (p->s && quo_session_protocol(p->s))
		quo_protocol_close(p->s);
	quo_free(p->state);
	quo_session_free(p->s);
	return status;
}

/* The party's channels, with what measures and shapes them; NULL with a message. */
static quo_mesh *connect_party(const struct party *p, quo_err *err)
{
	const int parties = p->config.parties, me = p->config.party;
	quo_status status = QUO_OK;

	quo_mesh_keep(parties, p->ends, me);
	quo_mesh *mesh = quo_mesh_new(parties, me, p->ends[me], err);
	if (mesh && (p->b->latency_s > 0 || p->b->rate > 0))
		status = quo_mesh_shape(mesh, p->b->latency_s, p->b->rate, err);
	if (mesh && status == QUO_OK)
		status = quo_mesh_count(mesh, err);
	if (status == QUO_OK)
		return mesh;
	quo_mesh_close(mesh);
	return NULL;
}

static quo_status party_main(void *arg, quo_err *err)
{
	struct party *p = arg;
	quo_experiment *owner;
	quo_instance *protocol;

	if (p->config.parties > 1 && !(p->config.mesh = connect_party(p, err)))
		return QUO_FAILED;
	quo_status status = load_protocol(p, &owner, &protocol, err);
	if (status != QUO_OK) {
		quo_mesh_close(p->config.mesh);
		return status;
	}
	p->config.protocol = protocol;
	p->config.threads = p->b->threads;
	p->s = quo_session_live(&p->config, err);
	status = in_session(p, open_and_measure, err);
	quo_experiment_free(owner);
	return status;
}

static quo_status run_all(struct party *parties, int n, quo_children *children, quo_err *err)
{
	quo_channel *ends[QUO_MAX_PARTIES][QUO_MAX_PARTIES];
	quo_status status = QUO_OK;

	QUO_TRY(quo_mesh_pairs(n, ends, err));
	for (int i = 0; i < n && status == QUO_OK; i++) {
		struct party *p = &parties[i];
		p->ends = ends;
		snprintf(p->name, sizeof p->name, "party %d", i);
		status = quo_children_start(children, i, p->name, party_main, p, err);
	}
	quo_mesh_keep(n, ends, -1);
	quo_status waited = quo_children_wait(children, err);
	return status != QUO_OK ? status : waited;
}

/* ---- the forecast ---- */

struct dry {
	struct party party;
	bench_result *out;
};

static quo_status dry_run(struct party *p, quo_err *err)
{
	quo_session *s = p->s;
	bench_result *out = ((struct dry *)p)->out;

	QUO_TRY(quo_protocol_open(s, err));
	out->setup.cost = *quo_session_cost(s);
	quo_status status = p->job->prepare(p->job, s, p->state, err);
	const quo_cost prepared = *quo_session_cost(s);
	for (unsigned phase = 0; phase < p->job->n_phases && status == QUO_OK; phase++) {
		quo_cost before = *quo_session_cost(s);
		status = p->job->run(p->job, s, p->state, phase, err);
		out->phase[phase].cost = quo_cost_since(quo_session_cost(s), &before);
	}
	out->total.cost = quo_cost_since(quo_session_cost(s), &prepared);
	if (p->job->finish)
		p->job->finish(p->state);
	return status;
}

/* What engines plan with. */
static quo_link link_of(const bench *b)
{
	const quo_link loopback = QUO_LINK_LOOPBACK;

	return (quo_link){ b->latency_s > 0 ? b->latency_s : loopback.latency_s,
			   b->rate > 0 ? b->rate : loopback.bytes_per_s };
}

static quo_status forecast(const bench *b, const bench_job *job, bench_result *out, quo_err *err)
{
	quo_cost cost = QUO_COST_INIT;
	struct dry dry = { .party = { .b = b, .job = job }, .out = out };
	quo_experiment *owner;
	quo_instance *protocol;

	out->parties = 2;
	if (!job->protocol)
		return QUO_OK;
	QUO_TRY(load_protocol(&dry.party, &owner, &protocol, err));
	dry.party.s = quo_session_forecast(protocol, link_of(b), &cost, err);
	out->parties = quo_protocol(protocol)->parties;
	quo_status status = in_session(&dry.party, dry_run, err);
	quo_experiment_free(owner);
	QUO_TRY(status);
	out->foretold_s = quo_cost_seconds(&out->total.cost, link_of(b));
	out->skipped = out->foretold_s > b->limit_s;
	return QUO_OK;
}

/* ---- results ---- */

/* Phases first .. first + n - 1 of every run. Bytes and rounds are means over the runs: an engine
 * that works ahead does not send the same each time. */
static void summarise(const struct outcome *o, int parties, unsigned first, unsigned n,
		      bench_phase *out)
{
	const int runs = o[0].runs;
	double seconds[BENCH_MAX_RUNS] = { 0 };

	out->rounds = 0;
	for (int r = 0; r < runs; r++) {
		for (unsigned i = first; i < first + n; i++) {
			double slowest = 0;
			for (int p = 0; p < parties; p++)
				if (o[p].sample[r][i].seconds > slowest)
					slowest = o[p].sample[r][i].seconds;
			seconds[r] += slowest;
			out->rounds += o[0].sample[r][i].rounds;
		}
	}
	out->seconds = bench_stat_of(seconds, runs);
	out->rounds = (out->rounds + (uint64_t)runs / 2) / (uint64_t)runs;
	for (int p = 0; p < parties; p++) {
		double cpu[BENCH_MAX_RUNS] = { 0 };
		out->sent[p] = 0;
		for (int r = 0; r < runs; r++) {
			for (unsigned i = first; i < first + n; i++) {
				cpu[r] += o[p].sample[r][i].cpu;
				out->sent[p] += o[p].sample[r][i].sent;
			}
		}
		out->cpu[p] = bench_stat_of(cpu, runs).median;
		out->sent[p] /= (uint64_t)runs;
	}
}

static void collect(const struct outcome *o, const quo_children *children, const bench_job *job,
		    bench_result *out)
{
	const int n = out->parties;
	double setup = 0;

	out->runs = o[0].runs;
	for (unsigned i = 0; i < job->n_phases; i++)
		summarise(o, n, i, 1, &out->phase[i]);
	summarise(o, n, 0, job->n_phases, &out->total);
	for (int p = 0; p < n; p++) {
		if (o[p].setup.seconds > setup)
			setup = o[p].setup.seconds;
		out->setup.cpu[p] = o[p].setup.cpu;
		out->setup.sent[p] = o[p].setup.sent;
		out->peak_rss[p] = quo_children_rss(children, p);
	}
	out->setup.seconds = (bench_stat){ setup, setup, setup };
	out->setup.rounds = o[0].setup.rounds;
}

static quo_status measure_all(const bench *b, const bench_job *job, struct outcome *outcome,
			      quo_children *children, bench_result *out, quo_err *err)
{
	struct party parties[QUO_MAX_PARTIES];
	quo_rng *rng = quo_rng_new(err);

	if (!rng)
		return QUO_FAILED;
	quo_block hash_start = quo_rng_block(rng);
	quo_rng_free(rng);
	for (int i = 0; i < out->parties; i++) {
		parties[i] =
			(struct party){ .b = b, .job = job, .out = &outcome[i], .runs = b->runs };
		parties[i].config = (quo_session_config){ .party = i,
							  .parties = out->parties,
							  .hash_start = hash_start,
							  .link = link_of(b) };
		/* A first time that does not count, where it is cheap: pages, caches, first
		 * iterations. */
		parties[i].warm_up = !b->quick && out->foretold_s < b->limit_s / 8;
	}
	QUO_TRY(run_all(parties, out->parties, children, err));
	collect(outcome, children, job, out);
	return QUO_OK;
}

quo_status bench_run(const bench *b, const bench_job *job, bench_result *out, quo_err *err)
{
	*out = (bench_result){ .runs = 0 };
	QUO_TRY(forecast(b, job, out, err));
	if (out->skipped)
		return QUO_OK;
	const size_t bytes = (size_t)out->parties * sizeof(struct outcome);
	struct outcome *outcome =
		mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (outcome == MAP_FAILED)
		return quo_fail(err, QUO_FAILED, "out of memory: the times of %d parties",
				out->parties);
	quo_children *children = quo_children_new(out->parties, err);
	quo_status status =
		children ? measure_all(b, job, outcome, children, out, err) : QUO_FAILED;
	quo_children_free(children);
	munmap(outcome, bytes);
	return status;
}

uint64_t bench_sent(const bench_result *r, const bench_phase *p)
{
	uint64_t bytes = 0;

	for (int i = 0; i < r->parties; i++)
		bytes += p->sent[i];
	return bytes;
}

void bench_put(const bench *b, const bench_result *r, const bench_phase *p)
{
	bench_table *t = b->table;

	if (r->skipped) {
		bench_set(t, "runs", 0);
		bench_set(t, "bytes_sent", (double)quo_cost_bytes(&p->cost));
		bench_set(t, "rounds", (double)p->cost.rounds);
		return;
	}
	bench_set(t, "seconds", p->seconds.median);
	bench_set(t, "seconds_min", p->seconds.min);
	bench_set(t, "seconds_max", p->seconds.max);
	bench_set(t, "runs", r->runs);
	for (int i = 0; i < r->parties; i++) {
		char key[20];
		snprintf(key, sizeof key, "cpu%d_seconds", i);
		bench_set(t, key, p->cpu[i]);
	}
	bench_set(t, "bytes_sent", (double)bench_sent(r, p));
	bench_set(t, "rounds", (double)p->rounds);
}
