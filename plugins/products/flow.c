/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Payloads of correlated OT.
 *
 * QUOTIENT (Agrawal, Shamsabadi, Kusner, Gascon, CCS 2019, arXiv 1907.03372), protocol 7, with one
 * COT for a whole row and its notation corrected. w = w_0 ^ w_1 is a bit of P, and
 * y = y_0 + y_1 mod 2^b a row of Y. With party i as COT sender,
 *
 *     w y_i = w_i y_i + w_{1-i} d,    d = (1 - 2 w_i) y_i.
 *
 * A COT gives the sender q and Delta, the receiver its choice c = w_{1-i} and t = q ^ c Delta. The
 * pads, of the payload's exact size, are
 *
 *     sender:  X_0 = G(H(q)),  X_1 = G(H(q ^ Delta))    receiver:  X_c = G(H(t)).
 *
 * The sender keeps x = X_0, sends u = (x + d) ^ X_1 and holds w_i y_i - x; the receiver holds
 * X_c ^ (c & u), which is x + c d.
 *
 * Why this is secure (semi-honest, kappa = 128). The receiver sees u alone. It can hash
 * t = q ^ c Delta; the other pad comes from the hash of a point that differs by the secret Delta,
 * and is pseudo-random by the circular correlation robustness of H (Guo, Katz, Wang, Weng, Yu 2020)
 * under a tweak that no other query shares: the domain QUO_DOMAIN_COT_<sender> is apart from
 * garbling and from OT extension under the same Delta, tweaks are reserved per batch and never
 * return, a (tweak, lane) belongs to one COT, and a COT carries one payload. So for c = 0, u is
 * masked by X_1; for c = 1, u shows x + d, masked by x = X_0. The sender sees nothing but the
 * masked choices of quo_cot_chosen(). Payloads have exactly the bits of the ring that survive the
 * coefficient's power of two; lanes beyond n within a byte carry pad bits of their own. There is no
 * branch or index on w, c or y; the arena wipes blocks, hashes and pads.
 */
#include "flow.h"

#include <string.h>

/* COTs hashed at a time; a multiple of QUO_TCCR_PER_KEY. */
#define WINDOW ((size_t)1024)
/* Pads of one choice in a tile: two of them stay in the first-level cache. */
#define TILE_BYTES ((size_t)1 << 14)
/* Integers of a chunk of words. */
#define CHUNK_WORDS ((size_t)1 << 16)
/* Pads of one choice that a lane should expand for a step to be worth its waking. */
#define SHARE_BYTES ((size_t)1 << 14)
#define SLACK_BLOCKS (COT_SLACK_BYTES / sizeof(quo_block))

/* Blocks of the pad of one COT. */
static size_t pad_blocks(const cot_shape *shape, unsigned width)
{
	size_t bytes = shape->sliced ? width * cot_plane_bytes(shape) : shape->n * sizeof(uint32_t);

	return bytes / sizeof(quo_block) + (bytes % sizeof(quo_block) != 0);
}

static size_t tile_cots(size_t blocks)
{
	size_t n = TILE_BYTES / (blocks * sizeof(quo_block));

	return n ? n : 1;
}

quo_status cot_flow_open(cot_flow *flow, size_t chunk_bytes, uint64_t batch_bytes, quo_arena *arena,
			 quo_err *err)
{
	size_t pads = 0, wire = chunk_bytes, row = 0;
	uint64_t lanes = quo_pool_threads(quo_session_pool(flow->session));

	for (size_t i = 0; i < flow->cursor.n_jobs; i++) {
		const cot_shape *shape = &flow->operands[i].shape;
		if (!shape->n)
			continue;
		size_t blocks = pad_blocks(shape, shape->ring),
		       bytes = cot_wire_bytes(shape, shape->ring, 1);
		size_t tile = blocks * tile_cots(blocks);
		pads = tile > pads ? tile : pads;
		wire = shape->sliced && bytes > wire ? bytes : wire;
		row = cot_row_bytes(shape) > row ? cot_row_bytes(shape) : row;
	}
	/* A chunk of words packs to at most their own size. */
	if (wire < CHUNK_WORDS * sizeof(uint32_t))
		wire = CHUNK_WORDS * sizeof(uint32_t);
	if (pads < TILE_BYTES / sizeof(quo_block))
		pads = TILE_BYTES / sizeof(quo_block);
	flow->chunk_bytes = chunk_bytes;
	if (lanes > 1 + batch_bytes / chunk_bytes)
		lanes = 1 + batch_bytes / chunk_bytes;
	flow->n_lanes = (unsigned)lanes;
	flow->lanes = quo_arena_alloc(arena, lanes, sizeof *flow->lanes, err);
	for (unsigned i = 0; i < flow->n_lanes; i++) {
		cot_lane *lane = flow->lanes ? &flow->lanes[i] : NULL;
		if (!lane)
			return QUO_FAILED;
		lane->hash0 = quo_arena_alloc(arena, WINDOW + SLACK_BLOCKS, sizeof(quo_block), err);
		lane->pad0 = quo_arena_alloc(arena, pads + SLACK_BLOCKS, sizeof(quo_block), err);
		lane->words = quo_arena_alloc(arena, CHUNK_WORDS, sizeof *lane->words, err);
		lane->wire = quo_arena_alloc(arena, wire + COT_SLACK_BYTES, 1, err);
		lane->row = quo_arena_alloc(arena, i ? row : 0, 1, err);
		if (!lane->hash0 || !lane->pad0 || !lane->words || !lane->wire || !lane->row)
			return QUO_FAILED;
		if (!flow->sender)
			continue;
		lane->hash1 = quo_arena_alloc(arena, WINDOW + SLACK_BLOCKS, sizeof(quo_block), err);
		lane->pad1 = quo_arena_alloc(arena, pads + SLACK_BLOCKS, sizeof(quo_block), err);
		if (!lane->hash1 || !lane->pad1)
			return QUO_FAILED;
	}
	return QUO_OK;
}

void cot_flow_begin(cot_flow *flow, size_t n, const quo_block *blocks, uint64_t tweak)
{
	flow->n = n;
	flow->at = 0;
	flow->bytes = 0;
	flow->piece.count = flow->piece_done = 0;
	flow->blocks = blocks;
	flow->tweak = tweak;
	for (unsigned i = 0; i < flow->n_lanes; i++)
		flow->lanes[i].from = flow->lanes[i].end = 0;
}

/* Hashes from COT `at` on, or a little before, where its key begins. A lane that is alone goes beyond its share:
 * it comes there next. */
static void hash_window(const cot_flow *flow, cot_lane *lane, size_t at, bool alone)
{
	size_t end = alone ? flow->n : lane->first + lane->n;
	uint64_t tweak = flow->tweak + at / QUO_TCCR_PER_KEY;

	lane->from = at / QUO_TCCR_PER_KEY * QUO_TCCR_PER_KEY;
	lane->end = end - lane->from < WINDOW ? end : lane->from + WINDOW;
	const quo_block *in = flow->blocks + lane->from;
	size_t n = lane->end - lane->from;
	if (flow->sender)
		quo_tccr_pair(quo_hash_start(flow->session), tweak, QUO_TCCR_PER_KEY, in,
			      flow->delta, lane->hash0, lane->hash1, n);
	else
		quo_tccr(quo_hash_start(flow->session), tweak, QUO_TCCR_PER_KEY, in, lane->hash0,
			 n);
}

/* The pads of COTs at .. at + n-1. One block serves as the pad itself, more are its key stream. */
static const uint8_t *expand(const cot_flow *flow, size_t at, const quo_block *hash, size_t n,
			     size_t blocks, quo_block *pad)
{
	int sender = flow->sender ? quo_me(flow->session) : 1 - quo_me(flow->session);

	if (blocks == 1)
		return (const uint8_t *)hash;
	quo_prg_many(hash, n, quo_cot_stream(sender, flow->tweak, at),
		     UINT64_C(1) << QUO_STREAM_LOG_BLOCKS, pad, blocks);
	return (const uint8_t *)pad;
}

/* The COT of the present piece with which a lane begins. */
static size_t first_of(const cot_flow *flow, const cot_lane *lane)
{
	return flow->piece.first + flow->piece_done + (lane->first - flow->at);
}

/* The next tile of a lane that has done so many COTs of its share; returns how many more. */
static size_t run_tile(const cot_flow *flow, cot_lane *lane, size_t done, bool alone, void *wire)
{
	const cot_piece *piece = &flow->piece;
	const cot_operand *op = &flow->operands[piece->job_index];
	const cot_shape *shape = &op->shape;
	size_t blocks = pad_blocks(shape, piece->width), n = tile_cots(blocks);
	size_t at = lane->first + done, room = lane->n - done;
	size_t begin = first_of(flow, lane), first = begin + done;
	bool own_row = lane->split && first / shape->p == begin / shape->p;

	if (at < lane->from || at >= lane->end)
		hash_window(flow, lane, at, alone);
	if (n > room)
		n = room;
	if (n > lane->end - at)
		n = lane->end - at;
	if (own_row && n > shape->p - first % shape->p)
		n = shape->p - first % shape->p;
	size_t slot = at - lane->from;
	cot_tile tile = {
		.count = n,
		.r = own_row ? 0 : first / shape->p,
		.j = first % shape->p,
		.p = shape->p,
		.n = shape->n,
		.bits = op->planes + piece->plane * op->plane_words,
		.first_bit = first,
		.width = piece->width,
		.shift = piece->shift,
		.subtract = piece->negative != flow->sender,
		.pad0 = expand(flow, at, lane->hash0 + slot, n, blocks, lane->pad0),
		.pad_bytes = blocks * sizeof(quo_block),
		.y = op->y[piece->plane],
		.z = own_row ? lane->row : op->z,
		.ring = shape->ring,
		.wire = wire,
	};
	const cot_rows *rows = shape->sliced ? cot_rows_sliced() : &cot_rows_words;
	if (flow->sender) {
		tile.pad1 = expand(flow, at, lane->hash1 + slot, n, blocks, lane->pad1);
		rows->send(&tile);
	} else {
		rows->receive(&tile);
	}
	return n;
}

/* COTs of a lane's chunk; words end on whole bytes unless the piece does not. */
static size_t chunk_cots(const cot_flow *flow, const cot_shape *shape)
{
	if (!shape->sliced)
		return CHUNK_WORDS / shape->n / 8 * 8;
	size_t n = flow->chunk_bytes / (flow->piece.width * cot_plane_bytes(shape));
	return n ? n : 1;
}

/* Cut the next COTs, all of one piece, into shares; returns of how many lanes. */
static unsigned share_out(cot_flow *flow)
{
	if (flow->piece_done == flow->piece.count) {
		cot_cursor_next(&flow->cursor, flow->n - flow->at, &flow->piece);
		flow->piece_done = 0;
	}
	const cot_shape *shape = &flow->operands[flow->piece.job_index].shape;
	size_t left = flow->piece.count - flow->piece_done, chunk = chunk_cots(flow, shape);
	size_t cot_bytes = pad_blocks(shape, flow->piece.width) * sizeof(quo_block);
	size_t total = left / flow->n_lanes < chunk ? left : flow->n_lanes * chunk;
	size_t lanes = flow->n_lanes;

	if (lanes > 1 + total / (SHARE_BYTES / cot_bytes + 1))
		lanes = 1 + total / (SHARE_BYTES / cot_bytes + 1);
	if (total > lanes * chunk)
		total = lanes * chunk;
	for (size_t i = 0; i < lanes; i++) {
		quo_range range = quo_range_of(total, lanes, i, shape->sliced ? 1 : 8);
		cot_lane *lane = &flow->lanes[i];
		lane->first = flow->at + range.first;
		lane->n = range.end - range.first;
		lane->split = i && lane->n && first_of(flow, lane) % shape->p;
	}
	return (unsigned)lanes;
}

static void run_lane(const cot_flow *flow, cot_lane *lane, bool alone)
{
	const cot_shape *shape = &flow->operands[flow->piece.job_index].shape;
	unsigned width = flow->piece.width;
	size_t wire_step = width * cot_plane_bytes(shape), words = lane->n * shape->n;

	if (!flow->sender && !shape->sliced)
		quo_unpack(lane->wire, words, width, lane->words);
	for (size_t done = 0; done < lane->n;)
		done += run_tile(flow, lane, done, alone,
				 shape->sliced ? (void *)(lane->wire + done * wire_step)
					       : (void *)(lane->words + done * shape->n));
	if (flow->sender && !shape->sliced)
		quo_pack(lane->words, words, width, lane->wire);
}

static void lane_task(void *arg, size_t i)
{
	const cot_flow *flow = arg;

	run_lane(flow, &flow->lanes[i], false);
}

/* The rows that lanes share, put together. */
static void join_rows(const cot_flow *flow, unsigned lanes)
{
	const cot_operand *op = &flow->operands[flow->piece.job_index];
	const cot_shape *shape = &op->shape;
	size_t bytes = cot_row_bytes(shape);

	for (unsigned i = 0; i < lanes; i++) {
		cot_lane *lane = &flow->lanes[i];
		if (!lane->split)
			continue;
		void *z = (uint8_t *)op->z + first_of(flow, lane) / shape->p * bytes;
		if (shape->sliced)
			cot_add_sliced(z, lane->row, shape->ring,
				       cot_stride(cot_plane_bytes(shape)));
		else
			cot_add_words(z, lane->row, shape->n);
		memset(lane->row, 0, bytes);
	}
}

static size_t lane_bytes(const cot_flow *flow, const cot_lane *lane)
{
	const cot_shape *shape = &flow->operands[flow->piece.job_index].shape;

	return cot_wire_bytes(shape, flow->piece.width, lane->n);
}

uint64_t cot_flow_next_bytes(cot_flow *flow)
{
	unsigned lanes = share_out(flow);
	uint64_t bytes = flow->bytes;

	for (unsigned i = 0; i < lanes; i++)
		bytes += lane_bytes(flow, &flow->lanes[i]);
	return bytes;
}

quo_status cot_flow_step(cot_flow *flow, quo_err *err)
{
	unsigned lanes = share_out(flow);
	quo_channel *peer = quo_session_peer(flow->session);

	for (unsigned i = 0; i < lanes && !flow->sender; i++)
		QUO_TRY(quo_channel_recv(peer, flow->lanes[i].wire,
					 lane_bytes(flow, &flow->lanes[i]), err));
	if (lanes == 1)
		run_lane(flow, &flow->lanes[0], true);
	else
		quo_parallel(quo_session_pool(flow->session), lanes, lane_task, flow);
	join_rows(flow, lanes);
	for (unsigned i = 0; i < lanes && flow->sender; i++)
		QUO_TRY(quo_channel_send(peer, flow->lanes[i].wire,
					 lane_bytes(flow, &flow->lanes[i]), err));
	for (unsigned i = 0; i < lanes; i++)
		flow->bytes += lane_bytes(flow, &flow->lanes[i]);
	size_t done = flow->lanes[lanes - 1].first + flow->lanes[lanes - 1].n - flow->at;
	flow->at += done;
	flow->piece_done += done;
	return QUO_OK;
}
