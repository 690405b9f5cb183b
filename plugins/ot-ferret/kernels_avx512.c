/* SPDX-License-Identifier: Apache-2.0 */
#define TIER ferret_kernels_avx512
#define WIDE 4
#define ENCODE_OWN
#include "kernel_body.h"

#include <immintrin.h>

/*
 * Encoding waits for cache lines, the key stream for the AES units: the words of the next eight
 * rows are made while those of the last eight are used.
 */
#define ROUNDS 10
#define REGS 5 /* four blocks each: eight rows */
#define BLOCKS (4 * REGS)

/* FIPS 197, section 5.2. */
INLINE __m128i next_key(__m128i k, __m128i assist)
{
	k = _mm_xor_si128(k, _mm_slli_si128(k, 4));
	k = _mm_xor_si128(k, _mm_slli_si128(k, 8));
	return _mm_xor_si128(k, _mm_shuffle_epi32(assist, 0xff));
}

static void expand(const quo_block *key, __m512i out[ROUNDS + 1])
{
	__m128i k[ROUNDS + 1];

	k[0] = _mm_load_si128((const __m128i *)(const void *)key);
	k[1] = next_key(k[0], _mm_aeskeygenassist_si128(k[0], 1));
	k[2] = next_key(k[1], _mm_aeskeygenassist_si128(k[1], 2));
	k[3] = next_key(k[2], _mm_aeskeygenassist_si128(k[2], 4));
	k[4] = next_key(k[3], _mm_aeskeygenassist_si128(k[3], 8));
	k[5] = next_key(k[4], _mm_aeskeygenassist_si128(k[4], 16));
	k[6] = next_key(k[5], _mm_aeskeygenassist_si128(k[5], 32));
	k[7] = next_key(k[6], _mm_aeskeygenassist_si128(k[6], 64));
	k[8] = next_key(k[7], _mm_aeskeygenassist_si128(k[7], 128));
	k[9] = next_key(k[8], _mm_aeskeygenassist_si128(k[8], 27));
	k[10] = next_key(k[9], _mm_aeskeygenassist_si128(k[9], 54));
	for (int r = 0; r <= ROUNDS; r++)
		out[r] = _mm512_broadcast_i32x4(k[r]);
}

/* The stream's blocks first .. first + BLOCKS - 1. */
INLINE void stream(const __m512i key[ROUNDS + 1], uint64_t first, __m512i out[REGS])
{
	const __m512i lanes = _mm512_set_epi64(0, 3, 0, 2, 0, 1, 0, 0);
	__m512i x[REGS];

	for (unsigned i = 0; i < REGS; i++) {
		__m512i n = _mm512_set1_epi64((int64_t)(first + 4 * i));
		x[i] = _mm512_xor_si512(_mm512_maskz_add_epi64(0x55, n, lanes), key[0]);
	}
	for (unsigned r = 1; r < ROUNDS; r++)
		for (unsigned i = 0; i < REGS; i++)
			x[i] = _mm512_aesenc_epi128(x[i], key[r]);
	for (unsigned i = 0; i < REGS; i++)
		out[i] = _mm512_aesenclast_epi128(x[i], key[ROUNDS]);
}

static void encode(const ferret_code *code, uint64_t pair, const quo_block *leaf, quo_block *out,
		   uint8_t *choices, size_t n)
{
	uint64_t block = pair * FERRET_PAIR_BLOCKS;
	__m512i key[ROUNDS + 1], words[2][REGS];
	unsigned now = 0;

	expand(&code->key, key);
	stream(key, block, words[0]);
	for (size_t i = 0; i < n; i += 8, now ^= 1) {
		const uint32_t *w = (const uint32_t *)(const void *)words[now];

		stream(key, block += BLOCKS, words[now ^ 1]);
		if (n - i >= 8)
			choices[i / 8] = rows(code, w, leaf + i, out + i, 8);
		else
			choices[i / 8] = rows(code, w, leaf + i, out + i, n - i);
	}
}
