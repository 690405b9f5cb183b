/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Trees on top of each other: `extends` and --set.
 */
#include "config/merge.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text/yaml_read.h"

#define MAX_EXTENDS 8
#define MAX_LABEL 120

static bool is_number(const char *s)
{
	size_t n = strspn(s, "0123456789");
	return n > 0 && !s[n];
}

/* A map that is one value: the epochs of a schedule. */
static bool is_schedule(const quo_node *map)
{
	for (uint32_t i = 0; i < map->n; i++)
		if (!is_number(map->item[i]->key))
			return false;
	return map->n > 0;
}

static bool names_another(const quo_node *base, const quo_node *over)
{
	const quo_node *a = quo__node_get(base, "use"), *b = quo__node_get(over, "use");
	if (!a || !b || a->kind != QUO_NODE_SCALAR || b->kind != QUO_NODE_SCALAR)
		return false;
	return strcmp(a->text, b->text) != 0;
}

quo_status quo__node_merge(quo_arena *arena, quo_node *base, quo_node *over, quo_node **out,
			   quo_err *err)
{
	if (!base || base->kind != QUO_NODE_MAP || over->kind != QUO_NODE_MAP ||
	    is_schedule(over) || names_another(base, over)) {
		*out = over;
		return QUO_OK;
	}
	quo_node *map = quo__node_new(arena, QUO_NODE_MAP, over, err);
	if (!map)
		return QUO_FAILED;
	map->key = over->key;
	map->key_line = over->key_line;
	for (uint32_t i = 0; i < base->n; i++)
		QUO_TRY(quo__node_append(arena, map, base->item[i], err));
	for (uint32_t i = 0; i < over->n; i++) {
		quo_node *child = over->item[i], *merged;
		QUO_TRY(quo__node_merge(arena, quo__node_get(base, child->key), child, &merged,
					err));
		QUO_TRY(quo__node_put(arena, map, child->key, merged, err));
	}
	*out = map;
	return QUO_OK;
}

quo_node *quo__node_without(quo_arena *arena, const quo_node *map, const char *key, quo_err *err)
{
	quo_node *copy = quo__node_new(arena, QUO_NODE_MAP, map, err);
	for (uint32_t i = 0; copy && i < map->n; i++)
		if (strcmp(map->item[i]->key, key) &&
		    quo__node_append(arena, copy, map->item[i], err) != QUO_OK)
			return NULL;
	return copy;
}

/* chain: the real paths of the files that lead here, this one last. */
static quo_status load(quo_arena *arena, const char *path, const char **chain, unsigned depth,
		       quo_node **out, quo_err *err)
{
	QUO_TRY(quo__yaml_file(arena, path, out, err));
	if ((*out)->kind != QUO_NODE_MAP) {
		char what[80];
		return quo__node_fail(
			err, *out, "an experiment is a map of keys (name, data, model, ..), not %s",
			quo__node_describe(*out, what, sizeof what));
	}
	quo_node *extends = quo__node_get(*out, "extends");
	if (!extends)
		return QUO_OK;
	if (extends->kind != QUO_NODE_SCALAR || quo__node_is_null(extends) || !*extends->text)
		return quo__node_fail(err, extends,
				      "extends wants the path of one file, relative to this one");

	const char *slash = strrchr(path, '/');
	int folder = extends->text[0] == '/' || !slash ? 0 : (int)(slash - path + 1);
	char *base_path = quo__printf(arena, err, "%.*s%s", folder, path, extends->text);
	if (!base_path)
		return QUO_FAILED;
	char real[PATH_MAX];
	if (!realpath(base_path, real))
		return quo__node_fail(err, extends,
				      "extends: cannot read %s; the path is relative to this file",
				      base_path);
	for (unsigned i = 0; i <= depth; i++)
		if (!strcmp(chain[i], real))
			return quo__node_fail(err, extends,
					      "extends %s, which extends this file: a cycle",
					      base_path);
	if (depth + 1 >= MAX_EXTENDS)
		return quo__node_fail(err, extends, "more than %d files extend each other",
				      MAX_EXTENDS);
	if (!(chain[depth + 1] = quo__strdup(arena, real, err)))
		return QUO_FAILED;

	quo_node *base, *own = quo__node_without(arena, *out, "extends", err);
	if (!own)
		return QUO_FAILED;
	QUO_TRY(load(arena, base_path, chain, depth + 1, &base, err));
	return quo__node_merge(arena, base, own, out, err);
}

quo_status quo__yaml_load(quo_arena *arena, const char *path, quo_node **out, quo_err *err)
{
	const char *chain[MAX_EXTENDS];
	char real[PATH_MAX];
	chain[0] = quo__strdup(arena, realpath(path, real) ? real : path, err);
	return chain[0] ? load(arena, path, chain, 0, out, err) : QUO_FAILED;
}

/* `use` changes: what the files said of the other component goes, what --set said of this one
 * stays. */
static void drop_options_of_files(quo_node *map)
{
	uint32_t kept = 0;
	for (uint32_t i = 0; i < map->n; i++)
		if (map->item[i]->line == 0)
			map->item[kept++] = map->item[i];
	map->n = kept;
}

static quo_status put_value(quo_arena *arena, quo_node *parent, const char *key, quo_node *value,
			    quo_err *err)
{
	quo_node *old = quo__node_get(parent, key), *merged = value;
	if (!strcmp(key, "use") && old && old->kind == QUO_NODE_SCALAR &&
	    value->kind == QUO_NODE_SCALAR && strcmp(old->text, value->text))
		drop_options_of_files(parent);
	if (old)
		QUO_TRY(quo__node_merge(arena, old, value, &merged, err));
	return quo__node_put(arena, parent, key, merged, err);
}

/* The step of a path from `node` by `key`; a map that is not there is made. Lists take an index. */
static quo_status descend(quo_arena *arena, quo_node *node, const char *key, const quo_node *at,
			  quo_node ***slot, quo_node **child, quo_err *err)
{
	char what[80];
	*slot = NULL;
	if (node->kind == QUO_NODE_LIST) {
		unsigned long i =
			is_number(key) && strlen(key) < 7 ? strtoul(key, NULL, 10) : ULONG_MAX;
		if (i >= node->n)
			return quo__node_fail(
				err, at,
				"'%s' is not an index of this list; it has %u entries, from 0", key,
				node->n);
		*slot = &node->item[i];
		*child = node->item[i];
		return QUO_OK;
	}
	if (node->kind != QUO_NODE_MAP)
		return quo__node_fail(err, at, "cannot set '%s' inside %s", key,
				      quo__node_describe(node, what, sizeof what));
	*child = quo__node_get(node, key);
	if (*child)
		return QUO_OK;
	*child = quo__node_new(arena, QUO_NODE_MAP, at, err);
	return quo__node_put(arena, node, key, *child, err);
}

quo_status quo__node_assign(quo_arena *arena, quo_node *root, const char *path, quo_node *value,
			    quo_err *err)
{
	quo_node place = *value, *node = root;
	char *rest = quo__strdup(arena, path, err), *key;
	if (!rest)
		return QUO_FAILED;
	place.line = value->key_line; /* maps that are made on the way */
	for (unsigned depth = 0; (key = strsep(&rest, ".")); depth++) {
		quo_node **slot, *child = NULL;
		if (!*key || depth >= QUO__YAML_MAX_DEPTH)
			return quo__key_fail(err, value,
					     "the key is not names with dots between them");
		if (!rest && node->kind == QUO_NODE_MAP)
			return put_value(arena, node, key, value, err);
		QUO_TRY(descend(arena, node, key, &place, &slot, &child, err));
		if (!rest) /* an entry of a list */
			return quo__node_merge(arena, child, value, slot, err);
		node = child;
	}
	return QUO_OK;
}

quo_status quo__node_set(quo_arena *arena, quo_node *root, const char *assignment, quo_err *err)
{
	char label[MAX_LABEL + 8];
	snprintf(label, sizeof label, "--set %.*s", MAX_LABEL, assignment);
	for (char *c = label; *c; c++)
		if ((unsigned char)*c < ' ')
			*c = ' ';
	const char *equals = strchr(assignment, '=');
	if (!equals || equals == assignment)
		return quo_fail(err, QUO_USAGE, "%s: write key=value, e.g. --set train.epochs=2",
				label);

	quo_node *value;
	QUO_TRY(quo__yaml_text(arena, equals + 1, label, &value, err));
	char *path = quo__printf(arena, err, "%.*s", (int)(equals - assignment), assignment);
	return path ? quo__node_assign(arena, root, path, value, err) : QUO_FAILED;
}
