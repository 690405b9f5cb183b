/* SPDX-License-Identifier: Apache-2.0 */
/* The formulas of docs/numerics.md for optimisers, on plain integers, and gradients to try them with. */
#ifndef QUOTIENT_TESTS_OPTIM_RULES_H
#define QUOTIENT_TESTS_OPTIM_RULES_H

#include "unit/circuit/harness.h"

static inline int64_t rs(int64_t x, int s)
{
	return s <= 0 ? x * (INT64_C(1) << -s) : (x + (INT64_C(1) << (s - 1))) >> s;
}

static inline int64_t sat(int64_t x)
{
	return x < -127 ? -127 : x > 127 ? 127 : x;
}

static inline int length(int64_t x)
{
	return (int)quo_bit_length((uint64_t)x);
}

static inline int64_t wage_step(int64_t g, int k, int64_t u)
{
	int64_t m = g < 0 ? -g : g, q = k <= 8 ? m * (INT64_C(1) << (8 - k)) : m >> (k - 8);

	q = (q + u) >> 8;
	return g < 0 ? -q : q;
}

/* The largest magnitudes of a tensor with exponent s. */
static inline int64_t most(const char *quant, unsigned s, bool negative)
{
	uint64_t m = 0;

	if (!strcmp(quant, "npow"))
		return negative ? INT64_C(1) << s : (INT64_C(1) << s) - 1;
	/* the largest m with m * m < 2^(2s+1); for s = 0 m = 1 */
	for (uint64_t bit = UINT64_C(1) << s; bit; bit >>= 1)
		if ((m + bit) * (m + bit) < UINT64_C(1) << (2 * s + 1))
			m += bit;
	return (int64_t)m;
}

/* A gradient and an exponent that belong together. */
static inline int64_t random_gradient(const char *quant, unsigned width, uint64_t *s, uint64_t *rng)
{
	uint64_t r = next_random(rng);

	*s = r % width; /* 0 .. width-1: |G| <= 2^(width-1) */
	bool negative = r >> 8 & 1;
	int64_t end = most(quant, (unsigned)*s, negative),
		widest = (INT64_C(1) << (width - 1)) - !negative;
	if (end > widest)
		end = widest;
	int64_t m = (r >> 9) % 8 == 0 ? end : (int64_t)(next_random(rng) % (uint64_t)(end + 1));
	if ((r >> 12) % 4 == 0)
		m >>= (r >> 16) % 16;
	return negative ? -m : m;
}

typedef struct moments {
	int64_t m, u, h;
} moments;

/* One step of the formulas returns what is taken off V; held is what the state keeps of H. */
typedef struct rule {
	const char *name;
	int64_t (*step)(moments *x, int64_t g, int r);
	int64_t (*held)(int64_t h);
} rule;

static inline int64_t amsgrad_step(moments *x, int64_t g, int r)
{
	x->m += rs(26 * (g - x->m), 8);
	x->u += rs(3 * ((g < 0 ? -g : g) - x->u), 8);
	x->h = x->h > x->u ? x->h : x->u;
	return rs(x->m, length(x->h) + r);
}

static inline int64_t length_of(int64_t h)
{
	return length(h);
}

static inline int64_t root_of(int64_t h)
{
	int64_t root = 0;

	for (int64_t bit = 1 << 15; bit; bit >>= 1)
		if ((root + bit) * (root + bit) <= h)
			root += bit;
	return root;
}

static inline int64_t floor_div(int64_t x, int64_t y)
{
	return x / y - (x % y < 0);
}

static inline int64_t amsgrad_std_step(moments *x, int64_t g, int r)
{
	x->m += rs(26 * (g - x->m), 8);
	x->u += rs(3 * (g * g - x->u), 8);
	x->h = x->h > x->u ? x->h : x->u;
	/* 4 M / (2^r D) rounded half up */
	int64_t d = (root_of(x->h) + 1) << r;
	return floor_div(8 * x->m + d, 2 * d);
}

static const rule secure = { "amsgrad", amsgrad_step, length_of },
		  standard = { "amsgrad-std", amsgrad_std_step, root_of };

#endif
