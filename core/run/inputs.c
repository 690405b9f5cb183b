/* SPDX-License-Identifier: Apache-2.0 */
/* Where the parties' parts of the data come from. */
#include <unistd.h>

#include "data/shares.h"
#include "run/local.h"

/* A party's file, which must be of a sharing like the protocol's; under one party, of any two. */
static quo_status load_file(const quo_experiment_config *config, int party, quo_holding *in,
			    quo_data_share_id *id, quo_err *err)
{
	char path[QUO_SHARE_PATH];
	int parties = quo_protocol(config->protocol)->parties;

	QUO_TRY(quo_data_share_path(config->data, party, path, err));
	QUO_TRY(quo_data_share_load(path, in, id, err));
	const quo_sharing sharing = parties > 1 ? quo_protocol_sharing(config->protocol, parties)
						: quo_protocol_sharing(NULL, 2);
	int want = parties > 1 ? parties : 2;
	quo_status status = QUO_OK;
	if (id->parties != (uint32_t)want && parties == 1)
		status = quo_fail(
			err, QUO_USAGE,
			"%s: a share for %u parties, and protocol %s joins those of two; run "
			"under the protocol that the files were made for",
			path, id->parties, config->protocol->component->name);
	else if (id->parties != (uint32_t)want)
		status = quo_fail(err, QUO_USAGE,
				  "%s: a share for %u parties, and protocol %s has %d; share the "
				  "data again with quotient-share EXPERIMENT.yaml",
				  path, id->parties, config->protocol->component->name, want);
	else if (id->party != (uint32_t)party)
		status =
			quo_fail(err, QUO_USAGE, "%s: the share of party %u; a party reads its own",
				 path, id->party);
	else if (in->parts != sharing.parts[party])
		status = quo_fail(
			err, QUO_USAGE,
			"%s: it has %u parts of each value, and protocol %s wants %u; share "
			"the data again under that protocol",
			path, in->parts, config->protocol->component->name, sharing.parts[party]);
	if (status != QUO_OK)
		quo_holding_free(in);
	return status;
}

bool quo_run_has_shares(const quo_run *run)
{
	return quo_data_is_shares(run->config->data) &&
	       quo_protocol(run->config->protocol)->parties > 1;
}

quo_status quo_run_load_share(quo_run *run, int party, quo_holding *in, quo_data_share_id *id,
			      quo_err *err)
{
	QUO_TRY(load_file(run->config, party, in, id, err));
	return run->work->trim ? run->work->trim(run, in, err) : QUO_OK;
}

/* Two parties' files in one process, for protocols of one party. */
static quo_status join(const quo_experiment_config *config, quo_dataset *data, quo_err *err)
{
	const quo_sharing sharing = quo_protocol_sharing(NULL, 2);
	quo_holding part[2] = { 0 };
	quo_data_share_id id[2];
	quo_status status = load_file(config, 0, &part[0], &id[0], err);

	if (status == QUO_OK)
		status = load_file(config, 1, &part[1], &id[1], err);
	if (status == QUO_OK)
		status = quo_data_share_match(part, id, 2, err);
	if (status == QUO_OK)
		status = quo_data_share_join(part, 2, &sharing, data, err);
	quo_holding_free(&part[0]);
	quo_holding_free(&part[1]);
	return status;
}

quo_status quo_run_load_data(const quo_experiment_config *config, quo_dataset *data, quo_err *err)
{
	const quo_data_ops *ops = quo_data(config->data);

	if (quo_data_is_shares(config->data))
		return join(config, data, err);
	return ops->load(config->data->self, (uint64_t)config->train.seed, data, err);
}

quo_status quo_run_load_shape(const quo_experiment_config *config, quo_data_shape *shape,
			      quo_err *err)
{
	quo_dataset data = { 0 };

	if (quo_data_is_shares(config->data)) {
		char path[QUO_SHARE_PATH];
		quo_holding part = { 0 };
		quo_data_share_id id;
		QUO_TRY(quo_data_share_path(config->data, 0, path, err));
		int party = 0;
		while (access(path, F_OK) != 0 && party < QUO_MAX_PARTIES - 1)
			QUO_TRY(quo_data_share_path(config->data, ++party, path, err));
		QUO_TRY(load_file(config, access(path, F_OK) == 0 ? party : 0, &part, &id, err));
		*shape = part.shape;
		quo_holding_free(&part);
		return QUO_OK;
	}
	QUO_TRY(quo_run_load_data(config, &data, err));
	*shape = quo_data_shape_of(&data);
	quo_dataset_free(&data);
	return QUO_OK;
}
