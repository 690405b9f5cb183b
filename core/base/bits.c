/* SPDX-License-Identifier: Apache-2.0 */
/* The public entry points of the bit kernels, and what is built from them. */
#include "base/kernels.h"

#include <string.h>

#define TILE 64

void quo_planes_from_words(const uint32_t *in, size_t n, unsigned width, uint64_t *planes)
{
	quo_assert(width <= 32);
	if (n && width)
		quo__kernels_here()->bits->planes_from_words(in, n, width, planes);
}

void quo_words_from_planes(const uint64_t *planes, size_t n, unsigned width, bool is_signed,
			   uint32_t *out)
{
	quo_assert(width <= 32);
	if (n && width)
		quo__kernels_here()->bits->words_from_planes(planes, n, width, is_signed, out);
	else if (n)
		memset(out, 0, n * sizeof *out);
}

void quo_bytes_from_planes(const uint64_t *planes, size_t n, unsigned width,
			   const uint8_t table[256], uint8_t *out)
{
	quo_assert(width <= 8);
	if (n && width)
		quo__kernels_here()->bits->bytes_from_planes(planes, n, width, table, out);
	else if (n)
		memset(out, table[0], n);
}

void quo_transpose_128(const uint64_t *rows, size_t row_words, size_t n, quo_block *out)
{
	quo_assert(n % 128 == 0);
	if (n)
		quo__kernels_here()->bits->transpose_128(rows, row_words, n, out);
}

void quo_words_transpose(const uint32_t *in, size_t rows, size_t cols, uint32_t *out)
{
	if (rows && cols)
		quo__kernels_here()->bits->words_transpose(in, rows, cols, out);
}

void quo_pack(const uint32_t *in, size_t n, unsigned width, uint8_t *out)
{
	quo_assert(width >= 1 && width <= 32);
	if (n)
		quo__kernels_here()->bits->pack(in, n, width, out);
}

void quo_unpack(const uint8_t *in, size_t n, unsigned width, uint32_t *out)
{
	quo_assert(width >= 1 && width <= 32);
	if (n)
		quo__kernels_here()->bits->unpack(in, n, width, out);
}

/* n <= 64 bits from bit `at`. */
static inline uint64_t bits_at(const uint64_t *in, size_t at, unsigned n)
{
	unsigned shift = at % 64;
	uint64_t v = in[at / 64] >> shift;

	if (shift + n > 64)
		v |= in[at / 64 + 1] << (64 - shift);
	return n < 64 ? v & ((UINT64_C(1) << n) - 1) : v;
}

/* v < 2^n into n <= 64 zero bits from bit `at`. */
static inline void put_bits(uint64_t *out, size_t at, unsigned n, uint64_t v)
{
	unsigned shift = at % 64;

	out[at / 64] |= v << shift;
	if (shift + n > 64)
		out[at / 64 + 1] |= v >> (64 - shift);
}

void quo_bits_append(uint64_t *out, size_t at, const uint64_t *in, size_t from, size_t n)
{
	for (size_t i = 0; i < n; i += 64) {
		unsigned take = n - i < 64 ? (unsigned)(n - i) : 64;

		put_bits(out, at + i, take, bits_at(in, from + i, take));
	}
}

void quo_plane_transpose(const uint64_t *in, size_t rows, size_t cols, uint64_t *out)
{
	uint64_t tile[TILE];

	if (!rows || !cols)
		return;
	const quo__bits_kernels *kernels = quo__kernels_here()->bits;
	memset(out, 0, quo_words(rows * cols) * sizeof *out);
	for (size_t r = 0; r < rows; r += TILE)
		for (size_t c = 0; c < cols; c += TILE) {
			unsigned high = rows - r < TILE ? (unsigned)(rows - r) : TILE;
			unsigned wide = cols - c < TILE ? (unsigned)(cols - c) : TILE;

			for (unsigned i = 0; i < high; i++)
				tile[i] = bits_at(in, (r + i) * cols + c, wide);
			for (unsigned i = high; i < TILE; i++)
				tile[i] = 0;
			kernels->transpose_64(tile);
			for (unsigned i = 0; i < wide; i++)
				put_bits(out, (c + i) * rows + r, high, tile[i]);
		}
}
