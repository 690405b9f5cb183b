/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Option values: YAML nodes to members of config structs, one option at a time.
 */
#ifndef QUOTIENT_CORE_VALUE_H
#define QUOTIENT_CORE_VALUE_H

#include <quotient/option.h>

#include "text/node.h"

/*
 * Parse `node` as option `o` (any type but COMPONENT) into *member, whose type is o->type's. `path`
 * names the option in messages ("train.epochs"). *resolved is the value in its one canonical form.
 * What the member points to lives in the arena.
 */
quo_status quo__value_parse(quo_arena *arena, const quo_option *o, const quo_node *node,
			    const char *path, void *member, quo_node **resolved, quo_err *err);

/* What the option wants, in words: "an integer in 1..100000"; at most n bytes with the end. Returns
 * out. */
const char *quo__value_wants(const quo_option *o, char *out, size_t n);

/* Whether every default of a table can be parsed; `where` opens the message. */
quo_status quo__defaults_check(const quo_option *options, const char *where, quo_err *err);

#endif
