/* SPDX-License-Identifier: Apache-2.0 */
/* What every quantiser must do, and the exact rules of those that docs/numerics.md defines. */
#include "support.h"
#include "unit/circuit/harness.h"

#include "config/experiment.h"

enum { N = 3000 };

static quo_experiment *owner;

static const quo_instance *load(const char *name)
{
	char yaml[100];
	quo_instance *q = NULL;
	quo_err err = QUO_ERR_INIT;

	snprintf(yaml, sizeof yaml, "{use: %s}", name);
	quo_test_ok(
		quo_component_load(quo_test_registry(), QUO_KIND_QUANT, yaml, &owner, &q, &err));
	return q;
}

static void unload(void)
{
	quo_experiment_free(owner);
}

static int64_t rs(int64_t x, int s)
{
	return s <= 0 ? x * (INT64_C(1) << -s) : (x + (INT64_C(1) << (s - 1))) >> s;
}

/* floor(x * 2^by) */
static int64_t scale(int64_t x, int by)
{
	return by >= 0 ? x * (INT64_C(1) << by) : by < -62 ? 0 : x >> -by;
}

/* round(log2 m): the k with 2^(2k-1) <= m^2 < 2^(2k+1) */
static unsigned closest_power(uint64_t m)
{
	unsigned k = 0;

	if (!m)
		return 0;
	while (m * m >= UINT64_C(1) << (2 * k + 1))
		k++;
	return k;
}

/* The exponent of a tensor that holds x alone. */
static unsigned exponent_of(const char *name, int64_t x)
{
	if (!strcmp(name, "npow"))
		return quo_bit_length((uint64_t)(x < 0 ? ~x : x));
	return closest_power((uint64_t)(x < 0 ? -x : x));
}

static bool known(const char *name)
{
	return !strcmp(name, "npow") || !strcmp(name, "cpow") || !strcmp(name, "wage");
}

/* Edge values of a width, then random ones of all lengths. */
static uint64_t value(size_t i, unsigned width, uint64_t *rng)
{
	uint64_t mask = (UINT64_C(1) << width) - 1, r = next_random(rng), v;

	if (i < 3 * width)
		v = i % 3 == 0   ? UINT64_C(1) << i / 3
		    : i % 3 == 1 ? (UINT64_C(1) << i / 3) - 1
				 : 0 - (UINT64_C(1) << i / 3);
	else
		v = (uint64_t)((int64_t)next_random(rng) >> r % 64);
	return v & mask;
}

/* lift, combine and exponent over triples: the exponent bounds every element, in any order, with 0
 * neutral. */
static void check_reduction(const char *name, unsigned width, quo_goal goal)
{
	const quo_instance *q = load(name);
	const quo_quant_ops *ops = quo_quant(q);
	quo_builder *b = quo_builder_new(goal);
	quo_int x[3], m[3];
	uint64_t *in[3], *out[4], rng = width;

	for (int p = 0; p < 3; p++) {
		x[p] = quo_input(b, "x", QUO_PORT_BITS, width, true, false);
		m[p] = ops->lift(q->self, b, x[p]);
		assert_true(m[p].width <= width && !m[p].is_signed);
	}
	quo_int all = ops->combine(q->self, b, ops->combine(q->self, b, m[0], m[1]), m[2]);
	assert_int_equal(all.width, m[0].width);
	quo_int other = ops->combine(q->self, b, m[2], ops->combine(q->self, b, m[1], m[0]));
	quo_int neutral = ops->combine(q->self, b, quo_const(0, 1, false), all);
	assert_int_equal(neutral.width, all.width);
	quo_int lift0 = ops->lift(q->self, b, quo_const(0, width, true));
	quo_int s = ops->exponent(q->self, b, all);
	assert_false(s.is_signed);
	quo_output(b, "s", s);
	quo_output(b, "order", quo_int_from_bit(quo_equal(b, all, other)));
	quo_output(b, "neutral", quo_int_from_bit(quo_equal(b, all, neutral)));
	quo_output(b, "zero", quo_int_from_bit(quo_nonzero(b, lift0)));
	quo_circuit *c = finish(b);

	for (int p = 0; p < 4; p++)
		out[p] = calloc(N, 8);
	for (int p = 0; p < 3; p++)
		in[p] = calloc(N, 8);
	for (size_t i = 0; i < N; i++)
		for (int p = 0; p < 3; p++)
			in[p][i] = p && i < 300 ? 0 : value(i, width, &rng);
	run_circuit(c, N, (const uint64_t *const *)in, out);
	for (size_t i = 0; i < N; i++) {
		int64_t e = (int64_t)out[0][i], largest = 0, ored = 0;
		assert_true(e < width);
		assert_true(out[1][i] && out[2][i] && !out[3][i]);
		for (int p = 0; p < 3; p++) {
			int64_t v = as_int(in[p][i], width, true), scaled = v * 128,
				end = (int64_t)ops->bound << e;
			assert_true(-end <= scaled && scaled < end);
			assert_true(labs((long)rs(v, (int)e - 7)) <= (long)ops->bound);
			largest = labs((long)v) > largest ? labs((long)v) : largest;
			ored |= v < 0 ? ~v : v;
		}
		if (!strcmp(name, "npow"))
			assert_int_equal(e, quo_bit_length((uint64_t)ored));
		else if (known(name))
			assert_int_equal(e, closest_power((uint64_t)largest));
	}
	for (int p = 0; p < 4; p++)
		free(out[p]);
	for (int p = 0; p < 3; p++)
		free(in[p]);
	quo_circuit_free(c);
	unload();
}

/* step() against the formulas, the exponent an input of every instance; returns its ANDs. */
static uint32_t check_step(const char *name, unsigned width, int r, quo_goal goal)
{
	const quo_instance *q = load(name);
	const quo_quant_ops *ops = quo_quant(q);
	quo_builder *b = quo_builder_new(goal);
	uint64_t *in[3] = { calloc(N, 8), calloc(N, 8), calloc(N, 8) }, *out = calloc(N, 8),
		 rng = width;
	unsigned s_width = quo_bit_length(width);

	quo_int g = quo_input(b, "G", QUO_PORT_BITS, width, true, false);
	quo_int s = quo_input(b, "s", QUO_PORT_BITS, s_width, false, false), u = { .width = 0 };
	assert_true(ops->random_bits == 0 || ops->random_bits == 8);
	if (ops->random_bits)
		u = quo_input(b, "u", QUO_PORT_BITS, ops->random_bits, false, false);
	quo_int step = ops->step(q->self, b, g, s, r, u);
	assert_true(step.is_signed);
	unsigned step_width = step.width;
	quo_output(b, "step", step);
	quo_circuit *c = finish(b);

	for (size_t i = 0; i < N; i++) {
		in[0][i] = value(i, width, &rng);
		unsigned least = exponent_of(name, as_int(in[0][i], width, true));
		unsigned more = i % 3 ? 0 : (unsigned)(next_random(&rng) % (width - least));
		in[1][i] = least + more; /* a tensor with larger elements */
		in[2][i] = i % 5 ? next_random(&rng) & 255 : i % 10 ? 255 : 0;
	}
	run_circuit(c, N, (const uint64_t *const *)in, &out);
	for (size_t i = 0; i < N; i++) {
		int64_t v = as_int(in[0][i], width, true), got = as_int(out[i], step_width, true),
			want;
		int k = (int)in[1][i] - 7 + r;
		if (!strcmp(name, "wage")) {
			int64_t rounded = (scale(v < 0 ? -v : v, 8 - k) + (int64_t)in[2][i]) >> 8;
			want = v < 0 ? -rounded : rounded;
		} else {
			want = rs(v, k);
		}
		if (got != want && known(name))
			fail_msg("%s at %u bits, r = %d: G = %lld, s = %lld, u = %lld: step %lld, "
				 "not %lld",
				 name, width, r, (long long)v, (long long)in[1][i],
				 (long long)in[2][i], (long long)got, (long long)want);
	}
	uint32_t n_and = c->n_and;
	for (int p = 0; p < 3; p++)
		free(in[p]);
	free(out);
	quo_circuit_free(c);
	unload();
	return n_and;
}

static void for_all(void (*check)(const char *name))
{
	const quo_registry *registry = quo_test_registry();

	for (size_t i = 0; i < quo_registry_count(registry); i++)
		if (quo_registry_at(registry, i)->component.kind == QUO_KIND_QUANT)
			check(quo_registry_at(registry, i)->component.name);
}

static void reduction(const char *name)
{
	static const unsigned widths[] = { 2, 3, 4, 7, 8, 9, 15, 16, 17, 22, 30 };

	for (size_t i = 0; i < sizeof widths / sizeof *widths; i++)
		for (int goal = QUO_SMALL; goal <= QUO_SHALLOW; goal++)
			check_reduction(name, widths[i], (quo_goal)goal);
}

static void step(const char *name)
{
	static const unsigned widths[] = { 2, 5, 8, 9, 17, 22, 30 };

	for (size_t i = 0; i < sizeof widths / sizeof *widths; i++) {
		for (int r = 0; r <= 15; r++) {
			check_step(name, widths[i], r, QUO_SMALL);
			if (r % 4 == 0)
				check_step(name, widths[i], r, QUO_SHALLOW);
		}
	}
}

static void test_reduction(void **state)
{
	(void)state;
	for_all(reduction);
}

static void test_step(void **state)
{
	(void)state;
	for_all(step);
}

/* The three of the paper are there, and their steps cost what they did. */
static void test_costs(void **state)
{
	(void)state;
	assert_int_equal(check_step("npow", 22, 4, QUO_SMALL), 40);
	assert_int_equal(check_step("cpow", 22, 4, QUO_SMALL), 46);
	assert_int_equal(check_step("wage", 22, 4, QUO_SMALL), 112);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reduction),
		cmocka_unit_test(test_step),
		cmocka_unit_test(test_costs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
