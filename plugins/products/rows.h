/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The inner loops: one tile of COTs, pads in, corrections and accumulated rows out.
 *
 * Two layouts of a row of n integers. *Sliced*: `width` bit planes of ceil(n / 8) bytes, so that
 * one add is a ripple of full adders over whole vectors, and pads, wire and sums need no packing.
 * *Words*: n 32-bit words, packed by the caller.
 */
#ifndef QUOTIENT_COT_ROWS_H
#define QUOTIENT_COT_ROWS_H

#include <quotient/bits.h>

/* Vector loads and stores may touch this much behind the last byte of a row. */
#define COT_SLACK_BYTES 64u

/*
 * Count COTs; number i multiplies bit bits[first_bit + i] (this party's share of the plane) by row
 * j + i of Y, for row r of Z, where j wraps to 0 and r steps on at p.
 */
typedef struct cot_tile {
	size_t count, r, j, p, n;
	const uint64_t *bits;
	size_t first_bit;
	unsigned width, shift; /* of the payload; place of its bit 0 in a row of Z */
	bool subtract;         /* the share is taken off Z instead of added */
	/* Sender: pads of choice 0 and 1. Receiver: pad0, of its choice. pad_bytes from one COT to
	 * the next. */
	const uint8_t *pad0, *pad1;
	size_t pad_bytes;
	const void *y; /* [p] rows */
	void *z;       /* [m] rows */
	unsigned ring; /* planes of a sliced row of y and z */
	/* Corrections, sent or received: sliced, or words (n per COT). */
	void *wire;
} cot_tile;

/* Bytes between two planes of a row of y or z: whole vectors. */
static inline size_t cot_stride(size_t plane_bytes)
{
	size_t rest = plane_bytes % 64;
	size_t tail = rest > 32 ? 64 : rest > 16 ? 32 : rest ? 16 : 0;

	return plane_bytes - rest + tail;
}

typedef struct cot_rows {
	void (*send)(const cot_tile *tile);
	void (*receive)(const cot_tile *tile);
} cot_rows;

/* The sliced kernels of the tier in use, and those over words. */
const cot_rows *cot_rows_sliced(void);
extern const cot_rows cot_rows_words;

/* z += add, rows of `ring` planes `stride` bytes apart, or of n words; 64-byte aligned. */
void cot_add_sliced(void *z, const void *add, unsigned ring, size_t stride);
void cot_add_words(void *z, const void *add, size_t n);

extern const cot_rows cot_rows_portable, cot_rows_avx2, cot_rows_avx512;

#endif
