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
	"       quotient-share --model model.npz --out NAME\n"
	"\n"
	"Split the data of an experiment into NAME.party0.share, NAME.party1.share, .., one for each party of its protocol;\n"
	"or a model, for two parties. A file alone says nothing but shapes; together they are the data. Bring each party its own.\n"
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

/* planes[0] random, planes[1] the weights' XOR it. */
static void split(const quo_weights_layer *l, uint64_t *const planes[2], quo_rng *rng)
{
	size_t n = (size_t)l->rows * l->cols, words = quo_words(n);

	quo_rng_bytes(rng, planes[0], 8 * words * sizeof *planes[0]);
	for (unsigned k = 0; k < 8; k++) {
		uint64_t *random = planes[0] + k * words, *other = planes[1] + k * words;
		for (size_t j = 0; j < n; j++)
			other[j / 64] |= (uint64_t)((uint8_t)l->values[j] >> k & 1) << (j % 64);
		if (n % 64)
			random[words - 1] &= (UINT64_C(1) << (n % 64)) - 1;
		for (size_t w = 0; w < words; w++)
			other[w] ^= random[w];
	}
}

static quo_status split_all(const quo_weights *weights, quo_model_share model[2], quo_rng *rng,
			    quo_err *err)
{
	for (int i = 0; i < 2; i++) {
		model[i].layers = quo_alloc(weights->n_layers, sizeof *model[i].layers, err);
		if (!model[i].layers)
			return QUO_FAILED;
		model[i].n_layers = weights->n_layers;
	}
	for (uint32_t k = 0; k < weights->n_layers; k++) {
		const quo_weights_layer *l = &weights->layers[k];
		uint64_t *planes[2];
		for (int i = 0; i < 2; i++) {
			planes[i] = quo_alloc(quo_words((size_t)l->rows * l->cols),
					      8 * sizeof *planes[i], err);
			model[i].layers[k] = (quo_model_layer){ l->rows, l->cols, 8, planes[i] };
			if (!planes[i])
				return QUO_FAILED;
		}
		split(l, planes, rng);
	}
	return QUO_OK;
}

static quo_status write_model(const quo_cli *cli, const quo_model_share model[2], quo_err *err)
{
	for (int i = 0; i < 2; i++) {
		char path[PATH_MAX];
		QUO_TRY(name_file(path, cli->out, i, err));
		QUO_TRY(quo_model_share_save(path, &model[i], err));
		tell(path);
	}
	return QUO_OK;
}

static quo_status share_model(const quo_cli *cli, quo_err *err)
{
	quo_model_share model[2] = { { .party = 0, .parties = 2, .parts = 1 },
				     { .party = 1, .parties = 2, .parts = 1 } };
	quo_weights weights;
	quo_rng *rng = NULL;

	QUO_TRY(quo_weights_load(cli->model, &weights, err));
	quo_status status = new_id(model[0].id, &rng, err);
	memcpy(model[1].id, model[0].id, sizeof model[0].id);
	if (status == QUO_OK)
		status = split_all(&weights, model, rng, err);
	if (status == QUO_OK)
		status = write_model(cli, model, err);
	quo_rng_free(rng);
	quo_weights_free(&weights);
	quo_model_share_free(&model[0]);
	quo_model_share_free(&model[1]);
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
			    : cli.model ? share_model(&cli, &err)
					: share_data(&cli, registry, &err);
	if (status == QUO_OK)
		status = quo_run_printed(&err);
	quo_registry_free(registry);
	quo_cli_free(&cli);
	return quo_cli_exit(&cli, status, &err);
}
