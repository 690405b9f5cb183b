/* SPDX-License-Identifier: Apache-2.0 */
#include "data_support.h"

/* Records of one label byte and 2 x 3 pixels in 2 planes. */
static const uint8_t first[] = { 1, 0, 2, 4, 6, 8, 10, 100, 102, 104, 106, 108, 111 };
static const uint8_t second[] = { 0, 255, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1 };
static const char *const both[] = { "x", "y.gz" };
static const char *const one[] = { "y.gz" };
static const char *const absent[] = { "x", "nothing" };

static void make(reader *r)
{
	uint8_t two[2 * sizeof first];

	memcpy(two, first, sizeof first);
	memcpy(two + sizeof first, second, sizeof second);
	put("x", two, sizeof two);
	put_gz("y.gz", second, sizeof second);
	reader_make(r, "records");
	set_strings(r, "train", both, 2);
	set_strings(r, "test", one, 1);
	set_int(r, "height", 2);
	set_int(r, "width", 3);
	set_int(r, "channels", 2);
}

static void test_reads(void **state)
{
	static const int8_t x[3][12] = {
		{ 0, 50, 1, 51, 2, 52, 3, 53, 4, 54, 5, 55 },
		{ 127 },
		{ 127 },
	};
	static const uint8_t y[] = { 1, 0, 0 };
	reader r;

	(void)state;
	make(&r);
	assert_loads(&r);
	assert_int_equal(r.data.n_dims, 3);
	assert_int_equal(r.data.dim[0], 2);
	assert_int_equal(r.data.dim[1], 3);
	assert_int_equal(r.data.dim[2], 2);
	assert_int_equal(r.data.features, 12);
	assert_false(r.data.is_signed);
	assert_int_equal(r.data.train_rows, 3);
	assert_int_equal(r.data.test_rows, 1);
	assert_memory_equal(r.data.train_x, x, sizeof x);
	assert_memory_equal(r.data.train_y, y, sizeof y);
	assert_memory_equal(r.data.test_x, x[1], 12);
	set_enum(&r, "scale", "z");
	assert_loads(&r);
	assert_true(r.data.is_signed);
	/* Channel 0: 0 2 4 6 8 10, twice 255, ten zeros: mean 30, deviation 79.61. */
	assert_int_equal(r.data.test_x[0], 120);
	assert_int_equal(r.data.train_x[12], r.data.test_x[0]);
	set_enum(&r, "scale", "half");
	set_int(&r, "train_limit", 2);
	assert_loads(&r);
	assert_int_equal(r.data.train_rows, 2);
	reader_done(&r);
}

/* The class is the last of the label bytes. */
static void test_label_bytes(void **state)
{
	static const char *const fine[] = { "fine" };
	uint8_t record[1 + sizeof first] = { 200 };
	reader r;

	(void)state;
	make(&r);
	memcpy(record + 1, first, sizeof first);
	put("fine", record, sizeof record);
	set_strings(&r, "train", fine, 1);
	set_strings(&r, "test", fine, 1);
	set_int(&r, "label_bytes", 2);
	assert_loads(&r);
	assert_int_equal(r.data.train_y[0], 1);
	assert_int_equal(r.data.train_x[1], 50);
	reader_done(&r);
}

static void test_refuses(void **state)
{
	uint8_t bad[sizeof first];
	reader r;

	(void)state;
	make(&r);
	for (size_t n = 0; n < sizeof first; n++) {
		put("x", first, n);
		assert_refused(&r, n ? "are not whole records of 13" : "the file is empty");
		assert_non_null(strstr(r.err.text, "/x: "));
	}
	memcpy(bad, first, sizeof bad);
	bad[0] = 2;
	put("x", bad, sizeof bad);
	assert_refused(&r, "/x: label 2 of record 0 (byte 0) is not below classes: 2");
	put("x", first, sizeof first);
	set_strings(&r, "train", absent, 2);
	assert_refused(&r, "make data");
	set_strings(&r, "train", both, 2);
	set_int(&r, "height", 65536);
	set_int(&r, "width", 65536);
	set_int(&r, "channels", 65536);
	assert_refused(&r, "data: images of 281474976710656 values");
	reader_done(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reads),
		cmocka_unit_test(test_label_bytes),
		cmocka_unit_test(test_refuses),
	};
	return cmocka_run_group_tests(tests, NULL, remove_scratch);
}
