/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Option tables and components: maps to config structs and instances, defaults filled in.
 */
#ifndef QUOTIENT_CORE_RESOLVE_H
#define QUOTIENT_CORE_RESOLVE_H

#include "plugin/registry.h"
#include "text/node.h"

/* What a resolution makes. Instances are freed last made first, so an owner goes before what it
 * owns. */
typedef struct quo_resolver {
	const quo_registry *registry;
	quo_arena *arena;
	struct {
		quo_instance *instance;
		const char *path;
	} * made;
	size_t n_made;
	unsigned depth;
	quo_err *err;
} quo_resolver;

void quo__resolver_free_instances(quo_resolver *r);

/*
 * Fill `config` by a table from `map` (NULL: all defaults) and append every option's canonical
 * value to `resolved`. Unknown keys are refused, but for those in `also` (ends with NULL; may be
 * NULL). `path` is the map's own ("train"; "" at the top), `what` names it in messages. `at` is the
 * place of messages about what is missing.
 */
quo_status quo__resolve_table(quo_resolver *r, const quo_option *options, void *config,
			      const quo_node *map, const quo_node *at, const char *path,
			      const char *what, const char *const *also, quo_node *resolved);

/* A `{use: name, ..}` of a kind. */
quo_status quo__resolve_component(quo_resolver *r, quo_kind kind, quo_node *node, const char *path,
				  quo_instance **out, quo_node **resolved);

/* Refuse keys of `map` that are neither options nor in `also` (ends with NULL; may be NULL). */
quo_status quo__check_keys(const quo_option *options, const char *const *also, const quo_node *map,
			   const char *what, quo_err *err);

#endif
