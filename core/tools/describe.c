/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/describe.h"

#include <string.h>

#include "config/schema.h"
#include "plugin/kinds.h"
#include "text/kind.h"
#include "text/value.h"

#define WANTS_BYTES 600

void quo_describe_entry(FILE *out, const quo_registered *r)
{
	char title[100];
	const quo_component *c = &r->component;
	snprintf(title, sizeof title, "%s/%s", quo_kind_name((quo_kind)c->kind), c->name);
	fprintf(out, "%-20s  %s\n", title, c->summary);
	fprintf(out, "%-20s  security: %s\n", "", c->security);
	fprintf(out, "%-20s  from: %s\n", "", r->origin);
}

static void describe_options(FILE *out, const quo_option *options)
{
	for (const quo_option *o = options; o && o->name; o++) {
		char wants[WANTS_BYTES];
		fprintf(out, "  %s\n", o->name);
		fprintf(out, "      %s\n", o->help);
		fprintf(out, "      %s", quo__value_wants(o, wants, sizeof wants));
		if (o->default_yaml)
			fprintf(out, "; default %s", o->default_yaml);
		else
			fprintf(out, "; required");
		fprintf(out, "%s\n", o->local ? "; this party's own" : "");
	}
}

void quo_describe_component(FILE *out, const quo_registered *r)
{
	const quo_component *c = &r->component;
	fprintf(out, "%s/%s: %s\n\n", quo_kind_name((quo_kind)c->kind), c->name, c->summary);
	fprintf(out, "kind      %s (%s)\n", quo_kind_name((quo_kind)c->kind),
		quo__kind_info(c->kind)->what);
	fprintf(out, "security  %s\n", c->security);
	fprintf(out, "wire      version %u\n", c->wire_version);
	if (*r->plugin_version)
		fprintf(out, "from      %s (%s %s)\n\n", r->origin, r->plugin, r->plugin_version);
	else
		fprintf(out, "from      %s\n\n", r->origin);
	if (!c->options || !c->options[0].name)
		fprintf(out, "It has no options.\n");
	else
		fprintf(out, "Options, beside use: %s\n", c->name);
	describe_options(out, c->options);
}

/* A cell of a table: '|' would end it. */
static void cell(FILE *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '|')
			fputc('\\', out);
		fputc(*text, out);
	}
}

static void markdown_options(FILE *out, const quo_option *options)
{
	fprintf(out, "| key | value | default | meaning |\n|---|---|---|---|\n");
	for (const quo_option *o = options; o && o->name; o++) {
		char wants[WANTS_BYTES];
		fprintf(out, "| `%s` | ", o->name);
		cell(out, quo__value_wants(o, wants, sizeof wants));
		if (o->default_yaml) {
			fprintf(out, " | `");
			cell(out, o->default_yaml);
			fprintf(out, "` | ");
		} else {
			fprintf(out, " | required | ");
		}
		cell(out, o->help);
		fprintf(out, "%s |\n", o->local ? " (own)" : "");
	}
	fprintf(out, "\n");
}

static const char intro[] =
	"# Configuration\n"
	"\n"
	"Every key of an experiment file, and every option of every component that comes with "
	"QUOTIENT. This page is\n"
	"generated from the option tables in the code by `make docs` (`quotient-plugins docs`); "
	"for a plugin of your own,\n"
	"`quotient-plugins help KIND/NAME` prints the same.\n"
	"\n"
	"- `{use: NAME, key: value}` names a component. Without `use`, the keys change options of "
	"the default.\n"
	"- `extends: base.yaml`, relative to the file, takes everything from another file first: "
	"maps merge key by key, lists\n"
	"  and schedules are replaced, and a map with another `use` replaces the whole map.\n"
	"- `--set a.b.0.c=VALUE` overrides from the command line, in order; VALUE is YAML (`{0: 3, "
	"3: 4}`), a number in the\n"
	"  path counts in a list from 0. A new `use` drops what the file said of the component it "
	"replaces.\n"
	"- Keys marked *own* belong to one party. All others, and the wire version of every "
	"component, are compared between\n"
	"  the parties before anything else is sent; a difference is refused by name.\n"
	"- Anchors, aliases, tags, tabs and duplicate keys are refused; a file has at most 1 MiB.\n"
	"\n";

static void markdown_top(FILE *out)
{
	fprintf(out, "## Top level\n\n");
	fprintf(out, "| key | value | default | meaning |\n|---|---|---|---|\n");
	fprintf(out, "| `extends` | a path | none | the file to start from |\n");
	fprintf(out,
		"| `sweep` | a map of keys, each with a list | none | run every combination of "
		"values: [sweeps](sweeps.md) |\n");
	for (const quo_option *o = quo__schema_top; o->name; o++) {
		char wants[WANTS_BYTES];
		bool file_name = !strcmp(o->name, "name");
		fprintf(out, "| `%s` | %s | ", o->name, quo__value_wants(o, wants, sizeof wants));
		if (file_name)
			fprintf(out, "the file's name");
		else if (o->default_yaml)
			fprintf(out, "`%s`", o->default_yaml);
		else
			fprintf(out, "required");
		fprintf(out, " | %s%s |\n", o->help, o->local ? " (own)" : "");
	}
	fprintf(out,
		"| `model` | a list of 1..%d components of kind layer | required | the network, "
		"from the input up |\n",
		QUO__MAX_LAYERS);
	for (const quo__section *s = quo__schema_sections; s->name; s++)
		fprintf(out, "| `%s` | a map | | see [%s](#%s)%s |\n", s->name, s->name, s->name,
			s->local ? " (own)" : "");
	fprintf(out, "\n");
	for (const quo__section *s = quo__schema_sections; s->name; s++) {
		fprintf(out, "## %s\n\n%s\n\n", s->name, s->help);
		markdown_options(out, s->options);
		for (const quo__section *in = s->sections; in && in->name; in++) {
			fprintf(out, "### %s.%s\n\n%s\n\n", s->name, in->name, in->help);
			markdown_options(out, in->options);
		}
	}
}

void quo_describe_markdown(FILE *out, const quo_registry *registry)
{
	fputs(intro, out);
	markdown_top(out);
	uint32_t kind = 0;
	for (size_t i = 0; i < quo_registry_count(registry); i++) {
		const quo_component *c = &quo_registry_at(registry, i)->component;
		const quo_kind_info *info = quo__kind_info(c->kind);
		if (c->kind != kind)
			fprintf(out, "## Kind %s: %s\n\n", quo_kind_name((quo_kind)c->kind),
				info->what);
		kind = c->kind;
		fprintf(out, "### %s/%s\n\n%s.\n\nSecurity: %s.\n\n",
			quo_kind_name((quo_kind)c->kind), c->name, c->summary, c->security);
		if (c->options && c->options[0].name)
			markdown_options(out, c->options);
		else
			fprintf(out, "No options.\n\n");
	}
}
