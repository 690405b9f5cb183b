/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of bits: the loops over them, in SIMD tiers. */
#ifndef QUOTIENT_GMW_ROWS_H
#define QUOTIENT_GMW_ROWS_H

#include <quotient/quotient.h>

static inline size_t gmw_row_bytes(size_t m)
{
	return m / 8 + (m % 8 != 0);
}

/* Bits at .. at+n-1 of a plane to a row; the last word's other bits cleared. */
void gmw_cut_bits(uint64_t *out, const uint64_t *plane, size_t at, size_t n);

/*
 * One party's share of (x ^ fx)(y ^ fy) from d = x ^ a, e = y ^ b opened and shares of a, b, c = ab
 * (Beaver 1991): d e (party 0 alone) ^ d b ^ e a ^ c. d and e come with fx, fy (all ones or zero)
 * added here. e is the sum of two messages, whose rows need no alignment; whole words of them are
 * read.
 */
struct gmw_beaver {
	uint64_t *out;
	const uint64_t *d, *a, *b, *c;
	const uint8_t *e0, *e1;
	uint64_t not_d, not_e;
	uint64_t party0; /* all ones at party 0 */
};

/* Loops over rows, one table per SIMD tier. Outputs may be an input, as a whole. */
struct gmw_kernels {
	void (*xor_rows)(uint64_t *out, const uint64_t *a, const uint64_t *b, size_t words);
	void (*xor_word)(uint64_t *out, const uint64_t *a, uint64_t b, size_t words);
	/* c ^= a & b */
	void (*add_product)(uint64_t *c, const uint64_t *a, const uint64_t *b, size_t words);
	void (*add_multiple)(uint64_t *c, uint64_t a, const uint64_t *b, size_t words);
	/* a ^ b to gmw_row_bytes(m) bytes, bits beyond m cleared. */
	void (*mask)(uint8_t *out, const uint64_t *a, const uint64_t *b, size_t m);
	/* The sum of two messages to a row of m bits. */
	void (*open)(uint64_t *out, const uint8_t *a, const uint8_t *b, size_t m);
	void (*multiply)(const struct gmw_beaver *m, size_t words);
	/* The same with d and a single words. */
	void (*multiply_by_scalar)(const struct gmw_beaver *m, size_t words);
	/* Low 32 bits of blocks; and of the sums of pairs. */
	void (*low_words)(uint32_t *x, const quo_block *h, size_t n);
	void (*low_words_pair)(uint32_t *x, uint32_t *v, const quo_block *h0, const quo_block *h1,
			       size_t n);
};
extern const struct gmw_kernels gmw_rows_portable, gmw_rows_avx2, gmw_rows_avx512;

/* The table of the tier in use. */
const struct gmw_kernels *gmw_kernels(void);

#endif
