/* SPDX-License-Identifier: Apache-2.0 */
/* Bit rearrangement in plain C; the reference of the other tiers. */
#include "base/kernels.h"

#include <string.h>

/*
 * Swap bit j of row i with bit i of row j for all i, j below n (Warren, "Hacker's Delight", 7-3).
 * With n = 32 the two halves of the words are transposed side by side.
 */
static inline void transpose_rows(uint64_t *a, unsigned n, uint64_t low)
{
	for (unsigned half = n / 2; half; half /= 2, low ^= low << half)
		for (unsigned i = 0; i < n; i += 2 * half)
			for (unsigned j = i; j < i + half; j++) {
				uint64_t t = (a[j] >> half ^ a[j + half]) & low;
				a[j] ^= t << half;
				a[j + half] ^= t;
			}
}

static void transpose_64(uint64_t tile[64])
{
	transpose_rows(tile, 64, UINT64_C(0x00000000ffffffff));
}

static void transpose_32_twice(uint64_t tile[32])
{
	transpose_rows(tile, 32, UINT64_C(0x0000ffff0000ffff));
}

static void planes_from_words(const uint32_t *in, size_t n, unsigned width, uint64_t *planes)
{
	size_t words = quo_words(n);

	for (size_t w = 0; w < words; w++) {
		size_t some = n - 64 * w < 64 ? n - 64 * w : 64;
		uint64_t tile[32] = { 0 };
		for (size_t i = 0; i < some; i++)
			tile[i % 32] |= (uint64_t)in[64 * w + i] << (i & 32);
		transpose_32_twice(tile);
		for (unsigned k = 0; k < width; k++)
			planes[k * words + w] = tile[k];
	}
}

static void words_from_planes(const uint64_t *planes, size_t n, unsigned width, bool is_signed,
			      uint32_t *out)
{
	size_t words = quo_words(n);

	for (size_t w = 0; w < words; w++) {
		size_t some = n - 64 * w < 64 ? n - 64 * w : 64;
		uint64_t tile[32];
		for (unsigned k = 0; k < 32; k++)
			tile[k] = k < width ? planes[k * words + w] : 0;
		for (unsigned k = width; is_signed && k < 32; k++)
			tile[k] = tile[width - 1];
		transpose_32_twice(tile);
		for (size_t i = 0; i < some; i++)
			out[64 * w + i] = (uint32_t)(tile[i % 32] >> (i & 32));
	}
}

static void bytes_from_planes(const uint64_t *planes, size_t n, unsigned width,
			      const uint8_t table[256], uint8_t *out)
{
	size_t words = quo_words(n);

	for (size_t w = 0; w < words; w++) {
		uint32_t value[64];
		uint64_t block[8];
		size_t some = n - 64 * w < 64 ? n - 64 * w : 64;
		for (unsigned k = 0; k < width; k++)
			block[k] = planes[k * words + w];
		words_from_planes(block, some, width, false, value);
		for (size_t i = 0; i < some; i++)
			out[64 * w + i] = table[value[i]];
	}
}

static void transpose_128(const uint64_t *rows, size_t row_words, size_t n, quo_block *out)
{
	uint64_t tile[64];

	for (size_t w = 0; w < n / 64; w++)
		for (unsigned half = 0; half < 2; half++) {
			for (unsigned j = 0; j < 64; j++)
				tile[j] = rows[(64 * half + j) * row_words + w];
			transpose_64(tile);
			for (unsigned i = 0; i < 64; i++)
				out[64 * w + i].w[half] = tile[i];
		}
}

static void words_transpose(const uint32_t *in, size_t rows, size_t cols, uint32_t *out)
{
	const size_t block = 16;

	for (size_t r = 0; r < rows; r += block)
		for (size_t c = 0; c < cols; c += block)
			for (size_t j = c; j < c + block && j < cols; j++)
				for (size_t i = r; i < r + block && i < rows; i++)
					out[j * rows + i] = in[i * cols + j];
}

static void pack(const uint32_t *in, size_t n, unsigned width, uint8_t *out)
{
	uint32_t mask = quo_mask32(width);
	uint64_t bits = 0;
	unsigned have = 0; /* < 32 at the top of the loop */

	for (size_t i = 0; i < n; i++) {
		bits |= (uint64_t)(in[i] & mask) << have;
		have += width;
		if (have >= 32) {
			memcpy(out, &bits, 4);
			out += 4;
			bits >>= 32;
			have -= 32;
		}
	}
	memcpy(out, &bits, (have + 7) / 8);
}

static void unpack(const uint8_t *in, size_t n, unsigned width, uint32_t *out)
{
	const uint8_t *end = in + quo_packed_bytes(n, width);
	uint32_t mask = quo_mask32(width);
	uint64_t bits = 0;
	unsigned have = 0;

	for (size_t i = 0; i < n; i++) {
		if (have < width) {
			uint32_t more = 0;
			if (end - in >= 4)
				memcpy(&more, in, 4);
			else
				memcpy(&more, in, (size_t)(end - in));
			in += end - in >= 4 ? 4 : end - in;
			bits |= (uint64_t)more << have;
			have += 32;
		}
		out[i] = (uint32_t)bits & mask;
		bits >>= width;
		have -= width;
	}
}

const quo__bits_kernels quo__bits_portable = {
	planes_from_words,
	words_from_planes,
	bytes_from_planes,
	transpose_128,
	transpose_64,
	words_transpose,
	pack,
	unpack,
};
