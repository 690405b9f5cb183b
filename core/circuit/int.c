/* SPDX-License-Identifier: Apache-2.0 */
/* Integers of wires: shapes, bitwise operations, selection. */
#include "builder.h"

static quo_int bad_int(void)
{
	return (quo_int){ .width = QUO__BAD_WIDTH };
}

quo_int quo_const(int64_t value, unsigned width, bool is_signed)
{
	quo_int x = { .width = (uint8_t)width, .is_signed = is_signed };

	if (width > QUO_INT_MAX_WIDTH)
		return bad_int();
	for (unsigned i = 0; i < width; i++)
		x.bit[i] = (quo_wire)((uint64_t)value >> i & 1);
	return x;
}

quo_int quo_int_from_bit(quo_wire x)
{
	return (quo_int){ .bit = { x }, .width = 1 };
}

quo_int quo_resize(quo_int x, unsigned width, bool is_signed)
{
	return quo_slice(x, 0, width, is_signed);
}

quo_int quo_slice(quo_int x, unsigned low, unsigned width, bool is_signed)
{
	quo_int y = { .width = (uint8_t)width, .is_signed = is_signed };

	if (x.width > QUO_INT_MAX_WIDTH || width > QUO_INT_MAX_WIDTH)
		return bad_int();
	for (unsigned i = 0; i < width; i++)
		y.bit[i] = quo__bit(&x, low > QUO_INT_MAX_WIDTH ? QUO_INT_MAX_WIDTH : low + i);
	return y;
}

quo_int quo_shl(quo_int x, unsigned by)
{
	quo_int y = { .is_signed = x.is_signed };

	if (!x.width)
		return x;
	if (x.width > QUO_INT_MAX_WIDTH || by > QUO_INT_MAX_WIDTH ||
	    x.width + by > QUO_INT_MAX_WIDTH)
		return bad_int();
	y.width = (uint8_t)(x.width + by);
	for (unsigned i = 0; i < x.width; i++)
		y.bit[by + i] = x.bit[i];
	return y;
}

quo_wire quo_sign(quo_int x)
{
	return x.is_signed && x.width && x.width <= QUO_INT_MAX_WIDTH ? x.bit[x.width - 1]
								      : QUO_WIRE_0;
}

typedef quo_wire (*bit_fn)(quo_builder *b, quo_wire x, quo_wire y);

static quo_int bitwise(quo_builder *b, quo_int x, quo_int y, bit_fn fn)
{
	quo_int z = { .width = x.width > y.width ? x.width : y.width };

	if (!quo__check(b, &x, "an operand wider than 64 bits") ||
	    !quo__check(b, &y, "an operand wider than 64 bits"))
		return (quo_int){ .width = 0 };
	for (unsigned i = 0; i < z.width; i++)
		z.bit[i] = fn(b, i < x.width ? x.bit[i] : QUO_WIRE_0,
			      i < y.width ? y.bit[i] : QUO_WIRE_0);
	return z;
}

quo_int quo_xor_int(quo_builder *b, quo_int x, quo_int y)
{
	return bitwise(b, x, y, quo_bit_xor);
}

quo_int quo_or_int(quo_builder *b, quo_int x, quo_int y)
{
	return bitwise(b, x, y, quo_bit_or);
}

quo_int quo_and_bit(quo_builder *b, quo_int x, quo_wire m)
{
	if (!quo__check(b, &x, "an operand wider than 64 bits"))
		return (quo_int){ .width = 0 };
	for (unsigned i = 0; i < x.width; i++)
		x.bit[i] = quo_bit_and(b, x.bit[i], m);
	return x;
}

quo_int quo_not_int(quo_builder *b, quo_int x, unsigned width)
{
	quo_int y = quo_resize(x, width, true);

	if (!quo__check(b, &y, "an operand wider than 64 bits"))
		return (quo_int){ .width = 0 };
	for (unsigned i = 0; i < width; i++)
		y.bit[i] = quo_bit_not(b, y.bit[i]);
	return y;
}

quo_int quo_mux(quo_builder *b, quo_wire select, quo_int if_one, quo_int if_zero)
{
	quo_int z = { .is_signed = if_one.is_signed || if_zero.is_signed };

	if (!quo__check(b, &if_one, "an operand wider than 64 bits") ||
	    !quo__check(b, &if_zero, "an operand wider than 64 bits"))
		return (quo_int){ .width = 0 };
	unsigned width = quo__operand_width(&if_one, &if_zero);
	if (width > QUO_INT_MAX_WIDTH) {
		quo__builder_fail(b, "quo_mux() of signed and unsigned needs more than 64 bits");
		return (quo_int){ .width = 0 };
	}
	z.width = (uint8_t)width;
	for (unsigned i = 0; i < width; i++)
		z.bit[i] = quo_bit_mux(b, select, quo__bit(&if_one, i), quo__bit(&if_zero, i));
	return z;
}

quo_int quo_mag(quo_builder *b, quo_int x)
{
	quo_wire sign = quo_sign(x);

	if (!quo__check(b, &x, "an operand wider than 64 bits") || !x.is_signed || !x.width)
		return x;
	x.is_signed = false;
	x.width--;
	for (unsigned i = 0; i < x.width; i++)
		x.bit[i] = quo_bit_xor(b, x.bit[i], sign);
	return x;
}

/* ---- trees ---- */
quo_wire quo__any(quo_builder *b, const quo_wire *x, unsigned n)
{
	if (n == 0)
		return QUO_WIRE_0;
	if (n == 1)
		return x[0];
	unsigned half = 1;
	while (2 * half < n)
		half *= 2;
	return quo_bit_or(b, quo__any(b, x, half), quo__any(b, x + half, n - half));
}

quo_wire quo_nonzero(quo_builder *b, quo_int x)
{
	if (!quo__check(b, &x, "an operand wider than 64 bits"))
		return QUO_WIRE_0;
	return quo__any(b, x.bit, x.width);
}

quo_wire quo_equal(quo_builder *b, quo_int x, quo_int y)
{
	quo_wire differs[QUO_INT_MAX_WIDTH + 1];

	if (!quo__check(b, &x, "an operand wider than 64 bits") ||
	    !quo__check(b, &y, "an operand wider than 64 bits"))
		return QUO_WIRE_0;
	unsigned width = quo__operand_width(&x, &y);
	for (unsigned i = 0; i < width; i++)
		differs[i] = quo_bit_xor(b, quo__bit(&x, i), quo__bit(&y, i));
	return quo_bit_not(b, quo__any(b, differs, width));
}
