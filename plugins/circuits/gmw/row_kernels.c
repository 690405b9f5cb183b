/* SPDX-License-Identifier: Apache-2.0 */
/* Loops over rows of bits, plain C, compiled once per tier: GMW_ROWS names the table. */
#include "rows.h"

#include <string.h>

static uint64_t load(const uint8_t *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof v);
	return v;
}

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

static void add_product(uint64_t *c, const uint64_t *a, const uint64_t *b, size_t words)
{
	for (size_t i = 0; i < words; i++)
		c[i] ^= a[i] & b[i];
}

static void add_multiple(uint64_t *c, uint64_t a, const uint64_t *b, size_t words)
{
	for (size_t i = 0; i < words; i++)
		c[i] ^= a & b[i];
}

static void mask(uint8_t *out, const uint64_t *a, const uint64_t *b, size_t m)
{
	size_t whole = m / 64;

	for (size_t i = 0; i < whole; i++) {
		uint64_t v = a[i] ^ b[i];
		memcpy(out + 8 * i, &v, sizeof v);
	}
	if (m % 64) {
		uint64_t v = (a[whole] ^ b[whole]) & ((UINT64_C(1) << m % 64) - 1);
		memcpy(out + 8 * whole, &v, gmw_row_bytes(m % 64));
	}
}

static void open_row(uint64_t *out, const uint8_t *a, const uint8_t *b, size_t m)
{
	for (size_t i = 0; i < m / 64; i++)
		out[i] = load(a + 8 * i) ^ load(b + 8 * i);
	if (m % 64) {
		uint64_t tail = (UINT64_C(1) << m % 64) - 1;
		size_t i = m / 64;
		out[i] = (load(a + 8 * i) ^ load(b + 8 * i)) & tail;
	}
}

static void multiply(const struct gmw_beaver *m, size_t words)
{
	uint64_t *restrict out = m->out;
	uint64_t not_d = m->not_d, not_e = m->not_e, party0 = m->party0;
	const uint64_t *d_row = m->d, *a = m->a, *b = m->b, *c = m->c;
	const uint8_t *e0 = m->e0, *e1 = m->e1;

	for (size_t i = 0; i < words; i++) {
		uint64_t d = d_row[i] ^ not_d, e = load(e0 + 8 * i) ^ load(e1 + 8 * i) ^ not_e;
		out[i] = (d & (b[i] ^ (e & party0))) ^ (e & a[i]) ^ c[i];
	}
}

static void multiply_by_scalar(const struct gmw_beaver *m, size_t words)
{
	uint64_t *restrict out = m->out;
	uint64_t d = *m->d ^ m->not_d, not_e = m->not_e, party0 = m->party0, a = *m->a;
	const uint64_t *b = m->b, *c = m->c;
	const uint8_t *e0 = m->e0, *e1 = m->e1;

	for (size_t i = 0; i < words; i++) {
		uint64_t e = load(e0 + 8 * i) ^ load(e1 + 8 * i) ^ not_e;
		out[i] = (d & (b[i] ^ (e & party0))) ^ (e & a) ^ c[i];
	}
}

static void low_words(uint32_t *restrict x, const quo_block *restrict h, size_t n)
{
	for (size_t i = 0; i < n; i++)
		x[i] = (uint32_t)h[i].w[0];
}

static void low_words_pair(uint32_t *restrict x, uint32_t *restrict v, const quo_block *restrict h0,
			   const quo_block *restrict h1, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		x[i] = (uint32_t)h0[i].w[0];
		v[i] = x[i] ^ (uint32_t)h1[i].w[0];
	}
}

const struct gmw_kernels GMW_ROWS = {
	.xor_rows = xor_rows,
	.xor_word = xor_word,
	.add_product = add_product,
	.add_multiple = add_multiple,
	.mask = mask,
	.open = open_row,
	.multiply = multiply,
	.multiply_by_scalar = multiply_by_scalar,
	.low_words = low_words,
	.low_words_pair = low_words_pair,
};
