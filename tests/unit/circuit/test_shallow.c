/* SPDX-License-Identifier: Apache-2.0 */
/* The depth-optimised forms: shifts by scalars and by lengths, exhaustively, and how deep the
 * circuits of training are. */
#include "support.h"
#include "unit/circuit/harness.h"

#include "config/experiment.h"
#include "numerics/rules.h"

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

/* Random sums in both forms: signed and unsigned terms, any sign, any place, beyond the width also. */
static void test_sums(void **state)
{
	uint64_t seed = 11;

	(void)state;
	for (int round = 0; round < 300; round++) {
		unsigned n = (unsigned)(next_random(&seed) % 9),
			 width = 1 + (unsigned)(next_random(&seed) % 63);
		int64_t constant = (int64_t)next_random(&seed) >> (next_random(&seed) % 60);
		quo_builder *b = quo_builder_new(round % 3 ? QUO_SHALLOW : QUO_SMALL);
		quo_term terms[8] = { { .by = 0 } };
		uint64_t in[8][100], out[100], want[100];
		const uint64_t *ports[8];
		n = round == 0 ? 0 : n > 8 ? 8 : n;
		for (size_t i = 0; i < 100; i++)
			want[i] = (uint64_t)constant;
		for (unsigned t = 0; t < n; t++) {
			unsigned w = 1 + (unsigned)(next_random(&seed) % 20);
			bool is_signed = next_random(&seed) % 2;
			terms[t] =
				(quo_term){ quo_input(b, "x", QUO_PORT_BITS, w, is_signed, false),
					    (uint8_t)(next_random(&seed) % 24),
					    next_random(&seed) % 2 };
			ports[t] = in[t];
			for (size_t i = 0; i < 100; i++) {
				in[t][i] = next_random(&seed) & ((UINT64_C(1) << w) - 1);
				uint64_t v = (uint64_t)as_int(in[t][i], w, is_signed)
					     << terms[t].by;
				want[i] += terms[t].minus ? 0 - v : v;
			}
			/* A constant among the terms */
			if (t == 3)
				terms[t].x.bit[0] = QUO_WIRE_1;
			for (size_t i = 0; t == 3 && i < 100; i++) {
				uint64_t v = (uint64_t)(as_int(in[t][i] | 1, w, is_signed) -
							as_int(in[t][i], w, is_signed))
					     << terms[t].by;
				want[i] += terms[t].minus ? 0 - v : v;
			}
		}
		quo_output(b, "sum", quo_sum(b, terms, n, constant, width, false));
		quo_circuit *c = finish(b);
		run_circuit(c, 100, ports, (uint64_t *[]){ out });
		for (size_t i = 0; i < 100; i++)
			assert_int_equal(out[i], want[i] & ((UINT64_C(1) << width) - 1));
		quo_circuit_free(c);
	}
}

/* Eight integers in a little more than the levels of one adder. */
static void test_sum_depth(void **state)
{
	quo_builder *b = quo_builder_new(QUO_SHALLOW);
	quo_term terms[8] = { { .by = 0 } };

	(void)state;
	for (int t = 0; t < 8; t++)
		terms[t].x = quo_input(b, "x", QUO_PORT_BITS, 16, true, false);
	quo_output(b, "sum", quo_sum(b, terms, 8, 0, 19, true));
	quo_circuit *c = finish(b);
	assert_in_range(c->depth, 8, 10);
	quo_circuit_free(c);
}

static void test_sum_refusals(void **state)
{
	quo_err err = QUO_ERR_INIT;
	quo_term terms[QUO_SUM_MAX_TERMS + 1] = { { .by = 0 } };

	(void)state;
	for (int i = 0; i < 2; i++) {
		quo_builder *b = quo_builder_new(QUO_SHALLOW);
		quo_output(b, "sum",
			   quo_sum(b, terms, i ? QUO_SUM_MAX_TERMS + 1 : 1, 0, i ? 8 : 65, true));
		err = (quo_err)QUO_ERR_INIT;
		assert_null(quo_circuit_finish(b, &err));
		quo_test_assert_error(&err, QUO_BUG, "sum");
	}
}

/* max(x, len(h)) on either side, then a shift by it and a second maximum. */
static void test_length_max(void **state)
{
	uint64_t x[N * 16], h[N * 16], l[N * 16], max[N * 16], shift[N * 16], again[N * 16];

	(void)state;
	for (unsigned h_width = 1; h_width <= 8; h_width++) {
		for (unsigned l_width = 1; l_width <= 5; l_width++) {
			quo_builder *b = quo_builder_new(QUO_SHALLOW);
			quo_int v = quo_input(b, "x", QUO_PORT_BITS, 8, true, false);
			quo_int u = quo_input(b, "h", QUO_PORT_BITS, h_width, false, false);
			quo_int old = quo_input(b, "l", QUO_PORT_BITS, l_width, false, false);
			quo_int len = quo_len(b, u),
				m = l_width % 2 ? quo_max(b, len, old) : quo_max(b, old, len);
			quo_output(b, "max", m);
			quo_output(b, "shift", quo_shift_right_by(b, v, m, 8));
			quo_output(b, "again", quo_max(b, m, quo_const(3, 2, false)));
			quo_circuit *c = finish(b);
			for (size_t i = 0; i < N * 16; i++) {
				x[i] = i * 77 & 255;
				h[i] = i & ((1u << h_width) - 1);
				l[i] = i >> 8 & ((1u << l_width) - 1);
			}
			run_circuit(c, N * 16, (const uint64_t *const[]){ x, h, l },
				    (uint64_t *[]){ max, shift, again });
			for (size_t i = 0; i < N * 16; i++) {
				uint64_t want =
					quo_bit_length(h[i]) > l[i] ? quo_bit_length(h[i]) : l[i];
				assert_int_equal(max[i], want);
				assert_int_equal(as_int(shift[i], 8, true),
						 shifted(x[i], true, want));
				assert_int_equal(again[i], want > 3 ? want : 3);
			}
			quo_circuit_free(c);
		}
	}
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
	assert_int_equal(update_depth("{use: amsgrad}"), 25);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_scalar_shifts), cmocka_unit_test(test_mixed_shift),
		cmocka_unit_test(test_length_shifts), cmocka_unit_test(test_length_shift_depth),
		cmocka_unit_test(test_sums),          cmocka_unit_test(test_sum_depth),
		cmocka_unit_test(test_sum_refusals),  cmocka_unit_test(test_length_max),
		cmocka_unit_test(test_depths),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
