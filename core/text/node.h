/* SPDX-License-Identifier: Apache-2.0 */
/*
 * YAML as a tree of nodes that know where they were written.
 *
 * A tree lives in an arena and is never freed by itself. A child of a map carries its key. Trees
 * are made by quo__yaml_file() and quo__yaml_text() from hostile text: at most 1 MiB, 100 000
 * nodes, 32 levels; no anchors, aliases, tags, tabs in the indentation, duplicate keys or second
 * documents.
 */
#ifndef QUOTIENT_CORE_NODE_H
#define QUOTIENT_CORE_NODE_H

#include <quotient/memory.h>

#define QUO__YAML_MAX_BYTES ((size_t)1 << 20)
#define QUO__YAML_MAX_NODES 100000
#define QUO__YAML_MAX_DEPTH 32
#define QUO__YAML_MAX_KEYS 1000 /* of one map */

typedef enum quo_node_kind { QUO_NODE_SCALAR, QUO_NODE_MAP, QUO_NODE_LIST } quo_node_kind;

typedef struct quo_node {
	quo_node_kind kind;
	const char *file; /* as the user named it; or "--set a.b=c" */
	int line, column; /* from 1; line 0: not in a file */
	const char *key;  /* of a map's child; else NULL */
	int key_line;
	const char *text; /* SCALAR */
	bool quoted;      /* SCALAR: not a plain one, so never a number, a bool or nothing */
	bool flow;        /* write on one line */
	bool local;       /* resolved trees: this party's own */
	uint32_t n, capacity;
	struct quo_node **item; /* MAP, LIST */
} quo_node;

/* A new node with the place of `at` (may be NULL); text is copied. NULL on lack of memory. */
quo_node *quo__node_new(quo_arena *arena, quo_node_kind kind, const quo_node *at, quo_err *err);
quo_node *quo__scalar_new(quo_arena *arena, const char *text, bool quoted, const quo_node *at,
			  quo_err *err);
quo_status quo__node_append(quo_arena *arena, quo_node *parent, quo_node *child, quo_err *err);
/* Child of a map; NULL when it is not there, or when map is NULL. */
quo_node *quo__node_get(const quo_node *map, const char *key);
/* Append, or replace the child of that key. Sets child->key. */
quo_status quo__node_put(quo_arena *arena, quo_node *map, const char *key, quo_node *child,
			 quo_err *err);
/* "a list", "a map", "'text'" for messages; at most n bytes with the end. */
const char *quo__node_describe(const quo_node *node, char *out, size_t n);
/* A plain scalar that says nothing: "", "~" or "null". */
bool quo__node_is_null(const quo_node *node);
/* QUO_USAGE with "file:line: " (or "--set a.b=c: ") before the text; node may be NULL. */
quo_status quo__node_fail(quo_err *err, const quo_node *node, const char *format, ...)
	QUO_PRINTF(3, 4);
/* The same with the line of the node's key. */
quo_status quo__key_fail(quo_err *err, const quo_node *node, const char *format, ...)
	QUO_PRINTF(3, 4);

char *quo__strdup(quo_arena *arena, const char *s, quo_err *err);
char *quo__printf(quo_arena *arena, quo_err *err, const char *format, ...) QUO_PRINTF(3, 4);

#endif
