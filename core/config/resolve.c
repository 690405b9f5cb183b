/* SPDX-License-Identifier: Apache-2.0 */
#include "config/resolve.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/merge.h"
#include "plugin/loader.h"
#include "text/append.h"
#include "text/kind.h"
#include "text/suggest.h"
#include "text/value.h"
#include "text/yaml_read.h"

#define MAX_COMPONENT_DEPTH 8

void quo__resolver_free_instances(quo_resolver *r)
{
	while (r->n_made)
		quo_instance_free(r->made[--r->n_made].instance);
	free(r->made);
	r->made = NULL;
}

quo_status quo__check_keys(const quo_option *options, const char *const *also, const quo_node *map,
			   const char *what, quo_err *err)
{
	for (uint32_t i = 0; map && i < map->n; i++) {
		const quo_node *child = map->item[i];
		quo_suggest near = { child->key, NULL, 0 };
		char known[600] = "";
		bool found = false;
		for (size_t j = 0; also && also[j] && !found; j++) {
			found = !strcmp(also[j], child->key);
			quo__suggest(&near, also[j]);
			quo__append(known, sizeof known, "%s%s", *known ? ", " : "", also[j]);
		}
		for (size_t j = 0; options && options[j].name && !found; j++) {
			found = !strcmp(options[j].name, child->key);
			quo__suggest(&near, options[j].name);
			quo__append(known, sizeof known, "%s%s", *known ? ", " : "",
				    options[j].name);
		}
		if (found)
			continue;
		if (near.best)
			return quo__key_fail(err, child,
					     "unknown key '%.64s' in %s; did you mean '%s'?",
					     child->key, what, near.best);
		return quo__key_fail(err, child, "unknown key '%.64s' in %s; it has %s", child->key,
				     what, known);
	}
	return QUO_OK;
}

static quo_status resolve_option(quo_resolver *r, const quo_option *o, void *config, quo_node *node,
				 const quo_node *at, const char *path, quo_node **resolved)
{
	quo_node *standard = NULL;
	if (o->default_yaml && (!node || o->type == QUO_OPT_COMPONENT)) {
		QUO_TRY(quo__yaml_text(r->arena, o->default_yaml, path, &standard, r->err));
		standard->file = at->file;
		standard->line = at->line;
	}
	if (!node && !standard) {
		char wants[300];
		return quo__node_fail(r->err, at, "%s is missing: %s (%s)", path, o->help,
				      quo__value_wants(o, wants, sizeof wants));
	}
	void *member = (char *)config + o->offset;
	if (o->type != QUO_OPT_COMPONENT)
		return quo__value_parse(r->arena, o, node ? node : standard, path, member, resolved,
					r->err);
	/* A map that does not say `use` changes options of the default. */
	if (!node)
		node = standard;
	else if (node->kind == QUO_NODE_MAP && standard && !quo__node_get(node, "use"))
		QUO_TRY(quo__node_merge(r->arena, standard, node, &node, r->err));
	return quo__resolve_component(r, (quo_kind)o->component_kind, node, path, member, resolved);
}

quo_status quo__resolve_table(quo_resolver *r, const quo_option *options, void *config,
			      const quo_node *map, const quo_node *at, const char *path,
			      const char *what, const char *const *also, quo_node *resolved)
{
	QUO_TRY(quo__check_keys(options, also, map, what, r->err));
	for (const quo_option *o = options; o && o->name; o++) {
		char *own_path =
			quo__printf(r->arena, r->err, "%s%s%s", path, *path ? "." : "", o->name);
		quo_node *value = NULL;
		if (!own_path)
			return QUO_FAILED;
		QUO_TRY(resolve_option(r, o, config, quo__node_get(map, o->name), at, own_path,
				       &value));
		value->local = o->local;
		QUO_TRY(quo__node_put(r->arena, resolved, o->name, value, r->err));
	}
	return QUO_OK;
}

static quo_status no_such_component(quo_resolver *r, quo_kind kind, const char *name,
				    const quo_node *at, const char *path)
{
	char others[200] = "", known[400] = "";
	quo_suggest near = { name, NULL, 0 };
	const quo_registry *registry = r->registry;

	for (size_t i = 0; i < quo_registry_count(registry); i++) {
		const quo_component *c = &quo_registry_at(registry, i)->component;
		if (c->kind == (uint32_t)kind) {
			quo__suggest(&near, c->name);
			quo__append(known, sizeof known, "%s%s", *known ? ", " : "", c->name);
		} else if (!strcmp(c->name, name)) {
			quo__append(others, sizeof others, "%s%s", *others ? ", " : "",
				    quo_kind_name((quo_kind)c->kind));
		}
	}
	const char *k = quo_kind_name(kind);
	if (!*known) {
		const char *searched = quo_registry_searched(registry);
		return quo__node_fail(r->err, at,
				      "%s: no component %s/%.64s: no plugin of kind %s was "
				      "found%s%.300s; say where they are "
				      "with --plugin-dir or QUOTIENT_PLUGIN_PATH",
				      path, k, name, k, searched ? " in " : "",
				      searched ? searched : "");
	}
	if (*others)
		return quo__node_fail(r->err, at,
				      "%s: '%.64s' is of kind %s, here goes one of kind %s: %s",
				      path, name, others, k, known);
	if (near.best)
		return quo__node_fail(r->err, at, "%s: no component %s/%.64s; did you mean '%s'?",
				      path, k, name, near.best);
	return quo__node_fail(r->err, at, "%s: no component %s/%.64s; there are: %s", path, k, name,
			      known);
}

static quo_status make_instance(quo_resolver *r, const quo_registered *registered,
				const void *config, const quo_node *at, const char *path,
				quo_instance **out)
{
	quo_err own = QUO_ERR_INIT;
	void *made = realloc(r->made, (r->n_made + 1) * sizeof *r->made);
	if (!made)
		return quo_fail(r->err, QUO_FAILED, "out of memory: the list of components");
	r->made = made;
	quo_status status = quo_instance_new(registered, config, out, &own);
	if (status == QUO_USAGE)
		return quo__node_fail(r->err, at, "%s: %s", path, own.text);
	if (status != QUO_OK)
		return quo_fail(r->err, status, "%s: %s", path, own.text);
	r->made[r->n_made].instance = *out;
	r->made[r->n_made++].path = path;
	return QUO_OK;
}

quo_status quo__resolve_component(quo_resolver *r, quo_kind kind, quo_node *node, const char *path,
				  quo_instance **out, quo_node **resolved)
{
	static const char *const also[] = { "use", NULL };
	const char *k = quo_kind_name(kind);
	char what[80];

	if (node->kind == QUO_NODE_SCALAR && !quo__node_is_null(node))
		return quo__node_fail(r->err, node, "%s wants a component: write {use: %.64s}",
				      path, node->text);
	if (node->kind != QUO_NODE_MAP)
		return quo__node_fail(r->err, node,
				      "%s wants a component {use: name} of kind %s, not %s", path,
				      k, quo__node_describe(node, what, sizeof what));
	const quo_node *use = quo__node_get(node, "use");
	if (!use)
		return quo__node_fail(r->err, node,
				      "%s names no component; add 'use: name', a name of kind %s",
				      path, k);
	if (use->kind != QUO_NODE_SCALAR || quo__node_is_null(use))
		return quo__node_fail(r->err, use, "%s.use wants a name of kind %s, not %s", path,
				      k, quo__node_describe(use, what, sizeof what));
	const quo_registered *registered = quo_registry_find(r->registry, kind, use->text);
	if (!registered)
		return no_such_component(r, kind, use->text, use, path);
	if (r->depth >= MAX_COMPONENT_DEPTH)
		return quo__node_fail(r->err, node,
				      "%s: components inside each other more than %d deep", path,
				      MAX_COMPONENT_DEPTH);

	const quo_component *c = &registered->component;
	void *config = quo_arena_alloc(r->arena, 1, c->config_size, r->err);
	quo_node *map = quo__node_new(r->arena, QUO_NODE_MAP, node, r->err);
	char *title = quo__printf(r->arena, r->err, "%s (%s/%s)", path, k, c->name);
	if (!config || !map || !title)
		return QUO_FAILED;
	QUO_TRY(quo__node_put(r->arena, map, "use",
			      quo__scalar_new(r->arena, c->name, false, use, r->err), r->err));
	r->depth++;
	quo_status status =
		quo__resolve_table(r, c->options, config, node, node, path, title, also, map);
	r->depth--;
	QUO_TRY(status);
	QUO_TRY(make_instance(r, registered, config, node, path, out));
	*resolved = map;
	return QUO_OK;
}
