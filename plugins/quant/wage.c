/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wage: normalises as cpow and rounds SGD steps stochastically with public random bits (QUOTIENT,
 * equation 6; Wu, Li, Chen, Shi 2018).
 */
#include "quant.h"

#include <quotient/bits.h>

#define RANDOM_BITS 8

/* With k = s - 7 + r: q = floor(|g| * 2^(8-k)), the step is sign(g) * ((q + u) >> 8). */
static quo_int step(void *self, quo_builder *b, quo_int g, quo_int s, int r, quo_int u)
{
	(void)self;
	uint64_t most = r >= 0 ? ((uint64_t)QUANT_CPOW_BOUND << RANDOM_BITS) >> r
			       : (uint64_t)QUANT_CPOW_BOUND << (RANDOM_BITS - r);
	unsigned wide = quo_bit_length(most + 255);
	quo_int q = quant_scale(quo_abs(b, g), RANDOM_BITS + 7 - r);

	q = quo_shift_right_upto(b, q, s, g.width - 1u, quo_bit_length(most));
	q = quo_add_mod(b, q, u, wide);
	unsigned n = wide > RANDOM_BITS ? wide - RANDOM_BITS : 0;
	/* The magnitude with the sign: (m ^ sign) + sign. */
	quo_int m = quo_slice(q, RANDOM_BITS, n + 1, true);
	m.bit[n] = QUO_WIRE_0;
	for (unsigned i = 0; i <= n; i++)
		m.bit[i] = quo_bit_xor(b, m.bit[i], quo_sign(g));
	return quo_add_carry(b, m, (quo_int){ .is_signed = true }, quo_sign(g), n + 1);
}

static const quo_quant_ops ops = {
	.bound = QUANT_CPOW_BOUND,
	.random_bits = RANDOM_BITS,
	.lift = quant_cpow_lift,
	.combine = quant_cpow_combine,
	.exponent = quant_cpow_exponent,
	.step = step,
};

const quo_component quant_wage = {
	QUO_COMPONENT(QUO_KIND_QUANT, &ops),
	.name = "wage",
	.summary = "cpow, with SGD steps rounded by 8 public random bits; for optimizer sgd",
	.security = "as the circuits of the protocol",
	.wire_version = 1,
};
