/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The label kernels in plain C over a tier's hash: the portable tier, and with its flags the avx2
 * tier. The file that includes this defines HASH, the tier's quo__aes_kernels.
 */
#include <string.h>

#include <quotient/memory.h>

#include "base/kernels.h"
#include "kit/labels_kernel.h"

#define CHUNK ((size_t)64) /* a multiple of QUO_TCCR_PER_KEY */

static void offset_row(quo_block *out, const quo_block *a, quo_block delta, size_t n)
{
	for (size_t i = 0; i < n; i++)
		out[i] = quo_xor(a[i], delta);
}

static void colours(const quo_block *labels, size_t n, uint64_t *plane)
{
	for (size_t i = 0; i < n; i += 64) {
		size_t m = n - i < 64 ? n - i : 64;
		uint64_t v = 0;
		for (size_t j = 0; j < m; j++)
			v |= quo_lsb(labels[i + j]) << j;
		plane[i / 64] = v;
	}
}

/* Instances first .. first + m - 1 of a row. */
static inline uint64_t tweak_at(const quo_and_row *row, unsigned group, size_t first)
{
	return row->tweak + group * QUO_LABEL_KEYS(row->n) + first / QUO_TCCR_PER_KEY;
}

/* TG = H(A0) ^ H(A1) ^ p_b Delta, TE = H(B0) ^ H(B1) ^ A0. */
static void halfgates_garble(const quo_and_row *row, quo_block delta, quo_block *table,
			     quo_block *out)
{
	quo_block ha0[CHUNK], ha1[CHUNK], hb0[CHUNK], hb1[CHUNK];

	for (size_t first = 0; first < row->n; first += CHUNK) {
		size_t m = row->n - first < CHUNK ? row->n - first : CHUNK;
		const quo_block *a = row->a + first, *b = row->b + first;
		quo_block *tg = table + first, *te = tg + row->n, *c = out + first;

		HASH.tccr_pair(row->start, tweak_at(row, 0, first), QUO_TCCR_PER_KEY, a, delta, ha0,
			       ha1, m);
		HASH.tccr_pair(row->start, tweak_at(row, 1, first), QUO_TCCR_PER_KEY, b, delta, hb0,
			       hb1, m);
		for (size_t i = 0; i < m; i++) {
			uint64_t pa = quo_lsb(a[i]), pb = quo_lsb(b[i]);
			quo_block hb = quo_xor(hb0[i], hb1[i]);
			tg[i] = quo_xor_if(quo_xor(ha0[i], ha1[i]), delta, pb);
			te[i] = quo_xor(hb, a[i]);
			c[i] = quo_xor(quo_xor_if(ha0[i], tg[i], pa), quo_xor_if(hb0[i], hb, pb));
		}
	}
	quo_wipe(ha0, sizeof ha0);
	quo_wipe(ha1, sizeof ha1);
	quo_wipe(hb0, sizeof hb0);
	quo_wipe(hb1, sizeof hb1);
}

static void halfgates_evaluate(const quo_and_row *row, const quo_block *table, quo_block *out)
{
	quo_block ha[CHUNK], hb[CHUNK];

	for (size_t first = 0; first < row->n; first += CHUNK) {
		size_t m = row->n - first < CHUNK ? row->n - first : CHUNK;
		const quo_block *a = row->a + first, *b = row->b + first;
		const quo_block *tg = table + first, *te = tg + row->n;

		HASH.tccr(row->start, tweak_at(row, 0, first), QUO_TCCR_PER_KEY, a, ha, m);
		HASH.tccr(row->start, tweak_at(row, 1, first), QUO_TCCR_PER_KEY, b, hb, m);
		for (size_t i = 0; i < m; i++) {
			quo_block wg = quo_xor_if(ha[i], tg[i], quo_lsb(a[i]));
			quo_block we = quo_xor_if(hb[i], quo_xor(te[i], a[i]), quo_lsb(b[i]));
			out[first + i] = quo_xor(wg, we);
		}
	}
}

/* ---- three halves; the equations are in plugins/gc-threehalves ---- */

/* The labels of colour 0 of one instance, L and R their halves, and what garbling it takes. */
typedef struct slices {
	uint64_t al, ar, bl, br;
} slices;

static inline uint64_t times(uint64_t x, uint64_t bit)
{
	return x & (0 - bit);
}

static inline uint64_t dice_left(slices s, uint64_t r1, uint64_t r2)
{
	return times(s.al ^ s.ar ^ s.bl, r1) ^ times(s.al ^ s.br, r2);
}

static inline uint64_t dice_right(slices s, uint64_t r1, uint64_t r2)
{
	return times(s.al ^ s.br, r1) ^ times(s.ar ^ s.bl ^ s.br, r2);
}

/* A chunk's table, to be copied where no alignment is promised. */
typedef struct half_rows {
	uint64_t g[3][CHUNK];
	uint8_t plane[5][CHUNK / 8];
} half_rows;

static inline uint8_t *half_row(const quo_and_row *row, void *table, unsigned k, size_t first)
{
	return (uint8_t *)table + (k * row->n + first) * 8;
}

static inline uint8_t *half_plane(const quo_and_row *row, void *table, unsigned k, size_t first)
{
	return (uint8_t *)table + 24 * row->n + k * QUO_LABEL_KEYS(row->n) + first / 8;
}

static void half_rows_out(const half_rows *t, const quo_and_row *row, size_t first, size_t m,
			  void *table)
{
	for (unsigned k = 0; k < 3; k++)
		memcpy(half_row(row, table, k, first), t->g[k], 8 * m);
	for (unsigned k = 0; k < 5; k++)
		memcpy(half_plane(row, table, k, first), t->plane[k], (m + 7) / 8);
}

static void half_rows_in(half_rows *t, const quo_and_row *row, size_t first, size_t m,
			 const void *table)
{
	void *from = (void *)(uintptr_t)table;

	for (unsigned k = 0; k < 3; k++)
		memcpy(t->g[k], half_row(row, from, k, first), 8 * m);
	for (unsigned k = 0; k < 5; k++)
		memcpy(t->plane[k], half_plane(row, from, k, first), (m + 7) / 8);
}

/* The hashes of A, B and A ^ B: of colour 0 and of colour 1, or of the active labels. */
typedef struct half_hashes {
	quo_block x[3][CHUNK], h0[3][CHUNK], h1[3][CHUNK];
} half_hashes;

static void half_inputs(half_hashes *h, size_t i, quo_block a, quo_block b)
{
	h->x[0][i] = quo_halves_input(a);
	h->x[1][i] = quo_halves_input(b);
	h->x[2][i] = quo_xor(h->x[0][i], h->x[1][i]);
}

static inline quo_block half_difference(const half_hashes *h, unsigned k, size_t i)
{
	return quo_xor(h->h0[k][i], h->h1[k][i]);
}

static void garble_one(const half_hashes *h, size_t i, slices s, quo_block delta, uint64_t pa,
		       uint64_t pb, uint64_t rho1, uint64_t rho2, half_rows *t, quo_block *out)
{
	uint64_t left = delta.w[0], right = delta.w[1];
	uint64_t s1 = pa ^ pb, u1 = rho1 ^ s1, u2 = rho2 ^ pa, v1 = rho1 ^ pb, v2 = rho2 ^ s1;
	quo_block l0 = quo_xor(h->h0[0][i], h->h0[2][i]), r0 = quo_xor(h->h0[1][i], h->h0[2][i]);
	quo_block hx = half_difference(h, 2, i);
	quo_block ha = quo_xor(hx, half_difference(h, 0, i));
	quo_block hb = quo_xor(hx, half_difference(h, 1, i));

	out->w[0] = l0.w[0] ^ dice_left(s, rho1, rho2) ^ times(left, pa & pb);
	out->w[1] = r0.w[0] ^ dice_right(s, rho1, rho2) ^ times(right, pa & pb);
	t->g[0][i] = ha.w[0] ^ s.bl ^ dice_left(s, pb, s1) ^ times(left, v1 ^ v2 ^ pb) ^
		     times(right, v1);
	t->g[1][i] = hb.w[0] ^ s.ar ^ dice_right(s, s1, pa) ^ times(left, u2) ^
		     times(right, u1 ^ u2 ^ pa);
	t->g[2][i] = hx.w[0] ^ dice_left(s, s1, pa) ^ times(left, u1 ^ pa) ^ times(right, u2);

	const uint64_t z[5] = { rho1 ^ l0.w[1], rho2 ^ r0.w[1], pb ^ ha.w[1], pa ^ hb.w[1],
				s1 ^ hx.w[1] };
	for (unsigned k = 0; k < 5; k++)
		t->plane[k][i / 8] |= (uint8_t)((z[k] & 1) << i % 8);
}

static void threehalves_garble(const quo_and_row *row, quo_block delta, const uint8_t *random,
			       void *table, quo_block *out)
{
	quo_block hidden = quo_halves_input(delta);
	half_hashes h;
	half_rows t;

	for (size_t first = 0; first < row->n; first += CHUNK) {
		size_t m = row->n - first < CHUNK ? row->n - first : CHUNK;
		const quo_block *a = row->a + first, *b = row->b + first;
		const uint8_t *rho = random + first / 8;

		for (size_t i = 0; i < m; i++)
			half_inputs(&h, i, quo_xor_if(a[i], delta, quo_lsb(a[i])),
				    quo_xor_if(b[i], delta, quo_lsb(b[i])));
		for (unsigned k = 0; k < 3; k++)
			HASH.tccr_pair(row->start, tweak_at(row, k, first), QUO_TCCR_PER_KEY,
				       h.x[k], hidden, h.h0[k], h.h1[k], m);
		memset(t.plane, 0, sizeof t.plane);
		for (size_t i = 0; i < m; i++) {
			uint64_t pa = quo_lsb(a[i]), pb = quo_lsb(b[i]);
			quo_block a0 = quo_xor_if(a[i], delta, pa);
			quo_block b0 = quo_xor_if(b[i], delta, pb);
			garble_one(&h, i, (slices){ a0.w[0], a0.w[1], b0.w[0], b0.w[1] }, delta, pa,
				   pb, rho[i / 8] >> i % 8 & 1,
				   rho[QUO_LABEL_KEYS(row->n) + i / 8] >> i % 8 & 1, &t,
				   out + first + i);
		}
		half_rows_out(&t, row, first, m, table);
	}
	quo_wipe(&h, sizeof h);
}

static void evaluate_one(const half_hashes *h, const half_rows *t, size_t i, slices s, uint64_t pa,
			 uint64_t pb, quo_block *out)
{
	quo_block l = quo_xor(h->h0[0][i], h->h0[2][i]), r = quo_xor(h->h0[1][i], h->h0[2][i]);
	uint64_t z[5], r1, r2;

	for (unsigned k = 0; k < 5; k++)
		z[k] = t->plane[k][i / 8] >> i % 8 & 1;
	r1 = (z[0] ^ l.w[1] ^ (pa & z[2]) ^ (pb & z[4])) & 1;
	r2 = (z[1] ^ r.w[1] ^ (pb & z[3]) ^ (pa & z[4])) & 1;
	out->w[0] = l.w[0] ^ times(t->g[0][i] ^ s.bl, pa) ^ times(t->g[2][i], pb) ^
		    dice_left(s, r1, r2);
	out->w[1] = r.w[0] ^ times(t->g[1][i] ^ s.ar, pb) ^ times(t->g[2][i], pa) ^
		    dice_right(s, r1, r2);
}

static void threehalves_evaluate(const quo_and_row *row, const void *table, quo_block *out)
{
	half_hashes h;
	half_rows t;

	for (size_t first = 0; first < row->n; first += CHUNK) {
		size_t m = row->n - first < CHUNK ? row->n - first : CHUNK;
		const quo_block *a = row->a + first, *b = row->b + first;

		for (size_t i = 0; i < m; i++)
			half_inputs(&h, i, a[i], b[i]);
		for (unsigned k = 0; k < 3; k++)
			HASH.tccr(row->start, tweak_at(row, k, first), QUO_TCCR_PER_KEY, h.x[k],
				  h.h0[k], m);
		half_rows_in(&t, row, first, m, table);
		for (size_t i = 0; i < m; i++) {
			slices s = { a[i].w[0], a[i].w[1], b[i].w[0], b[i].w[1] };
			evaluate_one(&h, &t, i, s, quo_lsb(a[i]), quo_lsb(b[i]), out + first + i);
		}
	}
}
