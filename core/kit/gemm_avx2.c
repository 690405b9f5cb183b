/* SPDX-License-Identifier: Apache-2.0 */
#include "kit/gemm_kernel.h"

#include <immintrin.h>

#define ROWS 6
#define COLS 16

QUO__GEMM_PACKER(pack_a, ROWS)
QUO__GEMM_PACKER(pack_b, COLS)
QUO__GEMM_STORER(store, COLS)

static void tile(size_t pairs, const uint32_t *a, const uint32_t *b, uint32_t *out)
{
	__m256i sum[ROWS][2];

#pragma GCC unroll 6
	for (unsigned i = 0; i < ROWS; i++)
		sum[i][0] = sum[i][1] = _mm256_setzero_si256();
	for (size_t kk = 0; kk < pairs; kk++, a += ROWS, b += COLS) {
		__m256i b0 = _mm256_load_si256((const __m256i *)(const void *)b);
		__m256i b1 = _mm256_load_si256((const __m256i *)(const void *)(b + 8));
#pragma GCC unroll 6
		for (unsigned i = 0; i < ROWS; i++) {
			__m256i x = _mm256_set1_epi32((int)a[i]);
			sum[i][0] = _mm256_add_epi32(sum[i][0], _mm256_madd_epi16(x, b0));
			sum[i][1] = _mm256_add_epi32(sum[i][1], _mm256_madd_epi16(x, b1));
		}
	}
#pragma GCC unroll 6
	for (unsigned i = 0; i < ROWS; i++) {
		_mm256_store_si256((__m256i *)(void *)(out + i * COLS), sum[i][0]);
		_mm256_store_si256((__m256i *)(void *)(out + i * COLS + 8), sum[i][1]);
	}
}

const quo__gemm_kernel quo__gemm_avx2 = { ROWS, COLS, store,
					  .limbs = { 2, 0, tile, pack_a, pack_b } };
