/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/bench/bench_circuits.h"

#include <stdio.h>

#include "numerics/rules.h"

#define LEVELS 16

quo_circuit *bench_wide_circuit(quo_goal goal, quo_err *err)
{
	quo_builder *b = quo_builder_new(goal);
	quo_int x = quo_input(b, "x", QUO_PORT_BITS, 64, false, false);
	quo_int y = quo_input(b, "y", QUO_PORT_BITS, 64, false, false);

	for (unsigned level = 0; level < LEVELS; level++) {
		quo_int next = x;
		for (unsigned i = 0; i < 64; i++)
			next.bit[i] =
				quo_bit_xor(b, quo_bit_and(b, x.bit[i], y.bit[(i + level) % 64]),
					    y.bit[(i + 7 * level + 1) % 64]);
		y = x;
		x = next;
	}
	quo_output(b, "z", x);
	return quo_circuit_finish(b, err);
}

quo_circuit *bench_update_circuit(const bench *b, quo_goal goal, const char *optimizer,
				  quo_err *err)
{
	quo_experiment *owner[2] = { NULL, NULL };
	quo_instance *optim, *quant;
	quo_circuit *c = NULL;
	char yaml[100];

	snprintf(yaml, sizeof yaml, "{use: %.60s}", optimizer);
	if (quo_component_load(b->registry, QUO_KIND_OPTIM, yaml, &owner[0], &optim, err) ==
		    QUO_OK &&
	    quo_component_load(b->registry, QUO_KIND_QUANT, "{use: npow}", &owner[1], &quant,
			       err) == QUO_OK)
		c = quo_rule_update(goal, optim, quant, BENCH_GRADIENT_WIDTH,
				    quo_bit_length(BENCH_GRADIENT_WIDTH), 0, err);
	quo_experiment_free(owner[0]);
	quo_experiment_free(owner[1]);
	return c;
}

quo_circuit *bench_ternary_circuit(quo_goal goal, unsigned width, quo_err *err)
{
	quo_builder *b = quo_builder_new(goal);
	quo_int w = quo_input(b, "w", QUO_PORT_BITS, 2, false, false);
	quo_int x = quo_input(b, "x", QUO_PORT_ARITH, width, true, false);
	quo_wire any = quo_bit_xor(b, w.bit[0], w.bit[1]), minus = w.bit[1];

	/* minus ? ~x + 1 : x, and 0 for w = 0: the mask first, so that the carry is the only other
	 * gate. */
	for (unsigned i = 0; i < width; i++)
		x.bit[i] = quo_bit_and(b, quo_bit_xor(b, x.bit[i], minus), any);
	quo_output(b, "z", quo_add_carry(b, x, quo_const(0, 0, false), minus, width));
	return quo_circuit_finish(b, err);
}
