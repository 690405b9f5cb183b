/* SPDX-License-Identifier: Apache-2.0 */
/* quotient-plugins: what components there are, what they can be told, and whether a plugin can be
 * loaded. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/dataset.h"
#include "plugin/loader.h"
#include "text/kind.h"
#include "text/suggest.h"
#include "tools/costs.h"
#include "tools/describe.h"
#include "version.h"

static const char help[] =
	"Usage: quotient-plugins [COMMAND] [--plugin-dir DIR]\n"
	"\n"
	"  list             every component: what it is, its claimed security, its file (the "
	"default)\n"
	"  help KIND/NAME   its options with types, ranges and defaults\n"
	"  test FILE.so     load one plugin alone and say what it holds, or why it is refused\n"
	"  docs             the text of docs/configuration.md, from the option tables\n"
	"  costs [BITS]     the text of docs/circuit-costs.md: gates and levels of every optimiser and quantiser, for\n"
	"                   gradients of BITS bits (22)\n"
	"\n"
	"  --plugin-dir DIR   load plugins from DIR too (also: QUOTIENT_PLUGIN_PATH, folders with "
	"':' between them)\n"
	"  --help, --version\n"
	"\n"
	"Examples:\n"
	"  quotient-plugins list\n"
	"  quotient-plugins help optim/sgd\n"
	"  quotient-plugins test build/my-optimiser.so\n"
	"  quotient-plugins docs > docs/configuration.md\n"
	"  quotient-plugins costs 17 --plugin-dir build\n"
	"\n"
	"Exit status: 0 done, 1 failed at run time, 2 bad usage or a plugin that is refused.\n";

struct arguments {
	const char *command, *operand, *plugin_dir;
};

static quo_status list(const quo_registry *registry)
{
	for (size_t i = 0; i < quo_registry_count(registry); i++)
		quo_describe_entry(stdout, quo_registry_at(registry, i));
	return QUO_OK;
}

/* "KIND/NAME", or a name alone when only one kind has it. */
static quo_status find(const quo_registry *registry, const char *wanted, const quo_registered **out,
		       quo_err *err)
{
	char best[100] = "";
	quo_suggest near = { wanted, NULL, 0 };
	size_t found = 0;

	for (size_t i = 0; i < quo_registry_count(registry); i++) {
		const quo_registered *r = quo_registry_at(registry, i);
		char title[100];
		snprintf(title, sizeof title, "%s/%s", quo_kind_name((quo_kind)r->component.kind),
			 r->component.name);
		if (!strcmp(title, wanted)) {
			*out = r;
			return QUO_OK;
		}
		if (!strcmp(r->component.name, wanted)) {
			*out = r;
			found++;
		}
		unsigned before = near.best ? near.distance : UINT32_MAX;
		quo__suggest(&near, strchr(wanted, '/') ? title : r->component.name);
		if (near.best && near.distance < before)
			snprintf(best, sizeof best, "%s", title);
		near.best = *best ? best : NULL;
	}
	if (found == 1)
		return QUO_OK;
	if (found > 1)
		return quo_fail(err, QUO_USAGE, "several kinds have a '%.64s'; say KIND/%.64s",
				wanted, wanted);
	if (*best)
		return quo_fail(err, QUO_USAGE, "no component '%.100s'; did you mean '%s'?", wanted,
				best);
	return quo_fail(err, QUO_USAGE,
			"no component '%.100s'; quotient-plugins list shows them all", wanted);
}

static quo_status show_help(const quo_registry *registry, const char *wanted, quo_err *err)
{
	const quo_registered *r = NULL;
	if (!wanted)
		return quo_fail(err, QUO_USAGE,
				"help wants KIND/NAME, e.g. quotient-plugins help optim/sgd");
	QUO_TRY(find(registry, wanted, &r, err));
	quo_describe_component(stdout, r);
	return QUO_OK;
}

static quo_status test_file(quo_registry *registry, const char *path, quo_err *err)
{
	if (!path)
		return quo_fail(err, QUO_USAGE,
				"test wants a file, e.g. quotient-plugins test build/mine.so");
	QUO_TRY(quo_registry_load_file(registry, path, err));
	for (size_t i = 0; i < quo_registry_count(registry); i++) {
		const quo_registered *r = quo_registry_at(registry, i);
		const char *kind = quo_kind_name((quo_kind)r->component.kind);
		unsigned n = 0;
		while (r->component.options && r->component.options[n].name)
			n++;
		printf("%s: ok: %s/%s, wire version %u, %u option%s\n", path, kind,
		       r->component.name, r->component.wire_version, n, n == 1 ? "" : "s");
	}
	return QUO_OK;
}

static quo_status costs(quo_registry *registry, const char *operand, quo_err *err)
{
	char *end = NULL;
	long bits = operand ? strtol(operand, &end, 10) : 22;

	if (operand &&
	    (end == operand || *end || bits < QUO_COSTS_LEAST_BITS || bits > QUO_COSTS_MOST_BITS))
		return quo_fail(err, QUO_USAGE, "costs takes a width of %d to %d bits, not '%.64s'",
				QUO_COSTS_LEAST_BITS, QUO_COSTS_MOST_BITS, operand);
	return quo_costs_print(stdout, registry, (unsigned)bits, err);
}

static quo_status run(const struct arguments *a, quo_registry *registry, quo_err *err)
{
	/* Alone: a newer build of an installed plugin is no duplicate here. */
	if (!strcmp(a->command, "test"))
		return test_file(registry, a->operand, err);
	if (strcmp(a->command, "list") && strcmp(a->command, "help") &&
	    strcmp(a->command, "docs") && strcmp(a->command, "costs"))
		return quo_fail(err, QUO_USAGE,
				"no command '%.64s'; there are list, help, test, docs and costs",
				a->command);
	if (a->operand && strcmp(a->command, "help") && strcmp(a->command, "costs"))
		return quo_fail(err, QUO_USAGE, "%s takes no operand; '%.64s' is too much",
				a->command, a->operand);
	QUO_TRY(quo_registry_load_default(registry, a->plugin_dir, err));
	if (!strcmp(a->command, "help"))
		return show_help(registry, a->operand, err);
	if (!strcmp(a->command, "list"))
		return list(registry);
	if (!strcmp(a->command, "costs"))
		return costs(registry, a->operand, err);
	quo_describe_markdown(stdout, registry);
	return QUO_OK;
}

/* 0: go on; 1: answered. */
static int parse(int argc, char **argv, struct arguments *a, quo_err *err)
{
	for (int i = 1; i < argc; i++) {
		const char *arg = argv[i];
		if (!strcmp(arg, "--help") || !strcmp(arg, "-h")) {
			fputs(help, stdout);
			return 1;
		} else if (!strcmp(arg, "--version")) {
			printf("quotient-plugins %s, plugin ABI %d.%d\n", QUO_VERSION,
			       QUO_ABI_MAJOR, QUO_ABI_MINOR);
			return 1;
		} else if (!strncmp(arg, "--plugin-dir=", 13)) {
			a->plugin_dir = arg + 13;
		} else if (!strcmp(arg, "--plugin-dir")) {
			if (++i == argc)
				return quo_fail(err, QUO_USAGE, "--plugin-dir wants a folder");
			a->plugin_dir = argv[i];
		} else if (arg[0] == '-') {
			return quo_fail(err, QUO_USAGE,
					"unknown option '%.64s'; see quotient-plugins --help", arg);
		} else if (!a->command) {
			a->command = arg;
		} else if (!a->operand) {
			a->operand = arg;
		} else {
			return quo_fail(
				err, QUO_USAGE,
				"'%.64s' is one operand too many; see quotient-plugins --help",
				arg);
		}
	}
	if (!a->command)
		a->command = "list";
	return 0;
}

int main(int argc, char **argv)
{
	quo_err err = QUO_ERR_INIT;
	struct arguments arguments = { 0 };
	int parsed = parse(argc, argv, &arguments, &err);
	if (parsed > 0)
		return 0;

	quo_registry *registry = parsed ? NULL : quo_registry_new(quo_data_components, &err);
	quo_status status = parsed     ? (quo_status)parsed
			    : registry ? run(&arguments, registry, &err)
				       : QUO_FAILED;
	quo_registry_free(registry);
	if (status == QUO_OK && (fflush(stdout) || ferror(stdout)))
		status = quo_fail(&err, QUO_FAILED, "cannot write the output");
	if (status != QUO_OK)
		fprintf(stderr, "quotient-plugins: %s\n", err.text);
	return status == QUO_OK ? 0 : status == QUO_USAGE ? 2 : 1;
}
