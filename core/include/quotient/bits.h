/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bit planes, transposes and exact-width packing: local rearrangements, in SIMD tiers.
 *
 * A plane of n bits is ceil(n / 64) words; bit e is bit e % 64 of word e / 64; bits beyond n are 0.
 * b planes of one tensor follow each other (plane k starts at k * words).
 */
#ifndef QUOTIENT_BITS_H
#define QUOTIENT_BITS_H

#include <quotient/crypto.h>

QUO_BEGIN_DECLS

static inline size_t quo_words(size_t n)
{
	return n / 64 + (n % 64 != 0);
}

/* Bit length of v; 0 for 0. */
static inline unsigned quo_bit_length(uint64_t v)
{
	return v ? 64u - (unsigned)__builtin_clzll(v) : 0u;
}

/* Low `width` bits set; width <= 32. */
static inline uint32_t quo_mask32(unsigned width)
{
	return width >= 32 ? UINT32_MAX : (UINT32_C(1) << width) - 1;
}

/* Sign-extend the low `width` bits (1..32). */
static inline int32_t quo_sign_extend(uint32_t v, unsigned width)
{
	return (int32_t)(v << (32 - width)) >> (32 - width);
}

/* n integers (their low `width` bits, width <= 32) to `width` planes of quo_words(n) words. */
void quo_planes_from_words(const uint32_t *in, size_t n, unsigned width, uint64_t *planes);
/* The reverse: zero-extended words, or sign-extended from bit width-1 when is_signed. */
void quo_words_from_planes(const uint64_t *planes, size_t n, unsigned width, bool is_signed,
			   uint32_t *out);

/* n bytes of `width` <= 8 planes (width 0: all 0), each replaced: out[i] = table[value i]. Time
 * depends on the values: for public or clear data only. */
void quo_bytes_from_planes(const uint64_t *planes, size_t n, unsigned width,
			   const uint8_t table[256], uint8_t *out);

/* Append bits from .. from + n - 1 of `in` to `out`, a string of `at` bits with zeros behind them.
 * Touches no word of either that holds none of these bits. */
void quo_bits_append(uint64_t *out, size_t at, const uint64_t *in, size_t from, size_t n);

/*
 * 128 x n_bits transposition: rows[j] (j < 128) is a packed row of n bits at rows + j * row_words;
 * out[i] (i < n) collects bit i of every row: bit j of block out[i] = bit i of row j. n a multiple
 * of 128. (IKNP03, ALSZ13: the matrix transpose of OT extension.)
 */
void quo_transpose_128(const uint64_t *rows, size_t row_words, size_t n, quo_block *out);

/* A row-major bit matrix of rows x cols packed without row padding (element r*cols + c)
 * to its transpose. */
void quo_plane_transpose(const uint64_t *in, size_t rows, size_t cols, uint64_t *out);
/* Row-major rows x cols words to cols x rows. */
void quo_words_transpose(const uint32_t *in, size_t rows, size_t cols, uint32_t *out);

/*
 * Exact wire packing: n words, low `width` bits each (1..32), least significant first, to
 * quo_packed_bytes(n, width) bytes. Unpack zero-extends. The last byte's unused bits are 0.
 */
static inline size_t quo_packed_bytes(size_t n, unsigned width)
{
	return (n / 8) * width + ((n % 8) * width + 7) / 8;
}
void quo_pack(const uint32_t *in, size_t n, unsigned width, uint8_t *out);
void quo_unpack(const uint8_t *in, size_t n, unsigned width, uint32_t *out);

QUO_END_DECLS

#endif
