/* SPDX-License-Identifier: Apache-2.0 */
/* One party in a process of its own. */
#include <stdio.h>

#include "run/interrupt.h"
#include "run/local.h"

struct remote {
	quo_run *run;
	quo_registry *registry;
	int party, reader;
	quo_channel *peer;
	quo_dataset data;
	quo_holding input;
	quo_block hash_start;
};

static quo_status meet(struct remote *r, quo_rng *rng, quo_err *err)
{
	const quo_network_config *network = &r->run->config->network;
	const quo_data_common *common = r->run->config->data->config;
	bool listens = network->mode == QUO_MODE_LISTEN;

	fprintf(r->run->ui, "party %d: %s %s\n", r->party,
		listens ? "waiting for the other party at" : "connecting to", network->address);
	fflush(r->run->ui);
	r->peer = listens ? quo_channel_listen(network->address, (int)network->timeout, err)
			  : quo_channel_connect(network->address, (int)network->timeout, err);
	if (!r->peer)
		return err->status;
	QUO_TRY(quo_run_handshake(r->run, r->peer, r->party, rng, &r->hash_start, err));
	if (quo_run_has_shares(r->run))
		return QUO_OK;
	return quo_holding_exchange(&r->input, r->peer, r->party,
				    r->party == r->reader ? &r->data : NULL, r->reader,
				    common->owner == QUO_OWNER_DEALER, err);
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
	quo_channel *raw = r->peer;
	r->peer = NULL;
	QUO_TRY(quo_party_connect(r->run, &party, raw, err));
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
	if (run->cli->verify)
		return quo_fail(
			err, QUO_USAGE,
			"--verify needs the data in the clear, in one place; run it without --listen or --connect");
	run->leads = true;
	run->work->banner(run);
	quo_status status = go(&r, err);
	quo_channel_close(r.peer);
	quo_dataset_free(&r.data);
	quo_holding_free(&r.input);
	return status;
}

quo_status quo_run_parties(quo_run *run, quo_registry *registry, quo_err *err)
{
	return run->config->network.mode == QUO_MODE_LOCAL ? quo_run_local(run, registry, err)
							   : quo_run_remote(run, registry, err);
}
