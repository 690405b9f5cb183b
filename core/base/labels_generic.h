/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The label kernels in plain C over a tier's hash: the portable tier, and with its flags the avx2
 * tier. The file that includes this defines HASH, the tier's quo__aes_kernels.
 */
#include "base/kernels.h"

#include <quotient/memory.h>

#define CHUNK ((size_t)64) /* a multiple of QUO_TCCR_PER_KEY */

static void offset_row(quo_block *out, const quo_block *a, quo_block delta, size_t n)
{
	for (size_t i = 0; i < n; i++)
		out[i] = quo_xor(a[i], delta);
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
