/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What registry.c offers to loader.c alone.
 */
#ifndef QUOTIENT_CORE_PLUGIN_INTERNAL_H
#define QUOTIENT_CORE_PLUGIN_INTERNAL_H

#include "plugin/objects.h"
#include "plugin/registry.h"

struct quo_registry {
	quo_registered **item; /* by kind, then name */
	size_t n;
	quo__objects objects;
	char *searched; /* folders that load_default looked into, for messages; or NULL */
};

/* As quo_registry_add(), for a component of a plugin; origin, plugin and version are copied. */
quo_status quo__registry_add(quo_registry *registry, const quo_component *component,
			     const char *origin, const char *plugin, const char *version,
			     quo_err *err);
/* Take back every component that came from `origin`. */
void quo__registry_remove(quo_registry *registry, const char *origin);

#endif
