/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A party's part of the data: shares (or values, or nothing) of examples and labels, and batches
 * made of them.
 *
 * Examples are additive shares mod 2^32 (good for every smaller ring), labels XOR shares of one-hot
 * bits. With an owner, that party holds the values and the other nothing. The buffers of a dealer
 * are shared mappings, so that a forked party takes its own and drops the other's.
 */
#ifndef QUOTIENT_CORE_HOLDING_H
#define QUOTIENT_CORE_HOLDING_H

#include <quotient/protocol.h>

#include "data/dataset.h"

typedef enum quo_subset { QUO_TRAIN, QUO_TEST, QUO_PARTS } quo_subset;

/* The public facts about a data set. */
typedef struct quo_data_shape {
	uint8_t n_dims;
	uint32_t dim[3];
	uint32_t features, classes;
	bool is_signed;
	uint32_t rows[QUO_PARTS];
} quo_data_shape;

typedef struct quo_holding {
	quo_data_shape shape;
	int8_t owner;           /* QUO_SHARED, or who knows the values */
	uint32_t *x[QUO_PARTS]; /* rows x features; NULL where the other party owns */
	uint8_t *y[QUO_PARTS];  /* rows x classes, each 0 or 1 */
	size_t mapped_bytes[QUO_PARTS][2];
} quo_holding;

quo_data_shape quo_data_shape_of(const quo_dataset *data);
/* Whether data can have the shape: what a peer or a file says is checked with it. */
bool quo_data_shape_is_possible(const quo_data_shape *shape);

/* Room for a party's part, all zero. */
quo_status quo_holding_allocate(quo_holding *in, const quo_data_shape *shape, int owner,
				quo_err *err);
/* Everything in the clear, known to `owner` (clear's only party is 0). */
quo_status quo_holding_own(quo_holding *in, const quo_dataset *data, int owner, quo_err *err);
/* The part of a party that owns nothing. */
void quo_holding_empty(quo_holding *in, const quo_data_shape *shape, int owner);
/* What data owners outside do: fresh shares for both parties. */
quo_status quo_holding_deal(quo_holding in[2], const quo_dataset *data, quo_err *err);
void quo_holding_free(quo_holding *in);

/*
 * Two processes without a dealer: `reader` has read the data and tells the other its shape; with
 * `shared`, it deals as above and sends the other's shares. Both call it; data is NULL at the other
 * side. Sizes are checked before anything is allocated.
 */
quo_status quo_holding_exchange(quo_holding *in, quo_channel *peer, int party,
				const quo_dataset *data, int reader, bool shared, quo_err *err);

/* Rows order[0 .. n-1] of a part (rows first .. first+n-1 when order is NULL): x ARITH(32) [n,
 * dims], y BITS(1) [n, classes]. */
quo_status quo_holding_batch(const quo_holding *in, quo_session *s, quo_subset part,
			     const uint32_t *order, uint32_t first, uint32_t n, quo_tensor **x,
			     quo_tensor **y, quo_err *err);

#endif
