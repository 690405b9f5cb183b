/* SPDX-License-Identifier: Apache-2.0 */
/* Command lines of the tools that take an experiment: its file, overrides and a few switches. */
#ifndef QUOTIENT_TOOLS_CLI_H
#define QUOTIENT_TOOLS_CLI_H

#include "run/options.h"

typedef enum quo_cli_use { QUO_CLI_RUN, QUO_CLI_CHECK, QUO_CLI_PREDICT, QUO_CLI_SHARE } quo_cli_use;

typedef struct quo_cli {
	quo_cli_use use;
	const char *tool; /* "quotient-run" */
	quo_run_options run;
	const char *listen, *connect;
	bool report;
	const char *model, *out; /* quotient-share */
	char *owned[16];         /* overrides made of other options */
	size_t n_owned;
} quo_cli;

/* 0: go on; 1: --help or --version was answered; QUO_USAGE with a message otherwise. */
int quo_cli_parse(quo_cli *cli, quo_cli_use use, const char *help, int argc, char **argv,
		  quo_err *err);
void quo_cli_free(quo_cli *cli);

/* Exit status of a status: 0, 1 (failed) or 2 (the user's mistake); prints "tool: text" when it is
 * not QUO_OK. */
int quo_cli_exit(const quo_cli *cli, quo_status status, const quo_err *err);

#endif
