/* SPDX-License-Identifier: Apache-2.0 */
/* Loops over rows of bits: what an AND gate costs beside its COTs is little, so plain C will do. */
#include "gmw.h"

#include <string.h>

static uint64_t load(const uint8_t *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof v);
	return v;
}

void gmw_xor(uint64_t *out, const uint64_t *a, const uint64_t *b, size_t words)
{
	for (size_t i = 0; i < words; i++)
		out[i] = a[i] ^ b[i];
}

void gmw_xor_word(uint64_t *out, const uint64_t *a, uint64_t b, size_t words)
{
	for (size_t i = 0; i < words; i++)
		out[i] = a[i] ^ b;
}

void gmw_add_product(uint64_t *c, const uint64_t *a, const uint64_t *b, size_t words)
{
	for (size_t i = 0; i < words; i++)
		c[i] ^= a[i] & b[i];
}

void gmw_add_multiple(uint64_t *c, uint64_t a, const uint64_t *b, size_t words)
{
	for (size_t i = 0; i < words; i++)
		c[i] ^= a & b[i];
}

void gmw_mask(uint8_t *out, const uint64_t *a, const uint64_t *b, size_t m)
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

void gmw_cut_bits(uint64_t *out, const uint64_t *plane, size_t at, size_t n)
{
	unsigned shift = (unsigned)(at % 64);
	size_t words = quo_words(n), first = at / 64, last = n ? (at + n - 1) / 64 : 0;

	for (size_t i = 0; i < words; i++) {
		uint64_t v = plane[first + i] >> shift;
		if (shift && first + i < last)
			v |= plane[first + i + 1] << (64 - shift);
		out[i] = v;
	}
	if (n % 64)
		out[words - 1] &= (UINT64_C(1) << n % 64) - 1;
}

void gmw_multiply(const struct gmw_beaver *m, size_t words)
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

void gmw_multiply_by_scalar(const struct gmw_beaver *m, size_t words)
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
