/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kinds of components: what a vtable of each must hold. Their names are in text/kind.h.
 */
#ifndef QUOTIENT_CORE_KINDS_H
#define QUOTIENT_CORE_KINDS_H

#include <quotient/plugin.h>

typedef struct quo_method {
	const char *name;
	size_t offset; /* of the function pointer in the vtable */
} quo_method;

typedef struct quo_kind_info {
	const char *what;  /* one line for people */
	uint32_t ops_size; /* the vtable as this core sees it */
	uint32_t
		min_size; /* as ABI QUO_ABI_MAJOR.0 had it; 0: ops_size. See quo__kind_min_size() */
	const quo_method *required; /* ends with a NULL name */
	/* Optional. Checks the data members of a full-size vtable; NULL, or what is wrong with it.
	 */
	const char *(*check)(const void *ops);
} quo_kind_info;

/* NULL for a number that is no kind. */
const quo_kind_info *quo__kind_info(uint32_t kind);
/* Bytes of the shortest vtable of that kind: a shorter one is truncated. */
uint32_t quo__kind_min_size(const quo_kind_info *kind);

#endif
