/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The handshake: the first bytes on a channel.
 *
 * Both parties send at once (one flight): magic, protocol version, party number, 16 random bytes,
 * and for every key of the agreement its name and the SHA-256 of its value. Each compares for
 * itself, so both refuse and both say why.
 */
#ifndef QUOTIENT_CORE_HANDSHAKE_H
#define QUOTIENT_CORE_HANDSHAKE_H

#include <quotient/session.h>

#define QUO_HANDSHAKE_VERSION 1
#define QUO_HANDSHAKE_MAX_KEYS 4096
#define QUO_HANDSHAKE_MAX_BYTES (1u << 20)

/* What both parties must have alike, as pairs in a fixed order. */
typedef struct quo_agreement {
	uint32_t n;
	const char *const *key;
	const char *const *value;
} quo_agreement;

/*
 * Agree with the peer and derive hash_start, equal at both and fresh for every session.
 * QUO_USAGE when both claim one party number or disagree on a key: the line names the first such
 * key. QUO_FAILED when the peer is not a party of this protocol version, goes away, or says nothing
 * until the channel's timeout; the timeout ends with the handshake.
 */
quo_status quo_handshake(quo_channel *peer, int party, const quo_agreement *mine, quo_rng *rng,
			 quo_block *hash_start, quo_err *err);

#endif
