/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What registry.c and loader.c share.
 */
#ifndef QUOTIENT_CORE_PLUGIN_INTERNAL_H
#define QUOTIENT_CORE_PLUGIN_INTERNAL_H

#include <sys/types.h>

#include "plugin/registry.h"

typedef struct quo__object {
	void *handle; /* of dlopen */
	char *path;
	dev_t device;
	ino_t inode;
} quo__object;

struct quo_registry {
	quo_registered **item; /* by kind, then name */
	size_t n;
	quo__object *object;
	size_t n_objects;
	char *searched; /* folders that load_default looked into, for messages; or NULL */
};

/* As quo_registry_add(), for a component of a plugin; origin, plugin and version are copied. */
quo_status quo__registry_add(quo_registry *registry, const quo_component *component,
			     const char *origin, const char *plugin, const char *version,
			     quo_err *err);
/* Take back every component that came from `origin`. */
void quo__registry_remove(quo_registry *registry, const char *origin);
/* dlclose() and free the list of objects. */
void quo__objects_close(quo_registry *registry);

#endif
