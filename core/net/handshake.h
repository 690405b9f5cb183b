/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The handshake of parties that know who is who (hello.h, or a fork): the first exchange on a mesh.
 *
 * Every party sends to every other at once (one flight): 16 random bytes, the same to all, and for every key of the
 * agreement its name and the SHA-256 of its value. Each compares for itself, so both refuse and both say why. Then a
 * second flight: SHA-256 of a label, the number of parties, everybody's random bytes in order, and the settings. Where
 * two differ, somebody has shown different bytes to them.
 */
#ifndef QUOTIENT_CORE_HANDSHAKE_H
#define QUOTIENT_CORE_HANDSHAKE_H

#include <quotient/session.h>

#include "net/mesh.h"

#define QUO_HANDSHAKE_MAX_KEYS 4096
#define QUO_HANDSHAKE_MAX_BYTES (1u << 20)

/* What all parties must have alike, as pairs in a fixed order. */
typedef struct quo_agreement {
	uint32_t n;
	const char *const *key;
	const char *const *value;
} quo_agreement;

/*
 * Agree with all parties of the mesh within so many seconds in all (0: no end) and derive hash_start, equal at all and
 * fresh for every session. QUO_USAGE when two disagree on a key: the line names the first such key. QUO_FAILED when a
 * party is malformed, goes away, says nothing in time, or shows one side to one and another to another.
 */
quo_status quo_handshake(quo_mesh *mesh, int timeout_seconds, const quo_agreement *mine,
			 quo_rng *rng, quo_block *hash_start, quo_err *err);

#endif
