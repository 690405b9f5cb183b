/* SPDX-License-Identifier: Apache-2.0 */
/* What every tool that runs parties needs of a party: its channel, its session, its files. */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "net/handshake.h"
#include "net/probe.h"
#include "plugin/loader.h"
#include "run/meet.h"
#include "run/party.h"
#include "session/session_core.h"
#include "text/kind.h"
#include "train/link.h"

/* Numbers of parties that an experiment names, `value` counting from 1 in an option of "dealer" (or "both"), 0, 1, .. */
static quo_status check_number(const quo_run *run, const char *key, int value, quo_err *err)
{
	int parties = quo_run_n_parties(run), most = parties > 2 ? parties : 2;

	if (value <= most)
		return QUO_OK;
	return quo_fail(err, QUO_USAGE,
			"%s: there is no party %d; protocol %s has %d, from 0 to %d", key,
			value - 1, run->config->protocol->component->name, parties, parties - 1);
}

static quo_status check_numbers(const quo_run *run, quo_err *err)
{
	const quo_data_common *data = run->config->data->config;

	QUO_TRY(check_number(run, "data.owner", data->owner, err));
	QUO_TRY(check_number(run, "predict.owner", run->config->predict.owner, err));
	QUO_TRY(check_number(run, "predict.to", run->config->predict.to, err));
	return check_number(run, "--party", run->options->party + 1, err);
}

quo_status quo_run_open(quo_run *run, quo_registry *registry, quo_err *err)
{
	const quo_network_config *network;

	QUO_TRY(quo_registry_load_default(registry, run->options->plugin_dir, err));
	QUO_TRY(quo_run_load(run->options, registry, NULL, &run->experiment, err));
	run->config = quo_experiment_config_of(run->experiment);
	network = &run->config->network;
	QUO_TRY(check_numbers(run, err));
	run->party = quo_meeting_mode(network, run->options->party) == QUO_MODE_LOCAL ? -1
		     : run->options->party >= 0         ? run->options->party
		     : network->mode == QUO_MODE_LISTEN ? 0
							: 1;
	return QUO_OK;
}

void quo_run_close(quo_run *run)
{
	quo_folder_close(run->output);
	quo_forecast_free(&run->forecast);
	quo_experiment_free(run->experiment);
	run->output = NULL;
	run->experiment = NULL;
}

int quo_run_n_parties(const quo_run *run)
{
	return quo_protocol(run->config->protocol)->parties;
}

void quo_run_security(const quo_run *run)
{
	const quo_instance *protocol = run->config->protocol;

	if (quo_run_n_parties(run) == 1)
		fprintf(run->ui,
			"security: none; protocol %s computes in the clear, in one process\n",
			protocol->component->name);
	else
		fprintf(run->ui, "security: %s\n", protocol->component->security);
}

quo_status quo_run_agree(quo_run *run, const char *key, quo_err *err, const char *format, ...)
{
	va_list args;

	if (run->n_agree == QUO_RUN_MAX_AGREE)
		return quo_fail(err, QUO_BUG, "more than %d things to agree on", QUO_RUN_MAX_AGREE);
	run->agree_key[run->n_agree] = key;
	va_start(args, format);
	vsnprintf(run->agree_value[run->n_agree++], sizeof run->agree_value[0], format, args);
	va_end(args);
	return QUO_OK;
}

quo_status quo_run_handshake(const quo_run *run, quo_mesh *mesh, int timeout_seconds, quo_rng *rng,
			     quo_block *hash_start, quo_err *err)
{
	const quo_agreement *experiment = quo_experiment_agreement(run->experiment);
	uint32_t n = experiment->n;
	const char **keys = quo_alloc(n + QUO_RUN_MAX_AGREE, sizeof *keys, err);
	const char **values = quo_alloc(n + QUO_RUN_MAX_AGREE, sizeof *values, err);
	quo_status status = QUO_FAILED;

	if (keys && values) {
		for (uint32_t i = 0; i < n; i++) {
			keys[i] = experiment->key[i];
			values[i] = experiment->value[i];
		}
		for (uint32_t i = 0; i < run->n_agree; i++, n++) {
			keys[n] = run->agree_key[i];
			values[n] = run->agree_value[i];
		}
		status = quo_handshake(mesh, timeout_seconds, &(quo_agreement){ n, keys, values },
				       rng, hash_start, err);
	}
	quo_free(keys);
	quo_free(values);
	return status;
}

/* ---- the channel ---- */

static quo_status determine_link(const quo_run *run, quo_mesh *mesh, quo_link *link, quo_err *err)
{
	quo_link measured;

	*link = quo_link_given(&run->config->network);
	if ((link->latency_s > 0 && link->bytes_per_s > 0) || !quo_link_matters(run->experiment))
		return QUO_OK;
	QUO_TRY(quo_probe_links(mesh, &measured, err));
	if (!(link->latency_s > 0))
		link->latency_s = measured.latency_s;
	if (!(link->bytes_per_s > 0))
		link->bytes_per_s = measured.bytes_per_s;
	return QUO_OK;
}

static quo_status decorate(const quo_run *run, quo_party *party, quo_err *err)
{
	const quo_shape_config *shape = &run->config->network.shape;

	if (shape->latency > 0 || shape->bandwidth > 0)
		QUO_TRY(quo_mesh_shape(party->mesh, shape->latency, shape->bandwidth, err));
	QUO_TRY(determine_link(run, party->mesh, &party->link, err));
	return quo_mesh_count(party->mesh, err);
}

quo_status quo_party_connect(const quo_run *run, quo_party *party, quo_err *err)
{
	quo_status status = decorate(run, party, err);

	if (status != QUO_OK) {
		quo_mesh_close(party->mesh);
		party->mesh = NULL;
	}
	return status;
}

/* ---- the session ---- */

quo_status quo_party_session(quo_run *run, quo_party *party,
			     quo_status (*body)(void *arg, quo_session *s, quo_err *err), void *arg,
			     quo_err *err)
{
	const quo_session_config config = { .party = party->party,
					    .parties = quo_run_n_parties(run),
					    .mesh = party->mesh,
					    .hash_start = party->hash_start,
					    .link = party->link,
					    .protocol = run->config->protocol,
					    .threads = (unsigned)run->config->threads };
	quo_session *s = quo_session_live(&config, err);
	quo_status status = s ? body(arg, s, err) : QUO_FAILED;

	party->mesh = NULL;
	if (status != QUO_OK && party->children)
		quo_children_failed(party->children, party->party);
	quo_session_free(s);
	return status;
}

/* ---- its files ---- */

size_t quo_run_components(const quo_run *run, quo_summary_component *out, size_t max)
{
	size_t n = quo_experiment_instances(run->experiment);

	n = n < max ? n : max;
	for (size_t i = 0; i < n; i++) {
		const char *path;
		const quo_instance *instance =
			quo_experiment_instance_at(run->experiment, i, &path);
		out[i] = (quo_summary_component){
			path, quo_kind_name((quo_kind)instance->component->kind),
			instance->component->name, instance->component->wire_version
		};
	}
	return n;
}

quo_status quo_run_write_config(quo_run *run, quo_err *err)
{
	char *yaml = quo_experiment_yaml(run->experiment, err);

	if (!yaml)
		return QUO_FAILED;
	quo_status status = quo_folder_write(run->output, "config.resolved.yaml", yaml,
					     strlen(yaml), false, err);
	free(yaml);
	return status;
}

quo_status quo_run_printed(quo_err *err)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return QUO_OK;
	return quo_fail(err, QUO_FAILED, "standard output: cannot write: %s; send it elsewhere",
			strerror(errno));
}

quo_status quo_run_write_summary(quo_run *run, quo_json *j, bool is_secret, quo_err *err)
{
	QUO_TRY(quo_json_status(j, err));
	QUO_TRY(quo_folder_write(run->output, "summary.json", j->out.data, j->out.n, is_secret,
				 err));
	if (!run->options->json)
		return QUO_OK;
	fwrite(j->out.data, 1, j->out.n, stdout);
	fputc('\n', stdout);
	return quo_run_printed(err);
}
