/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Base OTs: Masny and Rindal, "Endemic Oblivious Transfer" (CCS 2019), the one-round OT from
 * Diffie-Hellman (figure 8 with the key agreement of section 5), over P-256.
 *
 * Secure against malicious parties in the random oracle model under DDH; a malicious party may
 * choose its own keys, which OT extension allows. For instance j the receiver with choice c draws a
 * and a random point r[1-c], and sends r[0], r[1] with r[c] = a*G - H_c(r[1-c]). The sender draws b
 * and sends B = b*G; its keys are KDF_i(b * (r[i] + H_i(r[1-i]))); the receiver's is KDF_c(a * B).
 * Neither message depends on the other, so both travel in one exchange: one duplex flight of
 * QUO_BASE_OT_RECEIVER_BYTES(n) and QUO_BASE_OT_SENDER_BYTES(n).
 *
 * An OT extension plays them in the reverse direction: its sender is the receiver here.
 */
#ifndef QUOTIENT_BASE_OT_H
#define QUOTIENT_BASE_OT_H

#include <quotient/session.h>

QUO_BEGIN_DECLS

/* Uncompressed: checked to be on the curve without a square root. */
#define QUO_BASE_OT_POINT_BYTES 65

/* What the parties send for n base OTs. */
#define QUO_BASE_OT_RECEIVER_BYTES(n) ((uint64_t)(n)*2 * QUO_BASE_OT_POINT_BYTES)
#define QUO_BASE_OT_SENDER_BYTES(n) ((uint64_t)(n)*QUO_BASE_OT_POINT_BYTES)

/*
 * n base OTs (n <= 65536). `direction` separates the two set-ups of a session in every hash. Both
 * fail with QUO_FAILED when the peer sends anything but points of the curve. The keys are random; in a
 * dry session there are none.
 */
quo_status quo_base_ot_send(quo_session *s, int direction, size_t n, quo_block (*keys)[2],
			    quo_err *err);
/* choices: n bits packed from the lowest bit of choices[0]. */
quo_status quo_base_ot_receive(quo_session *s, int direction, size_t n, const uint64_t *choices,
			       quo_block *keys, quo_err *err);

QUO_END_DECLS

#endif
