/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Folding of key streams with VAES, XOR of blocks with AVX-512.
 *
 * Eight registers are in flight: two of each of four leaves, so that a quarter tree is folded where
 * it lies and a round key is loaded once for two registers. k = 1 has fewer leaves and takes more
 * of each.
 */
#include "base/kernels.h"

#include <immintrin.h>

#define INLINE static inline __attribute__((always_inline))
#define ROUNDS 10
#define FLIGHT 8

INLINE __mmask8 first_of(size_t n)
{
	return (__mmask8)(n >= 4 ? 0xffu : (1u << 2 * n) - 1);
}

INLINE __m512i counters(uint64_t i)
{
	return _mm512_maskz_add_epi64(0x55, _mm512_set1_epi64((int64_t)i),
				      _mm512_set_epi64(0, 3, 0, 2, 0, 1, 0, 0));
}

INLINE __m512i broadcast(const quo_block *p)
{
	return _mm512_broadcast_i32x4(_mm_loadu_si128((const __m128i *)(const void *)p));
}

/* FIPS 197, section 5.2; see aes_vaes.c for how AESENCLAST gives SubWord. */
INLINE __m512i next_round(__m512i x, int rcon)
{
	__m512i t = _mm512_aesenclast_epi128(_mm512_shuffle_epi8(x, _mm512_set1_epi32(0x0c0f0e0d)),
					     _mm512_set1_epi32(rcon));

	x = _mm512_xor_si512(x, _mm512_bslli_epi128(x, 4));
	return _mm512_ternarylogic_epi64(x, _mm512_bslli_epi128(x, 8), t, 0x96);
}

/* Lane g of x to round r of key g. */
INLINE void put_round(quo_aes_key *out, size_t some, unsigned r, __m512i x)
{
	quo_block lane[4];

	_mm512_storeu_si512(lane, x);
	for (size_t g = 0; g < some; g++)
		out[g].round[r] = lane[g];
}

static void key_set(const quo_block *keys, size_t n, quo_aes_key *out)
{
	static const uint8_t rcon[ROUNDS] = { 1, 2, 4, 8, 16, 32, 64, 128, 27, 54 };

	for (size_t i = 0; i < n; i += 4) {
		size_t some = n - i < 4 ? n - i : 4;
		__m512i x = _mm512_maskz_loadu_epi64(first_of(some), keys + i);
		put_round(out + i, some, 0, x);
		for (unsigned r = 0; r < ROUNDS; r++) {
			x = next_round(x, rcon[r]);
			put_round(out + i, some, r + 1, x);
		}
	}
}

/* Leaves keys[from .. leaves), `wide` registers of each; leaf 0 is zero when from = 1. */
INLINE void streams(const quo_aes_key *keys, unsigned from, unsigned leaves, unsigned wide,
		    uint64_t first, __m512i x[FLIGHT])
{
	__m512i key;

	for (unsigned l = from; l < leaves; l++) {
		key = broadcast(&keys[l].round[0]);
		for (unsigned w = 0; w < wide; w++)
			x[l * wide + w] = _mm512_xor_si512(counters(first + 4 * w), key);
	}
	for (unsigned r = 1; r < ROUNDS; r++)
		for (unsigned l = from; l < leaves; l++) {
			key = broadcast(&keys[l].round[r]);
			for (unsigned w = 0; w < wide; w++)
				x[l * wide + w] = _mm512_aesenc_epi128(x[l * wide + w], key);
		}
	for (unsigned l = from; l < leaves; l++) {
		key = broadcast(&keys[l].round[ROUNDS]);
		for (unsigned w = 0; w < wide; w++)
			x[l * wide + w] = _mm512_aesenclast_epi128(x[l * wide + w], key);
	}
	for (unsigned i = 0; i < from * wide; i++)
		x[i] = _mm512_setzero_si512();
}

INLINE __m512i fetch(const quo_block *p, size_t n, bool whole)
{
	return whole ? _mm512_loadu_si512(p) : _mm512_maskz_loadu_epi64(first_of(n), p);
}

INLINE void put(quo_block *p, __m512i x, size_t n, bool whole)
{
	if (whole)
		_mm512_storeu_si512(p, x);
	else
		_mm512_mask_storeu_epi64(p, first_of(n), x);
}

/* What leaves a tile, of which n blocks exist. */
INLINE void finish(const quo__fold *f, unsigned k, bool punctured, unsigned wide, size_t at,
		   size_t n, bool whole, __m512i row[][FLIGHT], const __m512i *sum)
{
	for (unsigned w = 0; w < wide && 4 * w < n; w++) {
		size_t j = at + 4 * w, m = n - 4 * w;
		__m512i add = f->add ? fetch(f->add + j, m, whole) : _mm512_setzero_si512();

		if (!punctured)
			put(f->sum + j, _mm512_xor_si512(sum[w], add), m, whole);
		for (unsigned i = 0; i < k; i++) {
			__m512i mask = _mm512_set1_epi64(0 - (int64_t)(f->bits >> i & 1));
			__m512i x = row[i][w];
			if (punctured)
				x = _mm512_ternarylogic_epi64(x, add, mask,
							      0x78); /* x ^ (add & mask) */
			put(f->rows + i * f->row_blocks + j, x, m, whole);
		}
	}
}

INLINE void fold_pair(const quo__fold *f, bool punctured, size_t at, size_t n, bool whole)
{
	const unsigned wide = punctured ? 8 : 4;
	__m512i x[2 * FLIGHT], row[1][FLIGHT], sum[FLIGHT];

	streams(f->keys, punctured, 2, wide, f->first + at, x);
	for (unsigned w = 0; w < wide; w++) {
		row[0][w] = x[wide + w];
		sum[w] = _mm512_xor_si512(x[w], x[wide + w]);
	}
	finish(f, 1, punctured, wide, at, n, whole, row, sum);
}

/* Leaves four by four: rows 0 and 1 inside a group, the others by the group's number. */
INLINE void fold_tree(const quo__fold *f, unsigned k, bool punctured, size_t at, size_t n,
		      bool whole)
{
	const unsigned wide = 2;
	__m512i row[QUO_FOLD_MAX][FLIGHT], sum[FLIGHT];

	for (unsigned w = 0; w < wide; w++) {
		sum[w] = _mm512_setzero_si512();
		for (unsigned i = 0; i < k; i++)
			row[i][w] = _mm512_setzero_si512();
	}
	for (unsigned group = 0; group < 1u << (k - 2); group++) {
		__m512i x[FLIGHT];

		if (punctured && !group)
			streams(f->keys, 1, 4, wide, f->first + at, x);
		else
			streams(f->keys + 4 * group, 0, 4, wide, f->first + at, x);
		for (unsigned w = 0; w < wide; w++) {
			__m512i high = _mm512_xor_si512(x[2 * wide + w], x[3 * wide + w]);
			__m512i all = _mm512_ternarylogic_epi64(x[w], x[wide + w], high, 0x96);
			row[0][w] = _mm512_ternarylogic_epi64(row[0][w], x[wide + w],
							      x[3 * wide + w], 0x96);
			row[1][w] = _mm512_xor_si512(row[1][w], high);
			for (unsigned i = 2; i < k; i++)
				if (group >> (i - 2) & 1)
					row[i][w] = _mm512_xor_si512(row[i][w], all);
			if (!punctured)
				sum[w] = _mm512_xor_si512(sum[w], all);
		}
	}
	finish(f, k, punctured, wide, at, n, whole, row, sum);
}

INLINE void fold_all(const quo__fold *f, unsigned k, bool punctured)
{
	const size_t tile = k > 1 ? 8 : punctured ? 32 : 16;
	size_t at = 0;

	for (; at + tile <= f->n_blocks; at += tile)
		if (k == 1)
			fold_pair(f, punctured, at, tile, true);
		else
			fold_tree(f, k, punctured, at, tile, true);
	if (at == f->n_blocks)
		return;
	if (k == 1)
		fold_pair(f, punctured, at, f->n_blocks - at, false);
	else
		fold_tree(f, k, punctured, at, f->n_blocks - at, false);
}

#define CASE(k_) \
	case k_: \
		if (f->sum) \
			fold_all(f, k_, false); \
		else \
			fold_all(f, k_, true); \
		break

static void fold(const quo__fold *f)
{
	switch (f->k) {
		CASE(1);
		CASE(2);
		CASE(3);
		CASE(4);
		CASE(5);
		CASE(6);
		CASE(7);
		CASE(8);
	}
}

static void xor_blocks(quo_block *out, const quo_block *a, const quo_block *b, size_t n)
{
	size_t i = 0;

	for (; i + 4 <= n; i += 4)
		_mm512_storeu_si512(out + i, _mm512_xor_si512(_mm512_loadu_si512(a + i),
							      _mm512_loadu_si512(b + i)));
	if (i < n) {
		__mmask8 m = first_of(n - i);
		_mm512_mask_storeu_epi64(out + i, m,
					 _mm512_xor_si512(_mm512_maskz_loadu_epi64(m, a + i),
							  _mm512_maskz_loadu_epi64(m, b + i)));
	}
}

/* Bits i .. i + 3 of a word to the four lanes. */
INLINE __m512i flip(__m512i x, __m512i delta, uint64_t bits)
{
	const __m512i which = _mm512_set_epi64(8, 8, 4, 4, 2, 2, 1, 1);
	__mmask8 m = _mm512_test_epi64_mask(_mm512_set1_epi64((int64_t)bits), which);

	return _mm512_mask_xor_epi64(x, m, x, delta);
}

static void xor_if_bits(quo_block *io, quo_block delta, const uint64_t *bits, size_t n)
{
	const __m512i d = broadcast(&delta);
	size_t i = 0;

	for (; i + 4 <= n; i += 4)
		_mm512_storeu_si512(io + i,
				    flip(_mm512_loadu_si512(io + i), d, bits[i / 64] >> (i % 64)));
	if (i < n) {
		__mmask8 m = first_of(n - i);
		__m512i x = _mm512_maskz_loadu_epi64(m, io + i);
		_mm512_mask_storeu_epi64(io + i, m, flip(x, d, bits[i / 64] >> (i % 64)));
	}
}

const quo__fold_kernels quo__fold_vaes = { key_set, fold, xor_blocks, xor_if_bits };
