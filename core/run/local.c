/* SPDX-License-Identifier: Apache-2.0 */
#include "run/local.h"
#include "session/session_core.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "run/children.h"
#include "run/interrupt.h"

/* A child: a party, or the clear twin. */
struct child {
	struct local *local;
	int party;
	char name[20];
};

struct local {
	quo_run *run;
	quo_registry *registry;
	int parties;
	quo_channel *ends[QUO_MAX_PARTIES][QUO_MAX_PARTIES];
	quo_holding input[QUO_MAX_PARTIES];
	quo_dataset data;
	int log[2]; /* pipe from the twin to party 0 */
	quo_children *children;
	struct child child[QUO_MAX_PARTIES + 1]; /* the parties, then the twin */
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

static quo_status party_child(void *arg, quo_err *err)
{
	const struct child *c = arg;
	struct local *l = c->local;
	quo_party p = { .party = c->party,
			.input = &l->input[c->party],
			.verify = { .fd = -1 },
			.children = l->children };
	quo_rng *rng = quo_rng_new(err);

	if (!rng)
		return QUO_FAILED;
	quo_mesh_keep(l->parties, l->ends, c->party);
	for (int i = 0; i < l->parties; i++)
		if (i != c->party)
			quo_holding_free(&l->input[i]);
	p.mesh = quo_mesh_new(l->parties, c->party, l->ends[c->party], err);
	quo_status status =
		p.mesh ? quo_run_handshake(l->run, p.mesh, 0, rng, &p.hash_start, err) : QUO_FAILED;
	quo_rng_free(rng);
	QUO_TRY(status);
	QUO_TRY(quo_party_connect(l->run, &p, err));
	l->run->leads = c->party == l->run->lead;
	l->run->children = l->run->leads ? l->children : NULL;
	if (l->run->options->verify) {
		p.trace = quo_verify_party;
		p.verify.fd = c->party == 0 ? l->log[0] : -1;
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
static quo_status twin_child(void *arg, quo_err *err)
{
	struct local *l = ((const struct child *)arg)->local;
	quo_experiment *experiment;
	quo_holding input;
	quo_trainer trainer;

	close(l->log[0]);
	quo_mesh_keep(l->parties, l->ends, -1);
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

/* ---- the parent ---- */

static quo_status hold_inputs(struct local *l, quo_err *err)
{
	if (quo_run_has_shares(l->run)) /* they are there */
		return QUO_OK;
	const quo_instance *protocol = l->run->config->protocol;
	const quo_ownership who = quo_ownership_of(l->run->config->data->config, protocol);
	const quo_sharing sharing = quo_protocol_sharing(protocol, l->parties);
	quo_data_shape shape = quo_data_shape_of(&l->data);

	if (who.owner == QUO_SHARED)
		return quo_holding_deal(l->input, l->parties, &sharing, &l->data, err);
	for (int i = 0; i < l->parties; i++)
		if (i != who.owner)
			quo_holding_empty(&l->input[i], &shape, who.owner);
	return quo_holding_own(&l->input[who.owner], &l->data, who.owner, err);
}

static void close_pipe(struct local *l)
{
	for (int i = 0; i < 2; i++)
		if (l->log[i] >= 0)
			close(l->log[i]);
	l->log[0] = l->log[1] = -1;
}

static quo_status start_twin(struct local *l, quo_err *err)
{
	struct child *twin = &l->child[l->parties];

	if (pipe(l->log) != 0)
		return quo_fail(err, QUO_FAILED, "cannot make a pipe: %s", strerror(errno));
	*twin = (struct child){ .local = l, .party = -1, .name = "the clear twin" };
	return quo_children_start(l->children, l->parties, twin->name, twin_child, twin, err);
}

static quo_status fork_all(struct local *l, quo_err *err)
{
	quo_status status = l->run->options->verify ? start_twin(l, err) : QUO_OK;

	if (status == QUO_OK)
		status = hold_inputs(l, err);
	quo_dataset_free(&l->data); /* the parties never have the data in the clear */
	for (int i = 0; i < l->parties && status == QUO_OK; i++) {
		struct child *c = &l->child[i];
		*c = (struct child){ .local = l, .party = i };
		snprintf(c->name, sizeof c->name, "party %d", i);
		status = quo_children_start(l->children, i, c->name, party_child, c, err);
	}
	close_pipe(l);
	quo_mesh_keep(l->parties, l->ends, -1);
	for (int i = 0; i < l->parties; i++)
		quo_holding_free(&l->input[i]);
	quo_status waited = quo_children_wait(l->children, err);
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
	quo_data_share_id id[QUO_MAX_PARTIES];
	const quo_sharing sharing = quo_protocol_sharing(l->run->config->protocol, l->parties);

	for (int i = 0; i < l->parties; i++)
		QUO_TRY(quo_run_load_share(l->run, i, &l->input[i], &id[i], err));
	QUO_TRY(quo_data_share_match(l->input, id, l->parties, err));
	return l->run->options->verify
		       ? quo_data_share_join(l->input, l->parties, &sharing, &l->data, err)
		       : QUO_OK;
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
	quo_data_shape shape =
		quo_run_has_shares(run) ? l->input[0].shape : quo_data_shape_of(&l->data);

	if (run->options->verify && l->parties == 1)
		return quo_fail(err, QUO_USAGE,
				"--verify compares a secure protocol with clear; protocol %s has "
				"nothing to compare: run it without --verify",
				run->config->protocol->component->name);
	QUO_TRY(run->work->foresee(run, l->registry, &shape, err));
	if (!run->silent)
		QUO_TRY(open_folder(run, err));
	if (l->parties == 1)
		return in_the_clear(l, err);
	QUO_TRY(quo_mesh_pairs(l->parties, l->ends, err));
	return fork_all(l, err);
}

static quo_status in_children(struct local *l, quo_err *err)
{
	QUO_TRY(quo_run_has_shares(l->run) ? load_shares(l, err)
					   : l->run->work->load(l->run, &l->data, err));
	l->children = quo_children_new(l->parties + 1, err);
	return l->children ? with_data(l, err) : QUO_FAILED;
}

quo_status quo_run_local(quo_run *run, quo_registry *registry, quo_err *err)
{
	if (run->options->party >= 0)
		return quo_fail(
			err, QUO_USAGE,
			"--party %d has nowhere to meet the others: give network.parties, or "
			"(two parties) --listen HOST:PORT or --connect HOST:PORT",
			run->options->party);
	struct local *l = quo_alloc(1, sizeof *l, err);
	if (!l)
		return QUO_FAILED;
	*l = (struct local){ .run = run,
			     .registry = registry,
			     .parties = quo_run_n_parties(run),
			     .log = { -1, -1 } };
	quo_status status = in_children(l, err);
	quo_dataset_free(&l->data);
	for (int i = 0; i < l->parties; i++)
		quo_holding_free(&l->input[i]);
	quo_children_free(l->children);
	quo_free(l);
	return status;
}
