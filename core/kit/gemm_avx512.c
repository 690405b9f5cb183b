/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Needs AVX-512 BW, VBMI and VNNI. Neither vpdpwssd nor vpdpbusd saturates: sums are exact mod
 * 2^32.
 *
 * vpdpbusd takes unsigned bytes on the left: A's panels hold a + 128, and a tile starts from
 * -128 times the sum of each column of B, which stands in the head of B's panel.
 */
#include "kit/gemm_kernel.h"

#include <immintrin.h>

#include "base/transpose_avx512.h"

#define ROWS 12
#define COLS 32
#define INLINE static inline __attribute__((always_inline))

QUO__GEMM_PACKER(pack_a, ROWS)
QUO__GEMM_PACKER(pack_b, COLS)
QUO__GEMM_STORER(store, COLS)

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

static void tile_bytes(size_t quads, const uint32_t *a, const uint32_t *b, uint32_t *out)
{
	__m512i sum[ROWS][2];

#pragma GCC unroll 12
	for (unsigned i = 0; i < ROWS; i++) {
		sum[i][0] = _mm512_load_si512(b);
		sum[i][1] = _mm512_load_si512(b + 16);
	}
	b += COLS;
	for (size_t kk = 0; kk < quads; kk++, a += ROWS, b += COLS) {
		__m512i b0 = _mm512_load_si512(b);
		__m512i b1 = _mm512_load_si512(b + 16);
#pragma GCC unroll 12
		for (unsigned i = 0; i < ROWS; i++) {
			__m512i x = _mm512_set1_epi32((int)a[i]);
			sum[i][0] = _mm512_dpbusd_epi32(sum[i][0], x, b0);
			sum[i][1] = _mm512_dpbusd_epi32(sum[i][1], x, b1);
		}
	}
#pragma GCC unroll 12
	for (unsigned i = 0; i < ROWS; i++) {
		_mm512_store_si512(out + i * COLS, sum[i][0]);
		_mm512_store_si512(out + i * COLS + 16, sum[i][1]);
	}
}

/* ---- packing bytes: sixteen rows at a time ---- */

INLINE __mmask64 first_bytes(size_t n)
{
	return n >= 64 ? ~UINT64_C(0) : (UINT64_C(1) << n) - 1;
}

INLINE __mmask16 first_words(size_t n)
{
	return (__mmask16)(n >= 16 ? 0xffffu : (1u << n) - 1);
}

/* Sixteen words, sign-extended; *beyond collects entries + 128, whose high bits tell whether all
 * fit. */
INLINE __m512i load_words(const uint32_t *from, __mmask16 mask, __m128i extend, __m512i *beyond)
{
	__m512i v = _mm512_maskz_loadu_epi32(mask, from);

	v = _mm512_sra_epi32(_mm512_sll_epi32(v, extend), extend);
	*beyond = _mm512_or_si512(*beyond, _mm512_add_epi32(v, _mm512_set1_epi32(128)));
	return v;
}

/* Entries k .. k + 63 of one row, those beyond `count` 0. */
INLINE __m512i load_row(const quo__gemm_view *x, size_t r, size_t k, __m128i extend, __m512i even,
			__m512i *beyond)
{
	size_t left = x->count - k;

	if (x->bytes)
		return _mm512_maskz_loadu_epi8(first_bytes(left), x->bytes + r * x->stride_r + k);
	const uint32_t *from = x->words + r * x->stride_r + k;
	__m512i v[4];
	for (unsigned i = 0; i < 4; i++)
		v[i] = left > 16 * i ? load_words(from + 16 * i, first_words(left - 16 * i), extend,
						  beyond)
				     : _mm512_setzero_si512();
	__m512i low = _mm512_permutex2var_epi8(v[0], even, v[1]);
	__m512i high = _mm512_permutex2var_epi8(v[2], even, v[3]);
	return _mm512_shuffle_i64x2(low, high, 0x44);
}

/* Rows r0 .. r0 + 15 where entries of a row follow each other. */
INLINE void pack_rows(const quo__gemm_view *x, size_t r0, unsigned panel_rows, __m512i flip,
		      __m512i *sum, __m512i *beyond, uint32_t *panel)
{
	const __m128i extend = _mm_cvtsi32_si128((int)x->extend);
	const __mmask16 stored = first_words(panel_rows - r0);
	size_t quads = (x->count + 3) / 4, rows = x->n_rows > r0 ? x->n_rows - r0 : 0;
	uint8_t index[64];

	for (unsigned i = 0; i < 64; i++)
		index[i] = (uint8_t)(4 * (i % 32));
	const __m512i even = _mm512_loadu_si512(index);
	for (size_t kk = 0; kk < quads; kk += 16) {
		__m512i v[16];
		for (unsigned r = 0; r < 16; r++)
			v[r] = r < rows ? load_row(x, r0 + r, 4 * kk, extend, even, beyond)
					: _mm512_setzero_si512();
		quo__transpose_words(v);
#pragma GCC unroll 16
		for (unsigned i = 0; i < 16; i++) {
			if (kk + i >= quads)
				break;
			*sum = _mm512_dpbusd_epi32(*sum, _mm512_set1_epi8(1), v[i]);
			_mm512_mask_storeu_epi32(panel + (kk + i) * panel_rows + r0, stored,
						 _mm512_xor_si512(v[i], flip));
		}
	}
}

/* Sixteen rows' entry k, one to a word's low byte, other bits undefined; the caller masks. */
INLINE __m512i load_column(const quo__gemm_view *x, size_t r0, size_t k, __mmask16 mask,
			   __m128i extend, __m512i *beyond)
{
	if (k >= x->count)
		return _mm512_setzero_si512();
	size_t at = r0 + k * x->stride_k;
	if (x->bytes)
		return _mm512_cvtepu8_epi32(_mm_maskz_loadu_epi8(mask, x->bytes + at));
	return load_words(x->words + at, mask, extend, beyond);
}

/* Rows r0 .. r0 + 15 where an entry's successors in the other rows follow it. */
INLINE void pack_columns(const quo__gemm_view *x, size_t r0, unsigned panel_rows, __m512i flip,
			 __m512i *sum, __m512i *beyond, uint32_t *panel)
{
	const __m128i extend = _mm_cvtsi32_si128((int)x->extend);
	const __mmask16 stored = first_words(panel_rows - r0);
	const __mmask16 mask = x->n_rows > r0 ? first_words(x->n_rows - r0) : 0;
	const __m512i low = _mm512_set1_epi32(0xff), low2 = _mm512_set1_epi32(0xffff);
	size_t quads = (x->count + 3) / 4;

	for (size_t kk = 0; kk < quads; kk++) {
		__m512i v[4];
		for (unsigned i = 0; i < 4; i++)
			v[i] = load_column(x, r0, 4 * kk + i, mask & stored, extend, beyond);
		/* (v0 & low) | (v1 << 8), by bit: low ? v0 : v1 << 8 */
		__m512i a = _mm512_ternarylogic_epi32(low, v[0], _mm512_slli_epi32(v[1], 8), 0xca);
		__m512i b = _mm512_ternarylogic_epi32(low, v[2], _mm512_slli_epi32(v[3], 8), 0xca);
		a = _mm512_ternarylogic_epi32(low2, a, _mm512_slli_epi32(b, 16), 0xca);
		*sum = _mm512_dpbusd_epi32(*sum, _mm512_set1_epi8(1), a);
		_mm512_mask_storeu_epi32(panel + kk * panel_rows + r0, stored,
					 _mm512_xor_si512(a, flip));
	}
}

/* Neither stride is 1. */
static uint32_t pack_scattered(const quo__gemm_view *x, unsigned panel_rows, uint32_t flip,
			       uint32_t *sum, uint32_t *panel)
{
	size_t quads = (x->count + 3) / 4;
	uint32_t beyond = 0;

	for (size_t i = 0; i < quads * panel_rows; i++)
		panel[i] = flip;
	for (size_t r = 0; r < x->n_rows; r++)
		for (size_t k = 0; k < x->count; k++) {
			size_t at = r * x->stride_r + k * x->stride_k;
			uint32_t v = x->bytes ? (uint32_t)x->bytes[at]
					      : (uint32_t)((int32_t)(x->words[at] << x->extend) >>
							   x->extend);
			beyond |= v + 128;
			sum[r] += v;
			panel[k / 4 * panel_rows + r] ^= (v & 0xff) << (8 * (k % 4));
		}
	return beyond >> 8;
}

/* sum[r]: the sum of row r's entries. */
INLINE uint32_t pack_quads(const quo__gemm_view *x, unsigned panel_rows, uint32_t flip,
			   uint32_t *sum, uint32_t *panel)
{
	const __m512i flips = _mm512_set1_epi32((int)flip);
	__m512i beyond = _mm512_setzero_si512();

	if (x->stride_k != 1 && x->stride_r != 1)
		return pack_scattered(x, panel_rows, flip, sum, panel);
	for (size_t r0 = 0; r0 < panel_rows; r0 += 16) {
		__m512i total = _mm512_setzero_si512();
		if (x->stride_k == 1)
			pack_rows(x, r0, panel_rows, flips, &total, &beyond, panel);
		else
			pack_columns(x, r0, panel_rows, flips, &total, &beyond, panel);
		_mm512_storeu_si512(sum + r0, total);
	}
	return _mm512_test_epi32_mask(beyond, _mm512_set1_epi32(~0xff));
}

static uint32_t pack_a_bytes(const quo__gemm_view *x, unsigned limb, uint32_t *panel)
{
	uint32_t sum[16] = { 0 };

	(void)limb;
	return pack_quads(x, ROWS, 0x80808080u, sum, panel);
}

static uint32_t pack_b_bytes(const quo__gemm_view *x, unsigned limb, uint32_t *panel)
{
	uint32_t sum[COLS] = { 0 };

	(void)limb;
	uint32_t beyond = pack_quads(x, COLS, 0, sum, panel + COLS);
	for (unsigned j = 0; j < COLS; j++)
		panel[j] = 0u - 128 * sum[j];
	return beyond;
}

const quo__gemm_kernel quo__gemm_avx512 = {
	ROWS,
	COLS,
	store,
	.limbs = { 2, 0, tile, pack_a, pack_b },
	.bytes = { 4, COLS, tile_bytes, pack_a_bytes, pack_b_bytes },
};
