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

static void equal_after(const char *config, const char *root, const char *steps, const char *set,
			const char *another)
{
	const char *const sets[] = { root, steps, "train.evaluate=never", set, another, NULL };
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
	equal_after("german-credit.yaml", root, "train.max_steps=5", NULL, NULL);
	equal_after("german-credit.yaml", root, "train.max_steps=5",
		    "train.optimizer={use: amsgrad-std}", NULL);
	assert_true(clear_accuracy("german-credit.yaml", root, "train.epochs=5", NULL) > 0.65);
}

static void thyroid(void **state)
{
	const char *root = root_set("thyroid/ann-train.data");

	(void)state;
	if (!root)
		skip();
	equal_after("thyroid.yaml", root, "train.max_steps=2", NULL, NULL);
	assert_true(clear_accuracy("thyroid.yaml", root, "train.epochs=5", NULL) > 0.94);
}

static void mnist(void **state)
{
	const char *root = root_set("mnist/train-images-idx3-ubyte.gz");

	(void)state;
	if (!root)
		skip();
	assert_true(clear_accuracy("mnist-2x128.yaml", root, "train.epochs=1", NULL) >= 0.95);
	equal_after("mnist-2x128.yaml", root, "train.max_steps=2", NULL, NULL);
}

/* Two steps of two rows of every network there is, under one engine or the other. */
static void every_network(void **state)
{
	static const char yao[] = "protocol={use: quotient, ot: {use: iknp}}";
	static const char gmw[] =
		"protocol={use: quotient, ot: {use: softspoken}, circuits: {use: gmw}}";
	static const struct {
		const char *config, *probe, *protocol;
		bool is_large; /* not with sanitizers, where it takes minutes */
	} networks[] = {
		{ "mnist-3x128.yaml", "mnist/train-images-idx3-ubyte.gz", yao, false },
		{ "mnist-2x512.yaml", "mnist/train-images-idx3-ubyte.gz", gmw, true },
		{ "mnist-3x512.yaml", "mnist/train-images-idx3-ubyte.gz", yao, true },
		{ "lenet-mnist.yaml", "mnist/train-images-idx3-ubyte.gz", gmw, false },
		{ "motionsense-2x512.yaml", "motionsense/segments.csv", yao, true },
		{ "motionsense-3x512.yaml", "motionsense/segments.csv", gmw, true },
		{ "motionsense-conv.yaml", "motionsense/segments.csv", yao, true },
		{ "breast-idc-fc.yaml", "breast_idc/index.csv.gz", gmw, true },
		{ "breast-idc-conv.yaml", "breast_idc/index.csv.gz", gmw, true },
		{ "ham10000-fc.yaml", "ham10000/index.csv.gz", yao, true },
		{ "ham10000-resnet20.yaml", "ham10000/index.csv.gz", gmw, true },
		{ "cifar10.yaml", "cifar10/data_batch_1.bin.gz", gmw, true },
	};
	unsigned done = 0;

	(void)state;
	for (size_t i = 0; i < sizeof networks / sizeof *networks; i++) {
		const char *root = root_set(networks[i].probe);
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
		if (networks[i].is_large)
			continue;
#endif
		if (!root)
			continue;
		print_message("%s\n", networks[i].config);
		equal_after(networks[i].config, root, "train.max_steps=2", "train.batch=2",
			    networks[i].protocol);
		done++;
	}
	if (!done)
		skip();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(german_credit),
		cmocka_unit_test(thyroid),
		cmocka_unit_test(mnist),
		cmocka_unit_test(every_network),
	};
	const char *root = getenv("QUOTIENT_DATA");

	if (root && *root)
		snprintf(data_root, sizeof data_root, "%s", root);
	else
		snprintf(data_root, sizeof data_root, "%s/../shared/data",
			 getenv("QUOTIENT_SOURCE_ROOT"));
	return cmocka_run_group_tests(tests, NULL, NULL);
}
