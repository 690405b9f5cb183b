/* SPDX-License-Identifier: Apache-2.0 */
/* Needs AVX-512 BW and VNNI. vpdpwssd does not saturate: sums are exact mod 2^32. */
#include "engine/gemm_kernel.h"

#include <immintrin.h>

#define ROWS 12
#define COLS 32

QUO__GEMM_PACKER(pack_a, ROWS)
QUO__GEMM_PACKER(pack_b, COLS)

static void tile(size_t pairs, const uint32_t *a, const uint32_t *b, uint32_t *out)
{
	__m512i sum[ROWS][2];

#pragma GCC unroll 12
	for (unsigned i = 0; i < ROWS; i++)
		sum[i][0] = sum[i][1] = _mm512_setzero_si512();
	for (size_t kk = 0; kk < pairs; kk++, a += ROWS, b += COLS) {
		__m512i b0 = _mm512_load_si512(b);
		__m512i b1 = _mm512_load_si512(b + 16);
#pragma GCC unroll 12
		for (unsigned i = 0; i < ROWS; i++) {
			__m512i x = _mm512_set1_epi32((int)a[i]);
			sum[i][0] = _mm512_dpwssd_epi32(sum[i][0], x, b0);
			sum[i][1] = _mm512_dpwssd_epi32(sum[i][1], x, b1);
		}
	}
#pragma GCC unroll 12
	for (unsigned i = 0; i < ROWS; i++) {
		_mm512_store_si512(out + i * COLS, sum[i][0]);
		_mm512_store_si512(out + i * COLS + 16, sum[i][1]);
	}
}

const quo__gemm_kernel quo__gemm_avx512 = { ROWS, COLS, tile, pack_a, pack_b };
