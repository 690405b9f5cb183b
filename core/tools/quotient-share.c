/* SPDX-License-Identifier: Apache-2.0 */
/* quotient-share: what data owners and model owners outside run: one file for each server. */
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "data/dataset.h"
#include "plugin/loader.h"
#include "run/local.h"
#include "store/modelshare.h"
#include "store/weights.h"
#include "tools/cli.h"

static const char help[] =
	"Usage: quotient-share EXPERIMENT.yaml --out NAME [options]\n"
	"       quotient-share [EXPERIMENT.yaml] --model model.npz --out NAME\n"
	"\n"
	"Split the data of an experiment, or a model, into NAME.party0.share, NAME.party1.share, .., one for each party of the\n"
	"experiment's protocol; a model without an experiment is for two parties. A file alone says nothing but shapes;\n"
	"together they are the data. Bring each party its own.\n"
	"\n"
	"  --out NAME         the files' path without .party0.share\n"
	"  --model FILE.npz   split a model instead of data\n"
	"  --set KEY=VALUE    override a key of the experiment (any number of times)\n"
	"  --plugin-dir DIR   load plugins from DIR too\n"
	"  --help, --version\n"
	"\n"
	"Examples:\n"
	"  quotient-share configs/german-credit.yaml --out data/german\n"
	"  quotient-run configs/german-credit.yaml --set 'data={use: shares, files: german}' --party 0 --listen 127.0.0.1:7000 &\n"
	"  quotient-run configs/german-credit.yaml --set 'data={use: shares, files: german}' --party 1 --connect 127.0.0.1:7000\n"
	"  quotient-share --model model.npz --out credit-model\n"
	"  quotient-share configs/german-credit.yaml --set protocol.use=replicated --model model.npz --out credit-model\n"
	"  quotient-predict configs/german-credit.yaml --model credit-model.party0.share --rows 10\n"
	"\n"
	"Exit status: 0 done, 1 failed at run time, 2 bad usage, experiment, model or data.\n";

static quo_status name_file(char path[PATH_MAX], const char *out, int party, quo_err *err)
{
	int n = snprintf(path, PATH_MAX, "%s.party%d.share", out, party);

	if (n < 0 || n >= PATH_MAX)
		return quo_fail(err, QUO_USAGE, "--out: a path of %zu bytes is too long",
				strlen(out));
	return QUO_OK;
}

static void tell(const char *path)
{
	printf("wrote %s\n", path);
}

static quo_status new_id(uint8_t id[16], quo_rng **rng, quo_err *err)
{
	*rng = quo_rng_new(err);
	if (!*rng)
		return QUO_FAILED;
	quo_rng_bytes(*rng, id, 16);
	return QUO_OK;
}

/* ---- data ---- */

static quo_status write_data(const quo_cli *cli, const quo_holding *part, int parties, quo_err *err)
{
	quo_data_share_id id = { .parties = (uint32_t)parties };
	quo_rng *rng;

	QUO_TRY(new_id(id.id, &rng, err));
	quo_rng_free(rng);
	for (int i = 0; i < parties; i++) {
		char path[PATH_MAX];
		id.party = (uint32_t)i;
		QUO_TRY(name_file(path, cli->out, i, err));
		QUO_TRY(quo_data_share_save(path, &part[i], &id, err));
		tell(path);
	}
	return QUO_OK;
}

static quo_status share_data(const quo_cli *cli, quo_registry *registry, quo_err *err)
{
	quo_experiment *experiment;
	quo_dataset data = { 0 };
	quo_holding part[QUO_MAX_PARTIES] = { 0 };
	quo_sharing sharing;
	int parties = 0;

	QUO_TRY(quo_registry_load_default(registry, cli->run.plugin_dir, err));
	QUO_TRY(quo_run_load(&cli->run, registry, NULL, &experiment, err));
	const quo_experiment_config *config = quo_experiment_config_of(experiment);
	quo_status status = quo_run_load_data(config, &data, err);
	/* Under a protocol of one party: for two, as they always were. */
	parties = quo_protocol(config->protocol)->parties;
	sharing = quo_protocol_sharing(parties > 1 ? config->protocol : NULL,
				       parties > 1 ? parties : 2);
	parties = parties > 1 ? parties : 2;
	quo_experiment_free(experiment);
	if (status == QUO_OK)
		status = quo_holding_deal(part, parties, &sharing, &data, err);
	quo_dataset_free(&data);
	QUO_TRY(status);
	status = write_data(cli, part, parties, err);
	for (int i = 0; i < parties; i++)
		quo_holding_free(&part[i]);
	return status;
}

/* ---- a model ---- */

/* Pieces of 8 planes each, one after the other: all but the first random, the first the weights' XOR with them. */
static void split(const quo_weights_layer *l, unsigned pieces, uint64_t *planes, quo_rng *rng)
{
	size_t n = (size_t)l->rows * l->cols, words = quo_words(n), each = 8 * words;

	for (unsigned k = 0; k < 8; k++)
		for (size_t j = 0; j < n; j++)
			planes[k * words + j / 64] |= (uint64_t)((uint8_t)l->values[j] >> k & 1)
						      << (j % 64);
	for (unsigned piece = 1; piece < pieces; piece++) {
		uint64_t *random = planes + piece * each;
		quo_rng_bytes(rng, random, each * sizeof *random);
		for (unsigned k = 0; n % 64 && k < 8; k++)
			random[(k + 1) * words - 1] &= (UINT64_C(1) << (n % 64)) - 1;
		for (size_t w = 0; w < each; w++)
			planes[w] ^= random[w];
	}
}

/* Layer k of every party's share. */
static quo_status split_layer(const quo_weights_layer *l, uint32_t k, const quo_sharing *sharing,
			      quo_model_share *model, int parties, quo_rng *rng, quo_err *err)
{
	size_t each = 8 * quo_words((size_t)l->rows * l->cols);
	uint64_t *pieces = quo_alloc(each, sharing->pieces * sizeof *pieces, err);
	quo_status status = pieces ? QUO_OK : QUO_FAILED;

	if (pieces)
		split(l, sharing->pieces, pieces, rng);
	for (int i = 0; i < parties && status == QUO_OK; i++) {
		uint64_t *own = quo_alloc(each, sharing->parts[i] * sizeof *own, err);
		model[i].layers[k] = (quo_model_layer){ l->rows, l->cols, 8, own };
		status = own ? QUO_OK : QUO_FAILED;
		for (unsigned part = 0; own && part < sharing->parts[i]; part++)
			memcpy(own + part * each, pieces + sharing->piece[i][part] * each,
			       each * sizeof *own);
	}
	quo_free(pieces);
	return status;
}

static quo_status split_all(const quo_weights *weights, const quo_sharing *sharing,
			    quo_model_share *model, int parties, quo_rng *rng, quo_err *err)
{
	for (int i = 0; i < parties; i++) {
		model[i].layers = quo_alloc(weights->n_layers, sizeof *model[i].layers, err);
		if (!model[i].layers)
			return QUO_FAILED;
		model[i].n_layers = weights->n_layers;
	}
	for (uint32_t k = 0; k < weights->n_layers; k++)
		QUO_TRY(split_layer(&weights->layers[k], k, sharing, model, parties, rng, err));
	return QUO_OK;
}

static quo_status write_model(const quo_cli *cli, const quo_model_share *model, int parties,
			      quo_err *err)
{
	for (int i = 0; i < parties; i++) {
		char path[PATH_MAX];
		QUO_TRY(name_file(path, cli->out, i, err));
		QUO_TRY(quo_model_share_save(path, &model[i], err));
		tell(path);
	}
	return QUO_OK;
}

/* How the experiment's protocol shares; without an experiment, among two. */
static quo_status sharing_of(const quo_cli *cli, quo_registry *registry, quo_sharing *sharing,
			     int *parties, quo_err *err)
{
	quo_experiment *experiment;

	*parties = 2;
	*sharing = quo_protocol_sharing(NULL, 2);
	if (!cli->run.file)
		return QUO_OK;
	QUO_TRY(quo_registry_load_default(registry, cli->run.plugin_dir, err));
	QUO_TRY(quo_run_load(&cli->run, registry, NULL, &experiment, err));
	const quo_instance *protocol = quo_experiment_config_of(experiment)->protocol;
	if (quo_protocol(protocol)->parties > 1) {
		*parties = quo_protocol(protocol)->parties;
		*sharing = quo_protocol_sharing(protocol, *parties);
	}
	quo_experiment_free(experiment);
	return QUO_OK;
}

static quo_status share_model(const quo_cli *cli, quo_registry *registry, quo_err *err)
{
	quo_model_share model[QUO_MAX_PARTIES] = { { 0 } };
	quo_sharing sharing;
	quo_weights weights;
	quo_rng *rng = NULL;
	uint8_t id[16];
	int parties;

	QUO_TRY(sharing_of(cli, registry, &sharing, &parties, err));
	QUO_TRY(quo_weights_load(cli->model, &weights, err));
	quo_status status = new_id(id, &rng, err);
	for (int i = 0; i < parties; i++) {
		model[i] = (quo_model_share){ .party = (uint32_t)i,
					      .parties = (uint32_t)parties,
					      .parts = sharing.parts[i] };
		memcpy(model[i].id, id, sizeof id);
	}
	if (status == QUO_OK)
		status = split_all(&weights, &sharing, model, parties, rng, err);
	if (status == QUO_OK)
		status = write_model(cli, model, parties, err);
	quo_rng_free(rng);
	quo_weights_free(&weights);
	for (int i = 0; i < parties; i++)
		quo_model_share_free(&model[i]);
	return status;
}

int main(int argc, char **argv)
{
	quo_err err = QUO_ERR_INIT;
	quo_cli cli;
	int parsed = quo_cli_parse(&cli, QUO_CLI_SHARE, help, argc, argv, &err);

	if (parsed != 0) {
		quo_cli_free(&cli);
		return parsed > 0 ? 0 : quo_cli_exit(&cli, (quo_status)parsed, &err);
	}
	quo_registry *registry = quo_registry_new(quo_data_components, &err);
	quo_status status = !registry   ? QUO_FAILED
			    : cli.model ? share_model(&cli, registry, &err)
					: share_data(&cli, registry, &err);
	if (status == QUO_OK)
		status = quo_run_printed(&err);
	quo_registry_free(registry);
	quo_cli_free(&cli);
	return quo_cli_exit(&cli, status, &err);
}
