/* SPDX-License-Identifier: Apache-2.0 */
/* Circuits by levels: evaluated level by level they give what quo_circuit_eval() gives, and they
 * keep the promises of quotient/levels.h about rows. */
#include "harness.h"

#include <quotient/levels.h>

#define N 130
#define WORDS 3

/* Values of an evaluation by levels. Scalars are one word, all zeros or all ones. */
struct values {
	const quo_levels *l;
	uint64_t (*row)[WORDS];
	bool *scalar;
	/* By wire, for the test of unread operands: what was read once. */
	uint64_t (*kept)[WORDS];
};

static bool row_is_scalar(const struct values *v, uint32_t row)
{
	return row < v->l->n_inputs ? v->scalar[row] : row >= v->l->n_inputs + v->l->n_vectors;
}

static void run_local(struct values *v, const quo_local_gate *g)
{
	assert_int_equal(g->scalar, row_is_scalar(v, g->out));
	assert_true(g->out >= v->l->n_inputs && g->out < quo_levels_rows(v->l));
	assert_int_not_equal(g->out, g->a);
	if (g->op != QUO_LOCAL_NOT) {
		assert_int_not_equal(g->out, g->b);
		assert_int_equal(row_is_scalar(v, g->b),
				 g->scalar || g->op == QUO_LOCAL_XOR_SCALAR);
	}
	assert_int_equal(row_is_scalar(v, g->a), g->scalar);
	for (size_t i = 0; i < WORDS; i++) {
		uint64_t b = g->op == QUO_LOCAL_NOT          ? UINT64_MAX
			     : g->op == QUO_LOCAL_XOR_SCALAR ? v->row[g->b][0]
							     : v->row[g->b][i];
		v->row[g->out][i] = v->row[g->a][i] ^ b;
	}
}

static const uint64_t *operand(struct values *v, uint32_t row, bool unread, uint32_t root)
{
	if (!v->kept)
		return v->row[row];
	if (!unread)
		memcpy(v->kept[root], v->row[row], sizeof *v->kept);
	return v->kept[root];
}

static void run_ands(struct values *v, const quo_level *level, const uint32_t (*root)[2])
{
	uint32_t n = level->ands_end - level->ands;
	uint64_t(*result)[WORDS] = calloc(n + 1, sizeof *result);

	for (uint32_t k = 0; k < n; k++) {
		const quo_and_gate *g = &v->l->ands[level->ands + k];
		const uint32_t *wire = root[level->ands + k];
		const uint64_t *a = operand(v, g->a, g->unread_a, wire[0]),
			       *b = operand(v, g->b, g->unread_b, wire[1]);
		assert_true(g->scalar_a || !g->scalar_b);
		if (!g->unread_a)
			assert_int_equal(row_is_scalar(v, g->a), g->scalar_a);
		if (!g->unread_b)
			assert_int_equal(row_is_scalar(v, g->b), g->scalar_b);
		for (size_t i = 0; i < WORDS; i++)
			result[k][i] = (a[i] ^ (0 - (uint64_t)g->not_a)) &
				       (b[i] ^ (0 - (uint64_t)g->not_b));
	}
	for (uint32_t k = 0; k < n; k++) {
		const quo_and_gate *g = &v->l->ands[level->ands + k];
		assert_true(g->out >= v->l->n_inputs && g->out < quo_levels_rows(v->l));
		assert_int_equal(row_is_scalar(v, g->out), g->scalar_a && g->scalar_b);
		memcpy(v->row[g->out], result[k], sizeof *result);
	}
	free(result);
}

static void load(struct values *v, const quo_circuit *c, const uint64_t *const *in)
{
	uint32_t wire = 0;

	for (uint32_t p = 0; p < c->n_in; p++) {
		for (unsigned k = 0; k < c->in[p].width; k++, wire++) {
			v->scalar[wire] = c->in[p].scalar;
			for (size_t i = 0; i < WORDS; i++)
				v->row[wire][i] =
					c->in[p].scalar ? 0 - (in[p][k] & 1) : in[p][k * WORDS + i];
		}
	}
}

static void check_outputs(const struct values *v, const quo_circuit *c, uint64_t *const *want)
{
	uint64_t tail = (UINT64_C(1) << N % 64) - 1;
	uint32_t o = 0;

	for (uint32_t p = 0; p < c->n_out; p++) {
		for (unsigned k = 0; k < c->out[p].width; k++, o++) {
			uint32_t row = v->l->out_rows[o];
			bool constant = row == QUO_OUT_ZERO || row == QUO_OUT_ONE;
			assert_int_equal(v->l->out_scalar[o], !constant && row_is_scalar(v, row));
			for (size_t i = 0; i < WORDS; i++) {
				uint64_t word = row == QUO_OUT_ONE ? UINT64_MAX : 0;
				word = constant ? word : v->row[row][i];
				word &= i == WORDS - 1 ? tail : UINT64_MAX;
				assert_true(word == want[p][k * WORDS + i]);
			}
		}
	}
}

/* Scalar gates of a level before the others. */
static void evaluate(const quo_circuit *c, const quo_levels *l, const uint32_t (*root)[2],
		     bool keep, const uint64_t *const *in, uint64_t *const *want)
{
	struct values v = { .l = l };

	v.row = calloc(quo_levels_rows(l) + 1, sizeof *v.row);
	v.scalar = calloc(l->n_inputs + 1, sizeof *v.scalar);
	if (keep)
		v.kept = calloc(c->n_input_wires + c->n_gates + 1, sizeof *v.kept);
	load(&v, c, in);
	for (uint32_t i = 0; i < l->n_levels; i++) {
		const quo_level *level = &l->levels[i];
		for (int scalar = 1; scalar >= 0; scalar--)
			for (uint32_t g = level->locals; g < level->locals_end; g++)
				if (l->locals[g].scalar == scalar)
					run_local(&v, &l->locals[g]);
		run_ands(&v, level, root);
	}
	check_outputs(&v, c, want);
	free(v.row);
	free(v.scalar);
	free(v.kept);
}

/* Random gates over random earlier wires, two of three ports scalar or none. */
static quo_circuit *random_circuit(uint64_t seed, unsigned n_gates, bool scalars)
{
	quo_builder *b = quo_builder_new(QUO_SMALL);
	const quo_int in[] = { quo_input(b, "x", QUO_PORT_BITS, 9, false, false),
			       quo_input(b, "k", QUO_PORT_BITS, 6, false, scalars),
			       quo_input(b, "j", QUO_PORT_BITS, 5, false, scalars) };
	quo_wire *w = calloc(n_gates + 22, sizeof *w);
	unsigned n = 1;
	quo_int out = { .width = 30 };

	w[0] = QUO_WIRE_1;
	for (unsigned p = 0; p < 3; p++)
		for (unsigned k = 0; k < in[p].width; k++)
			w[n++] = in[p].bit[k];
	for (unsigned i = 0; i < n_gates; i++) {
		uint64_t r = next_random(&seed);
		quo_wire p = w[(r >> 8) % n], q = w[n - 1 - (r >> 40) % (n < 30 ? n : 30)];
		quo_wire any[4] = { quo_bit_xor(b, p, q), quo_bit_and(b, p, q), quo_bit_not(b, p),
				    quo_bit_or(b, p, q) };
		w[n++] = any[r % 4];
	}
	for (unsigned i = 0; i < 30; i++)
		out.bit[i] = w[i < 20 ? n - 1 - i : next_random(&seed) % n];
	free(w);
	quo_output(b, "z", out);
	quo_output(b, "j", in[2]);
	quo_output(b, "constant", quo_const(5, 4, true));
	return finish(b);
}

/* What an earlier gate has read is not read again. */
static void read_once(const quo_circuit *c, quo_levels *l)
{
	bool *seen = calloc(c->n_input_wires + c->n_gates + 1, sizeof *seen);

	for (uint32_t g = 0; g < l->n_ands; g++) {
		l->ands[g].unread_a = seen[l->ands[g].a];
		seen[l->ands[g].a] = true;
		l->ands[g].unread_b = seen[l->ands[g].b];
		seen[l->ands[g].b] = true;
	}
	free(seen);
}

static void check(const quo_circuit *c, bool keep)
{
	uint64_t rng = c->n_gates, x[64 * WORDS], *in[3], *out[3];
	quo_err err = QUO_ERR_INIT;
	quo_levels *l = quo_levels_order(c, &err);
	assert_non_null(l);
	uint32_t(*root)[2] = calloc(l->n_ands + 1, sizeof *root);

	for (uint32_t g = 0; g < l->n_ands; g++) {
		root[g][0] = l->ands[g].a;
		root[g][1] = l->ands[g].b;
		assert_int_equal(c->gates[l->ands[g].gate].op, QUO_GATE_AND);
	}
	assert_int_equal(l->n_levels, c->depth + 1);
	assert_int_equal(l->n_ands, c->n_and);
	if (keep)
		read_once(c, l);
	assert_int_equal(quo_levels_allocate(l, &err), QUO_OK);
	for (size_t i = 0; i < sizeof x / sizeof *x; i++)
		x[i] = next_random(&rng);
	for (uint32_t p = 0; p < 3; p++) {
		in[p] = x + p;
		out[p] = calloc(30 * WORDS, sizeof **out);
	}
	assert_int_equal(quo_circuit_eval(c, N, (const uint64_t *const *)in, out, &err), QUO_OK);
	evaluate(c, l, (const uint32_t(*)[2])root, keep, (const uint64_t *const *)in, out);
	for (uint32_t p = 0; p < 3; p++)
		free(out[p]);
	free(root);
	quo_levels_free(l);
}

static void test_random(void **state)
{
	(void)state;
	for (uint64_t seed = 0; seed < 60; seed++) {
		quo_circuit *c = random_circuit(seed, (unsigned)(1 + 8 * seed), seed % 3 != 0);
		check(c, false);
		check(c, true);
		quo_circuit_free(c);
	}
}

/* A long chain lives in few rows; only its scalar part takes a row for every gate. */
static void test_rows(void **state)
{
	quo_builder *b = quo_builder_new(QUO_SMALL);
	quo_int x = quo_input(b, "x", QUO_PORT_BITS, 3, false, false);
	quo_int k = quo_input(b, "k", QUO_PORT_BITS, 3, false, true);
	quo_wire v = x.bit[0], s = k.bit[0];
	quo_err err = QUO_ERR_INIT;

	(void)state;
	for (unsigned i = 0; i < 100; i++) {
		v = quo_bit_xor(b, quo_bit_and(b, v, x.bit[1]), x.bit[2]);
		v = quo_bit_xor(b, quo_bit_and(b, v, x.bit[2]), x.bit[0]);
		s = quo_bit_xor(b, quo_bit_and(b, s, k.bit[i % 2]), k.bit[2]);
	}
	quo_output(b, "v", quo_int_from_bit(v));
	quo_output(b, "s", quo_int_from_bit(s));
	quo_circuit *c = finish(b);
	quo_levels *l = quo_levels_new(c, &err);
	assert_non_null(l);
	assert_null(l->circuit);
	assert_int_equal(l->n_inputs, 6);
	assert_in_range(l->n_vectors, 1, 3);
	assert_in_range(l->n_scalars, 100, 200);
	assert_int_equal(l->levels[l->n_levels - 1].ands, l->levels[l->n_levels - 1].ands_end);
	quo_circuit_free(c);
	quo_levels_free(l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_rows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
