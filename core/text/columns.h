/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Column declarations of tables (option.h): `[{numeric: 3, scale: z}, one_hot, {ignore: 2},
 * label]`.
 */
#ifndef QUOTIENT_CORE_COLUMNS_H
#define QUOTIENT_CORE_COLUMNS_H

#include <quotient/option.h>

#include "text/node.h"

quo_status quo__columns_parse(quo_arena *arena, const quo_node *node, const char *path,
			      quo_columns *out, quo_node **resolved, quo_err *err);

#endif
