/* SPDX-License-Identifier: Apache-2.0 */
#include "data_support.h"

#include <math.h>

#include "data/scale.h"

static void test_ln(void **state)
{
	uint64_t seed = 3;
	double worst = 0;

	(void)state;
	for (int i = 0; i < 200000; i++) {
		uint64_t bits = quo_test_random(&seed) >> 1;
		double x;
		memcpy(&x, &bits, sizeof x);
		if (i % 2)
			x = (double)(bits >> 11) * 0x1p-51; /* most columns live near 1 */
		if (!isfinite(x) || x == 0)
			continue;
		double right = log(x), ulp = nextafter(fabs(right), INFINITY) - fabs(right);
		double error = fabs(quo__ln(x) - right) / ulp;
		worst = error > worst ? error : worst;
	}
	assert_true(worst <= 2);
	assert_true(quo__ln(1) == 0);
	assert_true(fabs(quo__ln(5e-324) - log(5e-324)) < 1e-12);
}

static void test_min_max(void **state)
{
	static const double x[] = { 2, 6, 4, 3 };

	(void)state;
	quo__scaler s = quo__scaler_fit(QUO_SCALE_MIN_MAX, x, 4);
	assert_int_equal(quo__scaler_apply(&s, 2), 0);
	assert_int_equal(quo__scaler_apply(&s, 6), 127);
	assert_int_equal(quo__scaler_apply(&s, 4), 64); /* 63.5 rounds up */
	assert_int_equal(quo__scaler_apply(&s, 3), 32); /* 31.75 */
	assert_int_equal(quo__scaler_apply(&s, -1000), 0);
	assert_int_equal(quo__scaler_apply(&s, 1000), 127);
}

static void test_z(void **state)
{
	static const double x[] = { 1, 3, 1, 3 }; /* mean 2, population deviation 1 */

	(void)state;
	quo__scaler s = quo__scaler_fit(QUO_SCALE_Z, x, 4);
	assert_int_equal(quo__scaler_apply(&s, 2), 0);
	assert_int_equal(quo__scaler_apply(&s, 3), 42); /* 127 / 3 = 42.33 */
	assert_int_equal(quo__scaler_apply(&s, 1), -42);
	assert_int_equal(quo__scaler_apply(&s, 3.5), 64);  /* 63.5 */
	assert_int_equal(quo__scaler_apply(&s, 0.5), -63); /* -63.5 + 0.5 */
	assert_int_equal(quo__scaler_apply(&s, 100), 127);
	assert_int_equal(quo__scaler_apply(&s, -100), -127);
}

static void test_log_z(void **state)
{
	double x[] = { exp(1) - 1e-4, exp(3) - 1e-4 };

	(void)state;
	quo__scaler s = quo__scaler_fit(QUO_SCALE_LOG_Z, x, 2);
	assert_int_equal(quo__scaler_apply(&s, exp(2)), 0);
	assert_int_equal(quo__scaler_apply(&s, x[1]), 42);
	assert_int_equal(quo__scaler_apply(&s, exp(20)), 127);
	assert_int_equal(quo__scaler_apply(&s, 0), -127);
	assert_true(quo__scale_accepts(QUO_SCALE_LOG_Z, 0));
	assert_false(quo__scale_accepts(QUO_SCALE_LOG_Z, -1));
	assert_true(quo__scale_accepts(QUO_SCALE_Z, -1));
	assert_false(quo__scale_accepts(QUO_SCALE_Z, INFINITY));
	assert_false(quo__scale_accepts(QUO_SCALE_MIN_MAX, NAN));
}

/* A constant column, and one whose range is beyond a double, say nothing and break nothing. */
static void test_degenerate(void **state)
{
	static const double same[] = { 5, 5, 5 }, huge[] = { -1.7e308, 1.7e308 };

	(void)state;
	for (int scale = QUO_SCALE_MIN_MAX; scale <= QUO_SCALE_LOG_Z; scale++) {
		quo__scaler s = quo__scaler_fit((quo_column_scale)scale, same, 3);
		assert_int_equal(quo__scaler_apply(&s, 5), 0);
		assert_int_equal(quo__scaler_apply(&s, 6), 0);
	}
	for (int scale = QUO_SCALE_MIN_MAX; scale <= QUO_SCALE_Z; scale++) {
		quo__scaler s = quo__scaler_fit((quo_column_scale)scale, huge, 2);
		assert_int_equal(quo__scaler_apply(&s, huge[1]), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ln),         cmocka_unit_test(test_min_max),
		cmocka_unit_test(test_z),          cmocka_unit_test(test_log_z),
		cmocka_unit_test(test_degenerate),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
