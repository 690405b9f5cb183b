/* SPDX-License-Identifier: Apache-2.0 */
/* One direction of one batch of COTs: their blocks in, payloads over the channel, rows of Z
 * accumulated. */
#ifndef QUOTIENT_COT_FLOW_H
#define QUOTIENT_COT_FLOW_H

#include "operand.h"
#include "rows.h"

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
	size_t at, hashed; /* COTs done; hashes present up to here */
	uint64_t bytes;    /* over the channel so far */
	cot_piece piece;
	size_t piece_done;
	/* Buffers. */
	quo_block *hash0, *hash1, *pad0, *pad1;
	uint32_t *words;
	uint8_t *wire;
	size_t chunk_bytes;
} cot_flow;

/* Buffers large enough for every job of a call. */
quo_status cot_flow_open(cot_flow *flow, size_t chunk_bytes, quo_arena *arena, quo_err *err);
static inline bool cot_flow_ended(const cot_flow *flow)
{
	return flow->at == flow->n;
}
/* Send or take the next chunk of corrections. Not after the end. */
quo_status cot_flow_step(cot_flow *flow, quo_err *err);

#endif
