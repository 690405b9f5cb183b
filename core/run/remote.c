/* SPDX-License-Identifier: Apache-2.0 */
/* One party in a process of its own. */
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "run/interrupt.h"
#include "run/local.h"
#include "run/meet.h"

struct remote {
	quo_run *run;
	quo_registry *registry;
	int party, parties;
	quo_ownership who;
	quo_mesh *mesh;
	quo_dataset data;
	quo_holding input;
	quo_block hash_start;
};

static void note(void *run, const char *line)
{
	FILE *ui = ((const quo_run *)run)->ui;

	fprintf(ui, "%s\n", line);
	fflush(ui);
}

/* Every ten seconds of waiting, a line. */
static void waiting(void *run, int party, int seconds)
{
	FILE *ui = ((const quo_run *)run)->ui;

	if (seconds % 10 == 0) {
		fprintf(ui, "waiting for party %d (%d s)\n", party, seconds);
		fflush(ui);
	}
}

static void say_meeting(const struct remote *r, const quo_meeting *m)
{
	FILE *ui = r->run->ui;

	if (m->listen)
		fprintf(ui, "party %d: waiting for the other part%s at %s\n", r->party,
			r->parties > 2 ? "ies" : "y", m->listen);
	for (int i = 0; i < r->parties; i++)
		if (m->call[i])
			fprintf(ui, "party %d: connecting to %s\n", r->party, m->call[i]);
	fflush(ui);
}

static quo_status meet(struct remote *r, quo_rng *rng, quo_err *err)
{
	const quo_network_config *network = &r->run->config->network;
	const quo_sharing sharing = quo_protocol_sharing(r->run->config->protocol, r->parties);
	quo_channel *channel[QUO_MAX_PARTIES];
	quo_meeting m;

	QUO_TRY(quo_meeting_of(network, r->parties, r->party, &m, err));
	m.note = note;
	m.arg = r->run;
	m.waiting = waiting;
	say_meeting(r, &m);
	QUO_TRY(quo_meet(&m, channel, err));
	r->mesh = quo_mesh_new(r->parties, r->party, channel, err);
	if (!r->mesh)
		return err->status;
	QUO_TRY(quo_run_handshake(r->run, r->mesh, m.timeout_seconds, rng, &r->hash_start, err));
	if (!quo_run_has_shares(r->run))
		QUO_TRY(quo_holding_exchange(&r->input, r->mesh, &sharing, &r->who,
					     r->party == r->who.reader ? &r->data : NULL, err));
	quo_mesh_timeout(r->mesh, 0);
	return QUO_OK;
}

/* Files of two sharings, and a file that is not what the other's is, are told at the handshake. */
static quo_status take_share(struct remote *r, quo_err *err)
{
	quo_data_share_id id;
	char hex[33];

	QUO_TRY(quo_run_load_share(r->run, r->party, &r->input, &id, err));
	const quo_data_shape *shape = &r->input.shape;
	return quo_run_agree(r->run, "data.files", err, "%s, %u: %u x %u x %u, %u, %u, %u + %u",
			     quo_hex(hex, id.id, sizeof id.id), shape->n_dims, shape->dim[0],
			     shape->dim[1], shape->dim[2], shape->classes, shape->is_signed,
			     shape->rows[QUO_TRAIN], shape->rows[QUO_TEST]);
}

static quo_status go(struct remote *r, quo_err *err)
{
	if (quo_run_has_shares(r->run)) {
		QUO_TRY(take_share(r, err));
	} else if (r->party == r->who.reader) {
		QUO_TRY(r->run->work->load(r->run, &r->data, err));
		if (r->who.dealer)
			fprintf(r->run->ui,
				"party %d reads the data and shares it; data.owner says who may know it\n",
				r->party);
	}
	quo_rng *rng = quo_rng_new(err);
	if (!rng)
		return QUO_FAILED;
	quo_status status = meet(r, rng, err);
	quo_rng_free(rng);
	quo_dataset_free(&r->data);
	QUO_TRY(status);
	QUO_TRY(r->run->work->foresee(r->run, r->registry, &r->input.shape, err));
	r->run->output = quo_folder_open(r->run->config->output.dir, r->run->config->name, err);
	if (!r->run->output)
		return QUO_FAILED;
	quo_tell_when_interrupted("what was written so far is in", quo_folder_name(r->run->output));
	quo_party party = { .party = r->party,
			    .hash_start = r->hash_start,
			    .input = &r->input,
			    .verify = { .fd = -1 } };
	party.mesh = r->mesh;
	r->mesh = NULL;
	QUO_TRY(quo_party_connect(r->run, &party, err));
	return r->run->work->party(r->run, &party, err);
}

/* Whether a "host:port" is this machine. */
static bool is_loopback(const char *address)
{
	return !strncmp(address, "127.", 4) || !strncmp(address, "localhost:", 10) ||
	       !strncmp(address, "[::1]:", 6);
}

/* An eavesdropper on all links of an `exposed` protocol has everything. */
static quo_status refuse_plain(const quo_run *run, quo_err *err)
{
	const quo_network_config *network = &run->config->network;
	bool here = network->parties.n > 0;

	for (uint32_t i = 0; i < network->parties.n; i++)
		here = here && is_loopback(network->parties.item[i]);
	if (!quo_protocol(run->config->protocol)->exposed || network->plain || here)
		return QUO_OK;
	return quo_fail(
		err, QUO_USAGE,
		"protocol %s: its messages are shares, and whoever hears all links learns the "
		"data; TCP is plain: run every link through a tunnel (WireGuard, ssh) and set "
		"network.plain=true",
		run->config->protocol->component->name);
}

quo_status quo_run_remote(quo_run *run, quo_registry *registry, quo_err *err)
{
	struct remote r = { .run = run,
			    .registry = registry,
			    .party = run->party,
			    .parties = quo_run_n_parties(run),
			    .who = quo_ownership_of(run->config->data->config,
						    run->config->protocol) };

	if (r.parties == 1)
		return quo_fail(err, QUO_USAGE,
				"protocol %s has one party; run it without --listen, --connect or "
				"--party",
				run->config->protocol->component->name);
	QUO_TRY(quo_meeting_of(&run->config->network, r.parties, r.party, &(quo_meeting){ 0 },
			       err));
	QUO_TRY(refuse_plain(run, err));
	if (run->options->verify)
		return quo_fail(
			err, QUO_USAGE,
			"--verify needs the data in the clear, in one place; run it without "
			"--listen, --connect or --party");
	run->leads = true;
	run->work->banner(run);
	quo_status status = go(&r, err);
	quo_mesh_close(r.mesh);
	quo_dataset_free(&r.data);
	quo_holding_free(&r.input);
	return status;
}

quo_status quo_run_parties(quo_run *run, quo_registry *registry, quo_err *err)
{
	bool local = quo_meeting_mode(&run->config->network, run->options->party) == QUO_MODE_LOCAL;

	return local ? quo_run_local(run, registry, err) : quo_run_remote(run, registry, err);
}
