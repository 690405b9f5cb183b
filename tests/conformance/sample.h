/* SPDX-License-Identifier: Apache-2.0 */
/* Circuits with inputs and expected outputs, for the conformance suites of garbling schemes and
 * circuit engines. */
#ifndef QUOTIENT_TESTS_SAMPLE_H
#define QUOTIENT_TESTS_SAMPLE_H

#include "twoparty.h"

#define SAMPLE_MAX_PORTS 8

/* Planes of every port; scalar ports have one word per plane. `want` is what quo_circuit_eval()
 * gives. */
struct sample {
	quo_circuit *c;
	size_t n;
	uint64_t *in[SAMPLE_MAX_PORTS];
	uint64_t *want[SAMPLE_MAX_PORTS];
};

static inline uint64_t *sample_plane(uint64_t *planes, size_t n, unsigned k)
{
	return planes + k * quo_words(n);
}

/* Random gates over three ports (the last scalar), constants, an input, and an input's negation
 * among the outputs. */
static inline quo_circuit *sample_random_circuit(uint64_t *rng, unsigned n_gates)
{
	enum { POOL = 256 };
	quo_builder *b = quo_builder_new(QUO_SMALL);
	quo_err err = QUO_ERR_INIT;
	quo_int port[3] = { quo_input(b, "x", QUO_PORT_BITS, 8, true, false),
			    quo_input(b, "y", QUO_PORT_BITS, 5, false, false),
			    quo_input(b, "s", QUO_PORT_BITS, 3, false, true) };
	quo_wire pool[POOL];
	unsigned n = 0;
	quo_int out = { .width = 24 };

	for (int p = 0; p < 3; p++)
		for (unsigned k = 0; k < port[p].width; k++)
			pool[n++] = port[p].bit[k];
	for (unsigned g = 0; g < n_gates; g++) {
		uint64_t r = quo_test_random(rng);
		/* Scalar wires (13..15) more often, so that gates exist on which all instances
		 * agree. */
		quo_wire x = r % 32 > 23 ? pool[13 + (r >> 8) % 3] : pool[(r >> 8) % n];
		quo_wire y = pool[(r >> 32) % n];
		quo_wire z = r & 2   ? quo_bit_and(b, x, y)
			     : r & 4 ? quo_bit_xor(b, x, y)
				     : quo_bit_not(b, x);
		pool[n < POOL ? n++ : 16 + (r >> 20) % (POOL - 16)] = z;
	}
	out.bit[0] = QUO_WIRE_0;
	out.bit[1] = QUO_WIRE_1;
	out.bit[2] = port[0].bit[3];
	out.bit[3] = port[2].bit[1];
	out.bit[4] = quo_bit_not(b, port[1].bit[0]);
	out.bit[5] = quo_bit_and(b, port[2].bit[0], port[2].bit[1]);
	for (unsigned k = 6; k < out.width; k++)
		out.bit[k] = pool[n - 1 - (k - 6) % n];
	quo_output(b, "first", quo_slice(out, 0, 9, false));
	quo_output(b, "second", quo_slice(out, 9, 15, false));
	quo_circuit *c = quo_circuit_finish(b, &err);
	if (!c)
		fail_msg("%s", err.text);
	return c;
}

/* What training maps: add, compare, select, clamp, multiply by a constant, shift by wires. `kind`
 * is that of port x. */
static inline quo_circuit *sample_integer_circuit(quo_port_kind kind)
{
	quo_builder *b = quo_builder_new(QUO_SMALL);
	quo_err err = QUO_ERR_INIT;
	quo_int x = quo_input(b, "x", kind, 18, true, false);
	quo_int y = quo_input(b, "y", QUO_PORT_BITS, 8, true, false);
	quo_int s = quo_input(b, "s", QUO_PORT_BITS, 4, false, true);
	quo_int rounded = quo_clamp(b, quo_round_shift_by(b, x, s, 20), -127, 127);

	quo_output(b, "sum", quo_add(b, rounded, y));
	quo_output(b, "scaled", quo_mul_const(b, y, 26));
	quo_output(b, "chosen", quo_mux(b, quo_less(b, x, y), y, rounded));
	quo_circuit *c = quo_circuit_finish(b, &err);
	if (!c)
		fail_msg("%s", err.text);
	return c;
}

/* No AND gate; an output that repeats, one that is constant, one that passes through. */
static inline quo_circuit *sample_free_circuit(void)
{
	quo_builder *b = quo_builder_new(QUO_SMALL);
	quo_err err = QUO_ERR_INIT;
	quo_int x = quo_input(b, "x", QUO_PORT_BITS, 4, false, false);
	quo_int y = quo_input(b, "y", QUO_PORT_BITS, 4, false, false);

	quo_output(b, "xor", quo_xor_int(b, x, y));
	quo_output(b, "same", x);
	quo_output(b, "again", x);
	quo_output(b, "const", quo_const(5, 4, false));
	quo_output(b, "not", quo_int_from_bit(quo_bit_not(b, y.bit[3])));
	quo_circuit *c = quo_circuit_finish(b, &err);
	if (!c)
		fail_msg("%s", err.text);
	return c;
}

/* No inputs at all. */
static inline quo_circuit *sample_constant_circuit(void)
{
	quo_builder *b = quo_builder_new(QUO_SMALL);
	quo_err err = QUO_ERR_INIT;

	quo_output(b, "const", quo_const(-3, 7, true));
	quo_circuit *c = quo_circuit_finish(b, &err);
	if (!c)
		fail_msg("%s", err.text);
	return c;
}

/* Values: the first instances take edge values (all zeros, all ones, the sign bit, ..), the others
 * random ones. */
static inline void sample_fill(uint64_t *rng, uint64_t *planes, size_t n, unsigned width)
{
	for (size_t i = 0; i < n; i++) {
		uint64_t r = quo_test_random(rng), top = UINT64_C(1) << (width - 1);
		uint64_t edge[6] = { 0, UINT64_MAX, top, top - 1, 1, UINT64_MAX - 1 };
		uint64_t v = i < 12 ? edge[r % 6] : r;
		for (unsigned k = 0; k < width; k++)
			sample_plane(planes, n, k)[i / 64] |= (v >> k & 1) << (i % 64);
	}
}

/* Takes over the circuit. */
static inline struct sample sample_new(uint64_t *rng, quo_circuit *c, size_t n)
{
	struct sample s = { .c = c, .n = n };
	quo_err err = QUO_ERR_INIT;

	assert_true(c->n_in <= SAMPLE_MAX_PORTS && c->n_out <= SAMPLE_MAX_PORTS);
	for (uint32_t p = 0; p < c->n_in; p++) {
		size_t m = c->in[p].scalar ? 1 : n;
		s.in[p] = quo_alloc(c->in[p].width * quo_words(m), sizeof(uint64_t), &err);
		assert_non_null(s.in[p]);
		sample_fill(rng, s.in[p], m, c->in[p].width);
	}
	for (uint32_t p = 0; p < c->n_out; p++) {
		s.want[p] = quo_alloc(c->out[p].width * quo_words(n), sizeof(uint64_t), &err);
		assert_non_null(s.want[p]);
	}
	quo_test_ok(quo_circuit_eval(c, n, (const uint64_t *const *)s.in, s.want, &err));
	return s;
}

static inline void sample_free(struct sample *s)
{
	for (uint32_t p = 0; p < s->c->n_in; p++)
		quo_free(s->in[p]);
	for (uint32_t p = 0; p < s->c->n_out; p++)
		quo_free(s->want[p]);
	quo_circuit_free(s->c);
}

#endif
