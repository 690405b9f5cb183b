/* SPDX-License-Identifier: Apache-2.0 */
/* QUOTIENT_CPU lowers the tier and never raises it; the build runs this test once per value. */
#include "tiers.h"

static int rank_of(const char *tier)
{
	for (int i = 0; i < 3; i++)
		if (!strcmp(quo_test_tiers[i], tier))
			return i;
	return -1;
}

static void test_limit(void **state)
{
	const char *limit = getenv("QUOTIENT_CPU"), *chosen = quo_cpu_tier();
	int best = 0;

	(void)state;
	FOR_EACH_TIER(tier)
	best = rank_of(tier);
	int want = limit && rank_of(limit) >= 0 && rank_of(limit) < best ? rank_of(limit) : best;
	assert_string_equal(chosen, quo_test_tiers[want]);
}

static void test_force(void **state)
{
	(void)state;
	FOR_EACH_TIER(tier)
	assert_string_equal(quo_cpu_tier(), tier);
	assert_true(quo__cpu_force("portable"));
	assert_false(quo__cpu_force("sse9"));
	assert_string_equal(quo_cpu_tier(), "portable");
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_limit),
					    cmocka_unit_test(test_force) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
