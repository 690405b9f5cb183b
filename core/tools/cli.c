/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/cli.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/sweep.h"
#include "version.h"

enum {
	HELP = 256,
	VERSION,
	SET,
	PLUGIN_DIR,
	PARTY,
	LISTEN,
	CONNECT,
	VERIFY,
	JSON,
	REVEAL_MODEL,
	QUIET,
	REPORT,
	MODEL,
	INPUTS,
	BATCH,
	ROWS,
	REPEAT,
	REVEAL,
	TO,
	OUT,
};

static const struct option common_options[] = {
	{ "help", no_argument, NULL, HELP },
	{ "version", no_argument, NULL, VERSION },
	{ "set", required_argument, NULL, SET },
	{ "plugin-dir", required_argument, NULL, PLUGIN_DIR },
	{ "json", no_argument, NULL, JSON },
	{ "reveal-model", no_argument, NULL, REVEAL_MODEL },
	{ "party", required_argument, NULL, PARTY },
	{ "listen", required_argument, NULL, LISTEN },
	{ "connect", required_argument, NULL, CONNECT },
	{ "verify", no_argument, NULL, VERIFY },
	{ "quiet", no_argument, NULL, QUIET },
	{ "report", no_argument, NULL, REPORT },
	{ "model", required_argument, NULL, MODEL },
	{ "inputs", required_argument, NULL, INPUTS },
	{ "batch", required_argument, NULL, BATCH },
	{ "rows", required_argument, NULL, ROWS },
	{ "repeat", required_argument, NULL, REPEAT },
	{ "reveal", required_argument, NULL, REVEAL },
	{ "to", required_argument, NULL, TO },
	{ "out", required_argument, NULL, OUT },
	{ 0 },
};

/* Whose options they are. */
static bool takes(quo_cli_use use, int option)
{
	bool runs = use == QUO_CLI_RUN || use == QUO_CLI_PREDICT;

	switch (option) {
	case JSON:
		return runs || use == QUO_CLI_CHECK;
	case PARTY:
	case LISTEN:
	case CONNECT:
		return runs;
	case REVEAL_MODEL:
		return use == QUO_CLI_RUN || use == QUO_CLI_CHECK;
	case VERIFY:
	case QUIET:
	case REPORT:
		return use == QUO_CLI_RUN;
	case MODEL:
		return use == QUO_CLI_PREDICT || use == QUO_CLI_SHARE;
	case INPUTS:
	case BATCH:
	case ROWS:
	case REPEAT:
	case REVEAL:
	case TO:
		return use == QUO_CLI_PREDICT;
	case OUT:
		return use == QUO_CLI_SHARE;
	default:
		return true;
	}
}

static quo_status add_set(quo_cli *cli, const char *set, quo_err *err)
{
	if (cli->run.n_sets == QUO_RUN_MAX_SETS)
		return quo_fail(err, QUO_USAGE, "more than %d --set", QUO_RUN_MAX_SETS);
	cli->run.sets[cli->run.n_sets++] = set;
	return QUO_OK;
}

static quo_status own_set(quo_cli *cli, const char *key, const char *value, quo_err *err)
{
	char *set = NULL;

	if (cli->n_owned == sizeof cli->owned / sizeof *cli->owned)
		return quo_fail(err, QUO_USAGE, "too many options; give each once");
	if (asprintf(&set, "%s=%s", key, value) < 0)
		return quo_fail(err, QUO_FAILED, "out of memory");
	cli->owned[cli->n_owned++] = set;
	return add_set(cli, set, err);
}

/* A text, whatever YAML would take it for. */
static quo_status own_text(quo_cli *cli, const char *key, const char *value, const char *what,
			   quo_err *err)
{
	char *quoted = NULL;

	if (strchr(value, '"') || strchr(value, '\\'))
		return quo_fail(err, QUO_USAGE, "'%s' is not %s", value, what);
	if (asprintf(&quoted, "\"%s\"", value) < 0)
		return quo_fail(err, QUO_FAILED, "out of memory");
	quo_status status = own_set(cli, key, quoted, err);
	free(quoted);
	return status;
}

/* --rows A..B, or --rows N: the first N. */
static quo_status rows(quo_cli *cli, const char *text, quo_err *err)
{
	unsigned first = 0, last = 0;
	char number[24];
	int end = 0;

	if (sscanf(text, "%9u..%9u%n", &first, &last, &end) == 2 && !text[end] && first <= last) {
		snprintf(number, sizeof number, "%u", first);
		QUO_TRY(own_set(cli, "predict.first", number, err));
		snprintf(number, sizeof number, "%u", last - first + 1);
		return own_set(cli, "predict.rows", number, err);
	}
	end = 0;
	if (sscanf(text, "%9u%n", &last, &end) == 1 && end && !text[end])
		return own_set(cli, "predict.rows", text, err);
	return quo_fail(err, QUO_USAGE, "--rows is A..B, counted from 0, or a number, not '%s'",
			text);
}

/* --listen and --connect are network.* written short. */
static quo_status network(quo_cli *cli, quo_err *err)
{
	if (cli->listen && cli->connect)
		return quo_fail(err, QUO_USAGE, "give --listen or --connect, not both");
	if (cli->listen || cli->connect) {
		const char *address = cli->listen ? cli->listen : cli->connect;
		QUO_TRY(own_set(cli, "network.mode", cli->listen ? "listen" : "connect", err));
		QUO_TRY(own_text(cli, "network.address", address, "an address; give host:port",
				 err));
	}
	return QUO_OK;
}

static quo_status party_number(quo_cli *cli, const char *text, quo_err *err)
{
	char *end;
	long n = strtol(text, &end, 10);

	if (!*text || *end || n < 0 || n >= QUO_MAX_PARTIES)
		return quo_fail(err, QUO_USAGE,
				"--party is the number of a party, from 0 to %d, not '%s'",
				QUO_MAX_PARTIES - 1, text);
	cli->run.party = (int)n;
	return QUO_OK;
}

static quo_status apply(quo_cli *cli, int option, quo_err *err)
{
	switch (option) {
	case SET:
		return add_set(cli, optarg, err);
	case PLUGIN_DIR:
		cli->run.plugin_dir = optarg;
		return QUO_OK;
	case JSON:
		cli->run.json = true;
		return QUO_OK;
	case REVEAL_MODEL:
		cli->run.reveal_model = true;
		return QUO_OK;
	case VERIFY:
		cli->run.verify = true;
		return QUO_OK;
	case QUIET:
		cli->run.quiet = true;
		return QUO_OK;
	case REPORT:
		cli->report = true;
		return QUO_OK;
	case LISTEN:
		cli->listen = optarg;
		return QUO_OK;
	case CONNECT:
		cli->connect = optarg;
		return QUO_OK;
	case OUT:
		cli->out = optarg;
		return QUO_OK;
	case MODEL:
		cli->model = optarg;
		return cli->use == QUO_CLI_SHARE
			       ? QUO_OK
			       : own_text(cli, "predict.model", optarg, "a path for --model", err);
	case INPUTS:
		return own_text(cli, "predict.inputs", optarg, "a path for --inputs", err);
	case BATCH:
		return own_set(cli, "predict.batch", optarg, err);
	case ROWS:
		return rows(cli, optarg, err);
	case REPEAT:
		return own_set(cli, "predict.repeat", optarg, err);
	case REVEAL:
		return own_set(cli, "predict.reveal", optarg, err);
	case TO:
		return own_set(cli, "predict.to", optarg, err);
	case PARTY:
		return party_number(cli, optarg, err);
	default:
		return quo_fail(err, QUO_BUG, "option %d has no meaning", option);
	}
}

/* A closed descriptor 0..2 would become a file or the peer's socket, and messages
 * would go there. */
static void guard_standard_streams(void)
{
	for (int fd = 0; fd <= 2; fd++)
		if (fcntl(fd, F_GETFD) < 0 && errno == EBADF && open("/dev/null", O_RDWR) < 0)
			return;
}

int quo_cli_parse(quo_cli *cli, quo_cli_use use, const char *help, int argc, char **argv,
		  quo_err *err)
{
	const char *tool = strrchr(argv[0], '/');
	int option, at = 0;

	*cli = (quo_cli){ .use = use,
			  .tool = tool ? tool + 1 : argv[0],
			  .run = { .party = -1, .point = -1 } };
	guard_standard_streams();
	opterr = 0;
	while ((option = getopt_long(argc, argv, ":h", common_options, &at)) != -1) {
		if (option == HELP || option == 'h') {
			fputs(help, stdout);
			return 1;
		}
		if (option == VERSION) {
			printf("%s %s\n", cli->tool, QUO_VERSION);
			return 1;
		}
		if (option == ':')
			return quo_fail(err, QUO_USAGE, "%s needs a value; see %s --help",
					argv[optind - 1], cli->tool);
		if (option == '?' && optopt > 0 && optopt < HELP)
			return quo_fail(err, QUO_USAGE, "'-%c' is not an option; see %s --help",
					optopt, cli->tool);
		if (option == '?')
			return quo_fail(err, QUO_USAGE, "'%s' is not an option; see %s --help",
					argv[optind - 1], cli->tool);
		if (!takes(use, option))
			return quo_fail(err, QUO_USAGE, "'--%s' is an option of %s; see %s --help",
					common_options[at].name,
					takes(QUO_CLI_RUN, option)       ? "quotient-run"
					: takes(QUO_CLI_PREDICT, option) ? "quotient-predict"
									 : "quotient-share",
					cli->tool);
		QUO_TRY(apply(cli, option, err));
	}
	if (use == QUO_CLI_SHARE && !cli->out)
		return quo_fail(err, QUO_USAGE,
				"no name for the shares; give --out NAME, or see %s --help",
				cli->tool);
	if (use == QUO_CLI_SHARE && cli->model && optind == argc)
		return QUO_OK;
	if (optind + 1 != argc)
		return quo_fail(err, QUO_USAGE, "%s; try %s configs/quickstart.yaml, or %s --help",
				optind == argc ? "no experiment file is named"
					       : "one experiment file at a time",
				cli->tool, cli->tool);
	cli->run.file = argv[optind];
	return network(cli, err);
}

void quo_cli_free(quo_cli *cli)
{
	for (size_t i = 0; i < cli->n_owned; i++)
		free(cli->owned[i]);
	cli->n_owned = 0;
}

int quo_cli_exit(const quo_cli *cli, quo_status status, const quo_err *err)
{
	if (status == QUO_OK)
		return 0;
	fprintf(stderr, "%s: %s\n", cli->tool, err->text);
	return status == QUO_USAGE ? 2 : 1;
}
