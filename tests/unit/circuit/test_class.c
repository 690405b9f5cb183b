/* SPDX-License-Identifier: Apache-2.0 */
/* The circuits of prediction: the class of scores, ternary planes of weights. */
#include "support.h"
#include "unit/circuit/harness.h"

#include "train/predictor.h"

#define ROWS 700

/* Random scores with many ties: the first of the largest. */
static void test_class(void **state)
{
	static const unsigned sizes[] = { 2, 3, 4, 5, 7, 8, 10, 31, 256 };
	quo_err err = QUO_ERR_INIT;
	uint64_t seed = 5;

	(void)state;
	for (int k = 0; k < 18; k++) {
		unsigned classes = sizes[k % 9];
		quo_circuit *c = quo_rule_class(k < 9 ? QUO_SMALL : QUO_SHALLOW, classes, &err);
		uint64_t *a[256], out[ROWS], *to = out;
		assert_non_null(c);
		assert_int_equal(c->out[0].width, quo_class_width(classes));
		for (unsigned i = 0; i < classes; i++) {
			a[i] = calloc(ROWS, sizeof **a);
			for (size_t r = 0; r < ROWS; r++)
				a[i][r] = quo_test_random(&seed) % (r % 3 == 0 ? 128 : 2 + r % 5);
		}
		for (size_t r = 0; r < 4; r++) /* all the same */
			for (unsigned i = 0; i < classes; i++)
				a[i][r] = r * 42;
		run_circuit(c, ROWS, (const uint64_t *const *)a, &to);
		for (size_t r = 0; r < ROWS; r++) {
			unsigned best = 0;
			for (unsigned i = 1; i < classes; i++)
				if (a[i][r] > a[best][r])
					best = i;
			assert_int_equal(out[r], best);
		}
		for (unsigned i = 0; i < classes; i++)
			free(a[i]);
		quo_circuit_free(c);
	}
}

static void test_ternary(void **state)
{
	uint64_t v[255], out[255], *to = out;
	quo_err err = QUO_ERR_INIT;

	(void)state;
	for (int goal = QUO_SMALL; goal <= QUO_SHALLOW; goal++) {
		quo_circuit *c = quo_rule_ternary((quo_goal)goal, &err);
		assert_non_null(c);
		for (int i = 0; i < 255; i++)
			v[i] = (uint64_t)(i - 127) & 255;
		run_circuit(c, 255, (const uint64_t *const[]){ v }, &to);
		for (int i = -127; i <= 127; i++)
			assert_int_equal(out[i + 127], i >= 32 ? 1 : i <= -32 ? 2 : 0);
		quo_circuit_free(c);
	}
}

/* docs/prediction.md names them. */
static void test_costs(void **state)
{
	quo_err err = QUO_ERR_INIT;
	quo_circuit *c = quo_rule_class(QUO_SMALL, 10, &err),
		    *t = quo_rule_ternary(QUO_SMALL, &err);

	(void)state;
	assert_non_null(c);
	assert_non_null(t);
	assert_int_equal(c->n_and, 126);
	assert_int_equal(t->n_and, 9);
	quo_circuit_free(c);
	quo_circuit_free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_class),
					    cmocka_unit_test(test_ternary),
					    cmocka_unit_test(test_costs) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
