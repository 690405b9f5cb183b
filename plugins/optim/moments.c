/* SPDX-License-Identifier: Apache-2.0 */
#include "moments.h"

#include <quotient/bits.h>

quo_status amsgrad_check_quantizer(const char *optimizer, const quo_instance *quant, quo_err *err)
{
	const char *name = quant->component ? quant->component->name : "this quantiser";
	uint32_t bound = quo_quant(quant)->bound;

	if (quo_quant(quant)->random_bits)
		return quo_fail(err, QUO_USAGE,
				"optimizer %s: %s rounds SGD steps; use optimizer sgd", optimizer,
				name);
	if (bound < 1 || bound > AMSGRAD_MAX_BOUND)
		return quo_fail(err, QUO_USAGE,
				"optimizer %s: quantizer %s has bound %u; 1 to %d can be had",
				optimizer, name, bound, AMSGRAD_MAX_BOUND);
	return QUO_OK;
}

static unsigned at_least(unsigned width, unsigned least)
{
	return width > least ? width : least;
}

amsgrad_gradient amsgrad_normalise(quo_builder *b, const quo_update *u, uint32_t bound)
{
	unsigned n = quo_bit_length(bound - 1);
	quo_int z = quo_shift_right_upto(b, quo_shl(u->g, 8), u->s, u->g.width - 1u, n + 1);
	amsgrad_gradient g = { .y = quo_slice(z, 1, n + 1, true), .half = z.bit[0] };

	g.y.bit[n] = quo_sign(u->g);
	return g;
}

/* M + floor((13 d + 64) / 128) for d = g - M; the same as rs(26 d, 8). */
quo_int amsgrad_first_moment(quo_builder *b, amsgrad_gradient g, quo_int m,
			     const amsgrad_ranges *range)
{
	int64_t low = -(int64_t)range->bound - range->m_max,
		high = (int64_t)range->bound - range->m_min;
	unsigned w_d = amsgrad_signed_width(low - 1, high);
	unsigned w_3d = at_least(amsgrad_signed_width(-3 * high, -3 * low), 5);
	unsigned w_13d = at_least(amsgrad_signed_width(13 * low, 13 * high), 8);

	if (quo_builder_goal(b) == QUO_SHALLOW) {
		/* (128 M + 13 (y + half - M) + 64) / 128, in one go */
		quo_int half = quo_int_from_bit(g.half);
		const quo_term terms[] = { { m, 7, false },    { m, 4, true },
					   { m, 2, false },    { m, 0, true },
					   { g.y, 3, false },  { g.y, 2, false },
					   { g.y, 0, false },  { half, 3, false },
					   { half, 2, false }, { half, 0, false } };
		quo_int sum = quo_sum(b, terms, 10, 64, m.width + 7u, true);
		return quo_slice(sum, 7, m.width, true);
	}
	/* t = d - 1 = y + half + ~M, and ~t = -d. 13 d = 16 (t + 1) + 3 ~t. */
	quo_int t = quo_add_carry(b, g.y, quo_not_int(b, m, w_d), g.half, w_d);
	quo_int minus_d = quo_not_int(b, t, w_d);
	quo_int minus_3d = quo_add_mod(b, minus_d, quo_shl(minus_d, 1), w_3d);
	quo_int high_bits = quo_slice(minus_3d, 4, w_3d - 4, true);
	quo_int d_13 = quo_add_carry(b, t, high_bits, QUO_WIRE_1, w_13d - 4); /* 13 d / 16 */
	return quo_add_carry(b, m, quo_slice(d_13, 3, w_13d - 7, true), d_13.bit[2], m.width);
}

/* U + rs(3 e, 8) for e = x + carry - U. */
quo_int amsgrad_second_moment(quo_builder *b, quo_int x, quo_wire carry, quo_int old, int64_t x_max,
			      int64_t u_max)
{
	int64_t low = -u_max, high = x_max;
	unsigned w_e = at_least(amsgrad_signed_width(low - 1, high - 1), 3);
	unsigned w_3e = at_least(amsgrad_signed_width(3 * low, 3 * high), 9);

	if (quo_builder_goal(b) == QUO_SHALLOW) {
		/* (256 U + 3 (x + carry - U) + 128) / 256 */
		quo_int one = quo_int_from_bit(carry);
		const quo_term terms[] = { { old, 8, false }, { old, 2, true }, { old, 0, false },
					   { x, 1, false },   { x, 0, false },  { one, 1, false },
					   { one, 0, false } };
		quo_int sum = quo_sum(b, terms, 7, 128, old.width + 8u, false);
		return quo_slice(sum, 8, old.width, false);
	}
	/* t = e - 1 = x + carry + ~U; 3 e = 4 (t + 1) + ~t. */
	quo_int t = quo_add_carry(b, x, quo_not_int(b, old, w_e), carry, w_e);
	t = quo_resize(t, w_e, true);
	quo_int high_bits = quo_slice(quo_not_int(b, t, w_e), 2, w_e - 2, true);
	quo_int e_3 = quo_add_carry(b, t, high_bits, QUO_WIRE_1, w_3e - 2); /* 3 e / 4 */
	return quo_add_carry(b, old, quo_slice(e_3, 6, e_3.width - 6u, true), e_3.bit[5],
			     old.width);
}
