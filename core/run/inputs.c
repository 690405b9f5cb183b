/* SPDX-License-Identifier: Apache-2.0 */
/* Where the parties' parts of the data come from. */
#include <unistd.h>

#include "data/shares.h"
#include "run/local.h"

static quo_status load_file(const quo_experiment_config *config, int party, quo_holding *in,
			    quo_data_share_id *id, quo_err *err)
{
	char path[QUO_SHARE_PATH];

	QUO_TRY(quo_data_share_path(config->data, party, path, err));
	QUO_TRY(quo_data_share_load(path, in, id, err));
	if (id->party == (uint32_t)party)
		return QUO_OK;
	quo_holding_free(in);
	return quo_fail(err, QUO_USAGE, "%s: the share of party %u; a party reads its own", path,
			id->party);
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

static quo_status join(const quo_experiment_config *config, quo_dataset *data, quo_err *err)
{
	quo_holding part[2] = { 0 };
	quo_data_share_id id[2];
	quo_status status = load_file(config, 0, &part[0], &id[0], err);

	if (status == QUO_OK)
		status = load_file(config, 1, &part[1], &id[1], err);
	if (status == QUO_OK)
		status = quo_data_share_match(part, id, err);
	if (status == QUO_OK)
		status = quo_data_share_join(part, data, err);
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
		QUO_TRY(load_file(config, access(path, F_OK) == 0 ? 0 : 1, &part, &id, err));
		*shape = part.shape;
		quo_holding_free(&part);
		return QUO_OK;
	}
	QUO_TRY(quo_run_load_data(config, &data, err));
	*shape = quo_data_shape_of(&data);
	quo_dataset_free(&data);
	return QUO_OK;
}
