/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Plugins from files: the checks of the entry symbol, and where to look.
 */
#ifndef QUOTIENT_CORE_LOADER_H
#define QUOTIENT_CORE_LOADER_H

#include "plugin/registry.h"

/* Load one .so. QUO_USAGE for a file that is not a usable plugin. */
quo_status quo_registry_load_file(quo_registry *registry, const char *path, quo_err *err);
/* Every *.so of a folder and of its immediate subfolders, in name order. */
quo_status quo_registry_load_dir(quo_registry *registry, const char *dir, quo_err *err);
/*
 * What a tool does at start: plugin_dir if given, then the folders of QUOTIENT_PLUGIN_PATH
 * (':'-separated); without that variable, the folder of the build tree that the executable is in,
 * or the install folder. The same file reached twice is loaded once; two components of one kind and
 * name from different files are an error that names both.
 */
quo_status quo_registry_load_default(quo_registry *registry, const char *plugin_dir, quo_err *err);

/* The folders that quo_registry_load_default() looked into, for messages; NULL when it was not
 * called. */
const char *quo_registry_searched(const quo_registry *registry);

#endif
