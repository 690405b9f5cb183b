/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows of wire labels: the gate equations of garbling schemes over many instances at a time.
 *
 * A row holds one wire's labels, an instance after the other. Labels carry free XOR and the colour
 * in the lsb: a row of the garbler's zero labels L stands for L ^ v * Delta, lsb(Delta) = 1. Rows
 * of one call have n labels each, need no alignment beyond quo_block's, and nothing is read or
 * written beyond them. The output row may be an input row, as a whole.
 *
 * Kernels exist in the tiers of tier.h; all give the same bytes. Take the table once, not for
 * every row.
 */
#ifndef QUOTIENT_LABELS_H
#define QUOTIENT_LABELS_H

#include <quotient/crypto.h>

QUO_BEGIN_DECLS

/*
 * The input rows of an AND gate and the hash keys of its calls. With k = QUO_LABEL_KEYS(n), the
 * hashes of the row a[] use the tweaks tweak .. tweak+k-1, those of b[] the next k, and those of
 * a[] ^ b[] (three-halves) the next: instance i the key start ^ (tweak + i / 8) and the lane i % 8
 * of quo_tccr().
 */
typedef struct quo_and_row {
	quo_block start;
	uint64_t tweak;
	const quo_block *a, *b;
	size_t n;
} quo_and_row;

#define QUO_LABEL_KEYS(n) (((n) + QUO_TCCR_PER_KEY - 1) / QUO_TCCR_PER_KEY)

typedef struct quo_label_ops {
	/* out[i] = a[i] ^ delta: a free NOT gate. (A free XOR gate is quo_xor_blocks().) */
	void (*offset_row)(quo_block *out, const quo_block *a, quo_block delta, size_t n);
	/* Bit i of the plane is the colour of label i, i < n; the last word's bits beyond n are 0. */
	void (*colours)(const quo_block *labels, size_t n, uint64_t *plane);
	/*
	 * Zahur, Rosulek, Evans 2015, figure 2, GbAnd. Zero labels in and out; table gets n
	 * generator halves, then n evaluator halves. The tweaks: 2 * QUO_LABEL_KEYS(n).
	 */
	void (*halfgates_garble)(const quo_and_row *row, quo_block delta, quo_block *table,
				 quo_block *out);
	/* The AND case of Ev: active labels in and out. */
	void (*halfgates_evaluate)(const quo_and_row *row, const quo_block *table, quo_block *out);
	/*
	 * Rosulek, Roy 2021 (eprint 2021/749), for AND gates; plugins/gc-threehalves has the
	 * equations. Zero labels in and out; random holds 2 uniform planes of p = QUO_LABEL_KEYS(n)
	 * bytes, bit i % 8 of byte i / 8 for instance i. The table, of any alignment, gets 3 rows
	 * of n 64-bit words (G0, G1, G2), then 5 planes of p bytes (the garbled control bits), bits
	 * beyond n being 0. The tweaks: 3 * QUO_LABEL_KEYS(n). The hash of a label x is quo_tccr()
	 * of quo_halves_input(x): the low word masks label halves, bit 64 a control bit.
	 */
	void (*threehalves_garble)(const quo_and_row *row, quo_block delta, const uint8_t *random,
				   void *table, quo_block *out);
	void (*threehalves_evaluate)(const quo_and_row *row, const void *table, quo_block *out);
} quo_label_ops;

/*
 * x * w in GF(2)[x] / (x^4 + x + 1), on 16 columns at once: the four 16-bit words of w are the
 * coefficients. T, T + 1 and every other non-zero polynomial of degree < 4 in T are invertible.
 */
static inline uint64_t quo_halves_times(uint64_t w)
{
	return (w << 16 | w >> 48) ^ w >> 48 << 16;
}

/* What quo_tccr() gets so that it hashes T(low) || T(high) in place of sigma of
 * its input; linear. */
static inline quo_block quo_halves_input(quo_block x)
{
	uint64_t low = quo_halves_times(x.w[0]), high = quo_halves_times(x.w[1]);
	quo_block out = { { low ^ high, low } };

	return out;
}

/* The kernels of the tier in use. */
const quo_label_ops *quo_label_kernels(void);

QUO_END_DECLS

#endif
