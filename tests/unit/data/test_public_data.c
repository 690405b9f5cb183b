/* SPDX-License-Identifier: Apache-2.0 */
/* The public datasets, where they are at hand; and that the reference trainer learns from them. */
#include "data_support.h"

#include "reference/reference.h"

static double accuracy(const quo_dataset *data, const uint32_t *out, uint32_t n_layers,
		       uint32_t batch, uint64_t steps)
{
	quo_reference_config config = { .n_layers = n_layers,
					.out = out,
					.optimizer = QUO_REFERENCE_AMSGRAD,
					.batch = batch,
					.seed = 1 };
	quo_reference *reference = quo_reference_new(&config, data);

	quo_reference_steps(reference, steps);
	double right = 100.0 * quo_reference_correct(reference, 2000) /
		       (data->test_rows < 2000 ? data->test_rows : 2000);
	quo_reference_free(reference);
	return right;
}

static void test_mnist(void **state)
{
	static const uint32_t out[] = { 32, 10 };
	reader r;

	(void)state;
	const char *root = real_data("mnist/train-images-idx3-ubyte.gz");
	reader_make(&r, "idx");
	set_text(&r, "root", root);
	set_int(&r, "classes", 10);
	set_pair(&r, "train", "mnist/train-images-idx3-ubyte.gz",
		 "mnist/train-labels-idx1-ubyte.gz");
	set_pair(&r, "test", "mnist/t10k-images-idx3-ubyte.gz", "mnist/t10k-labels-idx1-ubyte.gz");
	assert_loads(&r);
	assert_int_equal(r.data.train_rows, 60000);
	assert_int_equal(r.data.test_rows, 10000);
	assert_int_equal(r.data.features, 784);
	assert_int_equal(r.data.train_y[0], 5);
	assert_int_equal(r.data.train_y[59999], 8);
	assert_int_equal(r.data.test_y[0], 7);
	assert_int_equal(r.data.train_x[5 * 28 + 12],
			 3 >> 1); /* the first image's first ink: 3 18 18 18 126 .. */
	assert_int_equal(r.data.train_x[5 * 28 + 16], 126 >> 1);
	assert_true(accuracy(&r.data, out, 2, 128, 100) >= 80);
	reader_done(&r);
}

static const quo_column german_columns[] = {
	{ .role = QUO_COL_ONE_HOT, .count = 1 }, { .role = QUO_COL_NUMERIC, .count = 1 },
	{ .role = QUO_COL_ONE_HOT, .count = 2 }, { .role = QUO_COL_NUMERIC, .count = 1 },
	{ .role = QUO_COL_ONE_HOT, .count = 2 }, { .role = QUO_COL_NUMERIC, .count = 1 },
	{ .role = QUO_COL_ONE_HOT, .count = 2 }, { .role = QUO_COL_NUMERIC, .count = 1 },
	{ .role = QUO_COL_ONE_HOT, .count = 1 }, { .role = QUO_COL_NUMERIC, .count = 1 },
	{ .role = QUO_COL_ONE_HOT, .count = 2 }, { .role = QUO_COL_NUMERIC, .count = 1 },
	{ .role = QUO_COL_ONE_HOT, .count = 1 }, { .role = QUO_COL_NUMERIC, .count = 1 },
	{ .role = QUO_COL_ONE_HOT, .count = 2 }, { .role = QUO_COL_LABEL, .count = 1 },
};

static void test_german_credit(void **state)
{
	static const uint32_t out[] = { 124, 124, 2 };
	uint32_t bad = 0;
	reader r;

	(void)state;
	const char *root = real_data("german_credit/german.data");
	reader_make(&r, "csv");
	set_text(&r, "root", root);
	set_text(&r, "separator", "blank");
	set_text(&r, "train", "german_credit/german.data");
	set_real(&r, "train_fraction", 0.8);
	set_columns(&r, german_columns, sizeof german_columns / sizeof *german_columns);
	assert_loads(&r);
	assert_int_equal(r.data.train_rows, 800);
	assert_int_equal(r.data.test_rows, 200);
	assert_in_range(r.data.features, 59,
			61); /* 54 symbols and 7 numbers, when training sees every symbol */
	for (uint32_t i = 0; i < 800; i++)
		bad += r.data.train_y[i];
	for (uint32_t i = 0; i < 200; i++)
		bad += r.data.test_y[i];
	assert_int_equal(bad, 300);
	assert_true(accuracy(&r.data, out, 3, 32, 75) >= 66);
	reader_done(&r);
}

static void test_thyroid(void **state)
{
	static const quo_column columns[] = {
		{ .role = QUO_COL_NUMERIC, .count = 16 },
		{ .role = QUO_COL_NUMERIC, .count = 5, .scale = QUO_SCALE_LOG_Z },
		{ .role = QUO_COL_LABEL, .count = 1 },
	};
	static const uint32_t out[] = { 100, 100, 3 };
	uint32_t count[3] = { 0 };
	reader r;

	(void)state;
	const char *root = real_data("thyroid/ann-train.data");
	reader_make(&r, "csv");
	set_text(&r, "root", root);
	set_int(&r, "classes", 3);
	set_text(&r, "separator", "blank");
	set_text(&r, "train", "thyroid/ann-train.data");
	set_text(&r, "test", "thyroid/ann-test.data");
	set_columns(&r, columns, 3);
	assert_loads(&r);
	assert_int_equal(r.data.train_rows, 3772);
	assert_int_equal(r.data.test_rows, 3428);
	assert_int_equal(r.data.features, 21);
	assert_true(r.data.is_signed);
	for (uint32_t i = 0; i < r.data.train_rows; i++)
		count[r.data.train_y[i]]++;
	assert_int_equal(count[0], 93);
	assert_int_equal(count[1], 191);
	assert_int_equal(count[2], 3488);
	assert_true(accuracy(&r.data, out, 3, 32, 234) >= 93.5);
	reader_done(&r);
}

static void test_color_images(void **state)
{
	reader r;

	(void)state;
	const char *root = real_data("breast_idc/test-images-idx4-ubyte.gz");
	reader_make(&r, "idx");
	set_text(&r, "root", root);
	set_pair(&r, "train", "breast_idc/test-images-idx4-ubyte.gz",
		 "breast_idc/test-labels-idx1-ubyte.gz");
	set_pair(&r, "test", "breast_idc/test-images-idx4-ubyte.gz",
		 "breast_idc/test-labels-idx1-ubyte.gz");
	assert_loads(&r);
	assert_int_equal(r.data.train_rows, 600);
	assert_int_equal(r.data.n_dims, 3);
	assert_int_equal(r.data.features, 50 * 50 * 3);
	reader_done(&r);
}

static void test_motion(void **state)
{
	static const char *const arrays[] = { "motionsense/devicemotion_dws_i32.npy.gz",
					      "motionsense/devicemotion_ups_i32.npy.gz",
					      "motionsense/devicemotion_wlk_i32.npy.gz",
					      "motionsense/devicemotion_jog_i32.npy.gz" };
	static const char *const names[] = { "dws", "ups", "wlk", "jog" };
	static const char *const columns[] = { "class", "trial", "subject", "first", "rows" };
	static const char *const test[] = { "11", "12", "15", "16" };
	uint32_t count[4] = { 0 };
	double sum[12] = { 0 };
	reader r;

	(void)state;
	const char *root = real_data(arrays[0]);
	reader_make(&r, "windows");
	set_text(&r, "root", root);
	set_int(&r, "classes", 4);
	set_strings(&r, "arrays", arrays, 4);
	set_strings(&r, "names", names, 4);
	set_text(&r, "recordings", "motionsense/segments.csv");
	set_strings(&r, "columns", columns, 5);
	set_text(&r, "split", "trial");
	set_strings(&r, "test", test, 4);
	assert_loads(&r);
	assert_int_equal(r.data.train_rows + r.data.test_rows, 61300);
	assert_int_equal(r.data.train_rows, 50132);
	assert_int_equal(r.data.features, 128 * 12);
	assert_true(r.data.is_signed);
	for (uint32_t i = 0; i < r.data.test_rows; i++)
		count[r.data.test_y[i]]++;
	for (int c = 0; c < 4; c++)
		assert_true(count[c] > 1000);
	for (uint32_t i = 0; i < r.data.train_rows; i++)
		for (int k = 0; k < 128 * 12; k++)
			sum[k % 12] += r.data.train_x[(size_t)i * 128 * 12 + (size_t)k];
	for (int c = 0; c < 12; c++) /* nearly centred: windows count inner samples more often */
		assert_in_range(20 + sum[c] / (128.0 * r.data.train_rows), 15, 25);
	reader_done(&r);
}

static void test_cifar(void **state)
{
	static const char *const train[] = { "cifar10/data_batch_1.bin.gz" };
	static const char *const test[] = { "cifar10/test_batch_first1000.bin.gz" };
	uint64_t sum[3] = { 0 };
	uint32_t ships = 0;
	reader r;

	(void)state;
	const char *root = real_data(train[0]);
	reader_make(&r, "records");
	set_text(&r, "root", root);
	set_int(&r, "classes", 10);
	set_strings(&r, "train", train, 1);
	set_strings(&r, "test", test, 1);
	assert_loads(&r);
	assert_int_equal(r.data.train_rows, 10000);
	assert_int_equal(r.data.test_rows, 1000);
	assert_int_equal(r.data.features, 32 * 32 * 3);
	assert_int_equal(r.data.train_y[0], 6); /* a frog */
	assert_int_equal(r.data.train_x[0], 59 >> 1);
	assert_int_equal(r.data.train_x[1], 62 >> 1);
	assert_int_equal(r.data.train_x[2], 63 >> 1);
	assert_int_equal(r.data.test_y[0], 3); /* a cat, then two ships */
	assert_int_equal(r.data.test_y[1], 8);
	for (uint32_t i = 0; i < 10000; i++)
		ships += r.data.train_y[i] == 8;
	assert_int_equal(ships, 1025);
	for (size_t i = 0; i < (size_t)10000 * 3072; i++)
		sum[i % 3] += (uint64_t)r.data.train_x[i];
	/* The set's means are .491, .482, .447 of 255; halved with the remainder dropped. */
	assert_in_range(sum[0] / 10240, 61500, 63000);
	assert_in_range(sum[1] / 10240, 60500, 62000);
	assert_in_range(sum[2] / 10240, 56000, 57500);
	reader_done(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mnist),   cmocka_unit_test(test_german_credit),
		cmocka_unit_test(test_thyroid), cmocka_unit_test(test_color_images),
		cmocka_unit_test(test_motion),  cmocka_unit_test(test_cifar),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
