/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What gemm.c asks of a tier: packing into panels, and one tile of the product.
 *
 * A panel holds R rows of an operand (A's rows, or B's columns) over `pairs` pairs of the summed
 * index: panel[kk][r] = limbs of entries 2kk (low half) and 2kk+1 (high half) of row r. Rows beyond
 * the operand and the odd entry are 0.
 */
#ifndef QUOTIENT_CORE_GEMM_KERNEL_H
#define QUOTIENT_CORE_GEMM_KERNEL_H

#include <quotient/gemm.h>

#define QUO__GEMM_MAX_TILE (12 * 32)

typedef struct quo__gemm_kernel {
	unsigned rows, cols; /* of a tile: R of A's and of B's panels */
	/* tile[rows][cols] = sum over pairs of a and b panels, mod 2^32. Panels and tile are
	 * 64-byte aligned. */
	void (*tile)(size_t pairs, const uint32_t *a, const uint32_t *b, uint32_t *tile);
	/*
	 * One panel of R rows, n_rows of them real, count entries each: entry (r, k) is
	 * data[r * stride_r + k * stride_k], shifted left then right (signed) by `extend`; limb 0:
	 * its low 16 bits as a signed integer, limb 1: what then remains, divided by 2^16.
	 */
	void (*pack_a)(const uint32_t *data, size_t stride_r, size_t stride_k, size_t n_rows,
		       size_t count, unsigned extend, unsigned limb, uint32_t *panel);
	void (*pack_b)(const uint32_t *data, size_t stride_r, size_t stride_k, size_t n_rows,
		       size_t count, unsigned extend, unsigned limb, uint32_t *panel);
} quo__gemm_kernel;

extern const quo__gemm_kernel quo__gemm_portable;
#if defined(__x86_64__)
extern const quo__gemm_kernel quo__gemm_avx2, quo__gemm_avx512;
#endif

/* quo_gemm_new() with a tier of the caller's choice, which the processor must have (tests,
 * benchmarks). */
quo_gemm *quo__gemm_new_with(const quo__gemm_kernel *kernel, quo_err *err);

static inline uint32_t quo__gemm_limb(uint32_t v, unsigned extend, unsigned limb)
{
	v = (uint32_t)((int32_t)(v << extend) >> extend);
	/* Adding 2^15 before the shift takes the signed low limb away. */
	return limb ? (v + 0x8000u) >> 16 : v & 0xffffu;
}

/* Packing in C; each tier instantiates it with its own R, so that the compiler unrolls and
 * vectorises it. */
static inline __attribute__((always_inline)) void
quo__gemm_pack(unsigned panel_rows, const uint32_t *data, size_t stride_r, size_t stride_k,
	       size_t n_rows, size_t count, unsigned extend, unsigned limb, uint32_t *panel)
{
	size_t pairs = count / 2;

	if (n_rows == panel_rows && stride_r == 1) {
		for (size_t kk = 0; kk < pairs; kk++) {
			const uint32_t *x = data + 2 * kk * stride_k, *y = x + stride_k;
			for (unsigned r = 0; r < panel_rows; r++)
				panel[kk * panel_rows + r] = quo__gemm_limb(x[r], extend, limb) |
							     quo__gemm_limb(y[r], extend, limb)
								     << 16;
		}
	} else {
		for (size_t r = 0; r < n_rows; r++) {
			const uint32_t *x = data + r * stride_r;
			for (size_t kk = 0; kk < pairs; kk++)
				panel[kk * panel_rows + r] =
					quo__gemm_limb(x[2 * kk * stride_k], extend, limb) |
					quo__gemm_limb(x[(2 * kk + 1) * stride_k], extend, limb)
						<< 16;
		}
		for (size_t r = n_rows; r < panel_rows; r++)
			for (size_t kk = 0; kk < pairs; kk++)
				panel[kk * panel_rows + r] = 0;
	}
	if (count % 2)
		for (unsigned r = 0; r < panel_rows; r++)
			panel[pairs * panel_rows + r] =
				r < n_rows ? quo__gemm_limb(
						     data[r * stride_r + (count - 1) * stride_k],
						     extend, limb)
					   : 0;
}

/* clang-format off */
#define QUO__GEMM_PACKER(name, panel_rows) \
	static void name(const uint32_t *data, size_t stride_r, size_t stride_k, size_t n_rows, \
			 size_t count, unsigned extend, unsigned limb, uint32_t *panel) \
	{ \
		if (limb) \
			quo__gemm_pack(panel_rows, data, stride_r, stride_k, n_rows, count, \
				       extend, 1, panel); \
		else \
			quo__gemm_pack(panel_rows, data, stride_r, stride_k, n_rows, count, \
				       extend, 0, panel); \
	}
/* clang-format on */

#endif
