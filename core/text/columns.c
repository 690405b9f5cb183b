/* SPDX-License-Identifier: Apache-2.0 */
#include "text/columns.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text/suggest.h"

#define MAX_ENTRIES 4096
#define MAX_COUNT 1000000

static const char *const roles[] = { "numeric", "one_hot", "label", "ignore", NULL };
static const char *const scales[] = { "min_max", "z", "log_z", NULL };

/* Index of the name, or -1 with a message. */
static int look_up(const char *const *names, const char *name, const char *what, const char *path,
		   const quo_node *at, quo_err *err)
{
	quo_suggest near = { name, NULL, 0 };
	for (int i = 0; names[i]; i++) {
		if (!strcmp(names[i], name))
			return i;
		quo__suggest(&near, names[i]);
	}
	if (near.best)
		quo__node_fail(err, at, "%s: no %s '%.40s'; did you mean '%s'?", path, what, name,
			       near.best);
	else
		quo__node_fail(err, at, "%s: no %s '%.40s'; there are %s, %s, %s%s%s", path, what,
			       name, names[0], names[1], names[2], names[3] ? ", " : "",
			       names[3] ? names[3] : "");
	return -1;
}

static quo_status parse_count(const quo_node *node, const char *path, uint32_t *out, quo_err *err)
{
	const char *text = node->kind == QUO_NODE_SCALAR && !node->quoted ? node->text : "";
	size_t digits = strspn(text, "0123456789");
	unsigned long count = digits && digits < 8 && !text[digits] ? strtoul(text, NULL, 10) : 0;
	char what[80];
	if (count < 1 || count > MAX_COUNT)
		return quo__node_fail(err, node,
				      "%s: a number of columns is an integer in 1..%d, not %s",
				      path, MAX_COUNT, quo__node_describe(node, what, sizeof what));
	*out = (uint32_t)count;
	return QUO_OK;
}

/* {role: count} with an optional scale. */
static quo_status parse_map(const quo_node *node, const char *path, quo_column *out, quo_err *err)
{
	const quo_node *scale = NULL;
	bool has_role = false;
	for (uint32_t i = 0; i < node->n; i++) {
		const quo_node *child = node->item[i];
		if (!strcmp(child->key, "scale")) {
			scale = child;
			continue;
		}
		int role = look_up(roles, child->key, "kind of column", path, child, err);
		if (role < 0)
			return QUO_USAGE;
		if (has_role)
			return quo__node_fail(
				err, child, "%s: two kinds in one entry; write two entries", path);
		has_role = true;
		out->role = (quo_column_role)role;
		QUO_TRY(parse_count(child, path, &out->count, err));
	}
	if (!has_role)
		return quo__node_fail(err, node,
				      "%s: an entry without a kind; write e.g. {numeric: 3}", path);
	if (!scale)
		return QUO_OK;
	if (out->role != QUO_COL_NUMERIC)
		return quo__node_fail(err, scale, "%s: only numeric columns have a scale", path);
	int s = look_up(scales, scale->kind == QUO_NODE_SCALAR ? scale->text : "", "scale", path,
			scale, err);
	if (s < 0)
		return QUO_USAGE;
	out->scale = (quo_column_scale)s;
	return QUO_OK;
}

static quo_status canonical(quo_arena *arena, const quo_column *column, const quo_node *at,
			    quo_node *list, quo_err *err)
{
	char count[16];
	quo_node *map = quo__node_new(arena, QUO_NODE_MAP, at, err);
	if (!map)
		return QUO_FAILED;
	snprintf(count, sizeof count, "%u", column->count);
	QUO_TRY(quo__node_put(arena, map, roles[column->role],
			      quo__scalar_new(arena, count, false, at, err), err));
	if (column->role == QUO_COL_NUMERIC)
		QUO_TRY(quo__node_put(arena, map, "scale",
				      quo__scalar_new(arena, scales[column->scale], false, at, err),
				      err));
	return quo__node_append(arena, list, map, err);
}

quo_status quo__columns_parse(quo_arena *arena, const quo_node *node, const char *path,
			      quo_columns *out, quo_node **resolved, quo_err *err)
{
	char what[80];
	if (node->kind != QUO_NODE_LIST)
		return quo__node_fail(err, node,
				      "%s wants a list of columns, not %s; write e.g. "
				      "[{numeric: 3}, one_hot, {ignore: 2}, label]",
				      path, quo__node_describe(node, what, sizeof what));
	if (node->n > MAX_ENTRIES)
		return quo__node_fail(err, node, "%s has %u entries; at most %d", path, node->n,
				      MAX_ENTRIES);
	quo_column *item = quo_arena_alloc(arena, node->n, sizeof *item, err);
	quo_node *list = quo__node_new(arena, QUO_NODE_LIST, node, err);
	if (!item || !list)
		return QUO_FAILED;
	list->flow = true;
	for (uint32_t i = 0; i < node->n; i++) {
		const quo_node *entry = node->item[i];
		item[i].count = 1;
		if (entry->kind == QUO_NODE_MAP) {
			QUO_TRY(parse_map(entry, path, &item[i], err));
		} else if (entry->kind == QUO_NODE_SCALAR) {
			int role = look_up(roles, entry->text, "kind of column", path, entry, err);
			if (role < 0)
				return QUO_USAGE;
			item[i].role = (quo_column_role)role;
		} else {
			return quo__node_fail(
				err, entry, "%s: an entry is a kind, or {kind: number}, not a list",
				path);
		}
		QUO_TRY(canonical(arena, &item[i], entry, list, err));
	}
	*out = (quo_columns){ node->n, item };
	*resolved = list;
	return QUO_OK;
}
