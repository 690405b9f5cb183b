/* SPDX-License-Identifier: Apache-2.0 */
/* Shifts by wires, rounding and saturation. */
#include "builder.h"

#include <quotient/bits.h>

#define W QUO_INT_MAX_WIDTH

static const quo_int nothing = { .width = 0 };

quo_int quo_round_shift(quo_builder *b, quo_int x, int s)
{
	if (!quo__check(b, &x, "an operand wider than 64 bits"))
		return nothing;
	if (s <= 0) {
		x = quo_shl(x, s < -W ? W + 1 : (unsigned)-s);
		return quo__check(b, &x, "a left shift beyond 64 bits") ? x : nothing;
	}
	if ((unsigned)s > x.width || (x.is_signed && (unsigned)s == x.width))
		return (quo_int){ .width = 0, .is_signed = x.is_signed };
	quo_int floor = quo_slice(x, (unsigned)s, x.width - (unsigned)s, x.is_signed);
	quo_wire half = x.bit[s - 1];
	return quo_add_carry(b, floor, (quo_int){ .is_signed = x.is_signed }, half,
			     floor.width + 1u);
}

/*
 * Barrel shifter, largest stage first: what a stage must deliver shrinks with the shifts that may
 * still follow. z[i] matters below width + (shifts to follow). When the first stage does shift, at
 * most max - 2^k follow.
 */
quo_int quo_shift_right_upto(quo_builder *b, quo_int x, quo_int s, unsigned max, unsigned width)
{
	quo_wire z[W], next[W];

	if (!quo__check(b, &x, "an operand wider than 64 bits") ||
	    !quo__check(b, &s, "a shift wider than 64 bits"))
		return nothing;
	if (width > W) {
		quo__builder_fail(b, "a shifted integer of more than 64 bits");
		return nothing;
	}
	unsigned stages = s.width > 7 ? 7 : s.width;
	if (quo_bit_length(max) < stages)
		stages = quo_bit_length(max);
	for (unsigned i = 0; i < W; i++)
		z[i] = quo__bit(&x, i);
	quo_wire sign = quo_sign(x);
	bool first = true;
	if (quo__shift_shallow(b, z, sign, &s, stages, max, width))
		stages = 0;
	for (unsigned k = stages; k-- > 0; first = false) {
		unsigned by = 1u << k;
		unsigned follow = first && max - by < by - 1 ? max - by : by - 1;
		for (unsigned i = 0; i < W; i++) {
			quo_wire above = i + by < W ? z[i + by] : sign;
			next[i] = i < width + follow ? quo_bit_mux(b, s.bit[k], above, z[i]) : z[i];
		}
		for (unsigned i = 0; i < W; i++)
			z[i] = next[i];
	}
	quo_int y = { .width = (uint8_t)width, .is_signed = x.is_signed };
	for (unsigned i = 0; i < width; i++)
		y.bit[i] = z[i];
	/* Shifts of 128 and more leave the sign. */
	for (unsigned k = 7; k < s.width && max >> 7; k++)
		for (unsigned i = 0; i < width; i++)
			y.bit[i] = quo_bit_mux(b, s.bit[k], sign, y.bit[i]);
	return y;
}

quo_int quo_shift_right_by(quo_builder *b, quo_int x, quo_int s, unsigned width)
{
	return quo_shift_right_upto(b, x, s, UINT32_MAX, width);
}

quo_int quo_round_shift_by(quo_builder *b, quo_int x, quo_int s, unsigned width)
{
	/* One more bit below the point: after the shift it is bit s - 1 of x, and 0 for s = 0. */
	quo_int y = quo_shift_right_by(b, quo_shl(x, x.width > 0), s, width + 1);

	if (!quo__ok(b))
		return nothing;
	if (!width)
		return (quo_int){ .is_signed = x.is_signed };
	quo_wire half = y.bit[0];
	y = quo_slice(y, 1, width, x.is_signed);
	return quo_add_carry(b, y, (quo_int){ .is_signed = x.is_signed }, half, width);
}

/* ---- saturation ---- */
/* low <= 0 <= high: what is out of range goes to the end that its sign names. */
static quo_int saturate(quo_builder *b, quo_int x, int64_t low, int64_t high, unsigned width)
{
	quo_wire sign = quo_sign(x), upper[W], out[2] = { QUO_WIRE_0, QUO_WIRE_0 };
	unsigned k = quo_bit_length((uint64_t)high), n = 0;
	unsigned k_low = low < 0 ? quo_bit_length((uint64_t)~low) : 0;
	bool is_signed = low < 0;

	if (k_low > k)
		k = k_low;
	/* Bits above the k low ones differ from the sign: out of -2^k .. 2^k - 1. */
	for (unsigned i = k; i + x.is_signed < x.width; i++)
		upper[n++] = quo_bit_xor(b, x.bit[i], sign);
	quo_wire beyond = quo__any(b, upper, n);
	/* Inside, compare k + 1 bits with the ends; with `beyond` set the outcome is the same
	 * whatever they say. */
	quo_int inside = quo_resize(x, k, false);
	if (x.is_signed) {
		inside.is_signed = true;
		inside.bit[inside.width++] = sign;
	}
	if (x.is_signed && low > -(INT64_C(1) << k))
		out[0] = low ? quo_less(b, inside, quo_const(low, k + 1, true)) : sign;
	if (high < (INT64_C(1) << k) - 1)
		out[1] = quo_less(b, quo_const(high, k + 1, true), inside);
	quo_wire sat = quo_bit_or(b, beyond, quo_bit_xor(b, out[0], out[1]));

	quo_int y = { .width = (uint8_t)width, .is_signed = is_signed };
	for (unsigned i = 0; i < width; i++) {
		bool at_low = low >> i & 1, at_high = high >> i & 1;
		quo_wire end = at_low == at_high ? (quo_wire)at_low : sign ^ (quo_wire)at_high;
		if (is_signed && i == width - 1u)
			y.bit[i] = sign;
		else
			y.bit[i] = quo_bit_mux(b, sat, end, quo__bit(&x, i));
	}
	return y;
}

/*
 * -(2^k - 1) .. 2^k - 1: saturate to -2^k .. 2^k - 1 on the bits 1 .. k-1, then set bit 0 where
 * that gave -2^k. One AND less than comparing with the ends.
 */
static quo_int saturate_symmetric(quo_builder *b, quo_int x, unsigned k)
{
	quo_wire sign = quo_sign(x), upper[W];
	quo_int y = { .width = (uint8_t)(k + 1), .is_signed = true };
	unsigned n = 0;

	for (unsigned i = k; i + 1 < x.width; i++)
		upper[n++] = quo_bit_xor(b, x.bit[i], sign);
	quo_wire beyond = quo__any(b, upper, n);
	for (unsigned i = 1; i < k; i++)
		y.bit[i] = quo_bit_mux(b, beyond, sign ^ 1, x.bit[i]);
	quo_wire lowest;
	if (quo_builder_goal(b) == QUO_SHALLOW) {
		/* Not of y, which comes later: where x is beyond, bit 0 is set anyway. */
		x.bit[k] = sign ^ 1;
		lowest = quo__any(b, x.bit + 1, k) ^ 1;
	} else {
		quo_wire none = quo__any(b, y.bit + 1, k - 1) ^ 1;
		lowest = quo_bit_and(b, sign, none);
	}
	y.bit[0] = quo_bit_or(b, quo_bit_or(b, x.bit[0], beyond), lowest);
	y.bit[k] = sign;
	return y;
}

quo_int quo_clamp(quo_builder *b, quo_int x, int32_t low32, int32_t high32)
{
	int64_t low = low32, high = high32;
	unsigned value_bits = x.width - (unsigned)(x.is_signed && x.width);

	if (!quo__check(b, &x, "an operand wider than 64 bits"))
		return nothing;
	if (low > high) {
		quo__builder_fail(b, "quo_clamp() with low > high");
		return nothing;
	}
	/* Ends beyond what x can be are no ends. */
	int64_t least = 0, most = INT64_MAX;
	if (value_bits < 63)
		most = (INT64_C(1) << value_bits) - 1;
	if (x.is_signed && x.width)
		least = -most - 1;
	if (low < least)
		low = least < high ? least : high;
	if (high > most)
		high = most > low ? most : low;

	bool is_signed = low < 0;
	unsigned width = quo_bit_length((uint64_t)(high < 0 ? ~high : high));
	if (is_signed && quo_bit_length((uint64_t)~low) > width)
		width = quo_bit_length((uint64_t)~low);
	width += is_signed;
	if (low == high)
		return quo_const(low, width, is_signed);
	if (low == -high && low > least && !(high & (high + 1)))
		return saturate_symmetric(b, x, width - 1);
	if (low <= 0 && high >= 0)
		return saturate(b, x, low, high, width);
	quo_int ends[2] = { quo_const(low, width, is_signed), quo_const(high, width, is_signed) };
	quo_wire below = quo_less(b, x, quo_const(low, 33, true));
	quo_wire above = quo_less(b, quo_const(high, 33, true), x);
	quo_int y = quo_mux(b, below, ends[0], quo_resize(x, width, is_signed));
	return quo_mux(b, above, ends[1], y);
}
