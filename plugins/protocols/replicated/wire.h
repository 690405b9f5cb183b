/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What travels: rounds with their buffers, and tensors as bytes and as key stream.
 */
#ifndef QUOTIENT_PLUGINS_REPLICATED_WIRE_H
#define QUOTIENT_PLUGINS_REPLICATED_WIRE_H

#include <quotient/quotient.h>

#include "parties.h"
#include "streams.h"

/* A round with its buffers; sizes first, then rep_round_buffers(), then what is sent. */
struct rep_round {
	quo_message_round m;
	uint8_t *out[REP_PARTIES], *in[REP_PARTIES]; /* with 16 bytes more than the sizes */
};
/* Buffers of the step arena; none in a dry session. */
quo_status rep_round_buffers(quo_session *s, struct rep_round *r, quo_err *err);
quo_status rep_round_run(quo_session *s, struct rep_round *r, quo_err *err);

/* One part of a tensor on the wire: exact widths, planes byte by byte. */
size_t rep_wire_bytes(const quo_tensor *t);
void rep_pack(const quo_tensor *t, uint8_t *wire);
void rep_unpack(const uint8_t *wire, quo_tensor *t);
/* t += or -= (ARITH), ^= (BITS) u; tensors of one part. */
void rep_combine(quo_tensor *t, const quo_tensor *u, bool subtract);
/* Key stream that a tensor of this spec takes, in bytes; and a part filled with the stream of `key` part. */
uint64_t rep_stream_bytes(const quo_tensor *t);
void rep_draw(const struct rep_keys *keys, unsigned part, struct rep_range range, quo_tensor *t);

#endif
