/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/gemm_kernel.h"

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

const quo__gemm_kernel quo__gemm_portable = { ROWS, COLS, store,
					      .limbs = { 2, 0, tile, pack_a, pack_b } };
