/* SPDX-License-Identifier: Apache-2.0 */
#include "text/node.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

char *quo__strdup(quo_arena *arena, const char *s, quo_err *err)
{
	size_t n = strlen(s) + 1;
	char *copy = quo_arena_alloc(arena, n, 1, err);
	if (copy)
		memcpy(copy, s, n);
	return copy;
}

char *quo__printf(quo_arena *arena, quo_err *err, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	int n = vsnprintf(NULL, 0, format, args);
	va_end(args);
	char *text = quo_arena_alloc(arena, n < 0 ? 1 : (size_t)n + 1, 1, err);
	if (text && n > 0) {
		va_start(args, format);
		vsnprintf(text, (size_t)n + 1, format, args);
		va_end(args);
	}
	return text;
}

quo_node *quo__node_new(quo_arena *arena, quo_node_kind kind, const quo_node *at, quo_err *err)
{
	quo_node *node = quo_arena_alloc(arena, 1, sizeof *node, err);
	if (!node)
		return NULL;
	node->kind = kind;
	if (at) {
		node->file = at->file;
		node->line = at->line;
		node->column = at->column;
		node->key_line = at->line;
	}
	return node;
}

quo_node *quo__scalar_new(quo_arena *arena, const char *text, bool quoted, const quo_node *at,
			  quo_err *err)
{
	quo_node *node = quo__node_new(arena, QUO_NODE_SCALAR, at, err);
	if (!node || !(node->text = quo__strdup(arena, text, err)))
		return NULL;
	node->quoted = quoted;
	return node;
}

quo_status quo__node_append(quo_arena *arena, quo_node *parent, quo_node *child, quo_err *err)
{
	if (!child)
		return QUO_FAILED;
	if (parent->n == parent->capacity) {
		uint32_t capacity = parent->capacity ? 2 * parent->capacity : 4;
		quo_node **item = quo_arena_alloc(arena, capacity, sizeof *item, err);
		if (!item)
			return QUO_FAILED;
		if (parent->n)
			memcpy(item, parent->item, parent->n * sizeof *item);
		parent->item = item;
		parent->capacity = capacity;
	}
	parent->item[parent->n++] = child;
	return QUO_OK;
}

quo_node *quo__node_get(const quo_node *map, const char *key)
{
	for (uint32_t i = 0; map && map->kind == QUO_NODE_MAP && i < map->n; i++)
		if (!strcmp(map->item[i]->key, key))
			return map->item[i];
	return NULL;
}

quo_status quo__node_put(quo_arena *arena, quo_node *map, const char *key, quo_node *child,
			 quo_err *err)
{
	if (!child || !(child->key = quo__strdup(arena, key, err)))
		return QUO_FAILED;
	for (uint32_t i = 0; i < map->n; i++)
		if (!strcmp(map->item[i]->key, key)) {
			map->item[i] = child;
			return QUO_OK;
		}
	return quo__node_append(arena, map, child, err);
}

bool quo__node_is_null(const quo_node *node)
{
	return node->kind == QUO_NODE_SCALAR && !node->quoted &&
	       (!*node->text || !strcmp(node->text, "~") || !strcmp(node->text, "null"));
}

const char *quo__node_describe(const quo_node *node, char *out, size_t n)
{
	if (node->kind == QUO_NODE_MAP)
		snprintf(out, n, "a map");
	else if (node->kind == QUO_NODE_LIST)
		snprintf(out, n, "a list");
	else if (quo__node_is_null(node))
		snprintf(out, n, "nothing");
	else if (node->quoted)
		snprintf(out, n, "the text \"%.40s\"", node->text);
	else
		snprintf(out, n, "'%.40s'", node->text);
	return out;
}

static quo_status fail_at(quo_err *err, const char *file, int line, const char *format,
			  va_list args)
{
	char text[900];
	vsnprintf(text, sizeof text, format, args);
	for (char *c = text; *c; c++) /* one line, whatever a file says */
		if ((unsigned char)*c < ' ')
			*c = ' ';
	if (!file)
		return quo_fail(err, QUO_USAGE, "%s", text);
	if (!line)
		return quo_fail(err, QUO_USAGE, "%s: %s", file, text);
	return quo_fail(err, QUO_USAGE, "%s:%d: %s", file, line, text);
}

quo_status quo__node_fail(quo_err *err, const quo_node *node, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	quo_status status =
		fail_at(err, node ? node->file : NULL, node ? node->line : 0, format, args);
	va_end(args);
	return status;
}

quo_status quo__key_fail(quo_err *err, const quo_node *node, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	quo_status status = fail_at(err, node->file, node->key_line, format, args);
	va_end(args);
	return status;
}
