/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A tree to YAML text.
 */
#ifndef QUOTIENT_CORE_YAML_WRITE_H
#define QUOTIENT_CORE_YAML_WRITE_H

#include "text/node.h"

/* The tree as YAML text; the caller frees with free(). NULL on lack of memory. */
char *quo__yaml_write(const quo_node *node, quo_err *err);
/* One value on one line, e.g. "{0: 3, 3: 4}". */
char *quo__yaml_write_flow(quo_arena *arena, const quo_node *node, quo_err *err);

#endif
