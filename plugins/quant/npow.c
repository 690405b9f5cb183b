/* SPDX-License-Identifier: Apache-2.0 */
/*
 * npow: the next power of two. The exponent is the bit length of the OR of all magnitudes (x or ~x,
 * which is free), so a tensor's reduction costs one AND per bit and element, and no value saturates
 * (QUOTIENT, section 4.2).
 */
#include "quant.h"

#include <quotient/bits.h>

quo_int quant_scale(quo_int m, int by)
{
	if (by >= 0)
		return quo_shl(m, (unsigned)by);
	unsigned drop = (unsigned)-by;
	if (drop >= m.width)
		drop = m.width ? m.width - 1u : 0;
	return quo_slice(m, drop, m.width - drop, m.is_signed);
}

quo_int quant_rounded_step(quo_builder *b, quo_int g, quo_int s, int r, uint32_t bound)
{
	/* y = floor(g / 2^(s - 7 + r)) lies in -c .. c - 1 and has g's sign: n bits below it are
	 * enough. */
	uint64_t c = r >= 0 ? (bound + (UINT64_C(1) << r) - 1) >> r : (uint64_t)bound << -r;
	unsigned n = quo_bit_length(c - 1);
	/* One fraction bit more: 8 instead of 7. It is 0 where the shift as a whole goes to the
	 * left. */
	quo_int z = quo_shift_right_upto(b, quant_scale(g, 8 - r), s, g.width - 1u, n + 1);
	quo_wire half = z.bit[0];
	quo_int y = quo_slice(z, 1, n + 1, true);

	y.bit[n] = quo_sign(g);
	return quo_add_carry(b, y, (quo_int){ .is_signed = true }, half, n + 2);
}

static quo_int lift(void *self, quo_builder *b, quo_int x)
{
	(void)self;
	return quo_mag(b, x);
}

static quo_int combine(void *self, quo_builder *b, quo_int x, quo_int y)
{
	(void)self;
	return quo_or_int(b, x, y);
}

static quo_int exponent(void *self, quo_builder *b, quo_int m)
{
	(void)self;
	return quo_len(b, m);
}

/* mag(x) < 2^s, hence -128 <= x * 2^(7 - s) < 128. */
#define BOUND 128

static quo_int step(void *self, quo_builder *b, quo_int g, quo_int s, int r, quo_int u)
{
	(void)self;
	(void)u;
	return quant_rounded_step(b, g, s, r, BOUND);
}

static const quo_quant_ops ops = {
	.bound = BOUND,
	.lift = lift,
	.combine = combine,
	.exponent = exponent,
	.step = step,
};

const quo_component quant_npow = {
	QUO_COMPONENT(QUO_KIND_QUANT, &ops),
	.name = "npow",
	.summary = "normalise by the next power of two: OR of magnitudes, never saturates; round "
		   "half up",
	.security = "as the circuits of the protocol",
	.wire_version = 1,
};

QUO_PLUGIN("quant", "1.0", &quant_npow, &quant_cpow, &quant_wage)
