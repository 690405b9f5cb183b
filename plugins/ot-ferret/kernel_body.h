/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kernels of one tier; the file that includes this defines TIER (the table's name) and WIDE
 * (how many blocks a vector holds).
 */
#include "kernels.h"

typedef uint64_t one __attribute__((vector_size(16), may_alias, aligned(16)));
typedef uint64_t wide __attribute__((vector_size(16 * WIDE), may_alias, aligned(16)));

/*
 * Each loop is written once for a group of `count` vectors of type vec, which stay in registers
 * while it runs over the nodes. Macros, because C has no other way to say "for both types".
 */
#define FOR_GROUP for (size_t v = 0; v < count; v++)
#define AT(vec, p, v) (((vec *)(void *)(p))[v])
#define INLINE static inline __attribute__((always_inline))

#define DEFINE(vec) \
	INLINE void join_##vec(quo_block *x, size_t m, size_t trees, quo_block *side0, \
			       quo_block *side1, const size_t count) \
	{ \
		vec s0[4] = { { 0 } }, s1[4] = { { 0 } }; \
		for (size_t i = 0; i < m; i++) { \
			quo_block *low = x + i * trees, *high = x + (m + i) * trees; \
			FOR_GROUP \
			{ \
				vec h = AT(vec, high, v), c = AT(vec, low, v) ^ h; \
				AT(vec, low, v) = c; \
				s0[v] ^= h; \
				s1[v] ^= c; \
			} \
		} \
		FOR_GROUP \
		{ \
			AT(vec, side0, v) = s0[v]; \
			AT(vec, side1, v) = s1[v]; \
		} \
	} \
	INLINE void patch_##vec(quo_block *x, size_t m, size_t trees, ferret_patch p, \
				const size_t count) \
	{ \
		vec at[4], value[4], node = { 0 }; \
		FOR_GROUP \
		{ \
			at[v] = AT(const vec, p.at, v); \
			value[v] = AT(const vec, p.value, v); \
		} \
		for (size_t i = 0; i < m; i++, node += 1) \
			FOR_GROUP \
		AT(vec, x + i * trees, v) ^= value[v] & (vec)(node == at[v]); \
	} \
	INLINE void leaves_##vec(quo_block *x, size_t m, size_t trees, ferret_patch p, \
				 ferret_patch q, vec low, const size_t count) \
	{ \
		vec at[4], value[4], at1[4], value1[4], node = { 0 }; \
		FOR_GROUP \
		{ \
			at[v] = AT(const vec, p.at, v); \
			value[v] = AT(const vec, p.value, v); \
			at1[v] = AT(const vec, q.at, v); \
			value1[v] = AT(const vec, q.value, v); \
		} \
		for (size_t i = 0; i < m; i++, node += 1) \
			FOR_GROUP \
			{ \
				vec leaf = AT(vec, x + i * trees, v), \
				    last = (vec)(node == at1[v]); \
				leaf ^= (value[v] & (vec)(node == at[v])) ^ (value1[v] & last); \
				AT(vec, x + i * trees, v) = (leaf & ~low) | (last & low); \
			} \
	}

DEFINE(one)
#if WIDE > 1
DEFINE(wide)
#else
#define join_wide join_one
#define patch_wide patch_one
#define leaves_wide leaves_one
#endif

static ferret_patch later(ferret_patch p, size_t j)
{
	return (ferret_patch){ p.at + j, p.value + j };
}

static void join(quo_block *x, size_t m, size_t trees, quo_block *side0, quo_block *side1)
{
	size_t j = 0;

	for (; j + 4 * WIDE <= trees; j += 4 * WIDE)
		join_wide(x + j, m, trees, side0 + j, side1 + j, 4);
	for (; j + WIDE <= trees; j += WIDE)
		join_wide(x + j, m, trees, side0 + j, side1 + j, 1);
	for (; j < trees; j++)
		join_one(x + j, m, trees, side0 + j, side1 + j, 1);
}

static void patch(quo_block *x, size_t m, size_t trees, ferret_patch p)
{
	size_t j = 0;

	for (; j + 4 * WIDE <= trees; j += 4 * WIDE)
		patch_wide(x + j, m, trees, later(p, j), 4);
	for (; j + WIDE <= trees; j += WIDE)
		patch_wide(x + j, m, trees, later(p, j), 1);
	for (; j < trees; j++)
		patch_one(x + j, m, trees, later(p, j), 1);
}

static void patch_leaves(quo_block *x, size_t m, size_t trees, ferret_patch p, ferret_patch q)
{
	const quo_block bit[4] = { { { 1, 0 } }, { { 1, 0 } }, { { 1, 0 } }, { { 1, 0 } } };
	size_t j = 0;

	for (; j + 4 * WIDE <= trees; j += 4 * WIDE)
		leaves_wide(x + j, m, trees, later(p, j), later(q, j), AT(const wide, bit, 0), 4);
	for (; j + WIDE <= trees; j += WIDE)
		leaves_wide(x + j, m, trees, later(p, j), later(q, j), AT(const wide, bit, 0), 1);
	for (; j < trees; j++)
		leaves_one(x + j, m, trees, later(p, j), later(q, j), AT(const one, bit, 0), 1);
}

/* One row, whose words begin at w; returns the lowest bit. */
INLINE unsigned row(const ferret_code *code, const uint32_t *w, const quo_block *leaf,
		    quo_block *out)
{
	const char *base = (const char *)code->secret;
	one sum = AT(const one, leaf, 0) & AT(const one, &code->keep, 0);

	for (int d = 0; d < FERRET_ROW; d++)
		sum ^= *(const one *)(const void *)(base + (w[d] & code->mask));
	AT(one, out, 0) = sum ^ (one) { w[0] >> 31 & code->publish, 0 };
	return (unsigned)sum[0] & 1;
}

/* n <= 8 rows, their lowest bits in a byte. */
INLINE uint8_t rows(const ferret_code *code, const uint32_t *w, const quo_block *leaf,
		    quo_block *out, size_t n)
{
	unsigned bits = 0;

	for (unsigned i = 0; i < n; i++)
		bits |= row(code, w + i * FERRET_ROW, leaf + i, out + i) << i;
	return (uint8_t)bits;
}

#ifdef ENCODE_OWN
static void encode(const ferret_code *code, uint64_t pair, const quo_block *leaf, quo_block *out,
		   uint8_t *choices, size_t n);
#else
static void encode(const ferret_code *code, uint64_t pair, const quo_block *leaf, quo_block *out,
		   uint8_t *choices, size_t n)
{
	enum { ROWS = 128 };
	quo_block words[ROWS / 2 * FERRET_PAIR_BLOCKS];

	for (size_t i = 0; i < n; i += ROWS) {
		const size_t m = n - i < ROWS ? n - i : ROWS;
		const uint32_t *w = (const uint32_t *)(const void *)words;

		quo_prg(code->key, (pair + i / 2) * FERRET_PAIR_BLOCKS, words,
			(m + 1) / 2 * FERRET_PAIR_BLOCKS);
		for (size_t j = 0; j < m; j += 8)
			choices[(i + j) / 8] = rows(code, w + j * FERRET_ROW, leaf + i + j,
						    out + i + j, m - j < 8 ? m - j : 8);
	}
}
#endif

const ferret_kernels TIER = { join, patch, patch_leaves, encode };
