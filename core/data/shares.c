/* SPDX-License-Identifier: Apache-2.0 */
#include "data/shares.h"

#include <stdio.h>

#include "data/reader.h"
#include "data/source.h"

struct shares_config {
	quo_data_common common;
	const char *files;
};

static const quo_option options[] = {
	QUO_OPTION_AS("root", struct shares_config, common.root, QUO_OPT_STRING, "''",
		      "folder that a relative path starts from; empty: the variable QUOTIENT_DATA, "
		      "else data",
		      .local = true),
	QUO_OPTION(struct shares_config, files, QUO_OPT_STRING, NULL,
		   "the files' common path, without .party0.share and .party1.share; a party needs "
		   "its own",
		   .local = true),
	{ 0 },
};

static quo_status load(void *self, uint64_t seed, quo_dataset *out, quo_err *err)
{
	(void)self, (void)seed, (void)out;
	return quo_fail(err, QUO_BUG, "data shares: a party reads its own file");
}

bool quo_data_is_shares(const quo_instance *data)
{
	return quo_data(data)->load == load;
}

quo_status quo_data_share_path(const quo_instance *data, int party, char out[QUO_SHARE_PATH],
			       quo_err *err)
{
	const struct shares_config *config = data->config;
	char name[QUO_SHARE_PATH];
	int n = snprintf(name, sizeof name, "%s.party%d.share", config->files, party);

	if (!*config->files || n < 0 || (size_t)n >= sizeof name)
		return quo_fail(
			err, QUO_USAGE,
			"data.files: want a path, without .party0.share, of at most 4000 bytes");
	return quo__data_path(&config->common, name, out, QUO_SHARE_PATH, err);
}

static const quo_data_ops ops = { .life = { .init = quo__reader_init }, .load = load };

const quo_component quo__data_shares = {
	QUO_COMPONENT(QUO_KIND_DATA, &ops),
	.name = "shares",
	.summary = "shares that data owners outside have made with quotient-share",
	.security = "a party's file alone says nothing but the data's shape",
	.wire_version = 1,
	.instance_size = sizeof(quo__reader),
	.config_size = sizeof(struct shares_config),
	.options = options,
};
