/* SPDX-License-Identifier: Apache-2.0 */
/* Bits to labels and back; no branch depends on a bit. */
#include "yao.h"

static uint64_t low_bits(size_t n)
{
	return n >= 64 ? UINT64_MAX : (UINT64_C(1) << n) - 1;
}

void yao_append_bits(uint64_t *bits, size_t at, const uint64_t *plane, size_t first, size_t n)
{
	unsigned shift = (unsigned)(at % 64);
	uint64_t *to = bits + at / 64;

	plane += first / 64;
	for (size_t i = 0; i < n; i += 64, to++) {
		uint64_t v = plane[i / 64] & low_bits(n - i);
		to[0] |= v << shift;
		if (shift && n - i > 64 - shift)
			to[1] |= v >> (64 - shift);
	}
}

void yao_offset_labels(quo_block *labels, const uint64_t *plane, size_t first, size_t n,
		       quo_block delta)
{
	plane += first / 64;
	for (size_t i = 0; i < n; i += 64) {
		uint64_t v = plane[i / 64];
		size_t m = n - i < 64 ? n - i : 64;
		for (size_t j = 0; j < m; j++)
			labels[i + j] = quo_xor_if(labels[i + j], delta, v >> j & 1);
	}
}

void yao_colours(const quo_block *labels, size_t n, uint64_t *plane, size_t first)
{
	plane += first / 64;
	for (size_t i = 0; i < n; i += 64) {
		size_t m = n - i < 64 ? n - i : 64;
		uint64_t v = 0;
		for (size_t j = 0; j < m; j++)
			v |= quo_lsb(labels[i + j]) << j;
		plane[i / 64] = v;
	}
}
