/* SPDX-License-Identifier: Apache-2.0 */
/* Which engines there are to measure: whatever is registered, or what the command line names. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text/kind.h"
#include "tools/bench/bench.h"

/* The protocol whose OT and circuit engines are measured. */
#define ENGINES_PROTOCOL "quotient"

static const int k_variants[] = { 2, 4, 8 };

struct list {
	bench_engine *engine;
	size_t n;
};

static void add(struct list *l, const char *label, const char *yaml)
{
	if (l->n == BENCH_MAX_ENGINES)
		return;
	bench_engine *e = &l->engine[l->n++];
	snprintf(e->label, sizeof e->label, "%s", label);
	snprintf(e->yaml, sizeof e->yaml, "%s", yaml);
}

static const quo_option *option_of(const quo_component *c, const char *name)
{
	for (const quo_option *o = c->options; o && o->name; o++)
		if (!strcmp(o->name, name))
			return o;
	return NULL;
}

/* The name that the default of a component option uses: "iknp" of "{use: iknp}". */
static void default_name(const bench *b, quo_kind kind, const char *component, const char *option,
			 char *out, size_t n)
{
	const quo_registered *r = quo_registry_find(b->registry, kind, component);
	const quo_option *o = r ? option_of(&r->component, option) : NULL;
	const char *use = o && o->default_yaml ? strstr(o->default_yaml, "use:") : NULL;

	*out = 0;
	if (!use)
		return;
	use += 4 + strspn(use + 4, " ");
	snprintf(out, n, "%.*s", (int)strcspn(use, " ,}"), use);
}

static void add_ot(struct list *l, const quo_component *c, bool variants)
{
	char yaml[200], label[64];
	const quo_option *k = variants ? option_of(c, "k") : NULL;

	if (!k || k->type != QUO_OPT_INT) {
		snprintf(yaml, sizeof yaml, "{use: %s}", c->name);
		add(l, c->name, yaml);
		return;
	}
	for (size_t i = 0; i < sizeof k_variants / sizeof *k_variants; i++) {
		if (k_variants[i] < k->min || k_variants[i] > k->max)
			continue;
		snprintf(yaml, sizeof yaml, "{use: %s, k: %d}", c->name, k_variants[i]);
		snprintf(label, sizeof label, "%s k=%d", c->name, k_variants[i]);
		add(l, label, yaml);
	}
}

/* Alone, or once with each garbling scheme if it wants one. */
static void add_circuits(const bench *b, struct list *l, const quo_component *c, const char *gc)
{
	char yaml[200], label[64];
	const quo_option *o = option_of(c, "gc");

	if (!o || o->type != QUO_OPT_COMPONENT || o->component_kind != QUO_KIND_GC) {
		snprintf(yaml, sizeof yaml, "{use: %s}", c->name);
		if (!gc)
			add(l, c->name, yaml);
		return;
	}
	for (size_t i = 0; i < quo_registry_count(b->registry); i++) {
		const quo_component *g = &quo_registry_at(b->registry, i)->component;
		if (g->kind != QUO_KIND_GC || (gc && strcmp(gc, g->name) != 0))
			continue;
		snprintf(yaml, sizeof yaml, "{use: %s, gc: {use: %s}}", c->name, g->name);
		snprintf(label, sizeof label, "%s+%s", c->name, g->name);
		add(l, label, yaml);
	}
}

/* The protocol whose engines are crossed; any other once for each form that its circuits may have. */
static void add_protocol(struct list *l, const quo_component *c)
{
	char yaml[200], label[64];
	const quo_option *goal = option_of(c, "goal");

	if (!strcmp(c->name, ENGINES_PROTOCOL)) {
		add(l, c->name, "");
		return;
	}
	if (!goal || goal->type != QUO_OPT_ENUM) {
		snprintf(yaml, sizeof yaml, "{use: %s}", c->name);
		add(l, c->name, yaml);
		return;
	}
	for (const char *const *choice = goal->choices; *choice; choice++) {
		snprintf(yaml, sizeof yaml, "{use: %s, goal: %s}", c->name, *choice);
		snprintf(label, sizeof label, "%s, %s", c->name, *choice);
		add(l, label, yaml);
	}
}

static void add_all(const bench *b, quo_kind kind, bool variants, struct list *l)
{
	for (size_t i = 0; i < quo_registry_count(b->registry); i++) {
		const quo_component *c = &quo_registry_at(b->registry, i)->component;
		if (c->kind == (uint32_t)kind && kind == QUO_KIND_OT)
			add_ot(l, c, variants);
		else if (c->kind == (uint32_t)kind && kind == QUO_KIND_PROTOCOL)
			add_protocol(l, c);
		else if (c->kind == (uint32_t)kind)
			add_circuits(b, l, c, NULL);
	}
}

/* "yao", "yao+halfgates", "softspoken", or YAML as it would stand in an experiment file. */
static quo_status add_named(const bench *b, quo_kind kind, const char *name, struct list *l,
			    quo_err *err)
{
	char own[64], label[64];
	size_t before = l->n;
	const char *plus = strchr(name, '+');

	if (!strcmp(name, "all")) {
		add_all(b, kind, false, l);
		return QUO_OK;
	}
	if (*name == '{') {
		size_t n = 0;
		for (const char *p = name; *p && n + 1 < sizeof label; p++)
			if (!strchr("{}:,", *p))
				label[n++] = *p;
		label[n] = 0;
		add(l, strncmp(label, "use ", 4) ? label : label + 4, name);
		return QUO_OK;
	}
	snprintf(own, sizeof own, "%.*s", (int)(plus ? plus - name : (long)strlen(name)), name);
	const quo_registered *r = quo_registry_find(b->registry, kind, own);
	if (r && kind == QUO_KIND_OT && !plus)
		add_ot(l, &r->component, false);
	else if (r && kind == QUO_KIND_PROTOCOL && !plus)
		add_protocol(l, &r->component);
	else if (r && kind == QUO_KIND_CIRCUITS)
		add_circuits(b, l, &r->component, plus ? plus + 1 : NULL);
	if (l->n == before)
		return quo_fail(
			err, QUO_USAGE, "there is no %s%s '%.60s'; quotient-plugins lists them",
			quo_kind_name(kind), kind == QUO_KIND_PROTOCOL ? "" : " engine", name);
	return QUO_OK;
}

static quo_status collect(const bench *b, quo_kind kind, bool all, bool variants,
			  const char *const *names, size_t n_names, bench_engine *out, size_t *n,
			  quo_err *err)
{
	struct list l = { out, 0 };
	char name[64];

	for (size_t i = 0; i < n_names; i++)
		QUO_TRY(add_named(b, kind, names[i], &l, err));
	if (!n_names && all) {
		add_all(b, kind, variants, &l);
	} else if (!n_names) {
		default_name(b, QUO_KIND_PROTOCOL, ENGINES_PROTOCOL, quo_kind_name(kind), name,
			     sizeof name);
		if (*name)
			QUO_TRY(add_named(b, kind, name, &l, err));
	}
	if (!l.n)
		return quo_fail(
			err, QUO_USAGE,
			"no %s engine is registered; say where the plugins are with --plugin-dir or "
			"QUOTIENT_PLUGIN_PATH",
			quo_kind_name(kind));
	*n = l.n;
	return QUO_OK;
}

quo_status bench_ots(const bench *b, bool all, bool variants, bench_engine *out, size_t *n,
		     quo_err *err)
{
	return collect(b, QUO_KIND_OT, all, variants, b->ot, b->n_ot, out, n, err);
}

quo_status bench_circuits(const bench *b, bool all, bench_engine *out, size_t *n, quo_err *err)
{
	return collect(b, QUO_KIND_CIRCUITS, all, false, b->circuits, b->n_circuits, out, n, err);
}

quo_status bench_protocols(const bench *b, bench_engine *out, size_t *n, quo_err *err)
{
	*n = 0;
	if (!b->n_protocols)
		return QUO_OK;
	return collect(b, QUO_KIND_PROTOCOL, true, false, b->protocols, b->n_protocols, out, n,
		       err);
}

const char *bench_protocol(char out[BENCH_YAML_CHARS], const bench_engine *ot,
			   const bench_engine *circuits)
{
	snprintf(out, BENCH_YAML_CHARS, "{use: " ENGINES_PROTOCOL "%s%s%s%s}", ot ? ", ot: " : "",
		 ot ? ot->yaml : "", circuits ? ", circuits: " : "",
		 circuits ? circuits->yaml : "");
	return out;
}
