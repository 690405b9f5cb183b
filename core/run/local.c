/* SPDX-License-Identifier: Apache-2.0 */
#include "run/local.h"
#include "session/session.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "run/children.h"
#include "run/interrupt.h"

enum { PARTY_0, PARTY_1, TWIN, PROCESSES };

/* What a child tells its parent, in a shared page. */
struct outcome {
	quo_err err;
	double failed_at; /* monotonic seconds */
	uint64_t rss;
};

struct local {
	quo_run *run;
	quo_registry *registry;
	quo_channel *ends[2][QUO_MAX_PARTIES];
	quo_holding input[2];
	quo_dataset data;
	int log[2]; /* pipe from the twin to party 0 */
	struct outcome *outcome;
	pid_t pid[PROCESSES];
};

quo_status quo_run_foresee(quo_run *run, quo_registry *registry, const quo_data_shape *shape,
			   quo_err *err)
{
	quo_experiment *other;

	QUO_TRY(quo_run_load(run->options, registry, NULL, &other, err));
	quo_status status = quo_forecast_run(&run->forecast, quo_experiment_config_of(other), shape,
					     run->options->reveal_model, err);
	quo_experiment_free(other);
	return status;
}

/* ---- children ---- */

static quo_status party_child(struct local *l, int party, quo_err *err)
{
	quo_party p = { .party = party,
			.input = &l->input[party],
			.verify = { .fd = -1 },
			.failed_at = &l->outcome[party].failed_at };
	quo_rng *rng = quo_rng_new(err);

	if (!rng)
		return QUO_FAILED;
	quo_mesh_keep(2, l->ends, party);
	quo_holding_free(&l->input[1 - party]);
	p.mesh = quo_mesh_new(2, party, l->ends[party], err);
	quo_status status =
		p.mesh ? quo_run_handshake(l->run, p.mesh, 0, rng, &p.hash_start, err) : QUO_FAILED;
	quo_rng_free(rng);
	QUO_TRY(status);
	QUO_TRY(quo_party_connect(l->run, &p, err));
	l->run->leads = party == l->run->lead;
	l->run->other_rss = l->run->leads ? &l->outcome[1 - party].rss : NULL;
	if (l->run->options->verify) {
		p.trace = quo_verify_party;
		p.verify.fd = party == 0 ? l->log[0] : -1;
		close(l->log[1]);
	}
	return l->run->work->party(l->run, &p, err);
}

/* Where protocol.use is left to its default, it is said first: then `clear` replaces the protocol
 * with its options. */
static quo_status load_twin(const struct local *l, quo_experiment **out, quo_err *err)
{
	char named[100];

	snprintf(named, sizeof named, "protocol.use=%s", l->run->config->protocol->component->name);
	return quo_run_load(l->run->options, l->registry,
			    (const char *const[]){ named, "protocol={use: clear}", NULL }, out,
			    err);
}

/* The same experiment under `clear`, in lockstep with party 0 through the pipe. */
static quo_status twin_child(struct local *l, quo_err *err)
{
	quo_experiment *experiment;
	quo_holding input;
	quo_trainer trainer;

	close(l->log[0]);
	quo_mesh_keep(2, l->ends, -1);
	QUO_TRY(load_twin(l, &experiment, err));
	QUO_TRY(quo_holding_own(&input, &l->data, 0, err));
	quo_verify verify = { .fd = l->log[1], .trainer = &trainer };
	quo_session *s = quo_session_live(
		&(quo_session_config){ .parties = 1,
				       .protocol = quo_experiment_config_of(experiment)->protocol },
		err);
	if (!s)
		return QUO_FAILED;
	quo_session_trace(s, quo_verify_twin, &verify);
	QUO_TRY(quo_trainer_init(&trainer, s, quo_experiment_config_of(experiment), &input, err));
	return quo_trainer_run(&trainer, err);
}

static pid_t start(struct local *l, int which, quo_err *err)
{
	pid_t pid = quo_fork_child(err);
	if (pid != 0)
		return pid;
	quo_err mine = QUO_ERR_INIT;
	quo_status status = which == TWIN ? twin_child(l, &mine) : party_child(l, which, &mine);
	struct outcome *o = &l->outcome[which];
	o->rss = quo_peak_rss_bytes();
	if (status != QUO_OK) {
		if (!(o->failed_at > 0))
			o->failed_at = quo_now_seconds();
		o->err = mine;
	}
	fflush(NULL);
	_exit(status == QUO_OK ? 0 : 1);
}

/* ---- the parent ---- */

static quo_status hold_inputs(struct local *l, quo_err *err)
{
	if (quo_run_has_shares(l->run)) /* they are there */
		return QUO_OK;
	const quo_data_common *common = l->run->config->data->config;
	quo_data_shape shape = quo_data_shape_of(&l->data);

	if (common->owner == QUO_OWNER_DEALER)
		return quo_holding_deal(l->input, &l->data, err);
	int owner = common->owner - QUO_OWNER_0;
	quo_holding_empty(&l->input[1 - owner], &shape, owner);
	return quo_holding_own(&l->input[owner], &l->data, owner, err);
}

static void close_pipe(struct local *l)
{
	for (int i = 0; i < 2; i++)
		if (l->log[i] >= 0)
			close(l->log[i]);
	l->log[0] = l->log[1] = -1;
}

static const char *const process_name[PROCESSES] = { "party 0", "party 1", "the clear twin" };

/* Wait for all; the first failure in time is the cause, later ones mostly its echo. */
static quo_status wait_all(struct local *l, quo_err *err)
{
	int first = -1;

	for (int i = 0; i < PROCESSES; i++) {
		int state = 0;
		struct outcome *o = &l->outcome[i];
		if (l->pid[i] <= 0)
			continue;
		while (waitpid(l->pid[i], &state, 0) < 0 && errno == EINTR)
			;
		if (state != 0 &&
		    o->err.status == QUO_OK) { /* it died without a word: that comes first */
			o->failed_at = 0;
			quo_fail(
				&o->err, QUO_FAILED,
				"its process was ended by %s %d%s; the run has no result",
				WIFSIGNALED(state) ? "signal" : "exit status",
				WIFSIGNALED(state) ? WTERMSIG(state) : WEXITSTATUS(state),
				WIFSIGNALED(state) && WTERMSIG(state) == SIGKILL
					? " (kill -9, or memory ran out: quotient-check says what a run needs)"
					: "");
		}
		if (o->err.status != QUO_OK &&
		    (first < 0 || o->failed_at < l->outcome[first].failed_at))
			first = i;
	}
	if (first < 0)
		return QUO_OK;
	const quo_err *cause = &l->outcome[first].err;
	return quo_fail(err, cause->status, "%s: %s", process_name[first], cause->text);
}

static quo_status fork_all(struct local *l, quo_err *err)
{
	quo_status status = QUO_OK;

	if (l->run->options->verify) {
		if (pipe(l->log) != 0)
			return quo_fail(err, QUO_FAILED, "cannot make a pipe: %s", strerror(errno));
		l->pid[TWIN] = start(l, TWIN, err);
	}
	status = l->pid[TWIN] < 0 ? QUO_FAILED : hold_inputs(l, err);
	quo_dataset_free(&l->data); /* the parties never have the data in the clear */
	for (int i = 0; i < 2 && status == QUO_OK; i++) {
		l->pid[i] = start(l, i, err);
		if (l->pid[i] < 0)
			status = QUO_FAILED;
	}
	close_pipe(l);
	quo_mesh_keep(2, l->ends, -1);
	for (int i = 0; i < 2; i++)
		quo_holding_free(&l->input[i]);
	quo_status waited = wait_all(l, err);
	return status != QUO_OK ? status : waited;
}

static quo_status in_the_clear(struct local *l, quo_err *err)
{
	quo_party party = { .input = &l->input[0], .verify = { .fd = -1 } };

	QUO_TRY(quo_holding_own(&l->input[0], &l->data, 0, err));
	l->run->leads = true;
	quo_status status = l->run->work->party(l->run, &party, err);
	quo_holding_free(&l->input[0]);
	return status;
}

/* What each party has, as its owner split it. */
static quo_status load_shares(struct local *l, quo_err *err)
{
	quo_data_share_id id[2];

	for (int i = 0; i < 2; i++)
		QUO_TRY(quo_run_load_share(l->run, i, &l->input[i], &id[i], err));
	QUO_TRY(quo_data_share_match(l->input, id, err));
	return l->run->options->verify ? quo_data_share_join(l->input, &l->data, err) : QUO_OK;
}

static quo_status open_folder(quo_run *run, quo_err *err)
{
	const char *dir = run->config->output.dir;

	run->output = run->folder ? quo_folder_at(dir, run->folder, err)
				  : quo_folder_open(dir, run->config->name, err);
	if (!run->output)
		return QUO_FAILED;
	if (!run->folder) /* a sweep tells of its own */
		quo_tell_when_interrupted("what was written so far is in",
					  quo_folder_name(run->output));
	run->work->banner(run);
	return QUO_OK;
}

static quo_status with_data(struct local *l, quo_err *err)
{
	quo_run *run = l->run;
	const quo_protocol_ops *protocol = quo_protocol(run->config->protocol);
	quo_data_shape shape =
		quo_run_has_shares(run) ? l->input[0].shape : quo_data_shape_of(&l->data);

	if (run->options->verify && protocol->parties == 1)
		return quo_fail(err, QUO_USAGE,
				"--verify compares a secure protocol with clear; protocol %s has "
				"nothing to compare: run it without --verify",
				run->config->protocol->component->name);
	QUO_TRY(run->work->foresee(run, l->registry, &shape, err));
	if (!run->silent)
		QUO_TRY(open_folder(run, err));
	if (protocol->parties == 1)
		return in_the_clear(l, err);
	QUO_TRY(quo_mesh_pairs(2, l->ends, err));
	return fork_all(l, err);
}

quo_status quo_run_local(quo_run *run, quo_registry *registry, quo_err *err)
{
	struct local l = { .run = run, .registry = registry, .log = { -1, -1 } };

	if (run->options->party >= 0)
		return quo_fail(err, QUO_USAGE,
				"--party %d needs --listen HOST:PORT or --connect HOST:PORT",
				run->options->party);
	l.outcome = mmap(NULL, PROCESSES * sizeof *l.outcome, PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (l.outcome == MAP_FAILED)
		return quo_fail(err, QUO_FAILED, "out of memory");
	quo_status status =
		quo_run_has_shares(run) ? load_shares(&l, err) : run->work->load(run, &l.data, err);
	if (status == QUO_OK)
		status = with_data(&l, err);
	quo_dataset_free(&l.data);
	for (int i = 0; i < 2; i++)
		quo_holding_free(&l.input[i]);
	munmap(l.outcome, PROCESSES * sizeof *l.outcome);
	return status;
}
