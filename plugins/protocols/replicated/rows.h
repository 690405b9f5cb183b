/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Loops over rows of bits and of words (rows.c, once per tier), and which of them run (tiers.c).
 */
#ifndef QUOTIENT_PLUGINS_REPLICATED_ROWS_H
#define QUOTIENT_PLUGINS_REPLICATED_ROWS_H

#include <quotient/quotient.h>

/*
 * This party's summand of (x ^ flip_x)(y ^ flip_y), x and y in pieces: x_i (y_i ^ y_i+1) ^ x_i+1 y_i, added to the
 * message, where a share of zero stands already. Rows of a message need no alignment.
 */
struct rep_and {
	const uint64_t *x[2], *y[2];
	uint64_t flip_x[2], flip_y[2]; /* all ones or zero */
	uint8_t *message;
};

/* Loops over rows, one table per SIMD tier. Outputs may be an input, as a whole. */
struct rep_kernels {
	void (*xor_rows)(uint64_t *out, const uint64_t *a, const uint64_t *b, size_t words);
	void (*xor_word)(uint64_t *out, const uint64_t *a, uint64_t b, size_t words);
	/* m instances to ceil(m / 8) bytes, bits beyond m cleared. */
	void (*multiply)(const struct rep_and *g, size_t m);
	/* The same with y[0], y[1] single words. */
	void (*multiply_by_scalar)(const struct rep_and *g, size_t m);
	/* A message's row of m bits to whole words. */
	void (*read)(uint64_t *out, const uint8_t *row, size_t m);
	/* out = bit - s */
	void (*deal)(uint32_t *out, const uint32_t *bit, const uint32_t *s, size_t n);
	/* sum += c * x; sum += c * x * bit, bit 0 or 1 */
	void (*add)(uint32_t *sum, uint32_t c, const uint32_t *x, size_t n);
	void (*add_if)(uint32_t *sum, uint32_t c, const uint32_t *x, const uint32_t *bit, size_t n);
	/* out = (a + b) & mask; out = (a - b) & mask */
	void (*sum)(uint32_t *out, const uint32_t *a, const uint32_t *b, uint32_t mask, size_t n);
	void (*difference)(uint32_t *out, const uint32_t *a, const uint32_t *b, uint32_t mask,
			   size_t n);
};
extern const struct rep_kernels rep_rows_portable, rep_rows_avx2, rep_rows_avx512;
/* The table of quo_cpu_tier(). */
const struct rep_kernels *rep_kernels(void);

static inline size_t rep_row_bytes(size_t m)
{
	return m / 8 + (m % 8 != 0);
}

#endif
