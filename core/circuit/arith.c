/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sums and comparisons. All of them are one carry network over x and y or their complements.
 *
 * The full adder has one AND: carry' = carry ^ ((x ^ carry) & (y ^ carry))
 * (Boyar, Peralta, Pochuev 2000; Kolesnikov, Sadeghi, Schneider 2009, section 3).
 */
#include "builder.h"

#define W QUO_INT_MAX_WIDTH

static const quo_int nothing = { .width = 0 };

/* ---- carries ---- */
static quo_wire majority(quo_builder *b, quo_wire x, quo_wire y, quo_wire z)
{
	if (x == y || z == QUO_WIRE_0)
		return quo_bit_and(b, x, y);
	if (z == QUO_WIRE_1)
		return quo_bit_or(b, x, y);
	if (x <= QUO_WIRE_1)
		return majority(b, y, z, x);
	if (y <= QUO_WIRE_1)
		return majority(b, x, z, y);
	return quo_bit_xor(b, z, quo_bit_and(b, quo_bit_xor(b, x, z), quo_bit_xor(b, y, z)));
}

/*
 * Sklansky 1960: after round k, position i holds generate and propagate of the 2^k-aligned block
 * that ends in i. A generated and a propagated carry exclude each other, so OR is XOR. Networks
 * that only want the last carry lose the rest as dead gates.
 */
static void prefix_carries(quo_builder *b, const quo_wire *x, const quo_wire *y, quo_wire carry,
			   unsigned n, quo_wire *c)
{
	quo_wire generate[W + 1], propagate[W + 1];

	generate[0] = carry;
	propagate[0] = QUO_WIRE_0;
	for (unsigned i = 0; i < n; i++) {
		generate[i + 1] = quo_bit_and(b, x[i], y[i]);
		propagate[i + 1] = quo_bit_xor(b, x[i], y[i]);
	}
	for (unsigned half = 1; half <= n; half *= 2) {
		for (unsigned i = half; i <= n; i++) {
			if (!(i & half))
				continue;
			unsigned below = (i & ~(half - 1)) - 1;
			quo_wire through = quo_bit_and(b, propagate[i], generate[below]);
			generate[i] = quo_bit_xor(b, generate[i], through);
			propagate[i] = quo_bit_and(b, propagate[i], propagate[below]);
		}
	}
	for (unsigned i = 0; i <= n; i++)
		c[i] = generate[i];
}

void quo__carries(quo_builder *b, const quo_wire *x, const quo_wire *y, quo_wire carry, unsigned n,
		  quo_wire *c)
{
	if (quo_builder_goal(b) == QUO_SHALLOW) {
		prefix_carries(b, x, y, carry, n, c);
		return;
	}
	c[0] = carry;
	for (unsigned i = 0; i < n; i++)
		c[i + 1] = majority(b, x[i], y[i], c[i]);
}

/* ---- sums ---- */
quo_int quo__adder(quo_builder *b, const quo_int *x, const quo_int *y, quo_wire flip,
		   quo_wire carry, unsigned width, bool is_signed)
{
	quo_wire xs[W], ys[W], c[W + 1];
	quo_int z = { .width = (uint8_t)width, .is_signed = is_signed };

	if (!quo__check(b, x, "an operand wider than 64 bits") ||
	    !quo__check(b, y, "an operand wider than 64 bits"))
		return nothing;
	if (width > W) {
		quo__builder_fail(b, "a sum that needs more than 64 bits");
		return nothing;
	}
	if (!width)
		return z;
	for (unsigned i = 0; i < width; i++) {
		xs[i] = quo__bit(x, i);
		ys[i] = quo__bit(y, i) ^ flip;
	}
	quo__carries(b, xs, ys, carry, width - 1, c);
	for (unsigned i = 0; i < width; i++)
		z.bit[i] = quo_bit_xor(b, quo_bit_xor(b, xs[i], ys[i]), c[i]);
	return z;
}

quo_int quo_add(quo_builder *b, quo_int x, quo_int y)
{
	bool is_signed = x.is_signed || y.is_signed;

	return quo__adder(b, &x, &y, 0, QUO_WIRE_0, quo__operand_width(&x, &y) + 1, is_signed);
}

quo_int quo_sub(quo_builder *b, quo_int x, quo_int y)
{
	return quo__adder(b, &x, &y, 1, QUO_WIRE_1, quo__operand_width(&x, &y) + 1, true);
}

quo_int quo_add_mod(quo_builder *b, quo_int x, quo_int y, unsigned width)
{
	return quo_add_carry(b, x, y, QUO_WIRE_0, width);
}

quo_int quo_add_carry(quo_builder *b, quo_int x, quo_int y, quo_wire carry, unsigned width)
{
	/* Bits beyond the exact sum repeat its sign; the carry needs no more bits than x + y. */
	bool is_signed = (x.is_signed && x.width) || (y.is_signed && y.width);
	unsigned exact = quo__operand_width(&x, &y) + 1;
	quo_int z = quo__adder(b, &x, &y, 0, carry, width < exact ? width : exact, is_signed);

	return quo_resize(z, width, x.is_signed);
}

quo_int quo_neg(quo_builder *b, quo_int x)
{
	unsigned width = x.width + (x.width ? 1u : 0u);

	return quo__adder(b, &nothing, &x, 1, QUO_WIRE_1, width, true);
}

quo_int quo_abs(quo_builder *b, quo_int x)
{
	quo_wire sign = quo_sign(x);

	if (!quo__check(b, &x, "an operand wider than 64 bits") || !x.is_signed)
		return x;
	for (unsigned i = 0; i < x.width; i++)
		x.bit[i] = quo_bit_xor(b, x.bit[i], sign);
	return quo__adder(b, &x, &nothing, 0, sign, x.width, false);
}

/* ---- comparisons ---- */
quo_wire quo_less(quo_builder *b, quo_int x, quo_int y)
{
	quo_wire xs[W + 1], ys[W + 1], c[W + 2];
	unsigned width = quo__operand_width(&x, &y);

	if (!quo__check(b, &x, "an operand wider than 64 bits") ||
	    !quo__check(b, &y, "an operand wider than 64 bits"))
		return QUO_WIRE_0;
	if (width > W) {
		quo__builder_fail(b, "a comparison of signed and unsigned needs more than 64 bits");
		return QUO_WIRE_0;
	}
	if (!width)
		return QUO_WIRE_0;
	for (unsigned i = 0; i < width; i++) {
		xs[i] = quo__bit(&x, i) ^ 1;
		ys[i] = quo__bit(&y, i);
	}
	/* Flipping both sign bits turns the signed order into the unsigned one. */
	if (x.is_signed || y.is_signed) {
		xs[width - 1] ^= 1;
		ys[width - 1] ^= 1;
	}
	/* The carry out of ~x + y, that is of y - x - 1, is set when y > x. */
	quo__carries(b, xs, ys, QUO_WIRE_0, width, c);
	return c[width];
}
