/* SPDX-License-Identifier: Apache-2.0 */
/* The depth-optimised forms: shifts by scalars and by lengths, exhaustively, and how deep the
 * circuits of training are. */
#include "support.h"
#include "unit/circuit/harness.h"

#include "config/experiment.h"
#include "train/rules.h"

#define N 256

/* Signed and unsigned x of 8 bits, all values. */
static void all_values(uint64_t *x)
{
	for (size_t i = 0; i < N; i++)
		x[i] = i;
}

static int64_t shifted(uint64_t x, bool is_signed, uint64_t s)
{
	int64_t v = as_int(x, 8, is_signed);

	return s > 62 ? (v < 0 ? -1 : 0) : v >> s;
}

/* Every width of s, every limit, every s within it. */
static void test_scalar_shifts(void **state)
{
	uint64_t x[N], out[N];

	(void)state;
	all_values(x);
	for (unsigned s_width = 1; s_width <= 9; s_width++) {
		for (unsigned max = 0; max < 1u << s_width; max += max < 18 ? 1 : 61) {
			for (unsigned width = 1; width <= 9; width += 4) {
				bool is_signed = (max + width + s_width) % 2;
				quo_builder *b = quo_builder_new(QUO_SHALLOW);
				quo_int v = quo_input(b, "x", QUO_PORT_BITS, 8, is_signed, false);
				quo_int s = quo_input(b, "s", QUO_PORT_BITS, s_width, false, true);
				quo_output(b, "y", quo_shift_right_upto(b, v, s, max, width));
				quo_circuit *c = finish(b);
				for (uint64_t by = 0; by <= max; by += by < 20 ? 1 : 23) {
					run_circuit(c, N, (const uint64_t *const[]){ x, &by },
						    (uint64_t *[]){ out });
					uint64_t mask = (UINT64_C(1) << width) - 1;
					for (size_t i = 0; i < N; i++)
						if (out[i] !=
						    ((uint64_t)shifted(x[i], is_signed, by) & mask))
							fail_msg("%zu >> %u (of at most %u, %u "
								 "bits) to %u bits",
								 i, (unsigned)by, max, s_width,
								 width);
				}
				if (s_width <= 7)
					assert_true(c->depth <= (s_width < 3    ? s_width
								 : s_width == 3 ? 2
										: 3));
				quo_circuit_free(c);
			}
		}
	}
}

/* Part of the shift is scalar, part is not: the barrel shifter. */
static void test_mixed_shift(void **state)
{
	uint64_t x[N], low[N], out[N];

	(void)state;
	all_values(x);
	for (uint64_t high = 0; high < 2; high++) {
		quo_builder *b = quo_builder_new(QUO_SHALLOW);
		quo_int v = quo_input(b, "x", QUO_PORT_BITS, 8, true, false);
		quo_int l = quo_input(b, "low", QUO_PORT_BITS, 2, false, false);
		quo_int h = quo_input(b, "high", QUO_PORT_BITS, 1, false, true);
		quo_int s = { .bit = { l.bit[0], l.bit[1], h.bit[0] }, .width = 3 };
		quo_output(b, "y", quo_shift_right_by(b, v, s, 8));
		quo_circuit *c = finish(b);
		for (size_t i = 0; i < N; i++)
			low[i] = i * 7 / 3 % 4;
		run_circuit(c, N, (const uint64_t *const[]){ x, low, &high },
			    (uint64_t *[]){ out });
		for (size_t i = 0; i < N; i++)
			assert_int_equal(as_int(out[i], 8, true),
					 shifted(x[i], true, low[i] + 4 * high));
		quo_circuit_free(c);
	}
}

/* x >> len(h), h of every width up to 9; a limit below the largest length; another length counted
 * in between. */
static void test_length_shifts(void **state)
{
	uint64_t x[512], h[512], out[512];

	(void)state;
	for (unsigned h_width = 1; h_width <= 9; h_width++) {
		for (int between = 0; between < 2; between++) {
			for (unsigned width = 1; width <= 9; width += 4) {
				quo_builder *b = quo_builder_new(QUO_SHALLOW);
				quo_int v = quo_input(b, "x", QUO_PORT_BITS, 8, true, false);
				quo_int u = quo_input(b, "h", QUO_PORT_BITS, h_width, false, false);
				quo_int len = quo_len(b, u);
				if (between)
					quo_len(b, quo_resize(v, 8, false));
				quo_output(b, "y", quo_shift_right_upto(b, v, len, h_width, width));
				quo_output(b, "z", quo_round_shift_by(b, v, len, width));
				quo_circuit *c = finish(b);
				uint64_t seed = 7, *z = calloc(512, sizeof *z),
					 mask = (UINT64_C(1) << width) - 1;
				for (size_t i = 0; i < 512; i++) {
					x[i] = next_random(&seed) & 255;
					h[i] = i & ((1u << h_width) - 1);
				}
				run_circuit(c, 512, (const uint64_t *const[]){ x, h },
					    (uint64_t *[]){ out, z });
				for (size_t i = 0; i < 512; i++) {
					unsigned by = quo_bit_length(h[i]);
					int64_t round = by ? (shifted(x[i], true, by - 1) + 1) >> 1
							   : as_int(x[i], 8, true);
					assert_int_equal(out[i],
							 (uint64_t)shifted(x[i], true, by) & mask);
					assert_int_equal(z[i], (uint64_t)round & mask);
				}
				free(z);
				quo_circuit_free(c);
			}
		}
	}
}

/* A length, then a shift by it: one level more than the length. */
static void test_length_shift_depth(void **state)
{
	uint32_t depth[2];

	(void)state;
	for (int with_shift = 0; with_shift < 2; with_shift++) {
		quo_builder *b = quo_builder_new(QUO_SHALLOW);
		quo_int v = quo_input(b, "x", QUO_PORT_BITS, 12, true, false);
		quo_int len = quo_len(b, quo_input(b, "h", QUO_PORT_BITS, 8, false, false));
		quo_output(b, "y", with_shift ? quo_shift_right_upto(b, v, len, 8, 12) : len);
		quo_circuit *c = finish(b);
		depth[with_shift] = c->depth;
		quo_circuit_free(c);
	}
	assert_int_equal(depth[1], depth[0] + 1);
}

static uint32_t depth_of(quo_circuit *c)
{
	assert_non_null(c);
	uint32_t depth = c->depth;
	quo_circuit_free(c);
	return depth;
}

static uint32_t update_depth(const char *optim_yaml)
{
	quo_experiment *owner[2];
	quo_instance *optim, *quant;
	quo_err err = QUO_ERR_INIT;
	quo_registry *registry = quo_test_registry();

	quo_test_ok(
		quo_component_load(registry, QUO_KIND_OPTIM, optim_yaml, &owner[0], &optim, &err));
	quo_test_ok(quo_component_load(registry, QUO_KIND_QUANT, "{use: npow}", &owner[1], &quant,
				       &err));
	uint32_t depth = depth_of(quo_rule_update(QUO_SHALLOW, optim, quant, 22, 5, 0, &err));
	quo_experiment_free(owner[0]);
	quo_experiment_free(owner[1]);
	return depth;
}

/* Rounds of a training step under GMW. */
static void test_depths(void **state)
{
	quo_err err = QUO_ERR_INIT;
	quo_circuit *bits = quo_rule_to_bits(QUO_SHALLOW, 22, &err);

	(void)state;
	assert_int_equal(depth_of(quo_split_arith(bits, QUO_SHALLOW, &err)), 5);
	quo_circuit_free(bits);
	assert_int_equal(depth_of(quo_rule_normalise(QUO_SHALLOW, 15, 4, 128, true, &err)), 9);
	assert_int_equal(update_depth("{use: sgd}"), 15);
	assert_int_equal(update_depth("{use: amsgrad}"), 30);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_scalar_shifts), cmocka_unit_test(test_mixed_shift),
		cmocka_unit_test(test_length_shifts), cmocka_unit_test(test_length_shift_depth),
		cmocka_unit_test(test_depths),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
