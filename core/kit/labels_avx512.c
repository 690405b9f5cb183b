/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The label kernels with VAES on 512-bit registers: four labels to a register, the hashes of eight
 * instances or more in flight, and every gate equation worked out where the hashes lie.
 *
 * Keys of sixteen groups of eight calls are expanded together: the first half for A, the second
 * for B.
 */
#include "kit/labels_avx512.h"

static void offset_row(quo_block *out, const quo_block *a, quo_block delta, size_t n)
{
	__m512i d = broadcast(&delta);
	size_t i = 0;

	for (; i + 4 <= n; i += 4)
		store(out + i, _mm512_xor_si512(_mm512_loadu_si512(a + i), d));
	__mmask8 m = first_of(n - i);
	_mm512_mask_storeu_epi64(out + i, m,
				 _mm512_xor_si512(_mm512_maskz_loadu_epi64(m, a + i), d));
}

static void colours(const quo_block *labels, size_t n, uint64_t *plane)
{
	for (size_t i = 0; i < n; i += 64) {
		size_t m = n - i < 64 ? n - i : 64;
		uint64_t v = 0;
		for (size_t j = 0; j < m; j += 8) {
			const quo_block *p = labels + i + j;
			__m512i x = load_part(p, m - j, 0), y = load_part(p, m - j, 1);
			v |= (uint64_t)lsbs(low_words(x, y)) << j;
		}
		plane[i / 64] = v;
	}
}

/* Both words of every label whose lsb is set. */
INLINE __mmask8 coloured(__m512i x)
{
	return _mm512_test_epi64_mask(_mm512_unpacklo_epi64(x, x), _mm512_set1_epi64(1));
}

/* Keys for the instances first .. of a row: key j of A is number j, that of B is number *b + j. */
INLINE void expand_row(const quo_and_row *row, size_t first, schedule *s, unsigned *b)
{
	__m512i base = broadcast(&row->start);
	uint64_t keys = QUO_LABEL_KEYS(row->n), tweak = row->tweak + first / QUO_TCCR_PER_KEY;

	if (row->n <= CHUNK) {
		*b = (unsigned)keys;
		for (unsigned i = 0; i < REGS; i++)
			s->key[0][i] = _mm512_xor_si512(base, counters(tweak + 4 * i));
		expand(s, 2 * keys);
		return;
	}
	*b = HALF;
	for (unsigned i = 0; i < REGS / 2; i++) {
		s->key[0][i] = _mm512_xor_si512(base, counters(tweak + 4 * i));
		s->key[0][i + REGS / 2] = _mm512_xor_si512(base, counters(tweak + keys + 4 * i));
	}
	expand_sixteen(s);
}

/* Eight registers: the first four under key ka, the others under key kb. */
INLINE void encrypt_halves(const schedule *s, unsigned ka, unsigned kb, __m512i x[8])
{
	__m512i a = key_of(s, 0, ka), b = key_of(s, 0, kb);

	for (unsigned i = 0; i < 4; i++) {
		x[i] = _mm512_xor_si512(x[i], a);
		x[4 + i] = _mm512_xor_si512(x[4 + i], b);
	}
	for (unsigned r = 1; r < ROUNDS; r++) {
		a = key_of(s, r, ka);
		b = key_of(s, r, kb);
		for (unsigned i = 0; i < 4; i++) {
			x[i] = _mm512_aesenc_epi128(x[i], a);
			x[4 + i] = _mm512_aesenc_epi128(x[4 + i], b);
		}
	}
	a = key_of(s, ROUNDS, ka);
	b = key_of(s, ROUNDS, kb);
	for (unsigned i = 0; i < 4; i++) {
		x[i] = _mm512_aesenclast_epi128(x[i], a);
		x[4 + i] = _mm512_aesenclast_epi128(x[4 + i], b);
	}
}

typedef struct offsets {
	__m512i delta, sigma_delta; /* sigma is linear */
} offsets;

/* Instances i .. i + count - 1, count <= 8. TG = H(A0) ^ H(A1) ^ p_b Delta, TE = H(B0) ^ H(B1) ^
 * A0. */
INLINE void garble_8(const quo_and_row *row, const schedule *s, unsigned ka, unsigned kb,
		     const offsets *d, size_t i, size_t count, quo_block *table, quo_block *out)
{
	__m512i a[2], b[2], x[8], y[8];

	for (unsigned j = 0; j < 2; j++) {
		a[j] = load_part(row->a + i, count, j);
		b[j] = load_part(row->b + i, count, j);
		x[j] = sigma(_mm512_xor_si512(a[j], counters(4 * j)));
		x[4 + j] = sigma(_mm512_xor_si512(b[j], counters(4 * j)));
		y[j] = x[j];
		y[2 + j] = _mm512_xor_si512(x[j], d->sigma_delta);
		y[4 + j] = x[4 + j];
		y[6 + j] = _mm512_xor_si512(x[4 + j], d->sigma_delta);
	}
	encrypt_halves(s, ka, kb, y);
	for (unsigned j = 0; j < 2; j++) {
		__mmask8 pa = coloured(a[j]), pb = coloured(b[j]);
		__m512i tg = xor3(y[j], y[2 + j], d->sigma_delta);
		__m512i hb = xor3(y[4 + j], y[6 + j], d->sigma_delta);
		__m512i c = _mm512_xor_si512(xor3(x[j], y[j], x[4 + j]), y[4 + j]);

		tg = _mm512_mask_xor_epi64(tg, pb, tg, d->delta);
		c = _mm512_mask_xor_epi64(c, pa, c, tg);
		c = _mm512_mask_xor_epi64(c, pb, c, hb);
		store_part(table + i, count, j, tg);
		store_part(table + row->n + i, count, j, _mm512_xor_si512(hb, a[j]));
		store_part(out + i, count, j, c);
	}
}

static void halfgates_garble(const quo_and_row *row, quo_block delta, quo_block *table,
			     quo_block *out)
{
	offsets d = { broadcast(&delta), sigma(broadcast(&delta)) };
	schedule s;

	for (size_t first = 0; first < row->n; first += CHUNK) {
		size_t m = row->n - first < CHUNK ? row->n - first : CHUNK, i = 0;
		unsigned b, k = 0;

		expand_row(row, first, &s, &b);
		for (; i + 8 <= m; i += 8, k++)
			garble_8(row, &s, k, b + k, &d, first + i, 8, table, out);
		if (i < m)
			garble_8(row, &s, k, b + k, &d, first + i, m - i, table, out);
	}
}

/* Four registers, those of a group of eight instances: A under key ka, B under key kb. */
INLINE void encrypt_groups(const schedule *s, unsigned ka, unsigned kb, unsigned groups,
			   __m512i x[8])
{
	for (unsigned g = 0; g < groups; g++) {
		__m512i a = key_of(s, 0, ka + g), b = key_of(s, 0, kb + g), *y = &x[4 * g];
		for (unsigned j = 0; j < 2; j++) {
			y[j] = _mm512_xor_si512(y[j], a);
			y[2 + j] = _mm512_xor_si512(y[2 + j], b);
		}
	}
	for (unsigned r = 1; r < ROUNDS; r++) {
		for (unsigned g = 0; g < groups; g++) {
			__m512i a = key_of(s, r, ka + g), b = key_of(s, r, kb + g), *y = &x[4 * g];
			for (unsigned j = 0; j < 2; j++) {
				y[j] = _mm512_aesenc_epi128(y[j], a);
				y[2 + j] = _mm512_aesenc_epi128(y[2 + j], b);
			}
		}
	}
	for (unsigned g = 0; g < groups; g++) {
		__m512i a = key_of(s, ROUNDS, ka + g), b = key_of(s, ROUNDS, kb + g);
		__m512i *y = &x[4 * g];
		for (unsigned j = 0; j < 2; j++) {
			y[j] = _mm512_aesenclast_epi128(y[j], a);
			y[2 + j] = _mm512_aesenclast_epi128(y[2 + j], b);
		}
	}
}

/* Groups of eight instances from i on, each under keys of its own; count <= 8 * groups. */
INLINE void evaluate_groups(const quo_and_row *row, const schedule *s, unsigned ka, unsigned kb,
			    size_t i, size_t count, unsigned groups, const quo_block *table,
			    quo_block *out)
{
	__m512i x[8], y[8];

	for (unsigned j = 0; j < 2 * groups; j++) {
		__m512i lane = counters(4 * (j % 2));
		unsigned at = j / 2 * 4 + j % 2;
		x[at] = sigma(_mm512_xor_si512(load_part(row->a + i, count, j), lane));
		x[at + 2] = sigma(_mm512_xor_si512(load_part(row->b + i, count, j), lane));
		y[at] = x[at];
		y[at + 2] = x[at + 2];
	}
	encrypt_groups(s, ka, kb, groups, y);
	for (unsigned j = 0; j < 2 * groups; j++) {
		unsigned at = j / 2 * 4 + j % 2;
		__m512i a = load_part(row->a + i, count, j), b = load_part(row->b + i, count, j);
		__m512i tg = load_part(table + i, count, j);
		__m512i te = load_part(table + row->n + i, count, j);
		__m512i c = _mm512_xor_si512(xor3(x[at], y[at], x[at + 2]), y[at + 2]);

		c = _mm512_mask_xor_epi64(c, coloured(a), c, tg);
		c = _mm512_mask_xor_epi64(c, coloured(b), c, _mm512_xor_si512(te, a));
		store_part(out + i, count, j, c);
	}
}

static void halfgates_evaluate(const quo_and_row *row, const quo_block *table, quo_block *out)
{
	schedule s;

	for (size_t first = 0; first < row->n; first += CHUNK) {
		size_t m = row->n - first < CHUNK ? row->n - first : CHUNK, i = 0;
		unsigned b, k = 0;

		expand_row(row, first, &s, &b);
		for (; i + 16 <= m; i += 16, k += 2)
			evaluate_groups(row, &s, k, b + k, first + i, 16, 2, table, out);
		if (m - i > 8)
			evaluate_groups(row, &s, k, b + k, first + i, m - i, 2, table, out);
		else if (m > i)
			evaluate_groups(row, &s, k, b + k, first + i, m - i, 1, table, out);
	}
}

const quo_label_ops quo__labels_avx512 = { offset_row,
					   colours,
					   halfgates_garble,
					   halfgates_evaluate,
					   quo__threehalves_garble_avx512,
					   quo__threehalves_evaluate_avx512 };
