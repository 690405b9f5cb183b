/* SPDX-License-Identifier: Apache-2.0 */
/* The update circuit of an optimiser with a quantiser, and what goes through it. */
#ifndef QUOTIENT_TESTS_OPTIM_UPDATES_H
#define QUOTIENT_TESTS_OPTIM_UPDATES_H

#include "support.h"
#include "unit/circuit/harness.h"

#include "config/experiment.h"

typedef struct pair {
	quo_experiment *optim_owner, *quant_owner;
	quo_instance *optim, *quant;
} pair;

static inline pair load(const char *optim_yaml, const char *quant_yaml)
{
	pair p = { 0 };
	quo_err err = QUO_ERR_INIT;

	quo_test_ok(quo_component_load(quo_test_registry(), QUO_KIND_OPTIM, optim_yaml,
				       &p.optim_owner, &p.optim, &err));
	quo_test_ok(quo_component_load(quo_test_registry(), QUO_KIND_QUANT, quant_yaml,
				       &p.quant_owner, &p.quant, &err));
	return p;
}

static inline void unload(pair p)
{
	quo_experiment_free(p.optim_owner);
	quo_experiment_free(p.quant_owner);
}

/* Ports in: V, G, s, u (8 bits, whether wanted or not), states. Ports out: V, states. */
enum { V, G, S, RANDOM, STATE };

static inline quo_circuit *build_update(const pair *p, unsigned g_width, int epoch, quo_goal goal)
{
	const quo_optim_ops *ops = quo_optim(p->optim);
	quo_optim_state states[QUO_OPTIM_MAX_STATES];
	unsigned n = 0;
	quo_err err = QUO_ERR_INIT;
	quo_builder *b = quo_builder_new(goal);
	quo_update u = { .quant = p->quant, .epoch = epoch };

	quo_test_ok(ops->states(p->optim->self, p->quant, states, &n, &err));
	assert_true(n <= QUO_OPTIM_MAX_STATES);
	u.v = quo_input(b, "V", QUO_PORT_BITS, 8, true, false);
	u.g = quo_input(b, "G", QUO_PORT_BITS, g_width, true, false);
	u.s = quo_input(b, "s", QUO_PORT_BITS, quo_bit_length(g_width), false, false);
	u.u = quo_input(b, "u", QUO_PORT_BITS, 8, false, false);
	if (!quo_quant(p->quant)->random_bits)
		u.u = (quo_int){ .width = 0 };
	for (unsigned i = 0; i < n; i++)
		u.state[i] = quo_input(b, states[i].name, QUO_PORT_BITS, states[i].width,
				       states[i].is_signed, false);
	ops->update(p->optim->self, b, &u);
	quo_output(b, "V", quo_resize(u.v, 8, true));
	for (unsigned i = 0; i < n; i++)
		quo_output(b, states[i].name,
			   quo_resize(u.state[i], states[i].width, states[i].is_signed));
	return finish(b);
}

/* What goes into n updates, and what comes out. */
static inline void lanes_new(uint64_t *in[7], uint64_t *out[4], size_t n)
{
	for (int i = 0; i < 7; i++)
		in[i] = calloc(n, 8);
	for (int i = 0; i < 4; i++)
		out[i] = calloc(n, 8);
}

static inline void lanes_free(uint64_t *in[7], uint64_t *out[4])
{
	for (int i = 0; i < 7; i++)
		free(in[i]);
	for (int i = 0; i < 4; i++)
		free(out[i]);
}

#endif
