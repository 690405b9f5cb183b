/* SPDX-License-Identifier: Apache-2.0 */
/*
 * YAML text to a tree. Hostile text is refused here: see the limits in node.h.
 */
#ifndef QUOTIENT_CORE_YAML_READ_H
#define QUOTIENT_CORE_YAML_READ_H

#include "text/node.h"

quo_status quo__yaml_file(quo_arena *arena, const char *path, quo_node **out, quo_err *err);
/* One value from a text; `label` stands for the file in messages, without line numbers. Empty text
 * is "nothing". */
quo_status quo__yaml_text(quo_arena *arena, const char *text, const char *label, quo_node **out,
			  quo_err *err);

#endif
