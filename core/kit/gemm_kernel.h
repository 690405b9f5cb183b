/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What gemm.c asks of a tier: packing into panels, and one tile of the product.
 *
 * A panel holds R rows of an operand (A's rows, or B's columns), `group` entries of the summed
 * index to a word: panel[kk][r] = entries group * kk .. of row r, the first in the lowest bits.
 * Groups of 2 are signed 16-bit limbs; other groups are for operands in -128..127. Rows beyond
 * the operand and entries beyond `count` are 0, but in A's byte panels, where they are anything.
 */
#ifndef QUOTIENT_CORE_GEMM_KERNEL_H
#define QUOTIENT_CORE_GEMM_KERNEL_H

#include <quotient/gemm.h>

#define QUO__GEMM_MAX_TILE (12 * 32)

/* Part of an operand: entry (r, k) is number r * stride_r + k * stride_k of `bytes`, or where that
 * is NULL of `words`, there shifted left then right (signed) by `extend`. */
typedef struct quo__gemm_view {
	const uint32_t *words;
	const int8_t *bytes;
	size_t stride_r, stride_k, n_rows, count;
	unsigned extend;
} quo__gemm_view;

/*
 * One panel of R rows, x->n_rows of them real, x->count entries each. Limb 0: an entry's low 16 bits
 * as a signed integer; limb 1: what then remains, divided by 2^16. Other groups take limb 0
 * alone and return non-zero when an entry is not in -128..127; groups of 2 return 0.
 */
typedef uint32_t quo__gemm_pack_fn(const quo__gemm_view *x, unsigned limb, uint32_t *panel);

/* One way of multiplying. Panels and tiles are 64-byte aligned. */
typedef struct quo__gemm_method {
	unsigned group; /* entries to a word; 0: the tier has no such method */
	unsigned head;  /* words before a panel of B, for the tier's own use */
	/* tile[rows][cols] = sum over `groups` words of a's and b's panels, mod 2^32 */
	void (*tile)(size_t groups, const uint32_t *a, const uint32_t *b, uint32_t *tile);
	quo__gemm_pack_fn *pack_a, *pack_b;
} quo__gemm_method;

/* Where a tile goes: entry (i, j), i < rows, j < cols, to c[i * row_stride + j * col_stride], shifted
 * left and masked, on top of what is there when `add`. */
typedef struct quo__gemm_store {
	uint32_t *c;
	size_t row_stride, col_stride, rows, cols;
	unsigned shift;
	uint32_t mask;
	bool add;
} quo__gemm_store;

typedef struct quo__gemm_kernel {
	unsigned rows, cols; /* of a tile: R of A's and of B's panels */
	void (*store)(const uint32_t *tile, const quo__gemm_store *to);
	quo__gemm_method limbs, bytes;
} quo__gemm_kernel;

extern const quo__gemm_kernel quo__gemm_portable;
#if defined(__x86_64__)
extern const quo__gemm_kernel quo__gemm_avx2, quo__gemm_avx512;
#endif

/* The tier that quo_gemm_new() takes here. */
const quo__gemm_kernel *quo__gemm_kernel_here(void);

/* quo_gemm_new() with a tier of the caller's choice, which the processor must have (tests,
 * benchmarks). */
quo_gemm *quo__gemm_new_with(const quo__gemm_kernel *kernel, quo_err *err);

/* The passes of the last call (tests), a hexadecimal digit each, the first on the left: 1 + la + 2 lb
 * for limb la of A by limb lb of B, or QUO__GEMM_BYTES. */
#define QUO__GEMM_BYTES 8u
uint32_t quo__gemm_trace(const quo_gemm *gemm);

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

/* The same from bytes, which have one limb. */
static inline __attribute__((always_inline)) void
quo__gemm_pack_bytes(unsigned panel_rows, const quo__gemm_view *x, uint32_t *panel)
{
	size_t pairs = (x->count + 1) / 2;

	for (size_t kk = 0; kk < pairs; kk++) {
		const int8_t *low = x->bytes + 2 * kk * x->stride_k, *high = low + x->stride_k;
		bool odd = 2 * kk + 1 == x->count;
		for (unsigned r = 0; r < panel_rows; r++) {
			size_t at = r * x->stride_r;
			uint32_t a = r < x->n_rows ? (uint16_t)low[at] : 0;
			uint32_t b = r < x->n_rows && !odd ? (uint16_t)high[at] : 0;
			panel[kk * panel_rows + r] = a | b << 16;
		}
	}
}

/* Storing in C, likewise; `width` is the tile's. */
static inline __attribute__((always_inline)) void quo__gemm_store_row(const uint32_t *restrict in,
								      uint32_t *restrict out,
								      size_t stride, size_t cols,
								      const quo__gemm_store *to)
{
	const unsigned shift = to->shift;
	const uint32_t mask = to->mask;

	if (to->add)
		for (size_t j = 0; j < cols; j++)
			out[j * stride] = (out[j * stride] + (in[j] << shift)) & mask;
	else
		for (size_t j = 0; j < cols; j++)
			out[j * stride] = (in[j] << shift) & mask;
}

static inline __attribute__((always_inline)) void
quo__gemm_store_tile(unsigned width, const uint32_t *tile, const quo__gemm_store *to)
{
	for (size_t i = 0; i < to->rows; i++) {
		const uint32_t *in = tile + i * width;
		uint32_t *out = to->c + i * to->row_stride;
		if (to->col_stride == 1 && to->cols == width)
			quo__gemm_store_row(in, out, 1, width, to);
		else if (to->col_stride == 1)
			quo__gemm_store_row(in, out, 1, to->cols, to);
		else
			quo__gemm_store_row(in, out, to->col_stride, to->cols, to);
	}
}

/* clang-format off */
#define QUO__GEMM_STORER(name, width) \
	static void name(const uint32_t *tile, const quo__gemm_store *to) \
	{ \
		quo__gemm_store_tile(width, tile, to); \
	}
#define QUO__GEMM_PACKER(name, panel_rows) \
	static uint32_t name(const quo__gemm_view *x, unsigned limb, uint32_t *panel) \
	{ \
		if (x->bytes) \
			quo__gemm_pack_bytes(panel_rows, x, panel); \
		else if (limb) \
			quo__gemm_pack(panel_rows, x->words, x->stride_r, x->stride_k, x->n_rows, \
				       x->count, x->extend, 1, panel); \
		else \
			quo__gemm_pack(panel_rows, x->words, x->stride_r, x->stride_k, x->n_rows, \
				       x->count, x->extend, 0, panel); \
		return 0; \
	}
/* clang-format on */

#endif
