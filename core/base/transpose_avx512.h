/* SPDX-License-Identifier: Apache-2.0 */
/* What more than one AVX-512 file does with registers. */
#ifndef QUOTIENT_CORE_TRANSPOSE_AVX512_H
#define QUOTIENT_CORE_TRANSPOSE_AVX512_H

#include <immintrin.h>

/* 16 rows of 16 words to columns. */
static inline __attribute__((always_inline)) void quo__transpose_words(__m512i x[16])
{
	__m512i b[16];

	for (unsigned i = 0; i < 16; i += 4) {
		__m512i p = _mm512_unpacklo_epi32(x[i], x[i + 1]),
			q = _mm512_unpackhi_epi32(x[i], x[i + 1]);
		__m512i r = _mm512_unpacklo_epi32(x[i + 2], x[i + 3]),
			s = _mm512_unpackhi_epi32(x[i + 2], x[i + 3]);
		b[i] = _mm512_unpacklo_epi64(p, r);
		b[i + 1] = _mm512_unpackhi_epi64(p, r);
		b[i + 2] = _mm512_unpacklo_epi64(q, s);
		b[i + 3] = _mm512_unpackhi_epi64(q, s);
	}
	/* b[4g + j], lane l: rows 4g .. 4g + 3 of column 4l + j */
	for (unsigned j = 0; j < 4; j++) {
		__m512i p = _mm512_shuffle_i32x4(b[j], b[j + 4], 0x88),
			q = _mm512_shuffle_i32x4(b[j], b[j + 4], 0xdd);
		__m512i r = _mm512_shuffle_i32x4(b[j + 8], b[j + 12], 0x88);
		__m512i s = _mm512_shuffle_i32x4(b[j + 8], b[j + 12], 0xdd);
		x[j] = _mm512_shuffle_i32x4(p, r, 0x88);
		x[j + 8] = _mm512_shuffle_i32x4(p, r, 0xdd);
		x[j + 4] = _mm512_shuffle_i32x4(q, s, 0x88);
		x[j + 12] = _mm512_shuffle_i32x4(q, s, 0xdd);
	}
}

#endif
