/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Times and rates with their units: option types SECONDS and RATE.
 */
#ifndef QUOTIENT_CORE_QUANTITY_H
#define QUOTIENT_CORE_QUANTITY_H

#include <quotient/option.h>

#define QUO__QUANTITY_CHARS 48

/* "42ms", "24.3 MB/s", or a plain 0; within the option's range. False when it is none. */
bool quo__quantity_parse(const quo_option *o, const char *text, double *out);
/* The one text of a value, which reads back as the same double. */
void quo__quantity_write(const quo_option *o, double value, char out[QUO__QUANTITY_CHARS]);
/* Append what the option wants, in words. */
void quo__quantity_wants(const quo_option *o, char *out, size_t n);

#endif
