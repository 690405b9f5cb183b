/* SPDX-License-Identifier: Apache-2.0 */
/* One party in a process of its own. */
#include <stdio.h>

#include "run/interrupt.h"
#include "run/local.h"
#include "run/meet.h"

struct remote {
	quo_run *run;
	quo_registry *registry;
	int party, reader;
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

static quo_status meet(struct remote *r, quo_rng *rng, quo_err *err)
{
	const quo_network_config *network = &r->run->config->network;
	const quo_data_common *common = r->run->config->data->config;
	quo_channel *channel[QUO_MAX_PARTIES];
	quo_meeting m;

	QUO_TRY(quo_meeting_of(network, 2, r->party, &m, err));
	m.note = note;
	m.arg = r->run;
	fprintf(r->run->ui, "party %d: %s %s\n", r->party,
		m.listen ? "waiting for the other party at" : "connecting to",
		m.listen ? m.listen : m.call[1 - r->party]);
	fflush(r->run->ui);
	QUO_TRY(quo_meet(&m, channel, err));
	r->mesh = quo_mesh_new(2, r->party, channel, err);
	if (!r->mesh)
		return err->status;
	QUO_TRY(quo_run_handshake(r->run, r->mesh, m.timeout_seconds, rng, &r->hash_start, err));
	if (!quo_run_has_shares(r->run))
		QUO_TRY(quo_holding_exchange(&r->input, quo_mesh_to(r->mesh, 1 - r->party),
					     r->party, r->party == r->reader ? &r->data : NULL,
					     r->reader, common->owner == QUO_OWNER_DEALER, err));
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
	for (int i = 0; i < 16; i++)
		snprintf(hex + 2 * i, 3, "%02x", id.id[i]);
	return quo_run_agree(r->run, "data.files", err, "%s, %u: %u x %u x %u, %u, %u, %u + %u",
			     hex, shape->n_dims, shape->dim[0], shape->dim[1], shape->dim[2],
			     shape->classes, shape->is_signed, shape->rows[QUO_TRAIN],
			     shape->rows[QUO_TEST]);
}

static quo_status go(struct remote *r, quo_err *err)
{
	const quo_data_common *common = r->run->config->data->config;

	if (quo_run_has_shares(r->run)) {
		QUO_TRY(take_share(r, err));
	} else if (r->party == r->reader) {
		QUO_TRY(r->run->work->load(r->run, &r->data, err));
		if (common->owner == QUO_OWNER_DEALER)
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

quo_status quo_run_remote(quo_run *run, quo_registry *registry, quo_err *err)
{
	const quo_protocol_ops *protocol = quo_protocol(run->config->protocol);
	const quo_data_common *common = run->config->data->config;
	struct remote r = { .run = run,
			    .registry = registry,
			    .party = run->party,
			    .reader = common->owner == QUO_OWNER_1 ? 1 : 0 };

	if (protocol->parties == 1)
		return quo_fail(err, QUO_USAGE,
				"protocol %s has one party; run it without --listen or --connect",
				run->config->protocol->component->name);
	if (run->options->verify)
		return quo_fail(
			err, QUO_USAGE,
			"--verify needs the data in the clear, in one place; run it without --listen or --connect");
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
