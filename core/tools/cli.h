/* SPDX-License-Identifier: Apache-2.0 */
/* Command lines of the tools that take an experiment: its file, overrides and a few switches. */
#ifndef QUOTIENT_TOOLS_CLI_H
#define QUOTIENT_TOOLS_CLI_H

#include "config/experiment.h"

#define QUO_CLI_MAX_SETS 256

typedef enum quo_cli_use { QUO_CLI_RUN, QUO_CLI_CHECK, QUO_CLI_PREDICT, QUO_CLI_SHARE } quo_cli_use;

typedef struct quo_cli {
	quo_cli_use use;
	const char *tool; /* "quotient-run" */
	const char *file;
	const char *sets[QUO_CLI_MAX_SETS];
	size_t n_sets;
	const char *plugin_dir;
	int party; /* -1: not given */
	const char *listen, *connect;
	bool verify, json, reveal_model, quiet, report;
	int64_t point;           /* of the file's sweep; -1: the file itself */
	const char *model, *out; /* quotient-share */
	char *owned[16];         /* overrides made of other options */
	size_t n_owned;
} quo_cli;

/* 0: go on; 1: --help or --version was answered; QUO_USAGE with a message otherwise. */
int quo_cli_parse(quo_cli *cli, quo_cli_use use, const char *help, int argc, char **argv,
		  quo_err *err);
void quo_cli_free(quo_cli *cli);

/* Whether all that went to standard output has arrived. */
quo_status quo_cli_printed(quo_err *err);

/* Exit status of a status: 0, 1 (failed) or 2 (the user's mistake); prints "tool: text" when it is
 * not QUO_OK. */
int quo_cli_exit(const quo_cli *cli, quo_status status, const quo_err *err);

/* Load the components and the experiment. With extra, up to NULL, as further overrides; may be
 * NULL. */
#define QUO_CLI_MAX_EXTRA 4
quo_status quo_cli_load(const quo_cli *cli, quo_registry *registry, const char *const *extra,
			quo_experiment **out, quo_err *err);

#endif
