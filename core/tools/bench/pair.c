/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two forked parties over a socket pair, shaped if asked for, that run a job a few times between
 * barriers.
 *
 * A phase starts at both parties after an exchange of a byte each and lasts until the slower party
 * is done. Party 0 decides before each repetition whether there is another and says so in that
 * byte.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "run/children.h"
#include "session/session_core.h"
#include "tools/bench/bench.h"
#include "train/trainer.h"

struct sample {
	double seconds, cpu;
	uint64_t sent, rounds;
};

struct outcome {
	quo_err err;
	double failed_at;
	uint64_t rss;
	int runs;
	struct sample setup, sample[BENCH_MAX_RUNS][BENCH_MAX_PHASES];
};

struct party {
	const bench *b;
	const bench_job *job;
	quo_session_config config;
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

double bench_cpu_seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

/* Both parties are here; `word` is party 0's. */
static quo_status barrier(quo_session *s, char *word, quo_err *err)
{
	char theirs = 0;

	quo_channel_duplex(quo_session_peer(s), true);
	quo_status status = quo_channel_send(quo_session_peer(s), word, 1, err);
	if (status == QUO_OK)
		status = quo_channel_recv(quo_session_peer(s), &theirs, 1, err);
	quo_channel_duplex(quo_session_peer(s), false);
	if (quo_me(s) == 1)
		*word = theirs;
	return status;
}

static struct sample begin(const quo_session *s)
{
	quo_traffic t = quo_channel_traffic(quo_session_peer(s));

	return (struct sample){ quo_now_seconds(), bench_cpu_seconds(), t.sent_bytes, t.rounds };
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

static quo_status party_main(struct party *p, quo_channel *ch, quo_err *err)
{
	quo_experiment *owner;
	quo_instance *protocol;

	if (p->b->latency_s > 0 || p->b->rate > 0)
		ch = quo_channel_shape(ch, p->b->latency_s, p->b->rate, err);
	p->config.peer = quo_channel_count(ch, err);
	quo_status status = p->config.peer ? load_protocol(p, &owner, &protocol, err) : QUO_FAILED;
	if (status != QUO_OK) {
		quo_channel_close(p->config.peer);
		return status;
	}
	p->config.protocol = protocol;
	p->config.threads = p->b->threads;
	p->s = quo_session_live(&p->config, err);
	status = in_session(p, open_and_measure, err);
	quo_experiment_free(owner);
	return status;
}

static pid_t start(struct party *p, quo_channel *ends[2], quo_err *err)
{
	pid_t pid = quo_fork_child(err);
	if (pid != 0)
		return pid;
	quo_channel_close(ends[1 - p->config.party]);
	quo_err mine = QUO_ERR_INIT;
	quo_status status = party_main(p, ends[p->config.party], &mine);
	struct rusage usage;
	if (getrusage(RUSAGE_SELF, &usage) == 0)
		p->out->rss = (uint64_t)usage.ru_maxrss * 1024;
	if (status != QUO_OK) {
		p->out->failed_at = quo_now_seconds();
		p->out->err = mine;
	}
	_exit(status == QUO_OK ? 0 : 1);
}

static quo_status wait_both(const pid_t pid[2], struct outcome *outcome, quo_err *err)
{
	int first = -1;

	for (int i = 0; i < 2; i++) {
		int state = 0;
		if (pid[i] <= 0)
			continue;
		while (waitpid(pid[i], &state, 0) < 0 && errno == EINTR)
			;
		if (state != 0 && outcome[i].err.status == QUO_OK)
			quo_fail(&outcome[i].err, QUO_FAILED, "the process died (%s %d)",
				 WIFSIGNALED(state) ? "signal" : "status",
				 WIFSIGNALED(state) ? WTERMSIG(state) : WEXITSTATUS(state));
		if (outcome[i].err.status != QUO_OK &&
		    (first < 0 || outcome[i].failed_at < outcome[first].failed_at))
			first = i;
	}
	if (first < 0)
		return QUO_OK;
	return quo_fail(err, outcome[first].err.status, "party %d: %s", first,
			outcome[first].err.text);
}

static quo_status run_both(struct party parties[2], struct outcome *outcome, quo_err *err)
{
	quo_channel *ends[2];
	pid_t pid[2] = { 0, 0 };
	quo_status status = QUO_OK;

	QUO_TRY(quo_channel_pair(ends, err));
	for (int i = 0; i < 2 && status == QUO_OK; i++) {
		pid[i] = start(&parties[i], ends, err);
		if (pid[i] < 0)
			status = QUO_FAILED;
	}
	quo_channel_close(ends[0]);
	quo_channel_close(ends[1]);
	quo_status waited = wait_both(pid, outcome, err);
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

	if (!job->protocol)
		return QUO_OK;
	QUO_TRY(load_protocol(&dry.party, &owner, &protocol, err));
	dry.party.s = quo_session_forecast(protocol, link_of(b), &cost, err);
	quo_status status = in_session(&dry.party, dry_run, err);
	quo_experiment_free(owner);
	QUO_TRY(status);
	out->foretold_s = quo_cost_seconds(&out->total.cost, link_of(b));
	out->skipped = out->foretold_s > b->limit_s;
	return QUO_OK;
}

/* ---- results ---- */

static void summarise(const struct outcome *o, unsigned first, unsigned n, bench_phase *out)
{
	double seconds[BENCH_MAX_RUNS], cpu[2][BENCH_MAX_RUNS];
	int runs = o[0].runs;

	for (int r = 0; r < runs; r++) {
		seconds[r] = cpu[0][r] = cpu[1][r] = 0;
		for (unsigned i = first; i < first + n; i++) {
			const struct sample *a = &o[0].sample[r][i], *c = &o[1].sample[r][i];
			seconds[r] += a->seconds > c->seconds ? a->seconds : c->seconds;
			cpu[0][r] += a->cpu;
			cpu[1][r] += c->cpu;
		}
	}
	out->seconds = bench_stat_of(seconds, runs);
	for (int i = 0; i < 2; i++)
		out->cpu[i] = bench_stat_of(cpu[i], runs).median;
	out->sent[0] = out->sent[1] = out->rounds = 0;
	/* Means over the runs: an engine that works ahead does not send the same each time. */
	for (int r = 0; r < runs; r++) {
		for (unsigned i = first; i < first + n; i++) {
			out->sent[0] += o[0].sample[r][i].sent;
			out->sent[1] += o[1].sample[r][i].sent;
			out->rounds += o[0].sample[r][i].rounds;
		}
	}
	out->sent[0] /= (uint64_t)runs;
	out->sent[1] /= (uint64_t)runs;
	out->rounds = (out->rounds + (uint64_t)runs / 2) / (uint64_t)runs;
}

static void collect(const struct outcome *o, const bench_job *job, bench_result *out)
{
	out->runs = o[0].runs;
	for (unsigned i = 0; i < job->n_phases; i++)
		summarise(o, i, 1, &out->phase[i]);
	summarise(o, 0, job->n_phases, &out->total);
	double setup =
		o[0].setup.seconds > o[1].setup.seconds ? o[0].setup.seconds : o[1].setup.seconds;
	out->setup.seconds = (bench_stat){ setup, setup, setup };
	for (int i = 0; i < 2; i++) {
		out->setup.cpu[i] = o[i].setup.cpu;
		out->setup.sent[i] = o[i].setup.sent;
		out->peak_rss[i] = o[i].rss;
	}
	out->setup.rounds = o[0].setup.rounds;
}

quo_status bench_run(const bench *b, const bench_job *job, bench_result *out, quo_err *err)
{
	*out = (bench_result){ .runs = 0 };
	QUO_TRY(forecast(b, job, out, err));
	if (out->skipped)
		return QUO_OK;
	struct outcome *outcome = mmap(NULL, 2 * sizeof *outcome, PROT_READ | PROT_WRITE,
				       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	quo_rng *rng = quo_rng_new(err);
	if (outcome == MAP_FAILED || !rng) {
		quo_rng_free(rng);
		if (outcome != MAP_FAILED)
			munmap(outcome, 2 * sizeof *outcome);
		return quo_fail(err, QUO_FAILED, "out of memory");
	}
	struct party parties[2];
	quo_block start_block = quo_rng_block(rng);
	quo_rng_free(rng);
	for (int i = 0; i < 2; i++) {
		parties[i] =
			(struct party){ .b = b, .job = job, .out = &outcome[i], .runs = b->runs };
		parties[i].config = (quo_session_config){
			.party = i, .parties = 2, .hash_start = start_block, .link = link_of(b)
		};
		/* A first time that does not count, where it is cheap: pages, caches, first
		 * iterations. */
		parties[i].warm_up = !b->quick && out->foretold_s < b->limit_s / 8;
	}
	quo_status status = run_both(parties, outcome, err);
	if (status == QUO_OK)
		collect(outcome, job, out);
	munmap(outcome, 2 * sizeof *outcome);
	return status;
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
	bench_set(t, "cpu0_seconds", p->cpu[0]);
	bench_set(t, "cpu1_seconds", p->cpu[1]);
	bench_set(t, "bytes_sent", (double)(p->sent[0] + p->sent[1]));
	bench_set(t, "rounds", (double)p->rounds);
}
