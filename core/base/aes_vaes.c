/* SPDX-License-Identifier: Apache-2.0 */
/*
 * AES-128 with VAES on 512-bit registers: four blocks to a register.
 *
 * A key that serves many blocks is broadcast from its schedule to the four lanes of a register; a
 * key that serves one block per register is used as it lies.
 */
#include "base/aes_vaes.h"

/* Wipe the first regs registers of every round; the empty statement keeps the stores. */
INLINE void forget(schedule *s, unsigned regs)
{
	for (unsigned r = 0; r <= ROUNDS; r++)
		for (unsigned i = 0; i < regs; i++)
			s->key[r][i] = _mm512_setzero_si512();
	__asm__ volatile("" : : "r"(s) : "memory");
}

/* regs registers of blocks, all under key k. */
INLINE void encrypt_same(const schedule *s, unsigned k, __m512i *x, unsigned regs)
{
	__m512i key = key_of(s, 0, k);

	for (unsigned i = 0; i < regs; i++)
		x[i] = _mm512_xor_si512(x[i], key);
	for (unsigned r = 1; r < ROUNDS; r++) {
		key = key_of(s, r, k);
		for (unsigned i = 0; i < regs; i++)
			x[i] = _mm512_aesenc_epi128(x[i], key);
	}
	key = key_of(s, ROUNDS, k);
	for (unsigned i = 0; i < regs; i++)
		x[i] = _mm512_aesenclast_epi128(x[i], key);
}

/* Register i of x under register i of the schedule: one block per key. */
INLINE void encrypt_each(const schedule *s, __m512i x[REGS])
{
	for (unsigned i = 0; i < REGS; i++)
		x[i] = _mm512_xor_si512(x[i], s->key[0][i]);
	for (unsigned r = 1; r < ROUNDS; r++)
		for (unsigned i = 0; i < REGS; i++)
			x[i] = _mm512_aesenc_epi128(x[i], s->key[r][i]);
	for (unsigned i = 0; i < REGS; i++)
		x[i] = _mm512_aesenclast_epi128(x[i], s->key[ROUNDS][i]);
}

typedef struct job {
	__m512i base, delta; /* delta under sigma, which is linear */
	uint64_t tweak;
	const quo_block *in;
	quo_block *out0, *out1; /* out1 when pair */
	size_t n;
} job;

INLINE void expand_tweaks(const job *t, schedule *s, size_t first, size_t n_keys)
{
	for (unsigned i = 0; i < REGS; i++)
		s->key[0][i] = _mm512_xor_si512(t->base, counters(t->tweak + first + 4 * i));
	expand(s, n_keys);
}

/* The 1 .. 8 inputs of key k, from input i on; whole: eight. */
INLINE void tccr_key(const job *t, const schedule *s, unsigned k, size_t i, size_t count,
		     bool whole, bool pair)
{
	__mmask8 low = whole ? 0xff : first_of(count);
	__mmask8 high = whole ? 0xff : count > 4 ? first_of(count - 4) : 0;
	const quo_block *in = &t->in[i];
	__m512i x[4], y[4];

	x[0] = sigma(_mm512_xor_si512(_mm512_maskz_loadu_epi64(low, in), counters(0)));
	x[1] = sigma(_mm512_xor_si512(_mm512_maskz_loadu_epi64(high, in + 4), counters(4)));
	if (pair) {
		x[2] = _mm512_xor_si512(x[0], t->delta);
		x[3] = _mm512_xor_si512(x[1], t->delta);
	}
	for (unsigned j = 0; j < (pair ? 4 : 2); j++)
		y[j] = x[j];
	encrypt_same(s, k, y, pair ? 4 : 2);
	_mm512_mask_storeu_epi64(&t->out0[i], low, _mm512_xor_si512(x[0], y[0]));
	_mm512_mask_storeu_epi64(&t->out0[i] + 4, high, _mm512_xor_si512(x[1], y[1]));
	if (pair) {
		_mm512_mask_storeu_epi64(&t->out1[i], low, _mm512_xor_si512(x[2], y[2]));
		_mm512_mask_storeu_epi64(&t->out1[i] + 4, high, _mm512_xor_si512(x[3], y[3]));
	}
}

INLINE void tccr_by_key(const job *t, unsigned per_key, bool pair)
{
	size_t n_keys = (t->n - 1) / per_key + 1;
	schedule s;

	for (size_t first = 0; first < n_keys; first += KEYS) {
		size_t some = n_keys - first < KEYS ? n_keys - first : KEYS;
		expand_tweaks(t, &s, first, some);
		for (unsigned k = 0; k < some; k++) {
			size_t i = (first + k) * per_key;
			size_t count = t->n - i < per_key ? t->n - i : per_key;
			if (count == 8)
				tccr_key(t, &s, k, i, 8, true, pair);
			else
				tccr_key(t, &s, k, i, count, false, pair);
		}
	}
}

/* One input per key: the schedule lies as the inputs do. */
INLINE void tccr_single(const job *t, bool pair)
{
	schedule s;

	for (size_t first = 0; first < t->n; first += KEYS) {
		size_t some = t->n - first < KEYS ? t->n - first : KEYS;
		__m512i x[REGS], y[REGS];

		expand_tweaks(t, &s, first, KEYS);
		for (unsigned i = 0; i < REGS; i++) {
			__mmask8 m = some > 4 * i ? first_of(some - 4 * i) : 0;
			x[i] = y[i] = sigma(_mm512_maskz_loadu_epi64(m, &t->in[first] + 4 * i));
		}
		encrypt_each(&s, y);
		for (unsigned i = 0; i < REGS; i++) {
			__mmask8 m = some > 4 * i ? first_of(some - 4 * i) : 0;
			_mm512_mask_storeu_epi64(&t->out0[first] + 4 * i, m,
						 _mm512_xor_si512(x[i], y[i]));
		}
		if (!pair)
			continue;
		for (unsigned i = 0; i < REGS; i++)
			x[i] = y[i] = _mm512_xor_si512(x[i], t->delta);
		encrypt_each(&s, y);
		for (unsigned i = 0; i < REGS; i++) {
			__mmask8 m = some > 4 * i ? first_of(some - 4 * i) : 0;
			_mm512_mask_storeu_epi64(&t->out1[first] + 4 * i, m,
						 _mm512_xor_si512(x[i], y[i]));
		}
	}
}

static void tccr(quo_block start, uint64_t tweak, unsigned per_key, const quo_block *in,
		 quo_block *out, size_t n)
{
	job t = { broadcast(&start), _mm512_setzero_si512(), tweak, in, out, NULL, n };

	if (per_key == 1)
		tccr_single(&t, false);
	else
		tccr_by_key(&t, per_key, false);
}

static void tccr_pair(quo_block start, uint64_t tweak, unsigned per_key, const quo_block *in,
		      quo_block delta, quo_block *out0, quo_block *out1, size_t n)
{
	job t = { broadcast(&start), sigma(broadcast(&delta)), tweak, in, out0, out1, n };

	if (per_key == 1)
		tccr_single(&t, true);
	else
		tccr_by_key(&t, per_key, true);
}

/* Counters first .. first + 4 * regs - 1 under key k. */
INLINE void stream_regs(const schedule *s, unsigned k, uint64_t first, quo_block *out,
			unsigned regs)
{
	__m512i x[8];

	for (unsigned i = 0; i < regs; i++)
		x[i] = counters(first + 4 * i);
	encrypt_same(s, k, x, regs);
	for (unsigned i = 0; i < regs; i++)
		store(out + 4 * i, x[i]);
}

/* The whole registers of n blocks; returns how many blocks that were. */
INLINE size_t stream(const schedule *s, unsigned k, uint64_t first, quo_block *out, size_t n)
{
	size_t i = 0;

	for (; i + 32 <= n; i += 32)
		stream_regs(s, k, first + i, out + i, 8);
	if (i + 16 <= n) {
		stream_regs(s, k, first + i, out + i, 4);
		i += 16;
	}
	if (i + 8 <= n) {
		stream_regs(s, k, first + i, out + i, 2);
		i += 8;
	}
	if (i + 4 <= n) {
		stream_regs(s, k, first + i, out + i, 1);
		i += 4;
	}
	return i;
}

static void prg(quo_block key, uint64_t first, quo_block *out, size_t n_blocks)
{
	schedule s;

	s.key[0][0] = broadcast(&key);
	expand_regs(&s, 1);
	size_t i = stream(&s, 0, first, out, n_blocks);
	if (i < n_blocks) {
		__m512i x = counters(first + i);
		encrypt_same(&s, 0, &x, 1);
		_mm512_mask_storeu_epi64(out + i, first_of(n_blocks - i), x);
	}
	forget(&s, 1);
}

/* One block of each of 1 .. 16 keys, of counter first + k * step, to out + k * per_key. */
INLINE void scatter(const schedule *s, size_t some, uint64_t first, uint64_t step, quo_block *out,
		    size_t per_key)
{
	const __m512i four = _mm512_maskz_set1_epi64(0x55, (int64_t)(4 * step));
	union {
		__m512i reg[REGS];
		quo_block block[KEYS];
	} x;

	x.reg[0] =
		_mm512_setr_epi64((int64_t)first, 0, (int64_t)(first + step), 0,
				  (int64_t)(first + 2 * step), 0, (int64_t)(first + 3 * step), 0);
	for (unsigned i = 1; i < REGS; i++)
		x.reg[i] = _mm512_add_epi64(x.reg[i - 1], four);
	encrypt_each(s, x.reg);
	for (unsigned k = 0; k < some; k++)
		out[k * per_key] = x.block[k];
}

static void prg_many(const quo_block *keys, size_t n, uint64_t first, uint64_t step, quo_block *out,
		     size_t per_key)
{
	size_t whole = per_key / 4 * 4;
	schedule s;

	for (size_t at = 0; at < n; at += KEYS) {
		size_t some = n - at < KEYS ? n - at : KEYS;
		quo_block *to = out + at * per_key;

		for (unsigned i = 0; i < REGS; i++) {
			__mmask8 m = some > 4 * i ? first_of(some - 4 * i) : 0;
			s.key[0][i] = _mm512_maskz_loadu_epi64(m, keys + at + 4 * i);
		}
		expand_sixteen(&s);
		for (unsigned k = 0; k < some; k++)
			stream(&s, k, first + (at + k) * step, to + k * per_key, whole);
		for (size_t j = whole; j < per_key; j++)
			scatter(&s, some, first + at * step + j, step, to + j, per_key);
	}
	forget(&s, REGS);
}

static quo_block aes128(quo_block key, quo_block in)
{
	quo_block out;
	schedule s;

	s.key[0][0] = broadcast(&key);
	expand_regs(&s, 1);
	__m512i x = broadcast(&in);
	encrypt_same(&s, 0, &x, 1);
	_mm512_mask_storeu_epi64(&out, 3, x);
	forget(&s, 1);
	return out;
}

const quo__aes_kernels quo__aes_vaes = { tccr, tccr_pair, prg, prg_many, aes128 };
