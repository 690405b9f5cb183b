/* SPDX-License-Identifier: Apache-2.0 */
#include "data_support.h"

#include "reference/reference.h"

static void hex_digest(const quo_dataset *d, char out[65])
{
	quo_err err = QUO_ERR_INIT;
	uint8_t digest[32];
	quo_sha256_state *sha = quo_sha256_new(&err);

	assert_non_null(sha);
	quo_sha256_add(sha, d->train_x, (size_t)d->train_rows * d->features);
	quo_sha256_add(sha, d->train_y, d->train_rows);
	quo_sha256_add(sha, d->test_x, (size_t)d->test_rows * d->features);
	quo_sha256_add(sha, d->test_y, d->test_rows);
	quo_sha256_end(sha, digest);
	for (int i = 0; i < 32; i++)
		snprintf(out + 2 * i, 3, "%02x", digest[i]);
}

/* The same bytes on every machine and with every compiler. Change a stroke, and change this. */
static void test_known_bytes(void **state)
{
	char digest[65];
	reader r;

	(void)state;
	reader_make(&r, "digits");
	set_int(&r, "train_rows", 300);
	set_int(&r, "test_rows", 100);
	assert_loads(&r);
	hex_digest(&r.data, digest);
	assert_string_equal(digest,
			    "6410f7e00d9d880686c282286c578375f1ae2ae609f25acd74162e6778c916b6");
	reader_done(&r);
}

static void test_shape_and_balance(void **state)
{
	unsigned count[10] = { 0 };
	size_t ink = 0, n;
	reader r;

	(void)state;
	reader_make(&r, "digits");
	assert_loads(&r);
	assert_int_equal(r.data.train_rows, 4000);
	assert_int_equal(r.data.test_rows, 500);
	assert_int_equal(r.data.n_dims, 3);
	assert_int_equal(r.data.dim[0], 16);
	assert_int_equal(r.data.dim[1], 16);
	assert_int_equal(r.data.dim[2], 1);
	assert_int_equal(r.data.features, 256);
	assert_int_equal(r.data.classes, 10);
	assert_false(r.data.is_signed);
	for (uint32_t i = 0; i < r.data.train_rows; i++)
		count[r.data.train_y[i]]++;
	for (int c = 0; c < 10; c++)
		assert_in_range(count[c], 320, 480);
	n = (size_t)r.data.train_rows * r.data.features;
	for (size_t i = 0; i < n; i++) {
		assert_true(r.data.train_x[i] >= 0);
		ink += r.data.train_x[i] > 63;
	}
	assert_in_range(ink, n / 20, n / 3);
	reader_done(&r);
}

/* Extremes of every option stay inside the image's memory. */
static void test_extremes(void **state)
{
	reader r;

	(void)state;
	reader_make(&r, "digits");
	set_int(&r, "train_rows", 50);
	set_int(&r, "test_rows", 1);
	set_real(&r, "variation", 2);
	set_real(&r, "noise", 1);
	for (int64_t size = 8; size <= 64; size += 28) {
		set_int(&r, "size", size);
		set_int(&r, "seed", INT64_MAX - size);
		assert_loads(&r);
		assert_int_equal(r.data.features, size * size);
	}
	reader_done(&r);
}

/* Hard enough to tell a network that learns from one that does not, easy enough for a
 * minute of training. */
static void test_learnable(void **state)
{
	static const uint32_t out[] = { 32, 10 };
	reader r;

	(void)state;
	reader_make(&r, "digits");
	set_int(&r, "size", 12);
	assert_loads(&r);
	quo_reference_config config = { .n_layers = 2,
					.out = out,
					.optimizer = QUO_REFERENCE_AMSGRAD,
					.batch = 64,
					.seed = 1 };
	quo_reference *reference = quo_reference_new(&config, &r.data);
	quo_reference_steps(reference, 1);
	assert_in_range(quo_reference_correct(reference, 0), 0, 250);
	quo_reference_steps(reference, 185);
	assert_in_range(quo_reference_correct(reference, 0), 400, 490);
	quo_reference_free(reference);
	reader_done(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known_bytes),
		cmocka_unit_test(test_shape_and_balance),
		cmocka_unit_test(test_extremes),
		cmocka_unit_test(test_learnable),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
