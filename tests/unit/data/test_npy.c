/* SPDX-License-Identifier: Apache-2.0 */
#include "data_support.h"

#include <math.h>

static uint8_t file[4096];

/* A .npy file of format 1 or 2 with this dict and these items; its size. */
static size_t npy(int version, const char *dict, const void *items, size_t bytes)
{
	size_t length = strlen(dict), head = version == 1 ? 10 : 12;

	memcpy(file, "\x93NUMPY", 6);
	file[6] = (uint8_t)version;
	file[7] = 0;
	file[8] = (uint8_t)length;
	file[9] = (uint8_t)(length >> 8);
	file[10] = file[11] = 0;
	memcpy(file + head, dict, length);
	memcpy(file + head + length, items, bytes);
	return head + length + bytes;
}

static void put_npy(const char *name, const char *descr, const char *shape, const void *items,
		    size_t bytes)
{
	char dict[200];

	snprintf(dict, sizeof dict,
		 "{'descr': '%s', 'fortran_order': False, 'shape': (%s), }      \n", descr, shape);
	put(name, file, npy(1, dict, items, bytes));
}

static const uint8_t bytes[] = { 0, 1, 2, 254, 255, 128 };
static const uint8_t labels[] = { 1, 0 };

static void make(reader *r)
{
	put_npy("x", "|u1", "2, 3", bytes, 6);
	put_npy("y", "|u1", "2,", labels, 2);
	reader_make(r, "npy");
	set_pair(r, "train", "x", "y");
	set_pair(r, "test", "x", "y");
}

static void test_bytes(void **state)
{
	static const int8_t halved[] = { 0, 0, 1, 127, 127, 64 };
	static const int8_t sat[] = { 0, 1, 2, -2, -1, -127 };
	reader r;

	(void)state;
	make(&r);
	assert_loads(&r);
	assert_int_equal(r.data.n_dims, 1);
	assert_int_equal(r.data.features, 3);
	assert_int_equal(r.data.train_rows, 2);
	assert_false(r.data.is_signed);
	assert_memory_equal(r.data.train_x, halved, 6);
	assert_memory_equal(r.data.test_y, labels, 2);
	put_npy("x", "|i1", "2, 3", bytes, 6);
	assert_loads(&r);
	assert_true(r.data.is_signed);
	assert_memory_equal(r.data.train_x, sat, 6);
	set_enum(&r, "scale", "raw");
	put_npy("x", "|u1", "2, 3", bytes, 6);
	assert_refused(&r, "value 254 at row 1, feature 0 is not an integer in -127..127");
	reader_done(&r);
}

static void test_images(void **state)
{
	reader r;

	(void)state;
	make(&r);
	put_npy("x", "|u1", "2, 1, 1, 3", bytes, 6);
	assert_loads(&r);
	assert_int_equal(r.data.n_dims, 3);
	assert_int_equal(r.data.dim[2], 3);
	put_npy("x", "|u1", "2, 3, 1", bytes, 6);
	assert_loads(&r);
	assert_int_equal(r.data.n_dims, 3);
	assert_int_equal(r.data.dim[0], 3);
	assert_int_equal(r.data.dim[2], 1);
	put("x.gz", "", 0);
	char dict[] = "{'descr': '|u1', 'fortran_order': False, 'shape': (2, 3, 1)}";
	put_gz("x.gz", file, npy(2, dict, bytes, 6));
	set_pair(&r, "test", "x.gz", "y");
	assert_loads(&r);
	assert_int_equal(r.data.test_x[3], 127);
	reader_done(&r);
}

static void test_numbers(void **state)
{
	/* Two features: 0 5 10 scales to 0 64 127; 1 3 2 to -52, 52, 0 by z (deviation 0.8165). */
	static const double f8[] = { 0, 1, 5, 3, 10, 2 };
	static const float f4[] = { 0, 1, 5, 3, 10, 2 };
	static const int64_t i8[] = { 0, 1, 5, 3, 10, 2 };
	static const int32_t i4[] = { 0, 1, 5, 3, 10, 2 };
	static const int16_t i2[] = { 0, 1, 5, 3, 10, 2 };
	static const struct {
		const char *descr;
		const void *items;
		size_t bytes;
	} same[] = { { "<f8", f8, 48 }, { "<f4", f4, 24 }, { "<i8", i8, 48 }, { "<i4", i4, 24 },
		     { "<i2", i2, 12 }, { "<u2", i2, 12 }, { "<u4", i4, 24 }, { "<u8", i8, 48 } };
	static const int8_t min_max[] = { 0, 0, 64, 127, 127, 64 },
			    z[] = { -52, -52, 0, 52, 52, 0 };
	static const int8_t raw[] = { 0, 1, 5, 3, 10, 2 };
	static const int64_t wide[] = { 2, 0, 1 };
	reader r;

	(void)state;
	make(&r);
	set_int(&r, "classes", 3);
	put_npy("y", "<i8", "3, 1", wide, 24);
	for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
		put_npy("x", same[i].descr, "3, 2", same[i].items, same[i].bytes);
		set_enum(&r, "scale", "auto");
		assert_loads(&r);
		assert_false(r.data.is_signed);
		assert_memory_equal(r.data.train_x, min_max, 6);
		assert_int_equal(r.data.train_y[0], 2);
		set_enum(&r, "scale", "z");
		assert_loads(&r);
		assert_true(r.data.is_signed);
		assert_memory_equal(r.data.train_x, z, 6);
		set_enum(&r, "scale", "raw");
		assert_loads(&r);
		assert_memory_equal(r.data.train_x, raw, 6);
	}
	set_enum(&r, "scale", "log_z");
	assert_loads(&r);
	assert_true(r.data.is_signed);
	reader_done(&r);
}

static void test_negative_integers(void **state)
{
	static const int32_t items[] = { -127, 127, 0, -1, 5, -2 };
	static const int8_t raw[] = { -127, 127, 0, -1, 5, -2 };
	reader r;

	(void)state;
	make(&r);
	put_npy("x", "<i4", "2, 3", items, 24);
	set_enum(&r, "scale", "raw");
	assert_loads(&r);
	assert_memory_equal(r.data.train_x, raw, 6);
	set_enum(&r, "scale", "log_z");
	assert_refused(&r, "/x: value -127 at row 0, feature 0: log_z wants");
	reader_done(&r);
}

static void test_refuses_values(void **state)
{
	float items[] = { 0, 1, NAN, 3, 4, 5 };
	static const int8_t negative[] = { -1, 0 };
	static const uint8_t beyond[] = { 0, 2 };
	static const float real[] = { 0, 1 };
	reader r;

	(void)state;
	make(&r);
	put_npy("x", "<f4", "2, 3", items, 24);
	assert_refused(&r, "/x: value nan at row 0, feature 2");
	items[2] = 0.5f;
	set_enum(&r, "scale", "raw");
	put_npy("x", "<f4", "2, 3", items, 24);
	assert_refused(&r, "value 0.5 at row 0, feature 2 is not an integer");
	set_enum(&r, "scale", "auto");
	put_npy("y", "|i1", "2,", negative, 2);
	assert_refused(&r, "/y: label -1 of row 0");
	put_npy("y", "|u1", "2,", beyond, 2);
	assert_refused(&r, "/y: label 2 of row 1 is not in 0..1");
	put_npy("y", "<f4", "2,", real, 8);
	assert_refused(&r, "labels must be integers");
	put_npy("y", "|u1", "1,", labels, 1);
	assert_refused(&r, "they are not of one set");
	put_npy("y", "|u1", "2,", labels, 2);
	put_npy("z", "|u1", "2, 3", bytes, 6);
	set_pair(&r, "test", "z", "y");
	assert_refused(&r, "differs from");
	reader_done(&r);
}

/* Headers that are refused, and what is said of them. */
static const struct {
	const char *dict, *part;
} bad_headers[] = {
	{ "", "not a dict" },
	{ "{}", "lacks descr" },
	{ "{'descr': '|u1', 'shape': (2, 3)}", "lacks descr" },
	{ "{'descr': '>i4', 'fortran_order': False, 'shape': (2, 3)}",
	  "dtype '>i4' is not little-endian" },
	{ "{'descr': '<U4', 'fortran_order': False, 'shape': (2, 3)}", "dtype '<U4'" },
	{ "{'descr': '|O', 'fortran_order': False, 'shape': (2, 3)}", "dtype '|O'" },
	{ "{'descr': '|i4', 'fortran_order': False, 'shape': (2, 3)}", "dtype '|i4'" },
	{ "{'descr': '', 'fortran_order': False, 'shape': (2, 3)}", "dtype ''" },
	{ "{'descr': '\n\x1b[2Ju1', 'fortran_order': False, 'shape': (2, 3)}",
	  "dtype '  [2Ju1' is not" },
	{ "{'descr': '<f16', 'fortran_order': False, 'shape': (2, 3)}", "dtype '<f16'" },
	{ "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (2, 3)}",
	  "no simple 'descr'" },
	{ "{'descr': '|u1', 'fortran_order': True, 'shape': (2, 3)}", "Fortran order" },
	{ "{'descr': '|u1', 'fortran_order': False, 'shape': ()}", "one number" },
	{ "{'descr': '|u1', 'fortran_order': False, 'shape': (2, 3, 1, 1, 1)}",
	  "more than 4 dimensions" },
	{ "{'descr': '|u1', 'fortran_order': False, 'shape': (2, -3)}", "broken 'shape'" },
	{ "{'descr': '|u1', 'fortran_order': False, 'shape': (2 3)}", "broken 'shape'" },
	{ "{'descr': '|u1', 'fortran_order': False, 'shape': (2, 3}", "broken 'shape'" },
	{ "{'descr': '|u1', 'fortran_order': False, 'shape': (2, 0)}", "dimension 1 is 0" },
	{ "{'descr': '|u1', 'fortran_order': False, 'shape': (6,)}", "has 1 dimensions" },
	{ "{'descr': '|u1', 'fortran_order': False, 'shape': (2, 99999999999999999999)}",
	  "over 2^64" },
	{ "{'descr': '|u1', 'fortran_order': False, 'shape': (4294967296, 4294967296)}",
	  "over 2^64" },
	{ "{'descr': '|u1', 'fortran_order': False, 'shape': (1099511627776, 1)}",
	  "promises 1099511627776 bytes" },
	{ "{'descr': '|u1', 'fortran_order': False, 'shape': (2, 3), 'x': 1}", "unknown key" },
	{ "{'descr': '|u1', 'fortran_order': False, 'shape': (2, 3)} x", "goes on after the dict" },
	{ "{'descr': '|u1', 'fortran_order': False, 'shape': (2, 3)", "not a dict" },
	{ "{'descr': '|u1', 'fortran_order': False, 'shape': (2, 2)}", "goes on after byte" },
	{ "{'descr': '|u1', 'fortran_order': False, 'shape': (2, 4)}", "promises 8 bytes" },
};

static void test_refuses_headers(void **state)
{
	reader r;

	(void)state;
	make(&r);
	for (int version = 1; version <= 2; version++)
		for (size_t i = 0; i < sizeof bad_headers / sizeof *bad_headers; i++) {
			put("x", file, npy(version, bad_headers[i].dict, bytes, 6));
			assert_refused(&r, bad_headers[i].part);
			assert_non_null(strstr(r.err.text, "/x: "));
		}
	size_t n = npy(2, bad_headers[1].dict, bytes, 6);
	file[11] = 255;
	put("x", file, n);
	assert_refused(&r, "a header of ");
	file[6] = 9;
	put("x", file, n);
	assert_refused(&r, ".npy format 9.0");
	put_text("x", "PK\3\4 this is a zip file");
	assert_refused(&r, ".npz is not read");
	reader_done(&r);
}

static void test_truncations_and_flips(void **state)
{
	static uint8_t good[300], bad[300];
	uint64_t seed = 5;
	reader r;

	(void)state;
	make(&r);
	size_t n = npy(1, "{'descr': '|u1', 'fortran_order': False, 'shape': (2, 3), }", bytes, 6);
	memcpy(good, file, n);
	for (size_t i = 0; i < n; i++) {
		put("x", good, i);
		assert_refused(&r, "/x: ");
	}
	for (int i = 0; i < 1000; i++) {
		static const char likely[] = "(){}',:<>|0123456789uif ";
		memcpy(bad, good, n);
		for (int k = 0; k < 1 + i % 3; k++)
			bad[quo_test_random(&seed) % n] =
				i % 2 ? (uint8_t)quo_test_random(&seed)
				      : (uint8_t)likely[quo_test_random(&seed) %
							(sizeof likely - 1)];
		put("x", bad, n);
		if (reader_load(&r, 1) != QUO_OK)
			assert_int_equal(r.err.status, QUO_USAGE);
	}
	reader_done(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_images),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_negative_integers),
		cmocka_unit_test(test_refuses_values),
		cmocka_unit_test(test_refuses_headers),
		cmocka_unit_test(test_truncations_and_flips),
	};
	return cmocka_run_group_tests(tests, NULL, remove_scratch);
}
