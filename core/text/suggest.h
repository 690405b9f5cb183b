/* SPDX-License-Identifier: Apache-2.0 */
/*
 * "Did you mean": the nearest of a list of names.
 */
#ifndef QUOTIENT_CORE_SUGGEST_H
#define QUOTIENT_CORE_SUGGEST_H

#include <stddef.h>

/* Edit distance of a and b where swapping two neighbours counts once; at most 64 characters of each
 * are read. */
unsigned quo__edit_distance(const char *a, const char *b);

/* Keeps the nearest candidate that is near enough to be a slip. Start with { wanted, NULL, 0 }. */
typedef struct quo_suggest {
	const char *wanted;
	const char *best; /* NULL: none is near */
	unsigned distance;
} quo_suggest;
void quo__suggest(quo_suggest *s, const char *candidate);

#endif
