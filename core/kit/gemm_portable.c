/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Plain C. Bytes are multiplied as floats, which compilers vectorise everywhere: over a block of 1024
 * every partial sum is an integer of at most 1024 * 128 * 128 = 2^24, and a float holds it exactly.
 */
#include "kit/gemm_kernel.h"

#include <string.h>

#define ROWS 4
#define COLS 8

QUO__GEMM_PACKER(pack_a, ROWS)
QUO__GEMM_PACKER(pack_b, COLS)
QUO__GEMM_STORER(store, COLS)

static inline uint32_t low(uint32_t pair)
{
	return (uint32_t)(int32_t)(int16_t)(uint16_t)pair;
}

static inline uint32_t high(uint32_t pair)
{
	return (uint32_t)((int32_t)pair >> 16);
}

static void tile(size_t pairs, const uint32_t *a, const uint32_t *b, uint32_t *out)
{
	uint32_t sum[ROWS][COLS] = { { 0 } };

	for (size_t kk = 0; kk < pairs; kk++, a += ROWS, b += COLS)
		for (unsigned i = 0; i < ROWS; i++)
			for (unsigned j = 0; j < COLS; j++)
				sum[i][j] += low(a[i]) * low(b[j]) + high(a[i]) * high(b[j]);
	memcpy(out, sum, sizeof sum);
}

static void tile_floats(size_t count, const uint32_t *a, const uint32_t *b, uint32_t *out)
{
	const float *x = (const float *)(const void *)a, *y = (const float *)(const void *)b;
	float sum[ROWS][COLS] = { { 0 } };

	for (size_t k = 0; k < count; k++, x += ROWS, y += COLS)
#pragma GCC unroll 4
		for (unsigned i = 0; i < ROWS; i++)
#pragma GCC unroll 8
			for (unsigned j = 0; j < COLS; j++)
				sum[i][j] += x[i] * y[j];
	for (unsigned i = 0; i < ROWS; i++)
		for (unsigned j = 0; j < COLS; j++)
			out[i * COLS + j] = (uint32_t)(int32_t)sum[i][j];
}

/* One entry to a word, as a float. */
static inline __attribute__((always_inline)) uint32_t
pack_floats(unsigned panel_rows, const quo__gemm_view *x, uint32_t *panel)
{
	float *out = (float *)(void *)panel;
	uint32_t beyond = 0;

	for (size_t k = 0; k < x->count; k++, out += panel_rows) {
		size_t at = k * x->stride_k;
		for (unsigned r = 0; r < panel_rows; r++, at += x->stride_r) {
			int32_t v = 0;
			if (r < x->n_rows)
				v = x->bytes ? x->bytes[at]
					     : (int32_t)(x->words[at] << x->extend) >> x->extend;
			beyond |= (uint32_t)v + 128;
			out[r] = (float)v;
		}
	}
	return beyond >> 8;
}

static uint32_t pack_a_floats(const quo__gemm_view *x, unsigned limb, uint32_t *panel)
{
	(void)limb;
	return pack_floats(ROWS, x, panel);
}

static uint32_t pack_b_floats(const quo__gemm_view *x, unsigned limb, uint32_t *panel)
{
	(void)limb;
	return pack_floats(COLS, x, panel);
}

const quo__gemm_kernel quo__gemm_portable = {
	ROWS,
	COLS,
	store,
	.limbs = { 2, 0, tile, pack_a, pack_b },
	.bytes = { 1, 0, tile_floats, pack_a_floats, pack_b_floats },
};
