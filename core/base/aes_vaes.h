/* SPDX-License-Identifier: Apache-2.0 */
/*
 * AES-128 key schedules with VAES on 512-bit registers, for the kernel files of the avx512 tier.
 *
 * Keys are expanded four to a register, sixteen in flight. A key that serves many blocks is then
 * broadcast from the stored schedule to the four lanes of a register.
 */
#ifndef QUO_BASE_AES_VAES_H
#define QUO_BASE_AES_VAES_H

#include "base/kernels.h"

#include <immintrin.h>

#define ROUNDS 10
#define KEYS 16 /* expanded together */
#define REGS (KEYS / 4)
#define INLINE static inline __attribute__((always_inline))

typedef struct schedule {
	__m512i key[ROUNDS + 1][REGS]; /* key 4i + l in lane l of register i */
} schedule;

INLINE void store(quo_block *p, __m512i x)
{
	_mm512_storeu_si512(p, x);
}

/* The first n of four blocks; the others read as zero and are not written. */
INLINE __mmask8 first_of(size_t n)
{
	return (__mmask8)(n >= 4 ? 0xffu : (1u << 2 * n) - 1);
}

/* The blocks i, i+1, i+2, i+3 as counters. */
INLINE __m512i counters(uint64_t i)
{
	return _mm512_maskz_add_epi64(0x55, _mm512_set1_epi64((int64_t)i),
				      _mm512_set_epi64(0, 3, 0, 2, 0, 1, 0, 0));
}

INLINE __m512i broadcast(const quo_block *p)
{
	return _mm512_broadcast_i32x4(_mm_loadu_si128((const __m128i *)(const void *)p));
}

INLINE __m512i key_of(const schedule *s, unsigned r, unsigned k)
{
	const __m128i *p = (const __m128i *)(const void *)s->key[r];

	return _mm512_broadcast_i32x4(p[k]);
}

/*
 * FIPS 197, section 5.2. The last column, rotated and in all four columns, goes through AESENCLAST:
 * ShiftRows does nothing to it, and what is left is SubWord and the round constant.
 */
INLINE void expand_round(schedule *s, unsigned r, unsigned regs, int rcon)
{
	const __m512i rotated = _mm512_set1_epi32(0x0c0f0e0d);
	const __m512i constant = _mm512_set1_epi32(rcon);

	for (unsigned i = 0; i < regs; i++) {
		__m512i x = s->key[r][i];
		__m512i t = _mm512_aesenclast_epi128(_mm512_shuffle_epi8(x, rotated), constant);
		x = _mm512_xor_si512(x, _mm512_bslli_epi128(x, 4));
		s->key[r + 1][i] = _mm512_ternarylogic_epi64(x, _mm512_bslli_epi128(x, 8), t, 0x96);
	}
}

INLINE void expand_regs(schedule *s, unsigned regs)
{
	expand_round(s, 0, regs, 1);
	expand_round(s, 1, regs, 2);
	expand_round(s, 2, regs, 4);
	expand_round(s, 3, regs, 8);
	expand_round(s, 4, regs, 16);
	expand_round(s, 5, regs, 32);
	expand_round(s, 6, regs, 64);
	expand_round(s, 7, regs, 128);
	expand_round(s, 8, regs, 27);
	expand_round(s, 9, regs, 54);
}

/* Four registers of four words a lane, the 4 x 4 words of every lane set transposed; its own inverse. */
INLINE void transpose_words(__m512i out[4], const __m512i w[4])
{
	__m512i a = _mm512_unpacklo_epi32(w[0], w[1]), b = _mm512_unpackhi_epi32(w[0], w[1]);
	__m512i c = _mm512_unpacklo_epi32(w[2], w[3]), d = _mm512_unpackhi_epi32(w[2], w[3]);

	out[0] = _mm512_unpacklo_epi64(a, c);
	out[1] = _mm512_unpackhi_epi64(a, c);
	out[2] = _mm512_unpacklo_epi64(b, d);
	out[3] = _mm512_unpackhi_epi64(b, d);
}

/*
 * Sixteen keys at once, word j of all of them in one register: SubWord(RotWord(..)) is then one
 * AESENCLAST for all, and the chain of the columns four XORs. The shuffle undoes ShiftRows as well.
 */
INLINE void expand_sixteen(schedule *s)
{
	static const uint8_t rcon[ROUNDS] = { 1, 2, 4, 8, 16, 32, 64, 128, 27, 54 };
	/* Column c wants its bytes 1, 2, 3, 0 in rows 0 .. 3; AESENCLAST takes row r from column c + r. */
	const __m512i rotated = _mm512_broadcast_i32x4(
		_mm_set_epi8(0, 7, 10, 13, 12, 3, 6, 9, 8, 15, 2, 5, 4, 11, 14, 1));
	__m512i w[4];

	transpose_words(w, s->key[0]);
	for (unsigned r = 0; r < ROUNDS; r++) {
		__m512i t = _mm512_aesenclast_epi128(_mm512_shuffle_epi8(w[3], rotated),
						     _mm512_set1_epi32(rcon[r]));
		__m512i all = _mm512_ternarylogic_epi64(w[1], w[2], w[3], 0x96);
		w[0] = _mm512_xor_si512(w[0], t);
		w[3] = _mm512_xor_si512(all, w[0]);
		w[2] = _mm512_ternarylogic_epi64(w[0], w[1], w[2], 0x96);
		w[1] = _mm512_xor_si512(w[0], w[1]);
		transpose_words(s->key[r + 1], w);
	}
}

/* The first n_keys keys, at least. */
static inline void expand(schedule *s, size_t n_keys)
{
	if (n_keys > 8)
		expand_sixteen(s);
	else if (n_keys > 4)
		expand_regs(s, 2);
	else
		expand_regs(s, 1);
}

INLINE __m512i sigma(__m512i x)
{
	__m512i swapped = _mm512_shuffle_epi32(x, _MM_PERM_BADC);

	return _mm512_mask_xor_epi64(swapped, 0xaa, swapped, x);
}

#endif
