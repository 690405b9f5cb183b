/* SPDX-License-Identifier: Apache-2.0 */
#include "train/rules.h"

#include <math.h>
#include <stdio.h>

#include <quotient/circuits.h>

int quo_alpha(uint32_t fan_in)
{
	double shift = round(log2(0.75 * sqrt((double)fan_in / 6.0)));

	return 1 + (shift > 0 ? (int)shift : 0);
}

static quo_int activation(quo_builder *b, quo_int z, int alpha, quo_wire *mask)
{
	quo_int q = quo_round_shift(b, z, alpha);
	quo_int a = quo_resize(quo_clamp(b, q, 0, 127), 7, false);

	/* Z > 0 and Q <= 127 */
	quo_wire positive = quo_bit_and(b, quo_bit_not(b, quo_sign(z)), quo_nonzero(b, z));
	*mask = quo_bit_and(b, positive, quo_bit_not(b, quo_less(b, quo_const(127, 8, true), q)));
	return a;
}

quo_circuit *quo_rule_activate(quo_goal goal, unsigned z_width, int alpha, bool with_mask, quo_err *err)
{
	quo_builder *b = quo_builder_new(goal);
	quo_int z = quo_input(b, "Z", QUO_PORT_ARITH, z_width, true, false);
	quo_wire mask;

	quo_output(b, "A", activation(b, z, alpha, &mask));
	if (with_mask)
		quo_output(b, "m", quo_int_from_bit(mask));
	return quo_circuit_finish(b, err);
}

quo_circuit *quo_rule_output_error(quo_goal goal, unsigned z_width, int alpha, quo_err *err)
{
	quo_builder *b = quo_builder_new(goal);
	quo_int z = quo_input(b, "Z", QUO_PORT_ARITH, z_width, true, false);
	quo_int y = quo_input(b, "y", QUO_PORT_BITS, 1, false, false);
	quo_wire mask;
	quo_int a = activation(b, z, alpha, &mask);

	quo_int label = quo_and_bit(b, quo_const(QUO_LABEL_VALUE, 7, false), y.bit[0]);
	quo_output(b, "A", a);
	quo_output(b, "E", quo_resize(quo_sub(b, a, label), 8, true));
	return quo_circuit_finish(b, err);
}

quo_circuit *quo_rule_to_bits(quo_goal goal, unsigned width, quo_err *err)
{
	quo_builder *b = quo_builder_new(goal);

	quo_output(b, "x", quo_input(b, "x", QUO_PORT_ARITH, width, true, false));
	return quo_circuit_finish(b, err);
}

quo_circuit *quo_rule_normalise(quo_goal goal, unsigned width, unsigned s_width, bool with_mask, quo_err *err)
{
	quo_builder *b = quo_builder_new(goal);
	quo_int e = quo_input(b, "E", QUO_PORT_BITS, width, true, false);
	quo_int s = quo_input(b, "s", QUO_PORT_BITS, s_width, false, true);

	/* rs(E, s - 7) = rs(E << 7, s); quantisers bound it by 255, so 9 bits hold it. */
	quo_int x = quo_round_shift_by(b, quo_shl(e, 7), s, 9);
	x = quo_resize(quo_clamp(b, x, -127, 127), 8, true);
	if (with_mask) {
		quo_int m = quo_input(b, "m", QUO_PORT_BITS, 1, false, false);
		x = quo_and_bit(b, x, m.bit[0]);
	}
	quo_output(b, "E", x);
	return quo_circuit_finish(b, err);
}

quo_circuit *quo_rule_update(quo_goal goal, const quo_instance *optim, const quo_instance *quant, unsigned g_width,
                             unsigned s_width, int epoch, quo_err *err)
{
	const quo_optim_ops *ops = optim->ops;
	quo_optim_state states[QUO_OPTIM_MAX_STATES];
	unsigned n_states = 0;

	if (ops->states(optim->self, quant, states, &n_states, err) != QUO_OK)
		return NULL;
	quo_builder *b = quo_builder_new(goal);
	quo_update u = { .quant = quant, .epoch = epoch };
	u.v = quo_input(b, "V", QUO_PORT_BITS, 8, true, false);
	u.g = quo_input(b, "G", QUO_PORT_BITS, g_width, true, false);
	u.s = quo_input(b, "s", QUO_PORT_BITS, s_width, false, true);
	if (quo_quant(quant)->random_bits)
		u.u = quo_input(b, "u", QUO_PORT_BITS, quo_quant(quant)->random_bits, false, false);
	for (unsigned i = 0; i < n_states; i++)
		u.state[i] = quo_input(b, states[i].name, QUO_PORT_BITS, states[i].width, states[i].is_signed, false);

	ops->update(optim->self, b, &u);

	quo_wire plus = quo_bit_not(b, quo_less(b, u.v, quo_const(QUO_TERNARY_THRESHOLD, 8, true)));
	quo_wire minus = quo_less(b, u.v, quo_const(-QUO_TERNARY_THRESHOLD + 1, 8, true));
	quo_int t = { .bit = { plus, minus }, .width = 2 };
	quo_output(b, "V", quo_resize(u.v, 8, true));
	quo_output(b, "T", t);
	for (unsigned i = 0; i < n_states; i++)
		quo_output(b, states[i].name, quo_resize(u.state[i], states[i].width, states[i].is_signed));
	return quo_circuit_finish(b, err);
}

quo_circuit *quo_rule_right(quo_goal goal, unsigned classes, quo_err *err)
{
	char name[16];
	quo_builder *b = quo_builder_new(goal);
	quo_int best = quo_const(0, 7, false);
	quo_wire right = QUO_WIRE_0;
	quo_int a[256], y[256];

	for (unsigned c = 0; c < classes; c++) {
		snprintf(name, sizeof name, "A.%u", c);
		a[c] = quo_input(b, name, QUO_PORT_BITS, 7, false, false);
	}
	for (unsigned c = 0; c < classes; c++) {
		snprintf(name, sizeof name, "y.%u", c);
		y[c] = quo_input(b, name, QUO_PORT_BITS, 1, false, false);
	}
	for (unsigned c = 0; c < classes; c++) {
		quo_wire wins = c == 0 ? QUO_WIRE_1 : quo_less(b, best, a[c]);
		best = quo_resize(quo_mux(b, wins, a[c], best), 7, false);
		right = quo_bit_mux(b, wins, y[c].bit[0], right);
	}
	quo_output(b, "right", quo_int_from_bit(right));
	return quo_circuit_finish(b, err);
}
