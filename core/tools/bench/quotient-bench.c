/* SPDX-License-Identifier: Apache-2.0 */
/* quotient-bench: how fast every engine is on this machine, beside what the machine and the paper
 * give. */
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "data/dataset.h"
#include "plugin/loader.h"
#include "text/quantity.h"
#include "text/suggest.h"
#include "tools/bench/bench.h"
#include "version.h"

static const bench_command *const commands[] = { &bench_primitives, &bench_table1, &bench_table2,
						 &bench_fig5,       &bench_fig6,   &bench_predict,
						 &bench_step,       &bench_threads };
#define N_COMMANDS (sizeof commands / sizeof *commands)

static const char help_head[] =
	"Usage: quotient-bench COMMAND [options]\n"
	"\n"
	"The parties of a protocol on this machine, over socket pairs, with every engine that is registered. "
	"Times\n"
	"are wall clock of the slowest party, medians of several runs; cpu 0, cpu 1, .. are processor time of each.\n"
	"\n";

static const char help_tail[] =
	"\n"
	"  --runs N             measure so many times (default 5; 1..99)\n"
	"  --quick              tiny sizes and one run: whether everything works, not how fast\n"
	"  --json, --csv        instead of text\n"
	"  --latency TIME       imitate a link of this one-way latency, e.g. 42ms\n"
	"  --bandwidth RATE     and of this bandwidth in each direction, e.g. 24.3MB/s\n"
	"  --wan                the paper's: --latency 42ms --bandwidth 24.3MB/s\n"
	"  --ot NAME            this OT engine: softspoken, '{use: softspoken, k: 4}' or all; more than once for several\n"
	"  --circuits NAME      this circuit engine: gmw, yao, yao+halfgates or all; more than once for several\n"
	"  --protocols LIST     for step, predict, fig5 and fig6: these protocols beside each other, e.g. quotient,replicated,\n"
	"                       or all (default: the two parties of quotient)\n"
	"  --optimizer LIST     for step and fig6 (default amsgrad), e.g. sgd,amsgrad\n"
	"  --threads N          of each party (default 1); for threads: of the party that is measured (default 2)\n"
	"  --limit SECONDS      leave out what takes longer by its forecast, stop repeating after it (default 60)\n"
	"  --plugin-dir DIR     load plugins from DIR too\n"
	"  --help, --version\n"
	"\n"
	"Examples:\n"
	"  quotient-bench primitives\n"
	"  quotient-bench table1 --csv --limit 300 > table1.csv\n"
	"  quotient-bench step --protocols all --ot softspoken --circuits gmw --optimizer sgd,amsgrad\n"
	"  quotient-bench step --wan --circuits gmw --ot ferret --optimizer sgd\n"
	"\n"
	"Exit status: 0 done, 1 failed at run time, 2 bad usage.\n";

enum {
	HELP = 256,
	VERSION,
	RUNS,
	QUICK,
	JSON,
	CSV,
	LATENCY,
	BANDWIDTH,
	WAN,
	OT,
	CIRCUITS,
	PROTOCOLS,
	OPTIMIZER,
	THREADS,
	LIMIT,
	PLUGIN_DIR
};

static const struct option long_options[] = {
	{ "help", no_argument, NULL, HELP },
	{ "version", no_argument, NULL, VERSION },
	{ "runs", required_argument, NULL, RUNS },
	{ "quick", no_argument, NULL, QUICK },
	{ "json", no_argument, NULL, JSON },
	{ "csv", no_argument, NULL, CSV },
	{ "latency", required_argument, NULL, LATENCY },
	{ "bandwidth", required_argument, NULL, BANDWIDTH },
	{ "wan", no_argument, NULL, WAN },
	{ "ot", required_argument, NULL, OT },
	{ "circuits", required_argument, NULL, CIRCUITS },
	{ "protocols", required_argument, NULL, PROTOCOLS },
	{ "optimizer", required_argument, NULL, OPTIMIZER },
	{ "threads", required_argument, NULL, THREADS },
	{ "limit", required_argument, NULL, LIMIT },
	{ "plugin-dir", required_argument, NULL, PLUGIN_DIR },
	{ 0 },
};

struct arguments {
	const bench_command *command;
	bench_format format;
	const char *plugin_dir;
	bool runs_given;
};

static void print_help(void)
{
	fputs(help_head, stdout);
	for (size_t i = 0; i < N_COMMANDS; i++)
		printf("  %-20s %s\n", commands[i]->name, commands[i]->help);
	fputs(help_tail, stdout);
}

static quo_status quantity(const char *option, quo_option_type type, double min, double max,
			   double *out, quo_err *err)
{
	quo_option o = { .type = type, .max_real = max };
	char wants[200] = "";

	if (quo__quantity_parse(&o, optarg, out) && (*out == 0 || *out >= min))
		return QUO_OK;
	quo__quantity_wants(&o, wants, sizeof wants);
	return quo_fail(err, QUO_USAGE, "%s wants %s, not '%.60s'", option, wants, optarg);
}

static quo_status number(const char *option, double min, double max, double *out, quo_err *err)
{
	char *end;

	*out = strtod(optarg, &end);
	if (end == optarg || *end || !(*out >= min && *out <= max))
		return quo_fail(err, QUO_USAGE, "%s wants a number in %g..%g, not '%.60s'", option,
				min, max, optarg);
	return QUO_OK;
}

static quo_status add_name(const char *name, const char **names, size_t *n, quo_err *err)
{
	if (*n == BENCH_MAX_NAMES)
		return quo_fail(err, QUO_USAGE, "at most %d names for an option", BENCH_MAX_NAMES);
	names[(*n)++] = name;
	return QUO_OK;
}

/* "sgd,amsgrad", in place; YAML of a component has commas of its own and stands alone. */
static quo_status add_list(const char **names, size_t *n, quo_err *err)
{
	char *rest = optarg, *name;

	if (*optarg == '{')
		return add_name(optarg, names, n, err);
	while ((name = strsep(&rest, ",")))
		if (*name)
			QUO_TRY(add_name(name, names, n, err));
	return QUO_OK;
}

static quo_status apply(bench *b, struct arguments *a, int option, quo_err *err)
{
	double value;

	switch (option) {
	case RUNS:
		QUO_TRY(number("--runs", 1, BENCH_MAX_RUNS, &value, err));
		b->runs = (int)value;
		a->runs_given = true;
		return QUO_OK;
	case QUICK:
		b->quick = true;
		return QUO_OK;
	case JSON:
		a->format = BENCH_JSON;
		return QUO_OK;
	case CSV:
		a->format = BENCH_CSV;
		return QUO_OK;
	case LATENCY:
		return quantity("--latency", QUO_OPT_SECONDS, 0, 60, &b->latency_s, err);
	case BANDWIDTH:
		return quantity("--bandwidth", QUO_OPT_RATE, 1000, 1e12, &b->rate, err);
	case WAN:
		b->latency_s = 0.042;
		b->rate = 24.3e6;
		return QUO_OK;
	case OT:
		return add_name(optarg, b->ot, &b->n_ot, err);
	case CIRCUITS:
		return add_name(optarg, b->circuits, &b->n_circuits, err);
	case PROTOCOLS:
		return add_list(b->protocols, &b->n_protocols, err);
	case OPTIMIZER:
		return add_list(b->optimizers, &b->n_optimizers, err);
	case THREADS:
		QUO_TRY(number("--threads", 1, QUO_POOL_MAX_THREADS, &value, err));
		b->threads = (unsigned)value;
		return QUO_OK;
	case LIMIT:
		return number("--limit", 0.1, 1e6, &b->limit_s, err);
	default:
		a->plugin_dir = optarg;
		return QUO_OK;
	}
}

static quo_status command_named(const char *name, const bench_command **out, quo_err *err)
{
	quo_suggest near = { name, NULL, 0 };
	char known[200] = "";

	for (size_t i = 0; i < N_COMMANDS; i++) {
		if (!strcmp(commands[i]->name, name)) {
			*out = commands[i];
			return QUO_OK;
		}
		quo__suggest(&near, commands[i]->name);
		size_t used = strlen(known);
		snprintf(known + used, sizeof known - used, "%s%s", i ? ", " : "",
			 commands[i]->name);
	}
	if (near.best)
		return quo_fail(err, QUO_USAGE, "no command '%.60s'; did you mean '%s'?", name,
				near.best);
	return quo_fail(err, QUO_USAGE, "no command '%.60s'; there are %s", name, known);
}

/* 0: go on; 1: answered. */
static int parse(int argc, char **argv, bench *b, struct arguments *a, quo_err *err)
{
	int option;

	opterr = 0;
	while ((option = getopt_long(argc, argv, "h", long_options, NULL)) != -1) {
		if (option == HELP || option == 'h') {
			print_help();
			return 1;
		}
		if (option == VERSION) {
			printf("quotient-bench %s\n", QUO_VERSION);
			return 1;
		}
		if (option == '?')
			return quo_fail(
				err, QUO_USAGE,
				"'%.60s' is not an option, or misses its value; see quotient-bench "
				"--help",
				argv[optind - 1]);
		QUO_TRY(apply(b, a, option, err));
	}
	if (optind + 1 != argc)
		return quo_fail(err, QUO_USAGE,
				"%s; try: quotient-bench primitives, or quotient-bench --help",
				optind == argc ? "which command?" : "one command at a time");
	if (b->quick && !a->runs_given)
		b->runs = 1;
	return command_named(argv[optind], &a->command, err);
}

static void cpu_name(char *out, size_t n)
{
	char line[300];
	FILE *f = fopen("/proc/cpuinfo", "r");

	snprintf(out, n, "unknown processor");
	while (f && fgets(line, sizeof line, f)) {
		char *colon = strchr(line, ':');
		if (strncmp(line, "model name", 10) || !colon)
			continue;
		line[strcspn(line, "\n")] = 0;
		snprintf(out, n, "%s", colon + 1 + strspn(colon + 1, " "));
		break;
	}
	if (f)
		fclose(f);
}

static quo_status run(bench *b, const struct arguments *a, quo_err *err)
{
	char cpu[100];

	QUO_TRY(quo_registry_load_default(b->registry, a->plugin_dir, err));
	cpu_name(cpu, sizeof cpu);
	bench_about about = { .command = a->command->name,
			      .version = QUO_VERSION,
			      .cpu = cpu,
			      .tier = quo_cpu_tier(),
			      .note = a->command->note,
			      .cores = (int)sysconf(_SC_NPROCESSORS_ONLN),
			      .runs = b->runs,
			      .quick = b->quick,
			      .latency_s = b->latency_s,
			      .rate = b->rate };
	b->command = a->command->name;
	b->table = bench_table_new(stdout, a->format, a->command->columns, &about, err);
	if (!b->table)
		return QUO_FAILED;
	quo_status status = a->command->run(b, err);
	if (status == QUO_OK)
		return bench_table_end(b->table, err);
	bench_table_free(b->table);
	return status;
}

int main(int argc, char **argv)
{
	quo_err err = QUO_ERR_INIT;
	bench b = { .runs = 5, .limit_s = 60, .optimizer = "amsgrad" };
	struct arguments a = { .format = BENCH_TEXT };

	signal(SIGPIPE, SIG_IGN);
	int parsed = parse(argc, argv, &b, &a, &err);
	if (parsed > 0)
		return 0;
	b.registry = parsed ? NULL : quo_registry_new(quo_data_components, &err);
	quo_status status = parsed       ? (quo_status)parsed
			    : b.registry ? run(&b, &a, &err)
					 : QUO_FAILED;
	quo_registry_free(b.registry);
	if (status != QUO_OK)
		fprintf(stderr, "quotient-bench: %s\n", err.text);
	return status == QUO_OK ? 0 : status == QUO_USAGE ? 2 : 1;
}
