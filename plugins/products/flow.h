/* SPDX-License-Identifier: Apache-2.0 */
/* One direction of one batch of COTs: their blocks in, payloads over the channel, rows of Z
 * accumulated. */
#ifndef QUOTIENT_COT_FLOW_H
#define QUOTIENT_COT_FLOW_H

#include "operand.h"
#include "rows.h"

/* What one thread needs for its share of a step: a run of COTs within one piece. */
typedef struct cot_lane {
	size_t first, n;  /* of the batch */
	size_t from, end; /* hashes present, of the batch */
	bool split; /* another lane has the beginning of the first row of Z: its own part goes to `row` */
	quo_block *hash0, *hash1, *pad0, *pad1;
	uint32_t *words;
	uint8_t *wire;
	void *row; /* a row of Z, zero between steps */
} cot_lane;

typedef struct cot_flow {
	quo_session *session;
	const cot_operand *operands;
	bool sender;
	/* The batch: n COTs from where the cursor stands; blocks[i] is q_i or t_i. */
	cot_cursor cursor;
	size_t n;
	const quo_block *blocks;
	quo_block delta; /* sender */
	uint64_t tweak;  /* of blocks[0 .. QUO_TCCR_PER_KEY-1], +1 for each such group */
	/* Progress. */
	size_t at;      /* COTs done */
	uint64_t bytes; /* over the channel so far */
	cot_piece piece;
	size_t piece_done;
	/* Buffers. */
	cot_lane *lanes;
	unsigned n_lanes;
	size_t chunk_bytes; /* of a lane */
} cot_flow;

/* Buffers large enough for every job of a call, for as many threads as a batch of so many bytes keeps busy. */
quo_status cot_flow_open(cot_flow *flow, size_t chunk_bytes, uint64_t batch_bytes, quo_arena *arena,
			 quo_err *err);
/* The next batch: n COTs from the cursor on. */
void cot_flow_begin(cot_flow *flow, size_t n, const quo_block *blocks, uint64_t tweak);
static inline bool cot_flow_ended(const cot_flow *flow)
{
	return flow->at == flow->n;
}
/*
 * Bytes over the channel after the next step.
 */
uint64_t cot_flow_next_bytes(cot_flow *flow);
/*
 * Send or take the next chunks of corrections, one for each lane that takes part. Not after the end. Lanes cut the
 * COTs in their order and send in it: the bytes are the same for any number of them.
 */
quo_status cot_flow_step(cot_flow *flow, quo_err *err);

#endif
