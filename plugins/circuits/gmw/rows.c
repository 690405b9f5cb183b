/* SPDX-License-Identifier: Apache-2.0 */
/* Rows out of planes, and which kernels run. */
#include "rows.h"

const struct gmw_kernels *gmw_kernels(void)
{
	return QUO_TIER_PICK(&gmw_rows_portable, &gmw_rows_avx2, &gmw_rows_avx512);
}

void gmw_cut_bits(uint64_t *out, const uint64_t *plane, size_t at, size_t n)
{
	unsigned shift = (unsigned)(at % 64);
	size_t words = quo_words(n), first = at / 64, last = n ? (at + n - 1) / 64 : 0;

	for (size_t i = 0; i < words; i++) {
		uint64_t v = plane[first + i] >> shift;
		if (shift && first + i < last)
			v |= plane[first + i + 1] << (64 - shift);
		out[i] = v;
	}
	if (n % 64)
		out[words - 1] &= (UINT64_C(1) << n % 64) - 1;
}
