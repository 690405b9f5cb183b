/* SPDX-License-Identifier: Apache-2.0 */
/* Choice bits of a batch; no branch depends on a bit. */
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
