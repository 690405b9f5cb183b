/* SPDX-License-Identifier: Apache-2.0 */
/* Folding of key streams with AES-NI, XOR of blocks with AVX2. */
#include "base/kernels.h"

#include <immintrin.h>
#include <string.h>

#define INLINE static inline __attribute__((always_inline))
#define ROUNDS 10
#define WIDE 8 /* blocks in flight */

INLINE __m128i load(const quo_block *p)
{
	return _mm_loadu_si128((const __m128i *)(const void *)p);
}

INLINE void store(quo_block *p, __m128i x)
{
	_mm_storeu_si128((__m128i *)(void *)p, x);
}

/* FIPS 197, section 5.2; see aes_aesni.c for how AESENCLAST gives SubWord. */
INLINE __m128i next_round(__m128i x, int rcon)
{
	__m128i t = _mm_aesenclast_si128(_mm_shuffle_epi8(x, _mm_set1_epi32(0x0c0f0e0d)),
					 _mm_set1_epi32(rcon));

	x = _mm_xor_si128(x, _mm_slli_si128(x, 4));
	x = _mm_xor_si128(x, _mm_slli_si128(x, 8));
	return _mm_xor_si128(x, t);
}

static void key_set(const quo_block *keys, size_t n, quo_aes_key *out)
{
	static const uint8_t rcon[ROUNDS] = { 1, 2, 4, 8, 16, 32, 64, 128, 27, 54 };

	for (size_t i = 0; i < n; i++) {
		__m128i x = load(&keys[i]);
		store(&out[i].round[0], x);
		for (unsigned r = 0; r < ROUNDS; r++) {
			x = next_round(x, rcon[r]);
			store(&out[i].round[r + 1], x);
		}
	}
}

/* Counters first .. first + 7. */
INLINE void stream(const quo_aes_key *key, uint64_t first, __m128i x[WIDE])
{
	__m128i k = load(&key->round[0]);

	for (unsigned g = 0; g < WIDE; g++)
		x[g] = _mm_xor_si128(_mm_cvtsi64_si128((int64_t)(first + g)), k);
	for (unsigned r = 1; r < ROUNDS; r++) {
		k = load(&key->round[r]);
		for (unsigned g = 0; g < WIDE; g++)
			x[g] = _mm_aesenc_si128(x[g], k);
	}
	k = load(&key->round[ROUNDS]);
	for (unsigned g = 0; g < WIDE; g++)
		x[g] = _mm_aesenclast_si128(x[g], k);
}

/* What leaves a tile: row i to row i, the sum of all leaves to the sum. */
INLINE void put(const quo__fold *f, size_t at, size_t n, __m128i row[][WIDE],
		const __m128i sum[WIDE])
{
	__m128i extra[WIDE];

	for (unsigned g = 0; g < WIDE; g++)
		extra[g] = f->add && g < n ? load(&f->add[at + g]) : _mm_setzero_si128();
	if (f->sum)
		for (unsigned g = 0; g < n; g++)
			store(&f->sum[at + g], _mm_xor_si128(sum[g], extra[g]));
	for (unsigned i = 0; i < f->k; i++) {
		bool take = !f->sum;
		__m128i mask = _mm_set1_epi64x(0 - (int64_t)(take ? f->bits >> i & 1 : 0));
		quo_block *to = f->rows + i * f->row_blocks + at;
		for (unsigned g = 0; g < n; g++)
			store(&to[g], _mm_xor_si128(row[i][g], _mm_and_si128(extra[g], mask)));
	}
}

/*
 * The leaves of a binary tree from left to right; level[i] holds the sum of a finished left half of
 * 2^i leaves. When its right half is finished too, that goes to row i and both go up.
 */
static void fold_tile(const quo__fold *f, size_t at, size_t n)
{
	__m128i level[QUO_FOLD_MAX + 1][WIDE], row[QUO_FOLD_MAX][WIDE], leaf[WIDE];
	unsigned leaves = 1u << f->k;

	for (unsigned i = 0; i < f->k; i++)
		for (unsigned g = 0; g < WIDE; g++)
			row[i][g] = _mm_setzero_si128();
	for (unsigned x = 0; x < leaves; x++) {
		unsigned i = 0;
		if (x || f->sum)
			stream(&f->keys[x], f->first + at, leaf);
		else
			for (unsigned g = 0; g < WIDE; g++)
				leaf[g] = _mm_setzero_si128();
		for (; x >> i & 1; i++)
			for (unsigned g = 0; g < WIDE; g++) {
				row[i][g] = _mm_xor_si128(row[i][g], leaf[g]);
				leaf[g] = _mm_xor_si128(leaf[g], level[i][g]);
			}
		for (unsigned g = 0; g < WIDE; g++)
			level[i][g] = leaf[g];
	}
	if (n == WIDE)
		put(f, at, WIDE, row, leaf);
	else
		put(f, at, n, row, leaf);
}

static void fold(const quo__fold *f)
{
	for (size_t at = 0; at < f->n_blocks; at += WIDE)
		fold_tile(f, at, f->n_blocks - at < WIDE ? f->n_blocks - at : WIDE);
}

static void xor_blocks(quo_block *out, const quo_block *a, const quo_block *b, size_t n)
{
	size_t i = 0;

	for (; i + 2 <= n; i += 2) {
		__m256i x = _mm256_loadu_si256((const __m256i *)(const void *)&a[i]);
		__m256i y = _mm256_loadu_si256((const __m256i *)(const void *)&b[i]);
		_mm256_storeu_si256((__m256i *)(void *)&out[i], _mm256_xor_si256(x, y));
	}
	if (i < n)
		store(&out[i], _mm_xor_si128(load(&a[i]), load(&b[i])));
}

/* Bits 0 and 1 of a word choose the halves: each half tests its bit in all four of its parts. */
static void xor_if_bits(quo_block *io, quo_block delta, const uint64_t *bits, size_t n)
{
	const __m256i d = _mm256_broadcastsi128_si256(load(&delta));
	const __m256i which = _mm256_set_epi64x(2, 2, 1, 1);
	size_t i = 0;

	for (; i + 2 <= n; i += 2) {
		__m256i word = _mm256_set1_epi64x((int64_t)(bits[i / 64] >> (i % 64)));
		__m256i mask = _mm256_cmpeq_epi64(_mm256_and_si256(word, which), which);
		__m256i *p = (__m256i *)(void *)&io[i];
		_mm256_storeu_si256(
			p, _mm256_xor_si256(_mm256_loadu_si256(p), _mm256_and_si256(d, mask)));
	}
	if (i < n)
		io[i] = quo_xor_if(io[i], delta, bits[i / 64] >> (i % 64) & 1);
}

const quo__fold_kernels quo__fold_aesni = { key_set, fold, xor_blocks, xor_if_bits };
