/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The three-halves kernels with VAES on 512-bit registers. The equations are in
 * plugins/gc-threehalves.
 *
 * Eight instances at a time. Label halves lie apart, the low words in one register and the high
 * words in another, so that a bit per instance is a bit of a mask register. For the cipher they are
 * put together again, the even instances in one register and the odd ones in the other.
 */
#include "kit/labels_avx512.h"

/* Rows of eight halves. */
typedef struct halves {
	__m512i l, r;
} halves;

INLINE halves load_halves(const quo_block *p, size_t count)
{
	const __m512i high = _mm512_set_epi64(15, 13, 11, 9, 7, 5, 3, 1);
	__m512i x = load_part(p, count, 0), y = load_part(p, count, 1);

	return (halves){ low_words(x, y), _mm512_permutex2var_epi64(x, high, y) };
}

INLINE void store_halves(quo_block *p, size_t count, halves x)
{
	const __m512i first = _mm512_set_epi64(11, 3, 10, 2, 9, 1, 8, 0);
	const __m512i second = _mm512_set_epi64(15, 7, 14, 6, 13, 5, 12, 4);

	store_part(p, count, 0, _mm512_permutex2var_epi64(x.l, first, x.r));
	store_part(p, count, 1, _mm512_permutex2var_epi64(x.l, second, x.r));
}

INLINE __m512i xor2(__m512i a, __m512i b)
{
	return _mm512_xor_si512(a, b);
}

INLINE __m512i xor_if(__m512i x, unsigned mask, __m512i y)
{
	return _mm512_mask_xor_epi64(x, (__mmask8)mask, x, y);
}

/* quo_halves_times(). */
INLINE __m512i times(__m512i w)
{
	const __m512i second = _mm512_set1_epi64(0xffff0000);

	return _mm512_ternarylogic_epi64(_mm512_rol_epi64(w, 16), _mm512_srli_epi64(w, 32), second,
					 0x78);
}

INLINE halves times_both(halves x)
{
	return (halves){ times(x.l), times(x.r) };
}

/* What the cipher gets: instances 0, 2, 4, 6, then 1, 3, 5, 7, the lane in the high word. */
INLINE void cipher_input(halves t, __m512i x[2])
{
	const __m512i even = _mm512_set_epi64(6, 0, 4, 0, 2, 0, 0, 0);
	const __m512i odd = _mm512_set_epi64(7, 0, 5, 0, 3, 0, 1, 0);

	x[0] = xor2(_mm512_unpacklo_epi64(t.l, t.r), even);
	x[1] = xor2(_mm512_unpackhi_epi64(t.l, t.r), odd);
}

/* And back: the low words as they are; of the high words bit 0 alone means something. */
INLINE halves cipher_output(const __m512i y[2])
{
	return (halves){ _mm512_unpacklo_epi64(y[0], y[1]), _mm512_unpackhi_epi64(y[0], y[1]) };
}

/*
 * Keys for the instances first .. of a row: key j of A is number j, that of B number *by + j, that
 * of A ^ B number 2 * *by + j; number k is key k % 16 of s[k / 16].
 */
INLINE void expand_three(const quo_and_row *row, size_t first, schedule s[2], unsigned *by)
{
	__m512i base = broadcast(&row->start);
	uint64_t keys = QUO_LABEL_KEYS(row->n), tweak = row->tweak + first / QUO_TCCR_PER_KEY;

	if (row->n <= CHUNK) {
		*by = (unsigned)keys;
		for (unsigned i = 0; i < REGS; i++) {
			s[0].key[0][i] = xor2(base, counters(tweak + 4 * i));
			s[1].key[0][i] = xor2(base, counters(tweak + KEYS + 4 * i));
		}
		expand(&s[0], 3 * keys);
		if (3 * keys > KEYS)
			expand_regs(&s[1], 2);
		return;
	}
	*by = HALF;
	for (unsigned i = 0; i < 2; i++) {
		s[0].key[0][i] = xor2(base, counters(tweak + 4 * i));
		s[0].key[0][2 + i] = xor2(base, counters(tweak + keys + 4 * i));
		s[1].key[0][i] = xor2(base, counters(tweak + 2 * keys + 4 * i));
	}
	expand_sixteen(&s[0]);
	expand_regs(&s[1], 2);
}

INLINE __m512i three_key(const schedule s[2], unsigned r, unsigned k)
{
	return key_of(&s[k / KEYS], r, k % KEYS);
}

/* Three groups of `each` registers under the keys k, k + by, k + 2 by. */
INLINE void encrypt_three(const schedule s[2], unsigned k, unsigned by, __m512i *x, unsigned each)
{
	for (unsigned g = 0; g < 3; g++) {
		__m512i key = three_key(s, 0, k + g * by);
		for (unsigned i = 0; i < each; i++)
			x[g * each + i] = xor2(x[g * each + i], key);
	}
	for (unsigned r = 1; r < ROUNDS; r++) {
		for (unsigned g = 0; g < 3; g++) {
			__m512i key = three_key(s, r, k + g * by);
			for (unsigned i = 0; i < each; i++)
				x[g * each + i] = _mm512_aesenc_epi128(x[g * each + i], key);
		}
	}
	for (unsigned g = 0; g < 3; g++) {
		__m512i key = three_key(s, ROUNDS, k + g * by);
		for (unsigned i = 0; i < each; i++)
			x[g * each + i] = _mm512_aesenclast_epi128(x[g * each + i], key);
	}
}

/* The table's rows and planes at instance i, a multiple of 8. */
INLINE uint8_t *word_row(void *table, size_t n, unsigned k, size_t i)
{
	return (uint8_t *)table + (k * n + i) * 8;
}

INLINE uint8_t *plane_byte(void *table, size_t n, unsigned k, size_t i)
{
	return (uint8_t *)table + 24 * n + k * QUO_LABEL_KEYS(n) + i / 8;
}

typedef struct garbler {
	const quo_and_row *row;
	const uint8_t *random;
	void *table;
	quo_block *out;
	halves delta, hidden; /* hidden: times_both(delta) */
} garbler;

/* Hashes without their feed-forward, of colour 0 and of colour 1. */
typedef struct pairs {
	halves a[2], b[2], x[2];
} pairs;

INLINE pairs hash_pairs(const schedule s[2], unsigned k, unsigned by, halves ta, halves tb,
			halves hidden)
{
	__m512i d = _mm512_unpacklo_epi64(hidden.l, hidden.r), y[12];
	halves tx = { xor2(ta.l, tb.l), xor2(ta.r, tb.r) };

	cipher_input(ta, &y[0]);
	cipher_input(tb, &y[4]);
	cipher_input(tx, &y[8]);
	for (unsigned g = 0; g < 12; g += 4) {
		y[g + 2] = xor2(y[g], d);
		y[g + 3] = xor2(y[g + 1], d);
	}
	encrypt_three(s, k, by, y, 4);
	return (pairs){ { cipher_output(&y[0]), cipher_output(&y[2]) },
			{ cipher_output(&y[4]), cipher_output(&y[6]) },
			{ cipher_output(&y[8]), cipher_output(&y[10]) } };
}

/* Instances i .. i + count - 1, count <= 8. */
INLINE void garble_8(const garbler *c, const schedule s[2], unsigned k, unsigned by, size_t i,
		     size_t count)
{
	const size_t n = c->row->n;
	const __mmask8 all = (__mmask8)((1u << count) - 1);
	halves a = load_halves(c->row->a + i, count), b = load_halves(c->row->b + i, count);
	unsigned pa = lsbs(a.l), pb = lsbs(b.l), s1 = pa ^ pb;
	unsigned rho1 = c->random[i / 8], rho2 = c->random[QUO_LABEL_KEYS(n) + i / 8];
	unsigned u1 = rho1 ^ s1, u2 = rho2 ^ pa, v1 = rho1 ^ pb, v2 = rho2 ^ s1;
	const __m512i dl = c->delta.l, dr = c->delta.r;

	a = (halves){ xor_if(a.l, pa, dl), xor_if(a.r, pa, dr) };
	b = (halves){ xor_if(b.l, pb, dl), xor_if(b.r, pb, dr) };
	halves ta = times_both(a), tb = times_both(b);
	pairs h = hash_pairs(s, k, by, ta, tb, c->hidden);
	__m512i u = xor3(a.l, a.r, b.l), v = xor2(a.l, b.r), uv = xor2(u, v);

	/* h_A(0) ^ h_X(0) has T(A_L) ^ T(A_L ^ B_L) for a feed-forward, and so on. */
	halves c0 = { xor3(h.a[0].l, h.x[0].l, tb.l), xor3(h.b[0].l, h.x[0].l, ta.l) };
	__m512i hx = xor3(h.x[0].l, h.x[1].l, c->hidden.l);
	__m512i ha = xor3(h.a[0].l, h.a[1].l, xor2(h.x[0].l, h.x[1].l));
	__m512i hb = xor3(h.b[0].l, h.b[1].l, xor2(h.x[0].l, h.x[1].l));

	c0.l = xor_if(xor_if(xor_if(c0.l, rho1, u), rho2, v), pa & pb, dl);
	c0.r = xor_if(xor_if(xor_if(c0.r, rho1, v), rho2, uv), pa & pb, dr);
	ha = xor_if(xor_if(xor2(ha, b.l), pb, u), s1, v);
	hb = xor_if(xor_if(xor2(hb, a.r), s1, v), pa, uv);
	hx = xor_if(xor_if(hx, s1, u), pa, v);
	ha = xor_if(xor_if(ha, v1 ^ v2 ^ pb, dl), v1, dr);
	hb = xor_if(xor_if(hb, u2, dl), u1 ^ u2 ^ pa, dr);
	hx = xor_if(xor_if(hx, u1 ^ pa, dl), u2, dr);
	_mm512_mask_storeu_epi64(word_row(c->table, n, 0, i), all, ha);
	_mm512_mask_storeu_epi64(word_row(c->table, n, 1, i), all, hb);
	_mm512_mask_storeu_epi64(word_row(c->table, n, 2, i), all, hx);
	store_halves(c->out + i, count, c0);

	__m512i mx = xor2(h.x[0].r, h.x[1].r);
	unsigned z[5] = {
		rho1 ^ lsbs(xor3(h.a[0].r, h.x[0].r, tb.r)),
		rho2 ^ lsbs(xor3(h.b[0].r, h.x[0].r, ta.r)),
		pb ^ lsbs(xor3(h.a[0].r, h.a[1].r, mx)),
		pa ^ lsbs(xor3(h.b[0].r, h.b[1].r, mx)),
		s1 ^ lsbs(xor2(mx, c->hidden.r)),
	};
	for (unsigned j = 0; j < 5; j++)
		*plane_byte(c->table, n, j, i) = (uint8_t)(z[j] & all);
}

void quo__threehalves_garble_avx512(const quo_and_row *row, quo_block delta, const uint8_t *random,
				    void *table, quo_block *out)
{
	garbler c = { .row = row, .random = random, .table = table, .out = out };
	schedule s[2];

	c.delta = (halves){ _mm512_set1_epi64((int64_t)delta.w[0]),
			    _mm512_set1_epi64((int64_t)delta.w[1]) };
	c.hidden = times_both(c.delta);
	for (size_t first = 0; first < row->n; first += CHUNK) {
		size_t m = row->n - first < CHUNK ? row->n - first : CHUNK, i = 0;
		unsigned by, k = 0;

		expand_three(row, first, s, &by);
		for (; i + 8 <= m; i += 8, k++)
			garble_8(&c, s, k, by, first + i, 8);
		if (i < m)
			garble_8(&c, s, k, by, first + i, m - i);
	}
}

INLINE void evaluate_8(const quo_and_row *row, const schedule s[2], unsigned k, unsigned by,
		       size_t i, size_t count, void *table, quo_block *out)
{
	const size_t n = row->n;
	const __mmask8 all = (__mmask8)((1u << count) - 1);
	halves a = load_halves(row->a + i, count), b = load_halves(row->b + i, count);
	unsigned pa = lsbs(a.l), pb = lsbs(b.l), z[5];
	halves ta = times_both(a), tb = times_both(b);
	halves tx = { xor2(ta.l, tb.l), xor2(ta.r, tb.r) };
	__m512i y[6], g[3];

	cipher_input(ta, &y[0]);
	cipher_input(tb, &y[2]);
	cipher_input(tx, &y[4]);
	encrypt_three(s, k, by, y, 2);
	halves ha = cipher_output(&y[0]), hb = cipher_output(&y[2]), hx = cipher_output(&y[4]);
	__m512i u = xor3(a.l, a.r, b.l), v = xor2(a.l, b.r);

	for (unsigned j = 0; j < 3; j++)
		g[j] = _mm512_maskz_loadu_epi64(all, word_row(table, n, j, i));
	for (unsigned j = 0; j < 5; j++)
		z[j] = *plane_byte(table, n, j, i);
	unsigned r1 = z[0] ^ (pa & z[2]) ^ (pb & z[4]) ^ lsbs(xor3(ha.r, hx.r, tb.r));
	unsigned r2 = z[1] ^ (pb & z[3]) ^ (pa & z[4]) ^ lsbs(xor3(hb.r, hx.r, ta.r));
	halves c = { xor3(ha.l, hx.l, tb.l), xor3(hb.l, hx.l, ta.l) };

	c.l = xor_if(xor_if(c.l, pa, xor2(g[0], b.l)), pb, g[2]);
	c.r = xor_if(xor_if(c.r, pb, xor2(g[1], a.r)), pa, g[2]);
	c.l = xor_if(xor_if(c.l, r1, u), r2, v);
	c.r = xor_if(xor_if(c.r, r1, v), r2, xor2(u, v));
	store_halves(out + i, count, c);
}

void quo__threehalves_evaluate_avx512(const quo_and_row *row, const void *table, quo_block *out)
{
	void *from = (void *)(uintptr_t)table; /* only read */
	schedule s[2];

	for (size_t first = 0; first < row->n; first += CHUNK) {
		size_t m = row->n - first < CHUNK ? row->n - first : CHUNK, i = 0;
		unsigned by, k = 0;

		expand_three(row, first, s, &by);
		for (; i + 8 <= m; i += 8, k++)
			evaluate_8(row, s, k, by, first + i, 8, from, out);
		if (i < m)
			evaluate_8(row, s, k, by, first + i, m - i, from, out);
	}
}
