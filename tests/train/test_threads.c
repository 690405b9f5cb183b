/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The count of threads leaves no trace: the same weights, accuracy, bytes and rounds, also where
 * the parties have different counts (party 1 has one thread more).
 */
#include "train_support.h"
#include "twoparty.h"

#define COMMON \
	"data.train_rows=160", "data.test_rows=40", "train.batch=80", "train.epochs=1", \
		"train.max_steps=2", "model=[{use: fc, out: 70}, {use: fc, out: 10}]"

static const char *const counts[] = { "1", "2", "3", "5" };
enum { N_COUNTS = sizeof counts / sizeof *counts };

static void assert_same(const char *what, const char *threads, const struct trained *a,
			const struct trained *b)
{
	if (a->n != b->n || memcmp(a->weights, b->weights, a->n) != 0)
		fail_msg("%s: other weights with %s threads", what, threads);
	if (a->accuracy != b->accuracy)
		fail_msg("%s: accuracy %f with %s threads, not %f", what, b->accuracy, threads,
			 a->accuracy);
	if (memcmp(&a->traffic, &b->traffic, sizeof a->traffic) != 0)
		fail_msg("%s: other bytes or rounds with %s threads", what, threads);
}

static void secure(void **state)
{
	static const char *const protocols[] = {
		"protocol={use: quotient, ot: {use: iknp}, circuits: {use: yao, gc: {use: "
		"halfgates}}}",
		"protocol={use: quotient, ot: {use: softspoken}, circuits: {use: yao, gc: {use: "
		"threehalves}}}",
		"protocol={use: quotient, ot: {use: ferret}, circuits: {use: gmw}}",
		/* Small chunks and small batches: parties cut them differently. */
		"protocol={use: quotient, ot: {use: iknp}, circuits: {use: gmw}, products: {use: "
		"cot, batch: 5000, chunk_kib: 16}}",
	};
	struct trained *one = quo_test_shared(2, sizeof *one), *t = quo_test_shared(2, sizeof *t);
	struct trained *clear = quo_test_shared(1, sizeof *clear);

	(void)state;
	for (size_t k = 0; k < sizeof protocols / sizeof *protocols; k++) {
		const char *const sets[] = { COMMON, protocols[k], NULL };
		unsetenv("QUOTIENT_TEST_THREADS");
		train_clear("quickstart.yaml", sets, clear);
		train_two_parties("quickstart.yaml", sets, one);
		if (one->n != clear->n || memcmp(one->weights, clear->weights, one->n) != 0)
			fail_msg("%s: other weights than clear", protocols[k]);
		for (size_t i = 0; i < N_COUNTS; i++) {
			setenv("QUOTIENT_TEST_THREADS", counts[i], 1);
			train_two_parties("quickstart.yaml", sets, t);
			for (int p = 0; p < 2; p++)
				assert_same(protocols[k], counts[i], &one[p], &t[p]);
		}
	}
	quo_test_unshare(one, 2, sizeof *one);
	quo_test_unshare(t, 2, sizeof *t);
	quo_test_unshare(clear, 1, sizeof *clear);
}

static void clear_twin(void **state)
{
	const char *const sets[] = { COMMON, NULL };
	struct trained *one = quo_test_shared(1, sizeof *one), *t = quo_test_shared(1, sizeof *t);

	(void)state;
	unsetenv("QUOTIENT_TEST_THREADS");
	train_clear("quickstart.yaml", sets, one);
	for (size_t i = 0; i < N_COUNTS; i++) {
		setenv("QUOTIENT_TEST_THREADS", counts[i], 1);
		train_clear("quickstart.yaml", sets, t);
		assert_same("clear", counts[i], one, t);
	}
	quo_test_unshare(one, 1, sizeof *one);
	quo_test_unshare(t, 1, sizeof *t);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(clear_twin),
					    cmocka_unit_test(secure) };

	return cmocka_run_group_tests_name("threads", tests, NULL, NULL);
}
