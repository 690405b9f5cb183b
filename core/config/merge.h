/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Trees on top of each other: `extends` and --set.
 */
#ifndef QUOTIENT_CORE_MERGE_H
#define QUOTIENT_CORE_MERGE_H

#include "text/node.h"

/*
 * `over` on top of `base`: maps merge key by key, everything else is replaced. A map that names
 * another component (`use`) replaces the whole map, and so does a map with integer keys (a
 * schedule). Neither tree changes.
 */
quo_status quo__node_merge(quo_arena *arena, quo_node *base, quo_node *over, quo_node **out,
			   quo_err *err);
/* A copy of a map without one of its keys. */
quo_node *quo__node_without(quo_arena *arena, const quo_node *map, const char *key, quo_err *err);
/* A file with its `extends` merged in. */
quo_status quo__yaml_load(quo_arena *arena, const char *path, quo_node **out, quo_err *err);
/* Put `value` at "a.b.0.c", maps merged; changes root, and the value's key. */
quo_status quo__node_assign(quo_arena *arena, quo_node *root, const char *path, quo_node *value,
			    quo_err *err);
/* Apply one "a.b.0.c=value". */
quo_status quo__node_set(quo_arena *arena, quo_node *root, const char *assignment, quo_err *err);

#endif
