/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows of wire labels: the gate equations of garbling schemes over many instances at a time.
 *
 * A row holds one wire's labels, an instance after the other. Labels carry free XOR and the colour in the lsb: a
 * row of the garbler's zero labels L stands for L ^ v * Delta, lsb(Delta) = 1. Rows of one call have n labels each,
 * need no alignment beyond quo_block's, and nothing is read or written beyond them. The output row may be an input
 * row, as a whole.
 *
 * Kernels exist in the tiers of crypto.h; all give the same bytes. Take the table once, not for every row.
 */
#ifndef QUOTIENT_LABELS_H
#define QUOTIENT_LABELS_H

#include <quotient/crypto.h>

/*
 * The input rows of an AND gate and the hash keys of its calls. With k = QUO_LABEL_KEYS(n), the hashes of the row
 * a[] use the tweaks tweak .. tweak+k-1 and those of b[] the next k: instance i the key start ^ (tweak + i / 8) and
 * the lane i % 8 of quo_tccr().
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
	/*
	 * Zahur, Rosulek, Evans 2015, figure 2, GbAnd. Zero labels in and out; table gets n generator halves, then n
	 * evaluator halves. The tweaks: 2 * QUO_LABEL_KEYS(n).
	 */
	void (*halfgates_garble)(const quo_and_row *row, quo_block delta, quo_block *table, quo_block *out);
	/* The AND case of Ev: active labels in and out. */
	void (*halfgates_evaluate)(const quo_and_row *row, const quo_block *table, quo_block *out);
} quo_label_ops;

/* The kernels of the tier in use. */
const quo_label_ops *quo_label_kernels(void);

#endif
