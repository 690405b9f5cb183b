/* SPDX-License-Identifier: Apache-2.0 */
/* The circuits of training against the formulas of docs/numerics.md, and what they cost. */
#include "support.h"
#include "unit/circuit/harness.h"

#include "config/experiment.h"
#include "numerics/rules.h"

static int64_t rs(int64_t x, int s)
{
	return s <= 0 ? x * (INT64_C(1) << -s) : (x + (INT64_C(1) << (s - 1))) >> s;
}

static int64_t clamp(int64_t x, int64_t low, int64_t high)
{
	return x < low ? low : x > high ? high : x;
}

static uint32_t and_count(quo_circuit *c)
{
	assert_non_null(c);
	uint32_t n = c->n_and;
	quo_circuit_free(c);
	return n;
}

/* Every Z of a width. */
static void test_activation(void **state)
{
	static const unsigned widths[] = { 8, 9, 11, 14, 16 };
	quo_err err = QUO_ERR_INIT;

	(void)state;
	for (int w = 0; w < 5; w++) {
		size_t n = (size_t)1 << widths[w];
		uint64_t *z = calloc(n, 8), *y = calloc(n, 8), *a = calloc(n, 8), *m = calloc(n, 8);
		for (size_t i = 0; i < n; i++)
			z[i] = i;
		for (int alpha = 1; alpha <= 6; alpha++) {
			quo_goal goal = alpha % 2 ? QUO_SMALL : QUO_SHALLOW;
			quo_circuit *c =
				quo_rule_activate(goal, widths[w], alpha, NULL, 1, true, &err);
			quo_circuit *d = quo_rule_output_error(goal, widths[w], alpha, &err);
			run_circuit(c, n, (const uint64_t *const[]){ z }, (uint64_t *[]){ a, m });
			for (size_t i = 0; i < n; i++) {
				int64_t v = as_int(i, widths[w], true), q = rs(v, alpha);
				assert_int_equal(a[i], clamp(q, 0, 127));
				assert_int_equal(m[i], v > 0 && q <= 127);
				y[i] = i % 3 == 0;
			}
			run_circuit(d, n, (const uint64_t *const[]){ z, y },
				    (uint64_t *[]){ a, m });
			for (size_t i = 0; i < n; i++) {
				int64_t q = clamp(rs(as_int(i, widths[w], true), alpha), 0, 127);
				assert_int_equal(a[i], q);
				assert_int_equal(as_int(m[i], 8, true), q - 127 * (int64_t)y[i]);
			}
			quo_circuit_free(c);
			quo_circuit_free(d);
		}
		free(z);
		free(y);
		free(a);
		free(m);
	}
}

/* Every E and s with -bound <= E * 2^(7 - s) < bound, as a quantiser promises. */
static void test_normalise(void **state)
{
	static const uint32_t bounds[] = { 64, 128, 182, 255 };
	quo_err err = QUO_ERR_INIT;

	(void)state;
	for (int k = 0; k < 8; k++) {
		int goal = k / 4 ? QUO_SHALLOW : QUO_SMALL;
		for (unsigned width = 8; width <= 13; width++) {
			quo_circuit *c = quo_rule_normalise((quo_goal)goal, width, 4, bounds[k % 4],
							    true, &err);
			size_t n = (size_t)1 << width;
			uint64_t *e = calloc(n, 8), *m = calloc(n, 8), *out = calloc(n, 8);
			for (size_t i = 0; i < n; i++) {
				e[i] = i;
				m[i] = i % 17 != 3;
			}
			for (uint64_t s = 0; s < width; s++) {
				run_circuit(c, n, (const uint64_t *const[]){ e, &s, m }, &out);
				int64_t end = (int64_t)bounds[k % 4] << s;
				for (size_t i = 0; i < n; i++) {
					int64_t v = as_int(i, width, true);
					int64_t want =
						m[i] ? clamp(rs(v, (int)s - 7), -127, 127) : 0;
					if (-end <= v * 128 && v * 128 < end &&
					    as_int(out[i], 8, true) != want)
						fail_msg("bound %u, E = %lld (%u bits), s = %u: "
							 "%lld, not %lld",
							 bounds[k % 4], (long long)v, width,
							 (unsigned)s,
							 (long long)as_int(out[i], 8, true),
							 (long long)want);
				}
			}
			free(e);
			free(m);
			free(out);
			quo_circuit_free(c);
		}
	}
}

/* A fake optimiser that keeps every weight as it is: T of all V. */
static quo_status no_states(void *self, const quo_instance *quant, quo_optim_state *states,
			    unsigned *n, quo_err *err)
{
	(void)self, (void)quant, (void)states, (void)err;
	*n = 0;
	return QUO_OK;
}

static void keep(void *self, quo_builder *b, quo_update *u)
{
	(void)self, (void)b, (void)u;
}

static void test_ternary(void **state)
{
	static const quo_optim_ops ops = { .states = no_states, .update = keep };
	static const quo_quant_ops quant_ops = { .bound = 128 };
	static const quo_component optim_component = { QUO_COMPONENT(QUO_KIND_OPTIM, &ops) };
	static const quo_component quant_component = { QUO_COMPONENT(QUO_KIND_QUANT, &quant_ops) };
	quo_instance optim = { .component = &optim_component };
	quo_instance quant = { .component = &quant_component };
	uint64_t v[255], g[255] = { 0 }, s = 0, out[2][255];
	quo_err err = QUO_ERR_INIT;

	(void)state;
	for (int goal = QUO_SMALL; goal <= QUO_SHALLOW; goal++) {
		quo_circuit *c = quo_rule_update((quo_goal)goal, &optim, &quant, 9, 4, 0, &err);
		for (int i = 0; i < 255; i++)
			v[i] = (uint64_t)(i - 127) & 255;
		run_circuit(c, 255, (const uint64_t *const[]){ v, g, &s },
			    (uint64_t *[]){ out[0], out[1] });
		for (int i = -127; i <= 127; i++) {
			assert_int_equal(out[0][i + 127], (uint64_t)i & 255);
			assert_int_equal(out[1][i + 127], i >= 32 ? 1 : i <= -32 ? 2 : 0);
		}
		quo_circuit_free(c);
	}
}

/* AND gates of a weight's update, ternary planes included. */
static uint32_t update_cost(const char *optim_yaml, unsigned g_width)
{
	quo_experiment *owner[2];
	quo_instance *optim, *quant;
	quo_err err = QUO_ERR_INIT;
	quo_registry *registry = quo_test_registry();

	quo_test_ok(
		quo_component_load(registry, QUO_KIND_OPTIM, optim_yaml, &owner[0], &optim, &err));
	quo_test_ok(quo_component_load(registry, QUO_KIND_QUANT, "{use: npow}", &owner[1], &quant,
				       &err));
	uint32_t n = and_count(quo_rule_update(QUO_SMALL, optim, quant, g_width, 5, 0, &err));
	quo_experiment_free(owner[0]);
	quo_experiment_free(owner[1]);
	return n;
}

/* What a training step pays for under encryption; docs/protocols.md tells how. */
static void test_costs(void **state)
{
	quo_err err = QUO_ERR_INIT;

	(void)state;
	assert_int_equal(and_count(quo_rule_activate(QUO_SMALL, 18, 4, NULL, 1, true, &err)), 32);
	assert_int_equal(and_count(quo_rule_activate(QUO_SMALL, 18, 4, NULL, 1, false, &err)), 21);
	assert_int_equal(and_count(quo_rule_output_error(QUO_SMALL, 15, 3, &err)), 26);
	assert_int_equal(and_count(quo_rule_normalise(QUO_SMALL, 15, 4, 128, 1, &err)), 65);
	assert_int_equal(update_cost("{use: sgd}", 22), 66);
	assert_int_equal(update_cost("{use: amsgrad}", 22), 168);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_activation),
		cmocka_unit_test(test_normalise),
		cmocka_unit_test(test_ternary),
		cmocka_unit_test(test_costs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
