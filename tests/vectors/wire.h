/* SPDX-License-Identifier: Apache-2.0 */
/* Digests of what a party sends to each other one. */
#ifndef QUOTIENT_TESTS_WIRE_H
#define QUOTIENT_TESTS_WIRE_H

#include "parties.h"

typedef char wire_text[65]; /* SHA-256 in hexadecimal */

void wire_digest_text(const uint8_t digest[32], wire_text text);

/* In a party, from begin on: text[p] is the digest of all bytes to party p; of none at `me`. */
void wire_begin(const quo_session *s);
void wire_end(quo_session *s, wire_text text[QUO_MAX_PARTIES]);

#endif
