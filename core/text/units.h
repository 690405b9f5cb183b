/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Quantities as people read them.
 */
#ifndef QUOTIENT_CORE_UNITS_H
#define QUOTIENT_CORE_UNITS_H

#include <stdint.h>

/* Human units into a caller's buffer of QUO_UNIT_CHARS, which they return: "1.23 GB"; "3m20s",
 * "1.53 s", "2h05m". */
#define QUO_UNIT_CHARS 24
const char *quo_format_bytes(char out[QUO_UNIT_CHARS], uint64_t bytes);
const char *quo_format_seconds(char out[QUO_UNIT_CHARS], double seconds);
const char *quo_format_count(char out[QUO_UNIT_CHARS], uint64_t n); /* "12 345 678" */

#endif
