/* SPDX-License-Identifier: Apache-2.0 */
#include <quotient/bits.h>

#include <string.h>

void quo_planes_from_words(const uint32_t *in, size_t n, unsigned width, uint64_t *planes)
{
	size_t words = quo_words(n);

	memset(planes, 0, width * words * sizeof *planes);
	for (unsigned k = 0; k < width; k++)
		for (size_t i = 0; i < n; i++)
			planes[k * words + i / 64] |= (uint64_t)(in[i] >> k & 1) << (i % 64);
}

void quo_words_from_planes(const uint64_t *planes, size_t n, unsigned width, bool is_signed, uint32_t *out)
{
	size_t words = quo_words(n);

	for (size_t i = 0; i < n; i++) {
		uint32_t v = 0;
		for (unsigned k = 0; k < width; k++)
			v |= (uint32_t)(planes[k * words + i / 64] >> (i % 64) & 1) << k;
		out[i] = is_signed ? (uint32_t)quo_sign_extend(v, width) : v;
	}
}
