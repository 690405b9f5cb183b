/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/registry.h"

#include <stdlib.h>
#include <string.h>

#include <quotient/memory.h>

#include "plugin/check.h"
#include "plugin/internal.h"
#include "plugin/kinds.h"
#include "text/kind.h"

quo_registry *quo_registry_new(const quo_component *const *built_in, quo_err *err)
{
	quo_registry *registry = quo_alloc(1, sizeof(quo_registry), err);
	for (size_t i = 0; registry && built_in && built_in[i]; i++)
		if (quo_registry_add(registry, built_in[i], "built-in", err) != QUO_OK) {
			quo_registry_free(registry);
			return NULL;
		}
	return registry;
}

static void registered_free(quo_registered *r)
{
	if (!r)
		return;
	quo_free((void *)(uintptr_t)r->component.ops_);
	free((void *)(uintptr_t)r->origin);
	free((void *)(uintptr_t)r->plugin);
	free((void *)(uintptr_t)r->plugin_version);
	quo_free(r);
}

void quo_registry_free(quo_registry *registry)
{
	if (!registry)
		return;
	for (size_t i = 0; i < registry->n; i++)
		registered_free(registry->item[i]);
	free(registry->item);
	quo__objects_close(&registry->objects);
	free(registry->searched);
	quo_free(registry);
}

static int compare(const quo_component *a, uint32_t kind, const char *name)
{
	if (a->kind != kind)
		return a->kind < kind ? -1 : 1;
	return strcmp(a->name, name);
}

/* Index of the first item not before (kind, name). */
static size_t position(const quo_registry *registry, uint32_t kind, const char *name)
{
	size_t i = 0;
	while (i < registry->n && compare(&registry->item[i]->component, kind, name) < 0)
		i++;
	return i;
}

quo_status quo__registry_add(quo_registry *registry, const quo_component *component,
			     const char *origin, const char *plugin, const char *version,
			     quo_err *err)
{
	QUO_TRY(quo__component_check(component, origin, err));

	const quo_kind_info *kind = quo__kind_info(component->kind);
	const quo_registered *old =
		quo_registry_find(registry, (quo_kind)component->kind, component->name);
	if (old)
		return quo_fail(err, QUO_USAGE,
				"%s: component %s/%s is already there, from %s; remove one of them",
				origin, quo_kind_name((quo_kind)component->kind), component->name,
				old->origin);

	quo_registered **items = realloc(registry->item, (registry->n + 1) * sizeof *items);
	if (!items)
		return quo_fail(err, QUO_FAILED, "out of memory: the list of components");
	registry->item = items;

	quo_registered *r = quo_alloc(1, sizeof *r, err);
	void *ops = quo_alloc(1, kind->ops_size, err);
	if (!r || !ops) {
		quo_free(r);
		quo_free(ops);
		return QUO_FAILED;
	}
	r->component = *component;
	r->component.ops_ = ops;
	r->component.ops_size = kind->ops_size;
	r->origin = strdup(origin);
	r->plugin = strdup(plugin);
	r->plugin_version = strdup(version);
	quo_status status = quo__ops_copy(component, origin, ops, err);
	if (status == QUO_OK && (!r->origin || !r->plugin || !r->plugin_version))
		status = quo_fail(err, QUO_FAILED, "out of memory: the list of components");
	if (status != QUO_OK) {
		registered_free(r);
		return status;
	}

	size_t at = position(registry, component->kind, component->name);
	memmove(items + at + 1, items + at, (registry->n - at) * sizeof *items);
	items[at] = r;
	registry->n++;
	return QUO_OK;
}

quo_status quo_registry_add(quo_registry *registry, const quo_component *component,
			    const char *origin, quo_err *err)
{
	return quo__registry_add(registry, component, origin, "core", "", err);
}

void quo__registry_remove(quo_registry *registry, const char *origin)
{
	size_t kept = 0;
	for (size_t i = 0; i < registry->n; i++) {
		if (strcmp(registry->item[i]->origin, origin))
			registry->item[kept++] = registry->item[i];
		else
			registered_free(registry->item[i]);
	}
	registry->n = kept;
}

const quo_registered *quo_registry_find(const quo_registry *registry, quo_kind kind,
					const char *name)
{
	size_t i = position(registry, (uint32_t)kind, name);
	if (i < registry->n && !compare(&registry->item[i]->component, (uint32_t)kind, name))
		return registry->item[i];
	return NULL;
}

size_t quo_registry_count(const quo_registry *registry)
{
	return registry->n;
}

const quo_registered *quo_registry_at(const quo_registry *registry, size_t i)
{
	return i < registry->n ? registry->item[i] : NULL;
}

quo_status quo_instance_new(const quo_registered *registered, const void *config,
			    quo_instance **out, quo_err *err)
{
	const quo_component *c = &registered->component;
	const quo_instance model = { c, config, NULL };
	quo_status status = quo_instance_clone(&model, out, err);
	if (status != QUO_OK)
		quo_fail(err, status,
			 "component %s/%s refused its configuration without saying why",
			 quo_kind_name((quo_kind)c->kind), c->name);
	return status;
}
