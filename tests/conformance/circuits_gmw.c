/* SPDX-License-Identifier: Apache-2.0 */
/* Cases for circuits/gmw: stars, levels, waves, and what they cost. */
#include "circuit_jobs.h"

static quo_circuit *finish(quo_builder *b)
{
	quo_err err = QUO_ERR_INIT;
	quo_circuit *c = quo_circuit_finish(b, &err);

	if (!c)
		fail_msg("%s", err.text);
	return c;
}

/* x and y of a width, one of them chosen by a bit. */
static quo_circuit *select_circuit(unsigned width, bool scalar)
{
	quo_builder *b = quo_builder_new(QUO_SHALLOW);
	quo_int x = quo_input(b, "x", QUO_PORT_BITS, width, true, false);
	quo_int y = quo_input(b, "y", QUO_PORT_BITS, width, true, false);
	quo_int s = quo_input(b, "s", QUO_PORT_BITS, 1, false, scalar);

	quo_output(b, "z", quo_mux(b, s.bit[0], x, y));
	return finish(b);
}

/* `depth` AND gates one after the other, an XOR and a NOT between them. */
static quo_circuit *deep_circuit(unsigned depth)
{
	quo_builder *b = quo_builder_new(QUO_SHALLOW);
	quo_int x = quo_input(b, "x", QUO_PORT_BITS, 8, false, false);
	quo_int s = quo_input(b, "s", QUO_PORT_BITS, 4, false, true);
	quo_wire z = x.bit[0];

	for (unsigned i = 0; i < depth; i++) {
		z = quo_bit_and(b, quo_bit_xor(b, z, x.bit[i % 8]), x.bit[(i + 3) % 8]);
		z = quo_bit_not(b, quo_bit_xor(b, z, s.bit[i % 4]));
	}
	quo_output(b, "z", quo_int_from_bit(z));
	quo_circuit *c = finish(b);
	assert_in_range(c->depth, depth / 2, depth);
	return c;
}

/* Everything scalar but one input. */
static quo_circuit *scalar_circuit(void)
{
	quo_builder *b = quo_builder_new(QUO_SHALLOW);
	quo_int s = quo_input(b, "s", QUO_PORT_BITS, 6, false, true);
	quo_int t = quo_input(b, "t", QUO_PORT_ARITH, 6, true, true);
	quo_int x = quo_input(b, "x", QUO_PORT_BITS, 3, false, false);
	quo_int sum = quo_add(b, s, t);

	quo_output(b, "sum", sum);
	quo_output(b, "less", quo_int_from_bit(quo_less(b, s, t)));
	quo_output(b, "x", quo_and_bit(b, quo_xor_int(b, x, quo_resize(sum, 3, false)), s.bit[2]));
	quo_output(b, "none", quo_int_from_bit(quo_bit_not(b, quo_nonzero(b, s))));
	return finish(b);
}

void gmw_cases(const quo_instance *engine, const struct engine *e, quo_session *s)
{
	uint64_t rng = 39;

	for (unsigned i = 0; i < N_SIZES; i++) {
		struct sample x[4];
		x[0] = sample_new(&rng, select_circuit(20, true), circuit_sizes[i]);
		x[1] = sample_new(&rng, select_circuit(40, false),
				  circuit_sizes[(i + 5) % N_SIZES]);
		x[2] = sample_new(&rng, scalar_circuit(), circuit_sizes[(i + 11) % N_SIZES]);
		x[3] = sample_new(&rng, deep_circuit(5 + 13 * i), circuit_sizes[(i + 2) % N_SIZES]);
		check_jobs(engine, e, s, x, 4, i % 2 ? all_shared : mixed_owners);
	}
}

struct gmw_cost {
	quo_circuit *c;
	size_t n;
	uint64_t cots, bytes[2];
};

/* What gmw.h says about stars, in COTs and bytes. The dealer's OT sends nothing. */
void gmw_costs(const quo_instance *engine, const struct engine *e, quo_session *s)
{
	if (strcmp(engine->component->name, "gmw") != 0 || s->party == 1)
		return;
	quo_builder *b = quo_builder_new(QUO_SHALLOW);
	quo_output(b, "x", quo_input(b, "x", QUO_PORT_ARITH, 2, true, false));
	const struct gmw_cost costs[] = {
		/* A scalar bit for 20 bits of every instance: a COT per direction. */
		{ select_circuit(20, true), 1000, 2, { 1 + 20 * 125, 1 + 20 * 125 } },
		/* A bit for 32 bits of its instance, and one for the other 8. */
		{ select_circuit(40, false), 1000, 2 * 2 * 1000, { 42 * 125, 42 * 125 } },
		{ select_circuit(7, false), 3, 2 * 3, { 8, 8 } },
		/* One gate, between the two halves of x. */
		{ finish(b), 1000, 1000, { 125, 125 } },
	};

	for (unsigned i = 0; i < sizeof costs / sizeof *costs; i++) {
		uint64_t rng = 40;
		struct sample x = sample_new(&rng, costs[i].c, costs[i].n);
		quo_cost cost = forecast(e, &x, 1, all_shared);
		assert_int_equal(cost.cots, costs[i].cots);
		for (int party = 0; party < 2; party++)
			assert_int_equal(cost.sent_bytes[party], costs[i].bytes[party]);
		assert_int_equal(cost.rounds, 1);
		sample_free(&x);
	}
}

/* Jobs share rounds: as many as the deepest circuit has levels. */
void gmw_rounds(const quo_instance *engine, const struct engine *e, quo_session *s)
{
	quo_err err = QUO_ERR_INIT;
	const quo_circuits_ops *ops = quo_circuits(engine);
	uint64_t rng = 41, deepest = 0;
	struct sample x[MAX_JOBS];

	if (strcmp(engine->component->name, "gmw") != 0 || s->party == 1)
		return;
	x[0] = sample_new(&rng, deep_circuit(30), 300);
	x[1] = sample_new(&rng, sample_integer_circuit(QUO_PORT_ARITH), 70);
	x[2] = sample_new(&rng, sample_free_circuit(), 9);
	x[3] = sample_new(&rng, deep_circuit(50), 1);
	for (int i = 0; i < MAX_JOBS; i++) {
		quo_circuit *split =
			quo_split_arith(x[i].c, ops->goal(engine->self, s, x[i].n), &err);
		assert_non_null(split);
		deepest = split->depth > deepest ? split->depth : deepest;
		quo_circuit_free(split);
	}
	assert_int_equal(forecast(e, x, MAX_JOBS, all_shared).rounds, deepest);
	for (int i = 0; i < MAX_JOBS; i++)
		sample_free(&x[i]);
}

/* The build with little memory takes more waves, each with rounds of its own. */
void gmw_waves(const quo_instance *engine, const struct engine *e, quo_session *s)
{
	uint64_t rng = 42;

	if (strcmp(engine->component->name, "gmw-small") != 0 || s->party == 1)
		return;
	struct sample x = sample_new(&rng, deep_circuit(20), 5000);
	uint32_t depth = x.c->depth;
	uint64_t rounds = forecast(e, &x, 1, all_shared).rounds;
	assert_true(rounds >= 2 * depth && rounds % depth == 0);
	sample_free(&x);
}
