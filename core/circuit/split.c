/* SPDX-License-Identifier: Apache-2.0 */
/* The two-party form of a circuit: additive shares come in, an adder puts them together. */
#include <quotient/circuits.h>

#include <stdio.h>

#include <quotient/memory.h>

quo_circuit *quo_split_arith(const quo_circuit *c, quo_goal goal, quo_err *err)
{
	if (!c) {
		quo_fail(err, QUO_BUG, "quo_split_arith() without a circuit");
		return NULL;
	}
	quo_builder *b = quo_builder_new(goal);
	quo_int *x = quo_alloc((size_t)c->n_in + c->n_out + 1, sizeof *x, err);

	if (!x) {
		quo_builder_free(b);
		return NULL;
	}
	for (uint32_t p = 0; p < c->n_in; p++) {
		const quo_port *in = &c->in[p];
		if (in->kind != QUO_PORT_ARITH) {
			x[p] = quo_input(b, in->name, in->kind, in->width, in->is_signed,
					 in->scalar);
			continue;
		}
		quo_int share[2];
		for (int party = 0; party < 2; party++) {
			char name[200];
			snprintf(name, sizeof name, "%s.%d", in->name, party);
			share[party] = quo_input(b, name, QUO_PORT_BITS, in->width, in->is_signed,
						 in->scalar);
		}
		x[p] = quo_add_mod(b, share[0], share[1], in->width);
	}
	quo_inline(b, c, x, x + c->n_in);
	for (uint32_t p = 0; p < c->n_out; p++)
		quo_output(b, c->out[p].name, x[c->n_in + p]);
	quo_free(x);
	return quo_circuit_finish(b, err);
}
