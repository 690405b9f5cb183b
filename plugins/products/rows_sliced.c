/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sliced rows. Compiled once per tier: COT_ROWS names the table.
 *
 * A plane is cut into 64-byte vectors and one tail vector of 16, 32 or 64 bytes. Pads and wire have
 * planes of exactly plane_bytes, so a tail runs over into what follows: harmless to read, because
 * lanes do not mix, and overwritten by the right bytes when written, because planes and COTs go in
 * ascending order and tails before the full vectors.
 */
#include "rows.h"

struct row {
	const uint8_t *pad0, *pad1, *y;
	uint8_t *z, *wire;
	size_t plane_bytes, stride;
	unsigned width;
};

#define VECTOR_BYTES 16
#include "rows_block.h"
#define VECTOR_BYTES 32
#include "rows_block.h"
#define VECTOR_BYTES 64
#include "rows_block.h"

static void send_row(const struct row *row, uint64_t bit, uint64_t subtract)
{
	size_t full = row->plane_bytes / 64 * 64, tail = row->stride - full;

	if (tail == 16)
		send16(row, full, bit, subtract);
	else if (tail == 32)
		send32(row, full, bit, subtract);
	else if (tail == 64)
		send64(row, full, bit, subtract);
	for (size_t at = 0; at < full; at += 64)
		send64(row, at, bit, subtract);
}

static void receive_row(const struct row *row, uint64_t bit, uint64_t subtract)
{
	size_t full = row->plane_bytes / 64 * 64, tail = row->stride - full;

	if (tail == 16)
		receive16(row, full, bit, subtract);
	else if (tail == 32)
		receive32(row, full, bit, subtract);
	else if (tail == 64)
		receive64(row, full, bit, subtract);
	for (size_t at = 0; at < full; at += 64)
		receive64(row, at, bit, subtract);
}

static inline void each_row(const cot_tile *tile,
			    void (*one)(const struct row *, uint64_t, uint64_t))
{
	size_t plane_bytes = tile->n / 8 + (tile->n % 8 != 0), stride = cot_stride(plane_bytes);
	size_t row_bytes = tile->ring * stride, r = tile->r, j = tile->j;
	struct row row = { .pad0 = tile->pad0,
			   .pad1 = tile->pad1,
			   .wire = tile->wire,
			   .plane_bytes = plane_bytes,
			   .stride = stride,
			   .width = tile->width };

	for (size_t i = 0; i < tile->count; i++) {
		size_t b = tile->first_bit + i;
		row.y = (const uint8_t *)tile->y + j * row_bytes;
		row.z = (uint8_t *)tile->z + r * row_bytes + tile->shift * stride;
		one(&row, tile->bits[b / 64] >> (b % 64) & 1, tile->subtract);
		row.pad0 += tile->pad_bytes;
		row.pad1 += tile->pad_bytes;
		row.wire += tile->width * plane_bytes;
		if (++j == tile->p) {
			j = 0;
			r++;
		}
	}
}

static void send_tile(const cot_tile *tile)
{
	each_row(tile, send_row);
}

static void receive_tile(const cot_tile *tile)
{
	each_row(tile, receive_row);
}

const cot_rows COT_ROWS = { send_tile, receive_tile };
