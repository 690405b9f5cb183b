/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bit rearrangement with AVX-512 VBMI and GFNI.
 *
 * The 8 x 8 bit transposition is GF2P8AFFINEQB with the data as the matrix and the unit vectors as
 * the operand: byte j of the result has bit i = bit j of matrix byte 7 - i. So bytes are put in
 * place in reverse order first.
 */
#include "base/kernels.h"

#include <immintrin.h>
#include <string.h>

#include "base/transpose_avx512.h"

#define INLINE static inline __attribute__((always_inline))

INLINE __mmask64 first_bytes(size_t n)
{
	return n >= 64 ? ~UINT64_C(0) : (UINT64_C(1) << n) - 1;
}

INLINE __mmask16 first_words(size_t n)
{
	return (__mmask16)(n >= 16 ? 0xffffu : (1u << n) - 1);
}

INLINE __m512i transpose_8x8_bits(__m512i matrices)
{
	return _mm512_gf2p8affine_epi64_epi8(
		_mm512_set1_epi64((int64_t)UINT64_C(0x8040201008040201)), matrices, 0);
}

/* Byte i of lane q to byte q of lane i (0), or to byte 7 - q of lane i (7). */
INLINE __m512i lane_bytes(unsigned reverse)
{
	uint8_t index[64];

	for (unsigned i = 0; i < 64; i++)
		index[i] = (uint8_t)(8 * (i % 8 ^ reverse) + i / 8);
	return _mm512_loadu_si512(index);
}

/* For byte pairs (b, b+1) of 32 words in two registers: b of all, then b+1 of all, eights in
 * reverse order. */
INLINE __m512i split_index(unsigned b)
{
	uint8_t index[64];

	for (unsigned i = 0; i < 64; i++)
		index[i] = (uint8_t)(4 * (i % 32 ^ 7) + b + i / 32);
	return _mm512_loadu_si512(index);
}

/* One bit of eight planes to memory; bits of them exist. */
INLINE void store_planes(__m512i x, unsigned bits, uint64_t *planes, size_t stride)
{
	if (bits < 8) {
		uint64_t lane[8];
		_mm512_storeu_si512(lane, x);
		for (unsigned k = 0; k < bits; k++)
			planes[k * stride] = lane[k];
		return;
	}
	__m128i a = _mm512_castsi512_si128(x), b = _mm512_extracti64x2_epi64(x, 1);
	__m128i c = _mm512_extracti64x2_epi64(x, 2), d = _mm512_extracti64x2_epi64(x, 3);
	_mm_storel_epi64((__m128i *)(void *)(planes), a);
	_mm_storeh_pd((double *)(void *)(planes + stride), _mm_castsi128_pd(a));
	_mm_storel_epi64((__m128i *)(void *)(planes + 2 * stride), b);
	_mm_storeh_pd((double *)(void *)(planes + 3 * stride), _mm_castsi128_pd(b));
	_mm_storel_epi64((__m128i *)(void *)(planes + 4 * stride), c);
	_mm_storeh_pd((double *)(void *)(planes + 5 * stride), _mm_castsi128_pd(c));
	_mm_storel_epi64((__m128i *)(void *)(planes + 6 * stride), d);
	_mm_storeh_pd((double *)(void *)(planes + 7 * stride), _mm_castsi128_pd(d));
}

static void planes_from_words(const uint32_t *in, size_t n, unsigned width, uint64_t *planes)
{
	const __m512i low_index = split_index(0), high_index = split_index(2),
		      lanes = lane_bytes(0);
	size_t words = quo_words(n);

	for (size_t w = 0; w < words; w++) {
		size_t left = n - 64 * w;
		__m512i x[4], byte[4];

		for (unsigned i = 0; i < 4; i++)
			x[i] = _mm512_maskz_loadu_epi32(left > 16 * i ? first_words(left - 16 * i)
								      : 0,
							in + 64 * w + 16 * i);
		__m512i a = _mm512_permutex2var_epi8(x[0], low_index, x[1]);
		__m512i b = _mm512_permutex2var_epi8(x[2], low_index, x[3]);
		byte[0] = _mm512_shuffle_i64x2(a, b, 0x44);
		byte[1] = _mm512_shuffle_i64x2(a, b, 0xee);
		if (width > 16) {
			a = _mm512_permutex2var_epi8(x[0], high_index, x[1]);
			b = _mm512_permutex2var_epi8(x[2], high_index, x[3]);
			byte[2] = _mm512_shuffle_i64x2(a, b, 0x44);
			byte[3] = _mm512_shuffle_i64x2(a, b, 0xee);
		}
		for (unsigned k = 0; k < width; k += 8) {
			__m512i t = _mm512_permutexvar_epi8(lanes, transpose_8x8_bits(byte[k / 8]));
			store_planes(t, width - k < 8 ? width - k : 8, planes + k * words + w,
				     words);
		}
	}
}

/* One word of each of `bits` planes; of eight when there are more. What is missing reads as zero.
 */
INLINE __m512i load_planes(const uint64_t *planes, unsigned bits, size_t stride)
{
	const __mmask8 have = (__mmask8)(bits >= 8 ? 0xffu : (1u << bits) - 1);
	int64_t lane[8];

	for (unsigned k = 0; k < 8; k++)
		lane[k] = (int64_t)planes[(k < bits ? k : bits - 1) * stride];
	return _mm512_maskz_mov_epi64(have, _mm512_setr_epi64(lane[0], lane[1], lane[2], lane[3],
							      lane[4], lane[5], lane[6], lane[7]));
}

/* Bytes (16-bit words) `from` .. `from + half - 1` of two registers in turn. */
INLINE __m512i zip_bytes(unsigned from)
{
	uint8_t index[64];

	for (unsigned i = 0; i < 64; i++)
		index[i] = (uint8_t)(from + i / 2 + i % 2 * 64);
	return _mm512_loadu_si512(index);
}

INLINE __m512i zip_words(unsigned from)
{
	uint16_t index[32];

	for (unsigned i = 0; i < 32; i++)
		index[i] = (uint16_t)(from + i / 2 + i % 2 * 32);
	return _mm512_loadu_si512(index);
}

static void words_from_planes(const uint64_t *planes, size_t n, unsigned width, bool is_signed,
			      uint32_t *out)
{
	const __m512i lanes = lane_bytes(7), zip0 = zip_bytes(0), zip1 = zip_bytes(32);
	const __m512i zip2 = zip_words(0), zip3 = zip_words(16);
	const __m128i unused = _mm_cvtsi32_si128(is_signed ? (int)(32 - width) : 0);
	size_t words = quo_words(n);

	for (size_t w = 0; w < words; w++) {
		size_t left = n - 64 * w;
		__m512i byte[4], x[4];

		for (unsigned b = 0; b < 4; b++) {
			byte[b] = _mm512_setzero_si512();
			if (8 * b < width)
				byte[b] = load_planes(planes + 8 * b * words + w, width - 8 * b,
						      words);
			byte[b] = transpose_8x8_bits(_mm512_permutexvar_epi8(lanes, byte[b]));
		}
		__m512i low0 = _mm512_permutex2var_epi8(byte[0], zip0, byte[1]);
		__m512i low1 = _mm512_permutex2var_epi8(byte[0], zip1, byte[1]);
		__m512i high0 = _mm512_permutex2var_epi8(byte[2], zip0, byte[3]);
		__m512i high1 = _mm512_permutex2var_epi8(byte[2], zip1, byte[3]);
		x[0] = _mm512_permutex2var_epi16(low0, zip2, high0);
		x[1] = _mm512_permutex2var_epi16(low0, zip3, high0);
		x[2] = _mm512_permutex2var_epi16(low1, zip2, high1);
		x[3] = _mm512_permutex2var_epi16(low1, zip3, high1);
		for (unsigned i = 0; i < 4; i++) {
			x[i] = _mm512_sra_epi32(_mm512_sll_epi32(x[i], unused), unused);
			if (left >= 64)
				_mm512_storeu_si512(out + 64 * w + 16 * i, x[i]);
			else if (left > 16 * i)
				_mm512_mask_storeu_epi32(out + 64 * w + 16 * i,
							 first_words(left - 16 * i), x[i]);
		}
	}
}

static void bytes_from_planes(const uint64_t *planes, size_t n, unsigned width,
			      const uint8_t table[256], uint8_t *out)
{
	const __m512i lanes = lane_bytes(7);
	__m512i part[4];
	size_t words = quo_words(n);

	for (unsigned i = 0; i < 4; i++)
		part[i] = _mm512_loadu_si512(table + 64 * i);
	for (size_t w = 0; w < words; w++) {
		__m512i x = load_planes(planes + w, width, words);
		x = transpose_8x8_bits(_mm512_permutexvar_epi8(lanes, x));
		__m512i y = _mm512_permutex2var_epi8(part[0], x, part[1]);
		if (width == 8)
			y = _mm512_mask_blend_epi8(_mm512_movepi8_mask(x), y,
						   _mm512_permutex2var_epi8(part[2], x, part[3]));
		_mm512_mask_storeu_epi8(out + 64 * w, first_bytes(n - 64 * w), y);
	}
}

/* Lane i of register j <-> lane j of register i, lanes of 64 bits. */
INLINE void transpose_lanes(__m512i x[8])
{
	__m512i a[8], b[8];

	for (unsigned i = 0; i < 8; i += 2) {
		a[i] = _mm512_unpacklo_epi64(x[i], x[i + 1]);
		a[i + 1] = _mm512_unpackhi_epi64(x[i], x[i + 1]);
	}
	for (unsigned i = 0; i < 2; i++) {
		b[i] = _mm512_shuffle_i64x2(a[i], a[i + 2], 0x88);
		b[i + 2] = _mm512_shuffle_i64x2(a[i], a[i + 2], 0xdd);
		b[i + 4] = _mm512_shuffle_i64x2(a[i + 4], a[i + 6], 0x88);
		b[i + 6] = _mm512_shuffle_i64x2(a[i + 4], a[i + 6], 0xdd);
	}
	for (unsigned i = 0; i < 4; i++) {
		x[i] = _mm512_shuffle_i64x2(b[i], b[i + 4], 0x88);
		x[i + 4] = _mm512_shuffle_i64x2(b[i], b[i + 4], 0xdd);
	}
}

/* A round of the byte perfect shuffle within 128-bit lanes; four of them turn 16 rows of 16 bytes
 * into columns. */
INLINE void shuffle_round(__m512i v[16])
{
	__m512i t[16];

	for (unsigned i = 0; i < 8; i++) {
		t[2 * i] = _mm512_unpacklo_epi8(v[i], v[i + 8]);
		t[2 * i + 1] = _mm512_unpackhi_epi8(v[i], v[i + 8]);
	}
	for (unsigned i = 0; i < 16; i++)
		v[i] = t[i];
}

/* Up to 8 words (512 columns) of the 128 rows. */
INLINE void transpose_columns(const uint64_t *rows, size_t row_words, unsigned words,
			      quo_block *out)
{
	const __m512i lanes = lane_bytes(7);
	const __mmask8 mask = (__mmask8)((1u << words) - 1);
	__m512i tile[8][16]; /* [w][g]: byte g of columns 64w .. 64w + 63 */
	uint8_t index[64];

	for (unsigned i = 0; i < 64; i++)
		index[i] = (uint8_t)(4 * (i % 16) + i / 16);
	const __m512i spread = _mm512_loadu_si512(index);

	for (unsigned g = 0; g < 16; g++) {
		__m512i x[8];
		for (unsigned i = 0; i < 8; i++)
			x[i] = _mm512_maskz_loadu_epi64(mask, rows + (8 * g + i) * row_words);
		transpose_lanes(x);
		for (unsigned w = 0; w < 8; w++) {
			__m512i t = transpose_8x8_bits(_mm512_permutexvar_epi8(lanes, x[w]));
			/* Column 4c + l to byte c of lane l, so that the last step leaves columns
			 * in order. */
			tile[w][g] = _mm512_permutexvar_epi8(spread, t);
		}
	}
	for (unsigned w = 0; w < words; w++) {
		__m512i v[16];
		for (unsigned i = 0; i < 16; i++)
			v[i] = tile[w][i];
		for (unsigned i = 0; i < 4; i++)
			shuffle_round(v);
		for (unsigned i = 0; i < 16; i++)
			_mm512_storeu_si512(out + 64 * w + 4 * i, v[i]);
	}
}

static void transpose_128(const uint64_t *rows, size_t row_words, size_t n, quo_block *out)
{
	size_t c = 0;

	for (; c + 512 <= n; c += 512)
		transpose_columns(rows + c / 64, row_words, 8, out + c);
	if (c < n)
		transpose_columns(rows + c / 64, row_words, (unsigned)((n - c) / 64), out + c);
}

static void transpose_64(uint64_t tile[64])
{
	const __m512i reversed = lane_bytes(7), plain = lane_bytes(0);
	__m512i x[8];

	for (unsigned i = 0; i < 8; i++)
		x[i] = transpose_8x8_bits(
			_mm512_permutexvar_epi8(reversed, _mm512_loadu_si512(tile + 8 * i)));
	transpose_lanes(x);
	for (unsigned i = 0; i < 8; i++)
		_mm512_storeu_si512(tile + 8 * i, _mm512_permutexvar_epi8(plain, x[i]));
}

/* 16 x 16 words, of which rows `high` and columns `wide` exist. */
INLINE void transpose_tile(const uint32_t *in, size_t cols, uint32_t *out, size_t rows, size_t high,
			   size_t wide)
{
	const __mmask16 in_mask = first_words(wide), out_mask = first_words(high);
	__m512i a[16];

	for (unsigned i = 0; i < 16; i++)
		a[i] = i < high ? _mm512_maskz_loadu_epi32(in_mask, in + i * cols)
				: _mm512_setzero_si512();
	quo__transpose_words(a);
	for (unsigned i = 0; i < 16 && i < wide; i++)
		_mm512_mask_storeu_epi32(out + i * rows, out_mask, a[i]);
}

static void words_transpose(const uint32_t *in, size_t rows, size_t cols, uint32_t *out)
{
	for (size_t r = 0; r < rows; r += 16)
		for (size_t c = 0; c < cols; c += 16)
			transpose_tile(in + r * cols + c, cols, out + c * rows + r, rows, rows - r,
				       cols - c);
}

/*
 * Sixteen words fill 2 * width bytes. Two words are joined in each 64-bit lane, two of those in
 * each 128-bit lane; odd lanes start 4 bits in when 4 * width is no whole number of bytes, and
 * share a byte with the lane before.
 */
static void pack(const uint32_t *in, size_t n, unsigned width, uint8_t *out)
{
	const size_t step = 2 * (size_t)width;
	const __m512i low_mask = _mm512_set1_epi64(quo_mask32(width));
	const __m512i high_mask = _mm512_slli_epi64(low_mask, 32);
	const __m128i join = _mm_cvtsi32_si128((int)(32 - width));
	int64_t left[8], right[8], swapped_left[8], swapped_right[8];
	uint8_t even[64] = { 0 }, odd[64] = { 0 };
	uint64_t in_even = 0, in_odd = 0;

	for (unsigned i = 0; i < 8; i += 2) {
		int64_t shift = i % 4 && width % 2 ? 4 : 0, start = 2 * (int64_t)width + shift;
		left[i] = shift;
		left[i + 1] = start >= 64 ? start - 64 : 64;
		right[i] = 64;
		right[i + 1] = start < 64 ? 64 - start : 64;
		swapped_left[i] = start;
		swapped_left[i + 1] = 64;
		swapped_right[i] = 64;
		swapped_right[i + 1] = 64 - shift;
	}
	for (unsigned lane = 0; lane < 4; lane++)
		for (unsigned b = 0; b < (4 * width + (lane & width & 1) * 4 + 7) / 8; b++) {
			unsigned to = lane * width / 2 + b;
			if (lane % 2) {
				odd[to] = (uint8_t)(16 * lane + b);
				in_odd |= UINT64_C(1) << to;
			} else {
				even[to] = (uint8_t)(16 * lane + b);
				in_even |= UINT64_C(1) << to;
			}
		}
	const __m512i l = _mm512_loadu_si512(left), r = _mm512_loadu_si512(right);
	const __m512i sl = _mm512_loadu_si512(swapped_left), sr = _mm512_loadu_si512(swapped_right);
	const __m512i even_index = _mm512_loadu_si512(even), odd_index = _mm512_loadu_si512(odd);

	size_t bytes = quo_packed_bytes(n, width);
	while (bytes) {
		__m512i x = n >= 16 ? _mm512_loadu_si512(in)
				    : _mm512_maskz_loadu_epi32(first_words(n), in);
		__m512i y = _mm512_srl_epi64(_mm512_and_si512(x, high_mask), join);
		y = _mm512_ternarylogic_epi64(x, low_mask, y, 0xea); /* (x & low_mask) | y */
		__m512i swapped = _mm512_shuffle_epi32(y, _MM_PERM_BADC);
		__m512i z = _mm512_or_si512(_mm512_sllv_epi64(y, l), _mm512_srlv_epi64(y, r));
		z = _mm512_ternarylogic_epi64(z, _mm512_sllv_epi64(swapped, sl),
					      _mm512_srlv_epi64(swapped, sr), 0xfe);
		z = _mm512_or_si512(_mm512_maskz_permutexvar_epi8(in_even, even_index, z),
				    _mm512_maskz_permutexvar_epi8(in_odd, odd_index, z));
		if (bytes >= 64)
			_mm512_storeu_si512(out, z);
		else
			_mm512_mask_storeu_epi8(out, first_bytes(bytes < step ? bytes : step), z);
		if (n <= 16)
			break;
		in += 16;
		n -= 16;
		out += step;
		bytes -= step;
	}
}

/* An element and the bits before it in its first byte fit 32 bits. */
static void unpack_narrow(const uint8_t *in, size_t n, unsigned width, uint32_t *out)
{
	const __m512i mask = _mm512_set1_epi32((int)quo_mask32(width));
	size_t bytes = quo_packed_bytes(n, width), step = 2 * (size_t)width;
	uint8_t index[64];
	uint32_t shifts[16];

	for (unsigned i = 0; i < 16; i++) {
		shifts[i] = i * width % 8;
		for (unsigned b = 0; b < 4; b++)
			index[4 * i + b] = (uint8_t)(i * width / 8 + b);
	}
	const __m512i gather = _mm512_loadu_si512(index), right = _mm512_loadu_si512(shifts);
	for (;;) {
		__m512i x = bytes >= 64 ? _mm512_loadu_si512(in)
					: _mm512_maskz_loadu_epi8(first_bytes(bytes), in);
		x = _mm512_srlv_epi32(_mm512_permutexvar_epi8(gather, x), right);
		x = _mm512_and_si512(x, mask);
		if (n <= 16) {
			_mm512_mask_storeu_epi32(out, first_words(n), x);
			return;
		}
		_mm512_storeu_si512(out, x);
		in += step;
		bytes -= step;
		out += 16;
		n -= 16;
	}
}

/* As above in 64-bit lanes. Index bits beyond 63 wrap around to bits that the mask drops. */
static void unpack_wide(const uint8_t *in, size_t n, unsigned width, uint32_t *out)
{
	const __m512i mask = _mm512_set1_epi32((int)quo_mask32(width));
	size_t bytes = quo_packed_bytes(n, width), step = 2 * (size_t)width;
	uint8_t index[2][64];
	uint64_t shifts[2][8];
	uint32_t evens[16];

	for (unsigned i = 0; i < 16; i++) {
		shifts[i / 8][i % 8] = i * width % 8;
		for (unsigned b = 0; b < 8; b++)
			index[i / 8][8 * (i % 8) + b] = (uint8_t)((i * width / 8 + b) % 64);
		evens[i] = 2 * i;
	}
	const __m512i gather0 = _mm512_loadu_si512(index[0]),
		      gather1 = _mm512_loadu_si512(index[1]);
	const __m512i right0 = _mm512_loadu_si512(shifts[0]),
		      right1 = _mm512_loadu_si512(shifts[1]);
	const __m512i even = _mm512_loadu_si512(evens);
	for (;;) {
		__m512i x = bytes >= 64 ? _mm512_loadu_si512(in)
					: _mm512_maskz_loadu_epi8(first_bytes(bytes), in);
		__m512i a = _mm512_srlv_epi64(_mm512_permutexvar_epi8(gather0, x), right0);
		__m512i b = _mm512_srlv_epi64(_mm512_permutexvar_epi8(gather1, x), right1);
		x = _mm512_and_si512(_mm512_permutex2var_epi32(a, even, b), mask);
		if (n <= 16) {
			_mm512_mask_storeu_epi32(out, first_words(n), x);
			return;
		}
		_mm512_storeu_si512(out, x);
		in += step;
		bytes -= step;
		out += 16;
		n -= 16;
	}
}

static void pack_any(const uint32_t *in, size_t n, unsigned width, uint8_t *out)
{
	if (width == 32)
		memcpy(out, in, n * sizeof *in);
	else
		pack(in, n, width, out);
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

const quo__bits_kernels quo__bits_avx512 = {
	planes_from_words, words_from_planes, bytes_from_planes, transpose_128,
	transpose_64,      words_transpose,   pack_any,          unpack,
};
