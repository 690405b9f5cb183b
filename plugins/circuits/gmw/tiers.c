/* SPDX-License-Identifier: Apache-2.0 */
/* Which kernels run; and rows out of planes. */
#include "gmw.h"

#include <string.h>

extern const struct gmw_kernels gmw_rows_portable, gmw_rows_avx2, gmw_rows_avx512;

const struct gmw_kernels *gmw_kernels(void)
{
#ifdef GMW_X86
	const char *tier = quo_cpu_tier();

	if (!strcmp(tier, "avx512"))
		return &gmw_rows_avx512;
	if (!strcmp(tier, "avx2"))
		return &gmw_rows_avx2;
#endif
	return &gmw_rows_portable;
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
