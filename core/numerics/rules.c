/* SPDX-License-Identifier: Apache-2.0 */
#include "numerics/rules.h"

#include <math.h>
#include <stdio.h>

#include <quotient/bits.h>
#include <quotient/circuits.h>
#include <quotient/layer.h>

int quo_alpha(uint32_t fan_in)
{
	double shift = round(log2(0.75 * sqrt((double)fan_in / 6.0)));

	return 1 + (shift > 0 ? (int)shift : 0);
}

/*
 * For Z < 0 both outputs are 0, so only the bits below the sign are rounded and compared: with v =
 * those bits, Q = (v >> alpha) + bit alpha-1 of v, and it is beyond 127 when the sum's low 7 bits
 * carry or a bit above them is set.
 */
static quo_int activation(quo_builder *b, quo_int z, int alpha, quo_wire *mask)
{
	quo_wire negative = quo_sign(z);
	quo_int v = quo_resize(z, z.width - 1u, false), none = { .width = 0 };
	unsigned at = (unsigned)alpha, upper = v.width > at + 7 ? v.width - at - 7 : 0;

	quo_int low = quo_slice(v, at, 7, false);
	quo_int q = quo_add_carry(b, low, none, quo_slice(v, at - 1, 1, false).bit[0], 8);
	quo_wire beyond =
		quo_bit_or(b, q.bit[7], quo_nonzero(b, quo_slice(v, at + 7, upper, false)));
	quo_wire cut = quo_bit_or(b, negative, beyond);
	quo_int a = { .width = 7 };
	for (unsigned i = 0; i < 7; i++)
		a.bit[i] = quo_bit_mux(b, cut, quo_bit_not(b, negative), q.bit[i]);

	/* Z > 0 and Q <= 127; the bits above at + 7 are 0 then. */
	*mask = quo_bit_and(b, quo_bit_not(b, cut), quo_nonzero(b, quo_resize(v, at + 7, false)));
	return a;
}

/* "m", or "m.3" for one of several. */
static const char *port(char out[16], const char *name, uint32_t k, uint32_t n)
{
	if (n > 1)
		snprintf(out, 16, "%s.%u", name, k);
	else
		snprintf(out, 16, "%s", name);
	return out;
}

quo_circuit *quo_rule_activate(quo_goal goal, unsigned z_width, int alpha,
			       const quo_instance *window, uint32_t n, bool with_mask, quo_err *err)
{
	quo_builder *b = quo_builder_new(goal);
	quo_int *z = quo_alloc(n, sizeof *z, err);
	quo_wire *takes = quo_alloc(n, sizeof *takes, err), mask;
	char name[16];

	if (!z || !takes) {
		quo_free(z);
		quo_free(takes);
		quo_builder_free(b);
		return NULL;
	}
	for (uint32_t k = 0; k < n; k++)
		z[k] = quo_input(b, port(name, "Z", k, n), QUO_PORT_ARITH, z_width, true, false);
	quo_int value = z[0];
	takes[0] = QUO_WIRE_1;
	if (window) {
		const quo_layer_ops *ops = quo_layer(window);
		value = ops->combine(window->self, b, z, n, takes);
	}
	quo_output(b, "A", activation(b, value, alpha, &mask));
	for (uint32_t k = 0; with_mask && k < n; k++)
		quo_output(b, port(name, "m", k, n),
			   quo_int_from_bit(quo_bit_and(b, mask, takes[k])));
	quo_free(z);
	quo_free(takes);
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
	return quo_rule_error(goal, width, NULL, 0, width, err);
}

quo_circuit *quo_rule_error(quo_goal goal, unsigned e_width, const quo_rule_term *term, unsigned n,
			    unsigned width, quo_err *err)
{
	quo_builder *b = quo_builder_new(goal);
	quo_int sum = quo_input(b, "x", QUO_PORT_ARITH, e_width, true, false);
	char name[16];

	for (unsigned k = 0; k < n; k++) {
		const quo_rule_term *t = &term[k];
		snprintf(name, sizeof name, "E.%u", k);
		quo_int e = quo_input(b, name, t->is_arith ? QUO_PORT_ARITH : QUO_PORT_BITS,
				      t->e_width, true, false);
		e = quo_shl(e, t->scale);
		if (t->s_width) {
			snprintf(name, sizeof name, "S.%u", k);
			quo_int s = quo_input(b, name, QUO_PORT_BITS, t->s_width, false, true);
			e = quo_round_shift_by(b, e, s, e.width);
		}
		sum = quo_add(b, sum, e);
	}
	quo_output(b, "x", quo_resize(sum, width, true));
	return quo_circuit_finish(b, err);
}

quo_circuit *quo_rule_sum(quo_goal goal, const uint8_t *width, uint32_t n, quo_err *err)
{
	quo_builder *b = quo_builder_new(goal);
	quo_int sum = quo_const(0, 0, false);
	char name[16];

	for (uint32_t k = 0; k < n; k++) {
		snprintf(name, sizeof name, "s.%u", k);
		sum = quo_add(b, sum, quo_input(b, name, QUO_PORT_BITS, width[k], false, false));
	}
	quo_output(b, "S", sum);
	return quo_circuit_finish(b, err);
}

/*
 * sat(y + half) for y in -128 .. 127. Beyond are -128 and 128 alone, both 10000000 at 8 bits: bit 0
 * is set, and for 128 (y >= 0) the bits above it are flipped too.
 */
static quo_int saturate_rounded(quo_builder *b, quo_int y, quo_wire half)
{
	quo_int x = quo_add_carry(b, y, (quo_int){ .width = 0, .is_signed = true }, half, 8);
	quo_wire sign = quo_sign(y), beyond, high;

	if (quo_builder_goal(b) == QUO_SHALLOW) {
		/* The same from y and the carry into the sign, while the sum is made. */
		quo_wire low = quo_nonzero(b, quo_resize(y, 7, false));
		quo_wire lowest = quo_bit_and(b, sign, quo_bit_not(b, quo_bit_or(b, low, half)));
		high = quo_bit_and(b, x.bit[7], quo_bit_not(b, sign));
		beyond = quo_bit_xor(b, high, lowest);
	} else {
		quo_wire low = quo_nonzero(b, quo_resize(x, 7, false));
		beyond = quo_bit_and(b, x.bit[7], quo_bit_not(b, low));
		high = quo_bit_and(b, beyond, quo_bit_not(b, sign));
	}

	x.bit[0] = quo_bit_xor(b, x.bit[0], beyond);
	for (unsigned i = 1; i < 8; i++)
		x.bit[i] = quo_bit_xor(b, x.bit[i], high);
	return x;
}

quo_circuit *quo_rule_normalise(quo_goal goal, unsigned width, unsigned s_width, uint32_t bound,
				uint32_t masks, quo_err *err)
{
	quo_builder *b = quo_builder_new(goal);
	char name[16];
	quo_int e = quo_input(b, "E", QUO_PORT_BITS, width, true, false);
	quo_int s = quo_input(b, "s", QUO_PORT_BITS, s_width, false, true);

	/* rs(E, s - 7) = y + half. y lies in -bound .. bound - 1 and has E's sign; half is the bit
	 * below the point. */
	unsigned n = quo_bit_length(bound - 1);
	n = n < 7 ? 7 : n;
	quo_int z = quo_shift_right_upto(b, quo_shl(e, 8), s, width - 1, n + 1);
	quo_int y = quo_slice(z, 1, n + 1, true), x;
	y.bit[n] = quo_sign(e);
	if (n == 7) {
		x = saturate_rounded(b, y, z.bit[0]);
	} else {
		quo_int none = { .width = 0, .is_signed = true };
		x = quo_clamp(b, quo_add_carry(b, y, none, z.bit[0], n + 2), -127, 127);
		x = quo_resize(x, 8, true);
	}
	if (!masks)
		quo_output(b, "E", x);
	for (uint32_t k = 0; k < masks; k++) {
		quo_int m = quo_input(b, port(name, "m", k, masks), QUO_PORT_BITS, 1, false, false);
		quo_output(b, port(name, "E", k, masks), quo_and_bit(b, x, m.bit[0]));
	}
	return quo_circuit_finish(b, err);
}

/* The planes of T: V >= 32 and V <= -32, for V in -127..127. Shares gates with the clamping before
 * it. */
static quo_int ternarise(quo_builder *b, quo_int v)
{
	_Static_assert(QUO_TERNARY_THRESHOLD == 32, "the threshold is bit 5");
	quo_wire sign = quo_sign(v), both = quo_bit_and(b, v.bit[5], v.bit[6]);
	quo_wire low = quo_bit_or(b, quo_nonzero(b, quo_slice(v, 1, 4, false)), v.bit[0]);
	quo_wire plus = quo_bit_and(b, quo_bit_not(b, sign), quo_bit_or(b, v.bit[5], v.bit[6]));
	/* Negative, and not -31 (1100001) or above */
	quo_wire minus = quo_bit_xor(b, sign, quo_bit_and(b, quo_bit_and(b, sign, both), low));

	return (quo_int){ .bit = { plus, minus }, .width = 2 };
}

quo_circuit *quo_rule_update(quo_goal goal, const quo_instance *optim, const quo_instance *quant,
			     unsigned g_width, unsigned s_width, int epoch, quo_err *err)
{
	const quo_optim_ops *ops = quo_optim(optim);
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
		u.state[i] = quo_input(b, states[i].name, QUO_PORT_BITS, states[i].width,
				       states[i].is_signed, false);

	ops->update(optim->self, b, &u);

	u.v = quo_resize(u.v, 8, true);
	quo_output(b, "V", u.v);
	quo_output(b, "T", ternarise(b, u.v));
	for (unsigned i = 0; i < n_states; i++)
		quo_output(b, states[i].name,
			   quo_resize(u.state[i], states[i].width, states[i].is_signed));
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
