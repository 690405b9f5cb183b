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

/* COTs hashed at a time; a multiple of QUO_TCCR_PER_KEY. */
#define WINDOW ((size_t)1024)
/* Pads of one choice in a tile: two of them stay in the first-level cache. */
#define TILE_BYTES ((size_t)1 << 14)
/* Integers of a chunk of words. */
#define CHUNK_WORDS ((size_t)1 << 16)
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

quo_status cot_flow_open(cot_flow *flow, size_t chunk_bytes, quo_arena *arena, quo_err *err)
{
	size_t pads = 0, wire = chunk_bytes;

	for (size_t i = 0; i < flow->cursor.n_jobs; i++) {
		const cot_shape *shape = &flow->operands[i].shape;
		if (!shape->n)
			continue;
		size_t blocks = pad_blocks(shape, shape->ring),
		       bytes = cot_wire_bytes(shape, shape->ring, 1);
		size_t tile = blocks * tile_cots(blocks);
		pads = tile > pads ? tile : pads;
		wire = shape->sliced && bytes > wire ? bytes : wire;
	}
	/* A chunk of words packs to at most their own size. */
	if (wire < CHUNK_WORDS * sizeof(uint32_t))
		wire = CHUNK_WORDS * sizeof(uint32_t);
	if (pads < TILE_BYTES / sizeof(quo_block))
		pads = TILE_BYTES / sizeof(quo_block);
	flow->chunk_bytes = chunk_bytes;
	flow->hash0 = quo_arena_alloc(arena, WINDOW + SLACK_BLOCKS, sizeof(quo_block), err);
	flow->pad0 = quo_arena_alloc(arena, pads + SLACK_BLOCKS, sizeof(quo_block), err);
	flow->words = quo_arena_alloc(arena, CHUNK_WORDS, sizeof *flow->words, err);
	flow->wire = quo_arena_alloc(arena, wire + COT_SLACK_BYTES, 1, err);
	if (!flow->hash0 || !flow->pad0 || !flow->words || !flow->wire)
		return QUO_FAILED;
	if (!flow->sender)
		return QUO_OK;
	flow->hash1 = quo_arena_alloc(arena, WINDOW + SLACK_BLOCKS, sizeof(quo_block), err);
	flow->pad1 = quo_arena_alloc(arena, pads + SLACK_BLOCKS, sizeof(quo_block), err);
	return flow->hash1 && flow->pad1 ? QUO_OK : QUO_FAILED;
}

static void hash_window(cot_flow *flow)
{
	size_t left = flow->n - flow->at, n = left < WINDOW ? left : WINDOW;
	uint64_t tweak = flow->tweak + flow->at / QUO_TCCR_PER_KEY;
	const quo_block *in = flow->blocks + flow->at;

	if (flow->sender)
		quo_tccr_pair(flow->session->hash_start, tweak, QUO_TCCR_PER_KEY, in, flow->delta,
			      flow->hash0, flow->hash1, n);
	else
		quo_tccr(flow->session->hash_start, tweak, QUO_TCCR_PER_KEY, in, flow->hash0, n);
	flow->hashed = flow->at + n;
}

/* One block serves as the pad itself, more are its key stream. */
static const uint8_t *expand(const quo_block *hash, size_t n, size_t blocks, quo_block *pad)
{
	if (blocks == 1)
		return (const uint8_t *)hash;
	quo_prg_many(hash, n, 0, 0, pad, blocks);
	return (const uint8_t *)pad;
}

/* The next tile of at most `room` COTs of the current piece; returns how many. */
static size_t run_tile(cot_flow *flow, size_t room, void *wire)
{
	const cot_piece *piece = &flow->piece;
	const cot_operand *op = &flow->operands[piece->job_index];
	const cot_shape *shape = &op->shape;
	size_t blocks = pad_blocks(shape, piece->width), n = tile_cots(blocks);

	if (flow->at == flow->hashed)
		hash_window(flow);
	if (n > room)
		n = room;
	if (n > flow->hashed - flow->at)
		n = flow->hashed - flow->at;
	size_t slot = flow->at % WINDOW, first = piece->first + flow->piece_done;
	cot_tile tile = {
		.count = n,
		.r = first / shape->p,
		.j = first % shape->p,
		.p = shape->p,
		.n = shape->n,
		.bits = op->planes + piece->plane * op->plane_words,
		.first_bit = first,
		.width = piece->width,
		.shift = piece->shift,
		.subtract = piece->negative != flow->sender,
		.pad0 = expand(flow->hash0 + slot, n, blocks, flow->pad0),
		.pad_bytes = blocks * sizeof(quo_block),
		.y = op->y[piece->plane],
		.z = op->z,
		.ring = shape->ring,
		.wire = wire,
	};
	const cot_rows *rows = shape->sliced ? cot_rows_sliced() : &cot_rows_words;
	if (flow->sender) {
		tile.pad1 = expand(flow->hash1 + slot, n, blocks, flow->pad1);
		rows->send(&tile);
	} else {
		rows->receive(&tile);
	}
	flow->at += n;
	flow->piece_done += n;
	return n;
}

/* COTs of the next chunk: within one piece; words end on whole bytes unless the piece does not. */
static size_t next_chunk(cot_flow *flow)
{
	if (flow->piece_done == flow->piece.count) {
		cot_cursor_next(&flow->cursor, flow->n - flow->at, &flow->piece);
		flow->piece_done = 0;
	}
	const cot_shape *shape = &flow->operands[flow->piece.job_index].shape;
	size_t left = flow->piece.count - flow->piece_done, n;

	if (shape->sliced) {
		n = flow->chunk_bytes / (flow->piece.width * cot_plane_bytes(shape));
		n = n ? n : 1;
	} else {
		n = CHUNK_WORDS / shape->n / 8 * 8;
	}
	return n < left ? n : left;
}

static void run_chunk(cot_flow *flow, size_t n)
{
	const cot_shape *shape = &flow->operands[flow->piece.job_index].shape;
	size_t wire_step = flow->piece.width * cot_plane_bytes(shape);

	for (size_t done = 0; done < n;)
		done += run_tile(flow, n - done,
				 shape->sliced ? (void *)(flow->wire + done * wire_step)
					       : (void *)(flow->words + done * shape->n));
}

quo_status cot_flow_step(cot_flow *flow, quo_err *err)
{
	size_t n = next_chunk(flow);
	const cot_shape *shape = &flow->operands[flow->piece.job_index].shape;
	unsigned width = flow->piece.width;
	size_t bytes = cot_wire_bytes(shape, width, n);

	flow->bytes += bytes;
	if (!flow->sender) {
		QUO_TRY(quo_channel_recv(flow->session->peer, flow->wire, bytes, err));
		if (!shape->sliced)
			quo_unpack(flow->wire, n * shape->n, width, flow->words);
		run_chunk(flow, n);
		return QUO_OK;
	}
	run_chunk(flow, n);
	if (!shape->sliced)
		quo_pack(flow->words, n * shape->n, width, flow->wire);
	return quo_channel_send(flow->session->peer, flow->wire, bytes, err);
}
