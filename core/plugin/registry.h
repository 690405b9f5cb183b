/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The registry: components by kind and name, from plugins (loader.c) and built into the core.
 *
 * Adding a component checks it (kind, name, sizes, option table, required methods) and copies its
 * vtable into a zero-filled full-size one. A failure leaves the registry as it was and names the
 * file, the component and the cause. Loaded objects stay mapped until quo_registry_free().
 */
#ifndef QUOTIENT_CORE_REGISTRY_H
#define QUOTIENT_CORE_REGISTRY_H

#include <quotient/plugin.h>

typedef struct quo_registry quo_registry;

typedef struct quo_registered {
	quo_component component; /* the core's own copy; .ops_ points to the full-size vtable */
	const char *origin;      /* path of the .so, or "built-in" */
	const char *plugin, *plugin_version;
} quo_registered;

/* With the components that the caller has built in: a list that ends with NULL, or NULL for none.
 * Tools pass quo_data_components. */
quo_registry *quo_registry_new(const quo_component *const *built_in, quo_err *err);
void quo_registry_free(quo_registry *registry);

quo_status quo_registry_add(quo_registry *registry, const quo_component *component,
			    const char *origin, quo_err *err);
/* NULL when there is none. */
const quo_registered *quo_registry_find(const quo_registry *registry, quo_kind kind,
					const char *name);
size_t quo_registry_count(const quo_registry *registry);
const quo_registered *quo_registry_at(const quo_registry *registry,
				      size_t i); /* by kind, then name */

/* An instance with zeroed state, after init(); config must outlive it. Used by core/config and by
 * tests. */
quo_status quo_instance_new(const quo_registered *registered, const void *config,
			    quo_instance **out, quo_err *err);

#endif
