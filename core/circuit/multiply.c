/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Products. Of two integers of wires, and squares: one row for every bit of an operand. Small: row after row into an
 * accumulator, each adder only as wide as the row; shallow: all rows at once through quo_sum(). By a constant: a row for every digit of it that is not 0.
 */
#include "builder.h"

#include <quotient/bits.h>

#define W QUO_INT_MAX_WIDTH

static const quo_int nothing = { .width = 0 };

/* The shallow sum of rows: folded into one integer whenever quo_sum() has no room for more. */
struct rows {
	quo_builder *b;
	quo_term term[QUO_SUM_MAX_TERMS];
	unsigned n, width;
	bool is_signed;
};

static quo_int add_up(struct rows *r)
{
	quo_int sum = quo_sum(r->b, r->term, r->n, 0, r->width, r->is_signed);

	r->term[0] = (quo_term){ .x = sum };
	r->n = 1;
	return sum;
}

static void put(struct rows *r, quo_int x, unsigned by, bool minus)
{
	if (r->n == QUO_SUM_MAX_TERMS)
		add_up(r);
	r->term[r->n++] = (quo_term){ .x = x, .by = (uint8_t)by, .minus = minus };
}

/* acc + row * 2^by (or minus it), exact in by + width bits; bits below `by` are acc's own. */
static quo_int add_row(quo_builder *b, quo_int acc, quo_int row, unsigned by, bool minus,
		       unsigned width, bool is_signed)
{
	quo_int high = quo_slice(acc, by, acc.width > by ? acc.width - by : 0, acc.is_signed);

	if (minus)
		row = quo_not_int(b, row, width);
	high = quo_add_carry(b, high, row, minus, width);
	acc = quo_resize(acc, by + width, is_signed);
	for (unsigned i = 0; i < width; i++)
		acc.bit[by + i] = high.bit[i];
	return acc;
}

quo_int quo_mul(quo_builder *b, quo_int x, quo_int y)
{
	if (!quo__check(b, &x, "an operand wider than 64 bits") ||
	    !quo__check(b, &y, "an operand wider than 64 bits"))
		return nothing;
	if (x.width + y.width > W) {
		quo__builder_fail(b, "a product that needs more than 64 bits");
		return nothing;
	}
	bool is_signed = x.is_signed || y.is_signed, shallow = quo_builder_goal(b) == QUO_SHALLOW;
	if (y.width > x.width) {
		quo_int kept = x;
		x = y;
		y = kept;
	}
	quo_int z = { .is_signed = is_signed };
	if (!y.width)
		return z;
	struct rows rows = { .b = b, .width = x.width + y.width, .is_signed = is_signed };
	for (unsigned i = 0; i < y.width; i++) {
		quo_int row = quo_and_bit(b, x, y.bit[i]);
		/* The top bit of a signed y weighs -2^i. */
		bool minus = y.is_signed && i == y.width - 1u;
		if (shallow)
			put(&rows, row, i, minus);
		else
			z = add_row(b, z, row, i, minus, x.width + (i || minus ? 1u : 0u),
				    x.is_signed || minus);
	}
	return quo_resize(shallow ? add_up(&rows) : z, x.width + y.width, is_signed);
}

/*
 * Row k of a square: x_k (x_k 4^k + 2^(k+1) (x mod 2^k)), what bit k adds to the square of the bits below it. At weight
 * 4^k meet x_k and x_k x_(k-1): their sum is 2 x_k x_(k-1) + x_k not x_(k-1), one AND. In units of 2^(k+1).
 */
static quo_int square_row(quo_builder *b, const quo_int *x, unsigned k)
{
	quo_int row = { .width = (uint8_t)(k + 1) };

	for (unsigned j = 0; j < k; j++)
		row.bit[j] = quo_bit_and(b, x->bit[k], x->bit[j]);
	row.bit[k] = row.bit[k - 1];
	row.bit[k - 1] = quo_bit_xor(b, x->bit[k], row.bit[k]);
	return row;
}

quo_int quo_square(quo_builder *b, quo_int x)
{
	unsigned width = x.width;

	if (!quo__check(b, &x, "an operand wider than 64 bits"))
		return nothing;
	if (2 * width > W) {
		quo__builder_fail(b, "a square that needs more than 64 bits");
		return nothing;
	}
	if (!width)
		return nothing;
	/* |x| <= 2^(width-1): the square is a bit shorter. */
	unsigned square_width = 2 * width - (x.is_signed ? 1u : 0u);
	bool shallow = quo_builder_goal(b) == QUO_SHALLOW;
	x = quo_abs(b, x);
	quo_int z = { .bit = { x.bit[0] }, .width = 1 };
	struct rows rows = { .b = b, .width = square_width };
	put(&rows, z, 0, false);
	for (unsigned k = 1; k < width; k++) {
		quo_int row = square_row(b, &x, k);
		if (shallow)
			put(&rows, row, k + 1, false);
		else
			z = add_row(b, z, row, k + 1, false, k + 1, false);
	}
	return quo_resize(shallow ? add_up(&rows) : z, square_width, false);
}

/* ---- by a constant ---- */

/* ceil(log2 m), m >= 1 */
static unsigned log2_up(uint64_t m)
{
	return quo_bit_length(m - 1);
}

/* x * c from signed digits of c, lowest first; every partial product is only as wide as its own
 * multiple of x. */
static quo_int mul_digits(quo_builder *b, const quo_int *x, const int8_t *digit, unsigned n)
{
	quo_int acc = { .width = 0, .is_signed = x->is_signed };
	int64_t multiple = 0;

	for (unsigned i = 0; i < n; i++) {
		if (!digit[i])
			continue;
		multiple += digit[i] * (INT64_C(1) << i);
		bool negative = multiple < 0;
		unsigned width =
			x->width + log2_up((uint64_t)(negative ? -multiple : multiple)) + negative;
		quo_int term = quo_shl(*x, i);
		quo_wire minus = digit[i] < 0;
		acc = quo__adder(b, &acc, &term, minus, minus, width, x->is_signed || negative);
	}
	return quo_resize(acc, acc.width, x->is_signed);
}

static quo_int mul_columns(quo_builder *b, const quo_int *x, const int8_t *digit, unsigned n,
			   unsigned width)
{
	quo_term terms[34];
	unsigned n_terms = 0;

	for (unsigned i = 0; i < n; i++)
		if (digit[i])
			terms[n_terms++] = (quo_term){ *x, (uint8_t)i, digit[i] < 0 };
	return quo_sum(b, terms, n_terms, 0, width, x->is_signed);
}

quo_int quo_mul_const(quo_builder *b, quo_int x, uint32_t c)
{
	int8_t naf[34] = { 0 }, binary[34] = { 0 };
	unsigned n_naf = 0, n_binary = 0;
	uint64_t rest = c;

	if (!quo__check(b, &x, "an operand wider than 64 bits") || !c || !x.width)
		return (quo_int){ .width = 0, .is_signed = x.is_signed };
	if (x.width + log2_up(c) > W) {
		quo__builder_fail(b, "a product that needs more than 64 bits");
		return nothing;
	}
	for (unsigned i = 0; rest; i++, rest >>= 1) {
		if (rest & 1) {
			naf[i] = (int8_t)(2 - (int)(rest & 3));
			rest = naf[i] > 0 ? rest - 1 : rest + 1;
			n_naf++;
		}
	}
	for (unsigned i = 0; i < 32; i++) {
		binary[i] = (int8_t)(c >> i & 1);
		n_binary += c >> i & 1;
	}
	if (quo_builder_goal(b) == QUO_SHALLOW && (n_naf < n_binary ? n_naf : n_binary) > 2)
		return mul_columns(b, &x, n_naf < n_binary ? naf : binary, 34,
				   x.width + log2_up(c));
	/* As a last digit of NAF may lie one above the product's width, near 64 bits only binary
	 * fits. */
	bool plain = n_binary <= n_naf || x.width + log2_up(c) + 2 > W;
	return mul_digits(b, &x, plain ? binary : naf, 34);
}
