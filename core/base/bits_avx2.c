/* SPDX-License-Identifier: Apache-2.0 */
/* Bit rearrangement with AVX2. What does not fill a block goes to the portable kernel or through a
 * padded copy. */
#include "base/kernels.h"

#include <immintrin.h>
#include <string.h>

#define INLINE static inline __attribute__((always_inline))

INLINE __m256i load(const void *p)
{
	return _mm256_loadu_si256((const __m256i *)p);
}

INLINE void store(void *p, __m256i x)
{
	_mm256_storeu_si256((__m256i *)p, x);
}

/* Two unaligned halves. */
INLINE __m256i load_two(const void *low, const void *high)
{
	__m128i a = _mm_loadu_si128((const __m128i *)low),
		b = _mm_loadu_si128((const __m128i *)high);

	return _mm256_inserti128_si256(_mm256_castsi128_si256(a), b, 1);
}

/* Byte b of 32 words, in order, to out[b]. */
INLINE void split_bytes(const uint32_t *in, __m256i out[4])
{
	const __m256i group =
		_mm256_setr_epi8(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15, 0, 4, 8, 12,
				 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
	const __m256i order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
	__m256i v[4];

	for (unsigned i = 0; i < 4; i++)
		v[i] = _mm256_shuffle_epi8(load(in + 8 * i), group);
	__m256i low0 = _mm256_unpacklo_epi32(v[0], v[1]), low1 = _mm256_unpacklo_epi32(v[2], v[3]);
	__m256i high0 = _mm256_unpackhi_epi32(v[0], v[1]),
		high1 = _mm256_unpackhi_epi32(v[2], v[3]);
	out[0] = _mm256_permutevar8x32_epi32(_mm256_unpacklo_epi64(low0, low1), order);
	out[1] = _mm256_permutevar8x32_epi32(_mm256_unpackhi_epi64(low0, low1), order);
	out[2] = _mm256_permutevar8x32_epi32(_mm256_unpacklo_epi64(high0, high1), order);
	out[3] = _mm256_permutevar8x32_epi32(_mm256_unpackhi_epi64(high0, high1), order);
}

/* 64 words to one word of each plane. */
INLINE void planes_block(const uint32_t in[64], unsigned width, uint64_t *planes, size_t stride)
{
	__m256i low[4], high[4];

	split_bytes(in, low);
	split_bytes(in + 32, high);
	for (unsigned b = 0; 8 * b < width; b++) {
		unsigned bits = width - 8 * b < 8 ? width - 8 * b : 8;
		__m128i unused = _mm_cvtsi32_si128((int)(8 - bits));
		__m256i x = _mm256_sll_epi16(low[b], unused), y = _mm256_sll_epi16(high[b], unused);
		for (unsigned k = bits; k-- > 0;) {
			uint64_t word = (uint32_t)_mm256_movemask_epi8(x);
			word |= (uint64_t)(uint32_t)_mm256_movemask_epi8(y) << 32;
			planes[(8 * b + k) * stride] = word;
			x = _mm256_add_epi8(x, x);
			y = _mm256_add_epi8(y, y);
		}
	}
}

static void planes_from_words(const uint32_t *in, size_t n, unsigned width, uint64_t *planes)
{
	size_t words = quo_words(n), w = 0;

	for (; 64 * (w + 1) <= n; w++)
		planes_block(in + 64 * w, width, planes + w, words);
	if (64 * w < n) {
		uint32_t last[64] = { 0 };
		memcpy(last, in + 64 * w, (n - 64 * w) * sizeof *in);
		planes_block(last, width, planes + w, words);
	}
}

/* 32 bits to 32 bytes, all ones where the bit is 1. */
INLINE __m256i bit_mask(uint32_t bits)
{
	const __m256i repeat =
		_mm256_setr_epi64x(0, 0x0101010101010101, 0x0202020202020202, 0x0303030303030303);
	const __m256i one = _mm256_set1_epi64x((int64_t)UINT64_C(0x8040201008040201));
	__m256i x = _mm256_shuffle_epi8(_mm256_set1_epi32((int)bits), repeat);

	return _mm256_cmpeq_epi8(_mm256_and_si256(x, one), one);
}

/* One word of each plane to 64 words; `unused` = 32 - width when signed, else 0. */
INLINE void words_block(const uint64_t *planes, size_t stride, unsigned width, __m128i unused,
			uint32_t out[64])
{
	for (unsigned half = 0; half < 2; half++) {
		__m256i byte[4];
		for (unsigned b = 0; b < 4; b++) {
			unsigned bits = width <= 8 * b ? 0 : width - 8 * b < 8 ? width - 8 * b : 8;
			__m256i x = _mm256_setzero_si256();
			for (unsigned k = bits; k-- > 0;) {
				uint32_t plane =
					(uint32_t)(planes[(8 * b + k) * stride] >> 32 * half);
				x = _mm256_sub_epi8(_mm256_add_epi8(x, x), bit_mask(plane));
			}
			byte[b] = x;
		}
		for (unsigned i = 0; i < 2; i++) {
			__m256i low = i ? _mm256_unpackhi_epi8(byte[0], byte[1])
					: _mm256_unpacklo_epi8(byte[0], byte[1]);
			__m256i high = i ? _mm256_unpackhi_epi8(byte[2], byte[3])
					 : _mm256_unpacklo_epi8(byte[2], byte[3]);
			__m256i a = _mm256_unpacklo_epi16(low, high),
				b = _mm256_unpackhi_epi16(low, high);
			a = _mm256_sra_epi32(_mm256_sll_epi32(a, unused), unused);
			b = _mm256_sra_epi32(_mm256_sll_epi32(b, unused), unused);
			store(out + 32 * half + 8 * i, _mm256_permute2x128_si256(a, b, 0x20));
			store(out + 32 * half + 8 * i + 16, _mm256_permute2x128_si256(a, b, 0x31));
		}
	}
}

static void words_from_planes(const uint64_t *planes, size_t n, unsigned width, bool is_signed,
			      uint32_t *out)
{
	__m128i unused = _mm_cvtsi32_si128(is_signed ? (int)(32 - width) : 0);
	size_t words = quo_words(n), w = 0;

	for (; 64 * (w + 1) <= n; w++)
		words_block(planes + w, words, width, unused, out + 64 * w);
	if (64 * w < n) {
		uint32_t last[64];
		words_block(planes + w, words, width, unused, last);
		memcpy(out + 64 * w, last, (n - 64 * w) * sizeof *out);
	}
}

static void bytes_from_planes(const uint64_t *planes, size_t n, unsigned width,
			      const uint8_t table[256], uint8_t *out)
{
	size_t words = quo_words(n);

	for (size_t w = 0; w < words; w++) {
		uint8_t value[64];
		size_t some = n - 64 * w < 64 ? n - 64 * w : 64;
		for (unsigned half = 0; half < 2; half++) {
			__m256i x = _mm256_setzero_si256();
			for (unsigned k = width; k-- > 0;)
				x = _mm256_sub_epi8(
					_mm256_add_epi8(x, x),
					bit_mask((uint32_t)(planes[k * words + w] >> 32 * half)));
			_mm256_storeu_si256((__m256i *)(void *)(value + 32 * half), x);
		}
		for (size_t i = 0; i < some; i++)
			out[64 * w + i] = table[value[i]];
	}
}

/*
 * Number the bytes of v[0 .. n-1], n a power of two, within each 128-bit half: the round rotates
 * the bits of the number left by one. Four rounds turn n registers of 16-byte rows into columns.
 */
INLINE void rotate_round(__m256i *v, unsigned n)
{
	__m256i t[16];

	for (unsigned i = 0; i < n / 2; i++) {
		t[2 * i] = _mm256_unpacklo_epi8(v[i], v[i + n / 2]);
		t[2 * i + 1] = _mm256_unpackhi_epi8(v[i], v[i + n / 2]);
	}
	for (unsigned i = 0; i < n; i++)
		v[i] = t[i];
}

static void transpose_128(const uint64_t *rows, size_t row_words, size_t n, quo_block *out)
{
	for (size_t c = 0; c < n; c += 128)
		for (unsigned r = 0; r < 128; r += 32) {
			const uint64_t *from = rows + r * row_words + c / 64;
			unsigned char *to = (unsigned char *)(out + c) + r / 8;
			__m256i v[16];

			for (unsigned i = 0; i < 16; i++)
				v[i] = load_two(from + i * row_words, from + (i + 16) * row_words);
			for (unsigned i = 0; i < 4; i++)
				rotate_round(v, 16);
			/* v[i]: byte i of 32 rows, that is columns 8i .. 8i + 7 */
			for (unsigned i = 0; i < 16; i++)
				for (unsigned k = 8; k-- > 0;) {
					int column = _mm256_movemask_epi8(v[i]);
					memcpy(to + (8 * i + k) * sizeof *out, &column, 4);
					v[i] = _mm256_add_epi8(v[i], v[i]);
				}
		}
}

static void transpose_64(uint64_t tile[64])
{
	__m256i v[2][8];

	for (unsigned half = 0; half < 2; half++) {
		for (unsigned i = 0; i < 8; i++)
			v[half][i] =
				load_two(tile + 32 * half + 2 * i, tile + 32 * half + 16 + 2 * i);
		for (unsigned i = 0; i < 4; i++)
			rotate_round(v[half], 8);
	}
	for (unsigned i = 0; i < 8; i++)
		for (unsigned k = 8; k-- > 0;) {
			uint64_t column = (uint32_t)_mm256_movemask_epi8(v[0][i]);
			tile[8 * i + k] = column | (uint64_t)(uint32_t)_mm256_movemask_epi8(v[1][i])
							   << 32;
			v[0][i] = _mm256_add_epi8(v[0][i], v[0][i]);
			v[1][i] = _mm256_add_epi8(v[1][i], v[1][i]);
		}
}

INLINE void transpose_8x8(const uint32_t *in, size_t cols, uint32_t *out, size_t rows)
{
	__m256i a[8], b[8];

	/* Rows i and i + 4 share a register, so only steps within 128 bits remain. */
	for (unsigned i = 0; i < 4; i++) {
		a[i] = load_two(in + i * cols, in + (i + 4) * cols);
		a[i + 4] = load_two(in + i * cols + 4, in + (i + 4) * cols + 4);
	}
	for (unsigned i = 0; i < 8; i += 4) {
		b[i] = _mm256_unpacklo_epi32(a[i], a[i + 1]);
		b[i + 1] = _mm256_unpackhi_epi32(a[i], a[i + 1]);
		b[i + 2] = _mm256_unpacklo_epi32(a[i + 2], a[i + 3]);
		b[i + 3] = _mm256_unpackhi_epi32(a[i + 2], a[i + 3]);
		store(out + i * rows, _mm256_unpacklo_epi64(b[i], b[i + 2]));
		store(out + (i + 1) * rows, _mm256_unpackhi_epi64(b[i], b[i + 2]));
		store(out + (i + 2) * rows, _mm256_unpacklo_epi64(b[i + 1], b[i + 3]));
		store(out + (i + 3) * rows, _mm256_unpackhi_epi64(b[i + 1], b[i + 3]));
	}
}

static void words_transpose(const uint32_t *in, size_t rows, size_t cols, uint32_t *out)
{
	for (size_t r = 0; r < rows; r += 8)
		for (size_t c = 0; c < cols; c += 8) {
			if (r + 8 <= rows && c + 8 <= cols) {
				transpose_8x8(in + r * cols + c, cols, out + c * rows + r, rows);
				continue;
			}
			for (size_t j = c; j < c + 8 && j < cols; j++)
				for (size_t i = r; i < r + 8 && i < rows; i++)
					out[j * rows + i] = in[i * cols + j];
		}
}

/*
 * Eight words fill `width` bytes. Two words are joined in each 64-bit lane, two of those in each
 * 128-bit lane; where half of 8 * width bits ends inside a byte, the upper lane starts `shift` = 4
 * bits in and shares that byte.
 */
static void pack(const uint32_t *in, size_t n, unsigned width, uint8_t *out)
{
	const uint8_t *end = out + quo_packed_bytes(n, width);
	const size_t upper = width / 2;
	const long long one = 2 * (long long)width, shift = width % 2 ? 4 : 0, two = one + shift;
	const __m256i low_mask = _mm256_set1_epi64x(quo_mask32(width));
	const __m256i high_mask = _mm256_slli_epi64(low_mask, 32);
	const __m128i join = _mm_cvtsi32_si128((int)(32 - width));
	const __m256i left =
		_mm256_setr_epi64x(0, one >= 64 ? one - 64 : 64, shift, two >= 64 ? two - 64 : 64);
	const __m256i right =
		_mm256_setr_epi64x(64, one < 64 ? 64 - one : 64, 64, two < 64 ? 64 - two : 64);
	const __m256i swapped_left = _mm256_setr_epi64x(one, 64, two, 64);
	const __m256i swapped_right = _mm256_setr_epi64x(64, 64, 64, 64 - shift);
	const __m128i shared =
		_mm_insert_epi8(_mm_set1_epi8((char)0x80), shift ? (int)upper : 0x80, 0);

	while (n >= 8 && (size_t)(end - out) >= upper + 16) {
		__m256i x = load(in);
		__m256i y = _mm256_or_si256(_mm256_and_si256(x, low_mask),
					    _mm256_srl_epi64(_mm256_and_si256(x, high_mask), join));
		__m256i swapped = _mm256_shuffle_epi32(y, 0x4e);
		__m256i a =
			_mm256_or_si256(_mm256_sllv_epi64(y, left), _mm256_srlv_epi64(y, right));
		__m256i b = _mm256_or_si256(_mm256_sllv_epi64(swapped, swapped_left),
					    _mm256_srlv_epi64(swapped, swapped_right));
		__m256i z = _mm256_or_si256(a, b);
		__m128i first = _mm256_castsi256_si128(z), second = _mm256_extracti128_si256(z, 1);
		second = _mm_or_si128(second, _mm_shuffle_epi8(first, shared));
		_mm_storeu_si128((__m128i *)(void *)out, first);
		_mm_storeu_si128((__m128i *)(void *)(out + upper), second);
		in += 8;
		out += width;
		n -= 8;
	}
	if (n)
		quo__bits_portable.pack(in, n, width, out);
}

/* Where element e of four, `shift` bits into 16 bytes, lies: `bytes` byte indices from its first
 * byte. */
static void locate(unsigned e, unsigned width, unsigned shift, unsigned bytes, uint8_t *index)
{
	unsigned first = (shift + e * width) / 8;

	for (unsigned b = 0; b < bytes; b++)
		index[b] = (uint8_t)(first + b < 16 ? first + b : 0x80);
}

/* An element and the bits before it in its first byte fit 32 bits. */
static void unpack_narrow(const uint8_t *in, size_t n, unsigned width, uint32_t *out)
{
	const uint8_t *end = in + quo_packed_bytes(n, width);
	const size_t upper = width / 2;
	const __m256i mask = _mm256_set1_epi32((int)quo_mask32(width));
	uint32_t shifts[8];
	uint8_t index[32];

	for (unsigned i = 0; i < 8; i++) {
		unsigned shift = i >= 4 && width % 2 ? 4 : 0;
		shifts[i] = (shift + i % 4 * width) % 8;
		locate(i % 4, width, shift, 4, index + 4 * i);
	}
	const __m256i gather = load(index), right = load(shifts);
	while (n >= 8 && (size_t)(end - in) >= upper + 16) {
		__m256i x = _mm256_shuffle_epi8(load_two(in, in + upper), gather);
		store(out, _mm256_and_si256(_mm256_srlv_epi32(x, right), mask));
		in += width;
		out += 8;
		n -= 8;
	}
	if (n)
		quo__bits_portable.unpack(in, n, width, out);
}

/* As above in 64-bit lanes: elements 0, 1, 4, 5 in one register, 2, 3, 6, 7 in the other. */
static void unpack_wide(const uint8_t *in, size_t n, unsigned width, uint32_t *out)
{
	const uint8_t *end = in + quo_packed_bytes(n, width);
	const size_t upper = width / 2;
	const __m256i mask = _mm256_set1_epi32((int)quo_mask32(width));
	uint64_t shifts[2][4];
	uint8_t index[2][32];

	for (unsigned i = 0; i < 8; i++) {
		unsigned shift = i >= 4 && width % 2 ? 4 : 0, reg = i / 2 % 2,
			 lane = i / 4 * 2 + i % 2;
		shifts[reg][lane] = (shift + i % 4 * width) % 8;
		locate(i % 4, width, shift, 8, index[reg] + 8 * lane);
	}
	const __m256i gather0 = load(index[0]), gather1 = load(index[1]);
	const __m256i right0 = load(shifts[0]), right1 = load(shifts[1]);
	while (n >= 8 && (size_t)(end - in) >= upper + 16) {
		__m256i x = load_two(in, in + upper);
		__m256i a = _mm256_srlv_epi64(_mm256_shuffle_epi8(x, gather0), right0);
		__m256i b = _mm256_srlv_epi64(_mm256_shuffle_epi8(x, gather1), right1);
		__m256 both =
			_mm256_shuffle_ps(_mm256_castsi256_ps(a), _mm256_castsi256_ps(b), 0x88);
		store(out, _mm256_and_si256(_mm256_castps_si256(both), mask));
		in += width;
		out += 8;
		n -= 8;
	}
	if (n)
		quo__bits_portable.unpack(in, n, width, out);
}

static void unpack(const uint8_t *in, size_t n, unsigned width, uint32_t *out)
{
	if (width == 32)
		memcpy(out, in, n * sizeof *out);
	else if (width <= 25)
		unpack_narrow(in, n, width, out);
	else
		unpack_wide(in, n, width, out);
}

static void pack_any(const uint32_t *in, size_t n, unsigned width, uint8_t *out)
{
	if (width == 32)
		memcpy(out, in, n * sizeof *in);
	else
		pack(in, n, width, out);
}

const quo__bits_kernels quo__bits_avx2 = {
	planes_from_words, words_from_planes, bytes_from_planes, transpose_128,
	transpose_64,      words_transpose,   pack_any,          unpack,
};
