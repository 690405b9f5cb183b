/* SPDX-License-Identifier: Apache-2.0 */
/* Loops over rows of bits and of words, plain C, compiled once per tier: REP_ROWS names the table. */
#include "rows.h"

#include <string.h>

static void xor_rows(uint64_t *out, const uint64_t *a, const uint64_t *b, size_t words)
{
	for (size_t i = 0; i < words; i++)
		out[i] = a[i] ^ b[i];
}

static void xor_word(uint64_t *out, const uint64_t *a, uint64_t b, size_t words)
{
	for (size_t i = 0; i < words; i++)
		out[i] = a[i] ^ b;
}

/* x_i (y_i ^ y_i+1) ^ x_i+1 y_i of one word. */
static inline uint64_t summand(uint64_t x0, uint64_t x1, uint64_t y0, uint64_t y1)
{
	return (x0 & (y0 ^ y1)) ^ (x1 & y0);
}

/* The row's last bytes, which may end within a word. */
static void add_tail(uint8_t *to, uint64_t z, size_t bits)
{
	uint64_t v = 0;

	memcpy(&v, to, rep_row_bytes(bits));
	v = (v ^ z) & ((UINT64_C(1) << bits) - 1);
	memcpy(to, &v, rep_row_bytes(bits));
}

static void multiply(const struct rep_and *g, size_t m)
{
	const uint64_t *restrict x0 = g->x[0], *restrict x1 = g->x[1];
	const uint64_t *restrict y0 = g->y[0], *restrict y1 = g->y[1];
	uint64_t fx0 = g->flip_x[0], fx1 = g->flip_x[1], fy0 = g->flip_y[0], fy1 = g->flip_y[1];
	uint8_t *restrict to = g->message;
	size_t words = m / 64;

	for (size_t i = 0; i < words; i++) {
		uint64_t v;
		memcpy(&v, to + 8 * i, sizeof v);
		v ^= summand(x0[i] ^ fx0, x1[i] ^ fx1, y0[i] ^ fy0, y1[i] ^ fy1);
		memcpy(to + 8 * i, &v, sizeof v);
	}
	if (m % 64)
		add_tail(
			to + 8 * words,
			summand(x0[words] ^ fx0, x1[words] ^ fx1, y0[words] ^ fy0, y1[words] ^ fy1),
			m % 64);
}

static void multiply_by_scalar(const struct rep_and *g, size_t m)
{
	const uint64_t *restrict x0 = g->x[0], *restrict x1 = g->x[1];
	uint64_t fx0 = g->flip_x[0], fx1 = g->flip_x[1];
	uint64_t y0 = *g->y[0] ^ g->flip_y[0], y1 = *g->y[1] ^ g->flip_y[1];
	uint8_t *restrict to = g->message;
	size_t words = m / 64;

	for (size_t i = 0; i < words; i++) {
		uint64_t v;
		memcpy(&v, to + 8 * i, sizeof v);
		v ^= summand(x0[i] ^ fx0, x1[i] ^ fx1, y0, y1);
		memcpy(to + 8 * i, &v, sizeof v);
	}
	if (m % 64)
		add_tail(to + 8 * words, summand(x0[words] ^ fx0, x1[words] ^ fx1, y0, y1), m % 64);
}

static void read_row(uint64_t *out, const uint8_t *row, size_t m)
{
	memcpy(out, row, m / 64 * 8);
	if (m % 64) {
		out[m / 64] = 0;
		memcpy(out + m / 64, row + m / 64 * 8, rep_row_bytes(m % 64));
		out[m / 64] &= (UINT64_C(1) << m % 64) - 1;
	}
}

static void deal(uint32_t *out, const uint32_t *bit, const uint32_t *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		out[i] = bit[i] - s[i];
}

static void add(uint32_t *restrict sum, uint32_t c, const uint32_t *restrict x, size_t n)
{
	for (size_t i = 0; i < n; i++)
		sum[i] += c * x[i];
}

static void add_if(uint32_t *restrict sum, uint32_t c, const uint32_t *restrict x,
		   const uint32_t *restrict bit, size_t n)
{
	for (size_t i = 0; i < n; i++)
		sum[i] += c * (x[i] & (0 - bit[i]));
}

static void sum_words(uint32_t *out, const uint32_t *a, const uint32_t *b, uint32_t mask, size_t n)
{
	for (size_t i = 0; i < n; i++)
		out[i] = (a[i] + b[i]) & mask;
}

static void difference(uint32_t *out, const uint32_t *a, const uint32_t *b, uint32_t mask, size_t n)
{
	for (size_t i = 0; i < n; i++)
		out[i] = (a[i] - b[i]) & mask;
}

const struct rep_kernels REP_ROWS = {
	.xor_rows = xor_rows,
	.xor_word = xor_word,
	.multiply = multiply,
	.multiply_by_scalar = multiply_by_scalar,
	.read = read_row,
	.deal = deal,
	.add = add,
	.add_if = add_if,
	.sum = sum_words,
	.difference = difference,
};
