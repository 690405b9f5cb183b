/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Looking at a plugin without loading it: dlopen() runs an object's constructors, so what can be
 * refused is refused from the bytes of the file.
 */
#ifndef QUOTIENT_CORE_PEEK_H
#define QUOTIENT_CORE_PEEK_H

#include <quotient/plugin.h>

/*
 * Read the initial bytes of QUO_PLUGIN_SYMBOL from an ELF file into *entry (its pointers are not
 * relocated yet and mean nothing; bytes that the symbol does not have are 0). *entry_size is the
 * symbol's size in the file. QUO_USAGE when the file is no shared object of this machine, or has no
 * such symbol.
 */
quo_status quo__plugin_peek(const char *path, quo_plugin *entry, uint64_t *entry_size,
			    quo_err *err);

#endif
