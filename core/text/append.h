/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Texts of fixed room that are put together piece by piece, for messages.
 */
#ifndef QUOTIENT_CORE_APPEND_H
#define QUOTIENT_CORE_APPEND_H

#include <stddef.h>

#include <quotient/status.h>

/* Append to a text of at most n bytes with the end; what does not fit is cut. */
void quo__append(char *text, size_t n, const char *format, ...) QUO_PRINTF(3, 4);

#endif
