/* SPDX-License-Identifier: Apache-2.0 */
/*
 * AES-128 with AES-NI: eight keys are expanded together, and eight blocks are always in flight.
 */
#include "base/kernels.h"

#include <immintrin.h>

#define GROUP 8
#define ROUNDS 10

typedef struct schedule {
	__m128i key[ROUNDS + 1][GROUP];
} schedule;

static inline __m128i load(const quo_block *p)
{
	return _mm_loadu_si128((const __m128i *)(const void *)p);
}

static inline void store(quo_block *p, __m128i x)
{
	_mm_storeu_si128((__m128i *)(void *)p, x);
}

static inline __m128i counter(uint64_t i)
{
	return _mm_cvtsi64_si128((int64_t)i);
}

/*
 * FIPS 197, section 5.2. The last column, rotated and in all four columns, goes through AESENCLAST:
 * ShiftRows does nothing to it, and what is left is SubWord and the round constant.
 */
static inline __attribute__((always_inline)) void expand_one(schedule *s, unsigned n_keys,
							     unsigned r, __m128i rcon)
{
	const __m128i rotated = _mm_set1_epi32(0x0c0f0e0d);

	for (unsigned g = 0; g < n_keys; g++) {
		__m128i x = s->key[r][g];
		__m128i t = _mm_aesenclast_si128(_mm_shuffle_epi8(x, rotated), rcon);
		x = _mm_xor_si128(x, _mm_slli_si128(x, 4));
		x = _mm_xor_si128(x, _mm_slli_si128(x, 8));
		s->key[r + 1][g] = _mm_xor_si128(x, t);
	}
}

static inline __attribute__((always_inline)) void expand(schedule *s, unsigned n_keys)
{
	static const uint8_t rcon[ROUNDS] = { 1, 2, 4, 8, 16, 32, 64, 128, 27, 54 };

	for (unsigned r = 0; r < ROUNDS; r++)
		expand_one(s, n_keys, r, _mm_set1_epi32(rcon[r]));
}

/* The empty statement keeps the stores. */
static inline void forget(schedule *s, unsigned n_keys)
{
	for (unsigned r = 0; r <= ROUNDS; r++)
		for (unsigned g = 0; g < n_keys; g++)
			s->key[r][g] = _mm_setzero_si128();
	__asm__ volatile("" : : "r"(s) : "memory");
}

/* Block g under key g. */
static inline void encrypt_each(const schedule *s, __m128i x[GROUP])
{
	for (unsigned g = 0; g < GROUP; g++)
		x[g] = _mm_xor_si128(x[g], s->key[0][g]);
	for (unsigned r = 1; r < ROUNDS; r++)
		for (unsigned g = 0; g < GROUP; g++)
			x[g] = _mm_aesenc_si128(x[g], s->key[r][g]);
	for (unsigned g = 0; g < GROUP; g++)
		x[g] = _mm_aesenclast_si128(x[g], s->key[ROUNDS][g]);
}

/* Eight blocks under key k. */
static inline void encrypt_same(const schedule *s, unsigned k, __m128i x[GROUP])
{
	__m128i key = s->key[0][k];

	for (unsigned g = 0; g < GROUP; g++)
		x[g] = _mm_xor_si128(x[g], key);
	for (unsigned r = 1; r < ROUNDS; r++) {
		key = s->key[r][k];
		for (unsigned g = 0; g < GROUP; g++)
			x[g] = _mm_aesenc_si128(x[g], key);
	}
	key = s->key[ROUNDS][k];
	for (unsigned g = 0; g < GROUP; g++)
		x[g] = _mm_aesenclast_si128(x[g], key);
}

static inline __m128i sigma(__m128i x)
{
	const __m128i high = _mm_set_epi64x(-1, 0);

	return _mm_xor_si128(_mm_shuffle_epi32(x, 0x4e), _mm_and_si128(x, high));
}

/* out = AES(x) ^ x for block i of each key, x already under sigma. */
static inline void hash_each(const schedule *s, const __m128i x[GROUP], __m128i out[GROUP])
{
	for (unsigned g = 0; g < GROUP; g++)
		out[g] = x[g];
	encrypt_each(s, out);
	for (unsigned g = 0; g < GROUP; g++)
		out[g] = _mm_xor_si128(out[g], x[g]);
}

static inline void tccr_lane(const schedule *s, size_t first, unsigned j, unsigned per_key,
			     const quo_block *in, __m128i delta, quo_block *out0, quo_block *out1,
			     size_t n)
{
	__m128i x[GROUP], y[GROUP];
	bool whole = (first + GROUP - 1) * per_key + j < n;

	for (unsigned g = 0; g < GROUP; g++) {
		size_t i = (first + g) * per_key + j;
		__m128i v = whole || i < n ? load(&in[i]) : _mm_setzero_si128();
		x[g] = sigma(_mm_xor_si128(v, counter(j)));
	}
	hash_each(s, x, y);
	for (unsigned g = 0; g < GROUP; g++) {
		size_t i = (first + g) * per_key + j;
		if (whole || i < n)
			store(&out0[i], y[g]);
	}
	if (!out1)
		return;
	for (unsigned g = 0; g < GROUP; g++)
		x[g] = _mm_xor_si128(x[g], delta);
	hash_each(s, x, y);
	for (unsigned g = 0; g < GROUP; g++) {
		size_t i = (first + g) * per_key + j;
		if (whole || i < n)
			store(&out1[i], y[g]);
	}
}

/* One lane of eight keys at a time; delta is under sigma, which is linear. */
static inline __attribute__((always_inline)) void tccr_any(quo_block start, uint64_t tweak,
							   unsigned per_key, const quo_block *in,
							   __m128i delta, quo_block *out0,
							   quo_block *out1, size_t n)
{
	size_t n_keys = (n - 1) / per_key + 1;
	__m128i base = load(&start);
	schedule s;

	for (size_t first = 0; first < n_keys; first += GROUP) {
		for (unsigned g = 0; g < GROUP; g++)
			s.key[0][g] = _mm_xor_si128(base, counter(tweak + first + g));
		expand(&s, GROUP);
		for (unsigned j = 0; j < per_key; j++)
			tccr_lane(&s, first, j, per_key, in, delta, out0, out1, n);
	}
}

static void tccr(quo_block start, uint64_t tweak, unsigned per_key, const quo_block *in,
		 quo_block *out, size_t n)
{
	tccr_any(start, tweak, per_key, in, _mm_setzero_si128(), out, NULL, n);
}

static void tccr_pair(quo_block start, uint64_t tweak, unsigned per_key, const quo_block *in,
		      quo_block delta, quo_block *out0, quo_block *out1, size_t n)
{
	tccr_any(start, tweak, per_key, in, sigma(load(&delta)), out0, out1, n);
}

/* Counters first .. first + n - 1 under key k. */
static inline void stream(const schedule *s, unsigned k, uint64_t first, quo_block *out, size_t n)
{
	__m128i x[GROUP];
	size_t i = 0;

	for (; i + GROUP <= n; i += GROUP) {
		for (unsigned g = 0; g < GROUP; g++)
			x[g] = counter(first + i + g);
		encrypt_same(s, k, x);
		for (unsigned g = 0; g < GROUP; g++)
			store(&out[i + g], x[g]);
	}
	if (i == n)
		return;
	for (unsigned g = 0; g < GROUP; g++)
		x[g] = counter(first + i + g);
	encrypt_same(s, k, x);
	for (unsigned g = 0; g < GROUP && i + g < n; g++)
		store(&out[i + g], x[g]);
}

static void prg(quo_block key, uint64_t first, quo_block *out, size_t n_blocks)
{
	schedule s;

	s.key[0][0] = load(&key);
	expand(&s, 1);
	stream(&s, 0, first, out, n_blocks);
	forget(&s, 1);
}

static void prg_many(const quo_block *keys, size_t n, uint64_t first, uint64_t step, quo_block *out,
		     size_t per_key)
{
	size_t runs = per_key / GROUP * GROUP;
	schedule s;

	for (size_t at = 0; at < n; at += GROUP) {
		size_t some = n - at < GROUP ? n - at : GROUP;
		for (unsigned g = 0; g < GROUP; g++)
			s.key[0][g] = g < some ? load(&keys[at + g]) : _mm_setzero_si128();
		expand(&s, GROUP);
		for (unsigned g = 0; g < some; g++)
			stream(&s, g, first + (at + g) * step, &out[(at + g) * per_key], runs);
		for (size_t j = runs; j < per_key; j++) {
			__m128i x[GROUP];
			for (unsigned g = 0; g < GROUP; g++)
				x[g] = counter(first + (at + g) * step + j);
			encrypt_each(&s, x);
			for (unsigned g = 0; g < some; g++)
				store(&out[(at + g) * per_key + j], x[g]);
		}
	}
	forget(&s, GROUP);
}

static quo_block aes128(quo_block key, quo_block in)
{
	__m128i x[GROUP] = { load(&in) };
	quo_block out;
	schedule s;

	s.key[0][0] = load(&key);
	expand(&s, 1);
	encrypt_same(&s, 0, x);
	store(&out, x[0]);
	forget(&s, 1);
	return out;
}

const quo__aes_kernels quo__aes_aesni = { tccr, tccr_pair, prg, prg_many, aes128 };
