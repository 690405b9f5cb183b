/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The first 24 bytes in either direction of a connection: who is there.
 *
 *     "QUOTIENT", then as 32-bit little-endian words: protocol version, number of parties, party number, answer
 *
 * The connecting side speaks first; the listening side answers every hello that begins with the
 * right bytes, so that both sides of a refusal can say why. The rest of the handshake (handshake.h)
 * follows once all parties are there.
 */
#ifndef QUOTIENT_CORE_HELLO_H
#define QUOTIENT_CORE_HELLO_H

#include <quotient/status.h>

/* Of the hello and the handshake. */
#define QUO_HANDSHAKE_VERSION 2
#define QUO_HELLO_BYTES 24

/* What the listening side says to the other's hello; the connecting side says QUO_HELLO_FINE. */
enum { QUO_HELLO_FINE, QUO_HELLO_TAKEN /* that party is here already */, QUO_HELLO_REFUSED };

typedef struct quo_hello {
	uint32_t version, parties, party, answer;
} quo_hello;

void quo_hello_write(int parties, int party, uint32_t answer, uint8_t out[QUO_HELLO_BYTES]);

/* The first n bytes of a connection, so far. QUO_HELLO_PART: no difference yet, more must come; a version that differs
 * is told as soon as it is there. */
typedef enum quo_hello_state {
	QUO_HELLO_PART,
	QUO_HELLO_WHOLE,
	QUO_HELLO_OTHER_VERSION,
	QUO_HELLO_NONE /* no party of this framework */
} quo_hello_state;
quo_hello_state quo_hello_read(const uint8_t *bytes, size_t n, quo_hello *out);

/*
 * Whether a whole hello, or one of another version, goes with party `me` of `parties`; `expected` is the party that was
 * called, -1 where anybody may come. `where` is its address. QUO_FAILED: another version or not welcome; QUO_USAGE: the
 * parties were started with numbers that do not go together.
 */
quo_status quo_hello_judge(const quo_hello *theirs, int parties, int me, int expected,
			   const char *where, quo_err *err);

/* Bytes of a stranger for people: printable ASCII as it is, others as \xNN; cut to fit. */
void quo_hello_show(const uint8_t *bytes, size_t n, char *out, size_t size);

#endif
