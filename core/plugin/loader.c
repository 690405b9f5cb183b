/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/loader.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "plugin/install_paths.h"
#include "plugin/internal.h"
#include "plugin/peek.h"

#define MAX_COMPONENTS 256
#define ABI_RELEASE "0.2" /* the first quotient with ABI QUO_ABI_MAJOR */

/* What the entry says of the headers it was built with: all of it plain numbers, readable before
 * loading. */
static quo_status check_numbers(const quo_plugin *p, uint64_t symbol_size, const char *path,
				quo_err *err)
{
	if (p->magic != QUO_PLUGIN_MAGIC)
		return quo_fail(err, QUO_USAGE,
				"%s: wrong magic in %s; declare it with QUO_PLUGIN()", path,
				QUO_PLUGIN_SYMBOL);
	if (p->abi_major < QUO_ABI_MAJOR)
		return quo_fail(
			err, QUO_USAGE,
			"%s: built for plugin ABI %u.%u, this core has %d.%d; rebuild it "
			"against quotient %s's headers (docs/adding-a-plugin.md, \"From ABI "
			"%d\")",
			path, p->abi_major, p->abi_minor, QUO_ABI_MAJOR, QUO_ABI_MINOR, ABI_RELEASE,
			QUO_ABI_MAJOR - 1);
	if (p->abi_major > QUO_ABI_MAJOR || p->abi_minor > QUO_ABI_MINOR)
		return quo_fail(err, QUO_USAGE,
				"%s: built for plugin ABI %u.%u, this core has %d.%d; rebuild it "
				"against this "
				"version's headers",
				path, p->abi_major, p->abi_minor, QUO_ABI_MAJOR, QUO_ABI_MINOR);
	if (p->size < sizeof(quo_plugin) || symbol_size < p->size)
		return quo_fail(err, QUO_USAGE,
				"%s: %s is truncated: it says %u bytes and has %llu (ABI %d.0 has "
				"%zu); rebuild it "
				"against this version's headers",
				path, QUO_PLUGIN_SYMBOL, p->size, (unsigned long long)symbol_size,
				QUO_ABI_MAJOR, sizeof(quo_plugin));
	if (p->component_size != sizeof(quo_component) || p->option_size != sizeof(quo_option))
		return quo_fail(err, QUO_USAGE,
				"%s: its component and option structs have %u and %u bytes, this "
				"core's %zu and %zu; "
				"rebuild it against this version's headers",
				path, p->component_size, p->option_size, sizeof(quo_component),
				sizeof(quo_option));
	if (p->n_components < 1 || p->n_components > MAX_COMPONENTS)
		return quo_fail(err, QUO_USAGE, "%s: declares %u components; a plugin has 1..%d",
				path, p->n_components, MAX_COMPONENTS);
	return QUO_OK;
}

static quo_status add_components(quo_registry *registry, const quo_plugin *plugin, const char *path,
				 quo_err *err)
{
	for (uint32_t i = 0; i < plugin->n_components; i++) {
		const quo_component *c = plugin->components[i];
		if (c && c->kind == QUO_KIND_DATA)
			return quo_fail(err, QUO_USAGE,
					"%s: holds a data reader; ABI %d has them in the core only",
					path, QUO_ABI_MAJOR);
		QUO_TRY(quo__registry_add(registry, c, path, plugin->name, plugin->version, err));
	}
	return QUO_OK;
}

/* The text of dlerror() without the path that it starts with. */
static const char *dl_reason(const char *path)
{
	const char *text = dlerror();
	size_t n = strlen(path);
	if (!text)
		return "no reason given";
	return !strncmp(text, path, n) && !strncmp(text + n, ": ", 2) ? text + n + 2 : text;
}

static quo_status load_object(quo_registry *registry, void *handle, const char *path,
			      const struct stat *st, quo_err *err)
{
	const quo_plugin *plugin = dlsym(handle, QUO_PLUGIN_SYMBOL);
	if (!plugin)
		return quo_fail(err, QUO_USAGE, "%s: no symbol %s; it is not a quotient plugin",
				path, QUO_PLUGIN_SYMBOL);
	if (!plugin->components || !plugin->name || !plugin->version)
		return quo_fail(err, QUO_USAGE,
				"%s: the plugin has no name, no version or no list of components",
				path);

	QUO_TRY(quo__objects_reserve(&registry->objects, err));
	quo_status status = add_components(registry, plugin, path, err);
	if (status != QUO_OK) {
		quo__registry_remove(registry, path);
		return status;
	}
	quo__objects_add(&registry->objects, handle, st);
	return QUO_OK;
}

quo_status quo_registry_load_file(quo_registry *registry, const char *path, quo_err *err)
{
	struct stat st;
	if (stat(path, &st))
		return quo_fail(err, QUO_USAGE, "%s: cannot read the plugin: %s", path,
				strerror(errno));
	if (!S_ISREG(st.st_mode))
		return quo_fail(err, QUO_USAGE, "%s: not a file; a plugin is a shared object (.so)",
				path);
	if (quo__objects_have(&registry->objects, &st))
		return QUO_OK;

	quo_plugin entry;
	uint64_t entry_size;
	QUO_TRY(quo__plugin_peek(path, &entry, &entry_size, err));
	QUO_TRY(check_numbers(&entry, entry_size, path, err));

	/* Without a slash dlopen would search the system's library folders. */
	char *full = realpath(path, NULL);
	if (!full)
		return quo_fail(err, QUO_USAGE, "%s: cannot read the plugin: %s", path,
				strerror(errno));
	void *handle = dlopen(full, RTLD_NOW | RTLD_LOCAL);
	quo_status status;
	if (!handle)
		status =
			quo_fail(err, QUO_USAGE, "%s: cannot be loaded: %s", path, dl_reason(full));
	else
		status = load_object(registry, handle, path, &st, err);
	if (status != QUO_OK && handle)
		dlclose(handle);
	free(full);
	return status;
}

static int is_candidate(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static quo_status load_dir(quo_registry *registry, const char *dir, bool subfolders, quo_err *err)
{
	struct dirent **entries = NULL;
	int n = scandir(dir, &entries, is_candidate, by_name);
	if (n < 0)
		return quo_fail(err, QUO_USAGE,
				"%s: cannot read the plugin folder: %s; check --plugin-dir and "
				"QUOTIENT_PLUGIN_PATH",
				dir, strerror(errno));

	quo_status status = QUO_OK;
	for (int i = 0; i < n; i++) {
		char path[PATH_MAX];
		struct stat st;
		const char *name = entries[i]->d_name;
		size_t length = strlen(name);
		int written = snprintf(path, sizeof path, "%s/%s", dir, name);
		if (status == QUO_OK && written > 0 && (size_t)written < sizeof path &&
		    !stat(path, &st)) {
			if (S_ISDIR(st.st_mode) && subfolders)
				status = load_dir(registry, path, false, err);
			else if (S_ISREG(st.st_mode) && length > 3 &&
				 !strcmp(name + length - 3, ".so"))
				status = quo_registry_load_file(registry, path, err);
		}
		free(entries[i]);
	}
	free(entries);
	return status;
}

quo_status quo_registry_load_dir(quo_registry *registry, const char *dir, quo_err *err)
{
	return load_dir(registry, dir, true, err);
}

/* plugins/ of the build tree that this executable is in; false when it is not in one. */
static bool build_tree_dir(char *out, size_t size)
{
	char exe[PATH_MAX];
	struct stat st;
	ssize_t n = readlink("/proc/self/exe", exe, sizeof exe - 1);
	if (n <= 0)
		return false;
	exe[n] = 0;
	char *tail = strstr(exe, "/core/tools/"); /* BUILD/core/tools/NAME */
	if (!tail || strchr(tail + strlen("/core/tools/"), '/'))
		return false;
	*tail = 0;
	int written = snprintf(out, size, "%s/plugins", exe);
	return written > 0 && (size_t)written < size && !stat(out, &st) && S_ISDIR(st.st_mode);
}

static void remember_folder(quo_registry *registry, const char *dir)
{
	char *all = NULL;
	if (asprintf(&all, "%s%s%s", registry->searched ? registry->searched : "",
		     registry->searched ? ", " : "", dir) < 0)
		return;
	free(registry->searched);
	registry->searched = all;
}

static quo_status load_path(quo_registry *registry, const char *list, quo_err *err)
{
	char *copy = strdup(list), *rest = copy, *dir;
	quo_status status = QUO_OK;
	if (!copy)
		return quo_fail(err, QUO_FAILED, "out of memory: QUOTIENT_PLUGIN_PATH");
	while (status == QUO_OK && (dir = strsep(&rest, ":"))) {
		if (!*dir)
			continue;
		remember_folder(registry, dir);
		status = quo_registry_load_dir(registry, dir, err);
	}
	free(copy);
	return status;
}

quo_status quo_registry_load_default(quo_registry *registry, const char *plugin_dir, quo_err *err)
{
	char dir[PATH_MAX];
	struct stat st;
	const char *list = getenv("QUOTIENT_PLUGIN_PATH");
	bool has_list = list && *list;

	if (plugin_dir) {
		remember_folder(registry, plugin_dir);
		QUO_TRY(quo_registry_load_dir(registry, plugin_dir, err));
	}
	if (has_list)
		QUO_TRY(load_path(registry, list, err));
	if (has_list)
		return QUO_OK;

	if (!build_tree_dir(dir, sizeof dir))
		snprintf(dir, sizeof dir, "%s", QUO_INSTALL_PLUGIN_DIR);
	remember_folder(registry, dir);
	/* No folder is no plugins: the component that is missed says where was looked. */
	return stat(dir, &st) ? QUO_OK : quo_registry_load_dir(registry, dir, err);
}

const char *quo_registry_searched(const quo_registry *registry)
{
	return registry->searched;
}
