/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes as files and messages have them: little-endian integers, and hexadecimal text. */
#ifndef QUOTIENT_CORE_BYTES_H
#define QUOTIENT_CORE_BYTES_H

#include <stddef.h>
#include <stdint.h>

/* An integer of 1..8 bytes, the lowest first. */
uint64_t quo_little_endian(const uint8_t *p, unsigned bytes);
void quo_put_little_endian(uint8_t *p, uint64_t v, unsigned bytes);

/* n bytes as 2 n digits; `out` has room for 2 n + 1 characters, and is returned. */
char *quo_hex(char *out, const uint8_t *bytes, size_t n);

#endif
