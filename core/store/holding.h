/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a party holds of the data: shares (or values, or nothing) of examples and labels, and
 * batches made of them.
 *
 * Examples are shares mod 2^32 (good for every smaller ring), labels XOR shares of one-hot bits, in
 * as many parts as the protocol gives to a party (quo_sharing). With an owner, that party holds the
 * values and the others nothing. The buffers of a dealer are shared mappings, so that a forked
 * party takes its own and drops the others'.
 */
#ifndef QUOTIENT_CORE_HOLDING_H
#define QUOTIENT_CORE_HOLDING_H

#include <quotient/protocol.h>

#include "data/dataset.h"
#include "net/mesh.h"

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
	unsigned parts;         /* shares of each value */
	uint32_t *x[QUO_PARTS]; /* parts x rows x features; NULL where another party owns */
	uint8_t *y[QUO_PARTS];  /* parts x rows x classes, each 0 or 1 */
	size_t mapped_bytes[QUO_PARTS][2];
} quo_holding;

quo_data_shape quo_data_shape_of(const quo_dataset *data);
/* Whether data can have the shape: what a peer or a file says is checked with it. */
bool quo_data_shape_is_possible(const quo_data_shape *shape);

/* Who brings the data, and how: `data.owner` under a protocol, decided here alone. */
typedef struct quo_ownership {
	int owner;   /* of the tensors: QUO_SHARED, or the party that knows their values */
	int reader;  /* without local mode: the party that reads the data */
	bool dealer; /* owners outside: nobody among the parties may know the data */
} quo_ownership;
quo_ownership quo_ownership_of(const quo_data_common *data, const quo_instance *protocol);

/* Room for a party's part, all zero. */
quo_status quo_holding_allocate(quo_holding *in, const quo_data_shape *shape, int owner,
				unsigned parts, quo_err *err);
/* Everything in the clear, known to `owner` (clear's only party is 0). */
quo_status quo_holding_own(quo_holding *in, const quo_dataset *data, int owner, quo_err *err);
/* The part of a party that owns nothing. */
void quo_holding_empty(quo_holding *in, const quo_data_shape *shape, int owner);
/* What data owners do: fresh shares for all parties, in[0 .. parties - 1]. */
quo_status quo_holding_deal(quo_holding *in, int parties, const quo_sharing *sharing,
			    const quo_dataset *data, quo_err *err);
void quo_holding_free(quo_holding *in);
/* Where a piece of all parties' shares stands, at the first that holds it: its values and labels of
 * a subset; NULL when nobody does. */
void quo_holding_piece(const quo_holding *in, int parties, const quo_sharing *sharing,
		       unsigned piece, quo_subset part, uint32_t **x, uint8_t **y);

/*
 * Processes without a dealer: the reader has read the data and tells the others its shape; unless
 * its tensors are owned, it deals as above and sends the others their shares. All call it; data is
 * NULL at the others. Sizes are checked before anything is allocated.
 */
quo_status quo_holding_exchange(quo_holding *in, quo_mesh *mesh, const quo_sharing *sharing,
				const quo_ownership *who, const quo_dataset *data, quo_err *err);

/* Rows order[0 .. n-1] of a part (rows first .. first+n-1 when order is NULL): x ARITH(32) [n,
 * dims], y BITS(1) [n, classes]. */
quo_status quo_holding_batch(const quo_holding *in, quo_session *s, quo_subset part,
			     const uint32_t *order, uint32_t first, uint32_t n, quo_tensor **x,
			     quo_tensor **y, quo_err *err);

#endif
