/* SPDX-License-Identifier: Apache-2.0 */
/* What the label kernels of the avx512 tier share. */
#ifndef QUOTIENT_CORE_KIT_LABELS_AVX512_H
#define QUOTIENT_CORE_KIT_LABELS_AVX512_H

#include "base/aes_vaes.h"
#include "kit/labels_kernel.h"

#define CHUNK 64 /* instances per expansion of keys */
#define HALF (KEYS / 2)

/* Register j of labels i .. i+7 when count of them exist. */
INLINE __mmask8 part(size_t count, unsigned j)
{
	return count > 4 * j ? first_of(count - 4 * j) : 0;
}

INLINE __m512i load_part(const quo_block *p, size_t count, unsigned j)
{
	return _mm512_maskz_loadu_epi64(part(count, j), p + 4 * j);
}

INLINE void store_part(quo_block *p, size_t count, unsigned j, __m512i x)
{
	_mm512_mask_storeu_epi64(p + 4 * j, part(count, j), x);
}

/* The low words of eight labels. */
INLINE __m512i low_words(__m512i x, __m512i y)
{
	const __m512i low = _mm512_set_epi64(14, 12, 10, 8, 6, 4, 2, 0);

	return _mm512_permutex2var_epi64(x, low, y);
}

/* Bit i: the lsb of word i. */
INLINE unsigned lsbs(__m512i x)
{
	return _mm512_test_epi64_mask(x, _mm512_set1_epi64(1));
}

INLINE __m512i xor3(__m512i a, __m512i b, __m512i c)
{
	return _mm512_ternarylogic_epi64(a, b, c, 0x96);
}

void quo__threehalves_garble_avx512(const quo_and_row *row, quo_block delta, const uint8_t *random,
				    void *table, quo_block *out);
void quo__threehalves_evaluate_avx512(const quo_and_row *row, const void *table, quo_block *out);

#endif
