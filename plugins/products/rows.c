/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of words, and the choice of a tier for sliced ones. */
#include "rows.h"

#include <quotient/tier.h>

/* As rows_block.h, in words. All arithmetic is mod 2^32; the caller packs the low `width` bits of
 * the wire. */
static void send_words(const cot_tile *tile)
{
	size_t n = tile->n, r = tile->r, j = tile->j;
	uint32_t minus = 0 - (uint32_t)tile->subtract, *wire = tile->wire;

	for (size_t i = 0; i < tile->count; i++) {
		size_t b = tile->first_bit + i;
		uint32_t w = 0 - (uint32_t)(tile->bits[b / 64] >> (b % 64) & 1);
		const uint32_t *x =
			(const uint32_t *)(const void *)(tile->pad0 + i * tile->pad_bytes);
		const uint32_t *pad1 =
			(const uint32_t *)(const void *)(tile->pad1 + i * tile->pad_bytes);
		const uint32_t *y = (const uint32_t *)tile->y + j * n;
		uint32_t *z = (uint32_t *)tile->z + r * n;
		for (size_t c = 0; c < n; c++) {
			uint32_t u = x[c] + (y[c] ^ w) - w;
			uint32_t share = x[c] ^ ((x[c] ^ u) & w);
			z[c] += ((share ^ minus) - minus) << tile->shift;
			wire[i * n + c] = u ^ pad1[c];
		}
		if (++j == tile->p) {
			j = 0;
			r++;
		}
	}
}

static void receive_words(const cot_tile *tile)
{
	size_t n = tile->n, r = tile->r, j = tile->j;
	uint32_t minus = 0 - (uint32_t)tile->subtract;
	const uint32_t *wire = tile->wire;

	for (size_t i = 0; i < tile->count; i++) {
		size_t b = tile->first_bit + i;
		uint32_t choice = 0 - (uint32_t)(tile->bits[b / 64] >> (b % 64) & 1);
		const uint32_t *pad =
			(const uint32_t *)(const void *)(tile->pad0 + i * tile->pad_bytes);
		uint32_t *z = (uint32_t *)tile->z + r * n;
		for (size_t c = 0; c < n; c++) {
			uint32_t share = pad[c] ^ (wire[i * n + c] & choice);
			z[c] += ((share ^ minus) - minus) << tile->shift;
		}
		if (++j == tile->p) {
			j = 0;
			r++;
		}
	}
}

const cot_rows cot_rows_words = { send_words, receive_words };

void cot_add_words(void *z, const void *add, size_t n)
{
	uint32_t *sum = z;
	const uint32_t *more = add;

	for (size_t i = 0; i < n; i++)
		sum[i] += more[i];
}

void cot_add_sliced(void *z, const void *add, unsigned ring, size_t stride)
{
	size_t words = stride / sizeof(uint64_t);

	for (size_t i = 0; i < words; i++) {
		uint64_t *sum = (uint64_t *)z + i, carry = 0;
		const uint64_t *more = (const uint64_t *)add + i;
		for (unsigned k = 0; k < ring; k++, sum += words, more += words) {
			uint64_t a = *sum, b = *more;
			*sum = a ^ b ^ carry;
			carry = (a & b) | ((a | b) & carry);
		}
	}
}

const cot_rows *cot_rows_sliced(void)
{
	return QUO_TIER_PICK(&cot_rows_portable, &cot_rows_avx2, &cot_rows_avx512);
}
