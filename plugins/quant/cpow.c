/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cpow: the closest power of two. The exponent is round(log2(max |x|)), ties upward, as WAGE's
 * shift normalisation has it (QUOTIENT, section 3.3). Costs a comparison and a selection per bit
 * and element.
 */
#include "quant.h"

#include <quotient/bits.h>

quo_int quant_cpow_lift(void *self, quo_builder *b, quo_int x)
{
	(void)self;
	return quo_abs(b, x);
}

quo_int quant_cpow_combine(void *self, quo_builder *b, quo_int x, quo_int y)
{
	(void)self;
	return quo_max(b, x, y);
}

/* floor(sqrt(2) * 2^63) */
#define SQRT2_63 UINT64_C(0xB504F333F9DE6484)

/*
 * With k = floor(log2 m), m is rounded up when m >= sqrt(2) * 2^k. Shifted until its top bit is set
 * in w bits, m becomes an integer n = m * 2^(w-1-k), and the test n >= ceil(sqrt(2) * 2^(w-1)):
 * exact, because sqrt(2) is irrational and n an integer. m = 0 gives n = 0 and the exponent 0.
 */
quo_int quant_cpow_exponent(void *self, quo_builder *b, quo_int m)
{
	unsigned w = m.width;
	quo_wire bits[QUO_INT_MAX_WIDTH];

	(void)self;
	if (!w || w > QUO_INT_MAX_WIDTH)
		return m;
	quo_int k = quo_len(b, quo_slice(m, 1, w - 1, false));
	/* To the left by w - 1 - k: the bits reversed go to the right. */
	quo_int left = quo_resize(quo_sub(b, quo_const(w - 1, 7, false), k), k.width, false);
	for (unsigned i = 0; i < w; i++)
		bits[i] = m.bit[w - 1 - i];
	for (unsigned i = 0; i < w; i++)
		m.bit[i] = bits[i];
	quo_int n = quo_shift_right_upto(b, m, left, w - 1, w);
	for (unsigned i = 0; i < w; i++)
		m.bit[i] = n.bit[w - 1 - i];

	quo_int limit = quo_const((int64_t)((SQRT2_63 >> (64 - w)) + 1), w + (w == 1), false);
	quo_wire up = quo_bit_not(b, quo_less(b, m, limit));
	return quo_add_carry(b, k, (quo_int){ .width = 0 }, up, quo_bit_length(w));
}

static quo_int step(void *self, quo_builder *b, quo_int g, quo_int s, int r, quo_int u)
{
	(void)self;
	(void)u;
	return quant_rounded_step(b, g, s, r, QUANT_CPOW_BOUND);
}

static const quo_quant_ops ops = {
	.bound = QUANT_CPOW_BOUND,
	.lift = quant_cpow_lift,
	.combine = quant_cpow_combine,
	.exponent = quant_cpow_exponent,
	.step = step,
};

const quo_component quant_cpow = {
	QUO_COMPONENT(QUO_KIND_QUANT, &ops),
	.name = "cpow",
	.summary = "normalise by the closest power of two of the largest magnitude; round half up",
	.security = "as the circuits of the protocol",
	.wire_version = 1,
};
