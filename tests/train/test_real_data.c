/* SPDX-License-Identifier: Apache-2.0 */
/* Real data, where it is at hand (QUOTIENT_DATA, or shared/data beside the source tree): weights
 * and accuracy. */
#include <unistd.h>

#include "train_support.h"
#include "twoparty.h"

static char data_root[4096];

/* NULL and a word when there is no data. */
static const char *root_set(const char *probe)
{
	static char set[4200];
	char path[4200];

	snprintf(path, sizeof path, "%s/%s", data_root, probe);
	if (access(path, R_OK) != 0) {
		print_message("skipped: no %s; set QUOTIENT_DATA (see `make data`)\n", path);
		return NULL;
	}
	snprintf(set, sizeof set, "data.root=%s", data_root);
	return set;
}

static void equal_after(const char *config, const char *root, const char *steps, const char *set)
{
	const char *const sets[] = { root, steps, "train.evaluate=never", set, NULL };
	struct trained *t = quo_test_shared(3, sizeof *t);

	train_clear(config, sets, &t[2]);
	train_two_parties(config, sets, t);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(t[i].n, t[2].n);
		assert_memory_equal(t[i].weights, t[2].weights, t[2].n);
	}
	quo_test_unshare(t, 3, sizeof *t);
}

static double clear_accuracy(const char *config, const char *root, const char *set,
			     const char *another)
{
	const char *const sets[] = { root, "train.evaluate=end", set, another, NULL };
	struct trained *t = quo_test_shared(1, sizeof *t);

	train_clear(config, sets, t);
	double accuracy = t->accuracy;
	quo_test_unshare(t, 1, sizeof *t);
	return accuracy;
}

static void german_credit(void **state)
{
	const char *root = root_set("german_credit/german.data");

	(void)state;
	if (!root)
		skip();
	equal_after("german-credit.yaml", root, "train.max_steps=5", NULL);
	equal_after("german-credit.yaml", root, "train.max_steps=5",
		    "train.optimizer={use: amsgrad-std}");
	assert_true(clear_accuracy("german-credit.yaml", root, "train.epochs=5", NULL) > 0.65);
}

static void thyroid(void **state)
{
	const char *root = root_set("thyroid/ann-train.data");

	(void)state;
	if (!root)
		skip();
	equal_after("thyroid.yaml", root, "train.max_steps=2", NULL);
	assert_true(clear_accuracy("thyroid.yaml", root, "train.epochs=5", NULL) > 0.94);
}

static void mnist(void **state)
{
	const char *root = root_set("mnist/train-images-idx3-ubyte.gz");

	(void)state;
	if (!root)
		skip();
	assert_true(clear_accuracy("mnist-2x128.yaml", root, "train.epochs=1", NULL) >= 0.95);
	equal_after("mnist-2x128.yaml", root, "train.max_steps=2", NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(german_credit),
		cmocka_unit_test(thyroid),
		cmocka_unit_test(mnist),
	};
	const char *root = getenv("QUOTIENT_DATA");

	if (root && *root)
		snprintf(data_root, sizeof data_root, "%s", root);
	else
		snprintf(data_root, sizeof data_root, "%s/../shared/data",
			 getenv("QUOTIENT_SOURCE_ROOT"));
	return cmocka_run_group_tests(tests, NULL, NULL);
}
