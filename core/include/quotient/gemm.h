/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Integer matrix products of words at hand: C = A x B mod 2^width, exact, in SIMD tiers.
 *
 * Entries are 32-bit words of which the low `width` bits are a signed integer, or bytes. Entries
 * that all fit 8 bits (every tensor of training does) take one pass over bytes where the processor
 * multiplies them exactly (AVX-512 VNNI); entries that fit 16 bits take one pass over pairs of 16-bit
 * limbs; wider ones take two or three passes, since mod 2^32 (a + 2^16 a')(b + 2^16 b') = ab + 2^16 (ab' + a'b).
 *
 * Which passes are made: quo_gemm_run() looks at the entries, so its time depends on the values and it is for public
 * or clear data only. quo_gemm_run_shares() goes by the declared widths alone and is for secret shares.
 */
#ifndef QUOTIENT_GEMM_H
#define QUOTIENT_GEMM_H

#include <quotient/pool.h>

QUO_BEGIN_DECLS

/* Entry (r, c) is data[r * row_stride + c * col_stride], so a transposition swaps the strides. */
typedef struct quo_gemm_operand {
	const uint32_t *data;
	size_t row_stride, col_stride;
	unsigned width; /* 1..32: entries are sign-extended from it */
	/* Where not NULL, the entries in place of data, and width does not count. */
	const int8_t *bytes;
} quo_gemm_operand;

/* Packing buffers, kept from call to call. One caller at a time. */
typedef struct quo_gemm quo_gemm;
quo_gemm *quo_gemm_new(quo_err *err);
void quo_gemm_free(quo_gemm *gemm); /* wipes; NULL is fine */
/* Compute on a pool's threads from now on, as long as it lives; NULL: one, as at the start. */
quo_status quo_gemm_use(quo_gemm *gemm, quo_pool *pool, quo_err *err);

/*
 * c(i, j) = sum_k a(i, k) b(k, j) mod 2^width for i < m, j < n, k < p; c(i, j) is c[i * row_stride
 * + j * col_stride], its bits beyond `width` (1..32) cleared. p = 0 gives zeros. c overlaps neither
 * operand.
 */
void quo_gemm_run(quo_gemm *gemm, size_t m, size_t n, size_t p, const quo_gemm_operand *a,
		  const quo_gemm_operand *b, uint32_t *c, size_t row_stride, size_t col_stride,
		  unsigned width);

/*
 * The same integers by passes that follow from shapes and widths alone, whatever the values: one over bytes where
 * both operands have at most 8 useful bits, else one, two or three over limbs, one more for each operand
 * with more than 16. Useful bits of an entry are those of its `width` below the result's.
 */
void quo_gemm_run_shares(quo_gemm *gemm, size_t m, size_t n, size_t p, const quo_gemm_operand *a,
			 const quo_gemm_operand *b, uint32_t *c, size_t row_stride,
			 size_t col_stride, unsigned width);

QUO_END_DECLS

#endif
