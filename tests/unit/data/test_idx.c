/* SPDX-License-Identifier: Apache-2.0 */
#include "data_support.h"

#include <sys/resource.h>
#include <sys/stat.h>

static const uint8_t images[] = { 0, 0, 8, 3, 0, 0, 0, 3, 0, 0,   0,
				  1, 0, 0, 0, 2, 0, 1, 2, 3, 254, 255 };
static const uint8_t labels[] = { 0, 0, 8, 1, 0, 0, 0, 3, 1, 0, 1 };
static const uint8_t color[] = { 0, 0, 8, 4, 0, 0, 0, 1,  0,  0,  0,  1,  0,
				 0, 0, 2, 0, 0, 0, 3, 10, 20, 30, 40, 50, 60 };
static const uint8_t one_label[] = { 0, 0, 8, 1, 0, 0, 0, 1, 1 };

static void make(reader *r)
{
	put("x", images, sizeof images);
	put("y", labels, sizeof labels);
	put_gz("x.gz", images, sizeof images);
	put_gz("y.gz", labels, sizeof labels);
	reader_make(r, "idx");
	set_pair(r, "train", "x", "y");
	set_pair(r, "test", "x.gz", "y.gz");
}

static void test_reads(void **state)
{
	static const int8_t x[] = { 0, 0, 1, 1, 127, 127 };
	reader r;

	(void)state;
	make(&r);
	assert_loads(&r);
	assert_int_equal(r.data.n_dims, 3);
	assert_int_equal(r.data.dim[0], 1);
	assert_int_equal(r.data.dim[1], 2);
	assert_int_equal(r.data.dim[2], 1);
	assert_int_equal(r.data.features, 2);
	assert_int_equal(r.data.classes, 2);
	assert_false(r.data.is_signed);
	assert_int_equal(r.data.train_rows, 3);
	assert_int_equal(r.data.test_rows, 3);
	assert_memory_equal(r.data.train_x, x, sizeof x);
	assert_memory_equal(r.data.test_x, x, sizeof x);
	assert_memory_equal(r.data.train_y, labels + 8, 3);
	assert_memory_equal(r.data.test_y, labels + 8, 3);
	set_int(&r, "train_limit", 2);
	set_int(&r, "test_limit", 5);
	assert_loads(&r);
	assert_int_equal(r.data.train_rows, 2);
	assert_int_equal(r.data.test_rows, 3);
	reader_done(&r);
}

static void test_reads_color(void **state)
{
	static const int8_t x[] = { 5, 10, 15, 20, 25, 30 };
	reader r;

	(void)state;
	make(&r);
	put("c", color, sizeof color);
	put("cy", one_label, sizeof one_label);
	set_pair(&r, "train", "c", "cy");
	set_pair(&r, "test", "c", "cy");
	assert_loads(&r);
	assert_int_equal(r.data.dim[0], 1);
	assert_int_equal(r.data.dim[1], 2);
	assert_int_equal(r.data.dim[2], 3);
	assert_int_equal(r.data.features, 6);
	assert_memory_equal(r.data.train_x, x, sizeof x);
	set_pair(&r, "test", "x", "y");
	assert_refused(&r, "1 x 2 x 3");
	reader_done(&r);
}

/* z: by channel, with the statistics of the training rows that the limit leaves. */
static void test_z(void **state)
{
	/* Channel 0: 10, 40: mean 25, deviation 15; 127 / 3 = 42.33. Channels 1 and 2 likewise. */
	static const int8_t x[] = { -42, -42, -42, 42, 42, 42 };
	/* 0 1 2 3 254 255 less the last row: mean 1.5, deviation sqrt(1.25). */
	static const int8_t grey[] = { -57, -19, 19, 57, 127, 127 };
	reader r;

	(void)state;
	make(&r);
	put("c", color, sizeof color);
	put("cy", one_label, sizeof one_label);
	set_pair(&r, "train", "c", "cy");
	set_pair(&r, "test", "c", "cy");
	set_enum(&r, "scale", "z");
	assert_loads(&r);
	assert_true(r.data.is_signed);
	assert_memory_equal(r.data.train_x, x, sizeof x);
	assert_memory_equal(r.data.test_x, x, sizeof x);
	set_pair(&r, "train", "x", "y");
	set_pair(&r, "test", "x.gz", "y.gz");
	set_int(&r, "train_limit", 2);
	assert_loads(&r);
	assert_memory_equal(r.data.train_x, grey, 4);
	assert_memory_equal(r.data.test_x, grey, sizeof grey);
	reader_done(&r);
}

static void test_refuses(void **state)
{
	uint8_t bad[sizeof images + 1];
	reader r;

	(void)state;
	make(&r);
	memcpy(bad, images, sizeof images);

	bad[2] = 9;
	put("x", bad, sizeof images);
	assert_refused(&r, "/x: starts with 00 00 09 03, not with 00 00 08");
	bad[2] = 8;
	bad[3] = 5;
	put("x", bad, sizeof images);
	assert_refused(&r, "has 5 dimensions");
	bad[3] = 3;
	bad[7] = 0;
	put("x", bad, sizeof images);
	assert_refused(&r, "dimension 0 is 0");
	bad[7] = 3;
	bad[sizeof images] = 0;
	put("x", bad, sizeof images + 1);
	assert_refused(&r, "/x: goes on after byte 22");
	put("x", bad, sizeof images - 1);
	assert_refused(&r, "promises 6 bytes");
	put("x", bad, 0);
	assert_refused(&r, "/x: ends at byte 0, inside its header");
	put("x", images, sizeof images);

	put("y", one_label, sizeof one_label);
	assert_refused(&r, "x has 3 images, y has 1 labels");
	put("y", labels, sizeof labels);
	set_pair(&r, "train", "y", "x");
	assert_refused(&r, "swapped");
	set_pair(&r, "train", "x", NULL);
	assert_refused(&r, "data.train: wants two files");
	set_pair(&r, "train", "x", "nothing");
	assert_refused(&r, "make data");
	assert_non_null(strstr(r.err.text, "QUOTIENT_DATA"));
	assert_non_null(strstr(r.err.text, "--set data.root=DIR"));
	set_pair(&r, "train", "x", ".");
	assert_refused(&r, "not a regular file");
	set_pair(&r, "train", "x", "/no/such/file");
	assert_refused(&r, "/no/such/file: No such file");
	reader_done(&r);
}

static void test_label_beyond_classes(void **state)
{
	uint8_t bad[sizeof labels];
	reader r;

	(void)state;
	make(&r);
	memcpy(bad, labels, sizeof labels);
	bad[9] = 2;
	put("y", bad, sizeof bad);
	assert_refused(&r, "label 2 of row 1 (byte 9) is not below classes: 2");
	set_int(&r, "classes", 3);
	assert_loads(&r);
	reader_done(&r);
}

/* 2^40 bytes and worse, promised by tiny files: refused, and nothing of that size is taken. */
static void test_promises(void **state)
{
	static const uint8_t tera[] = { 0, 0, 8, 3, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 7 };
	static const uint8_t giga[] = { 0, 0, 8, 2, 0, 1, 0, 0, 0, 1, 0, 0, 7 };
	static const uint8_t over[] = { 0,   0,   8,   4,   255, 255, 255, 255, 255, 255, 255,
					255, 255, 255, 255, 255, 255, 255, 255, 255, 7 };
	reader r;

	(void)state;
	make(&r);
	put("x", tera, sizeof tera);
	assert_refused(&r, "promises 1099511627776 bytes of images");
	put_gz("x", tera, sizeof tera);
	assert_refused(&r, "promises 1099511627776 bytes of images");
	put("x", giga, sizeof giga);
	assert_refused(&r,
		       "promises 4294967296 bytes of images, which a file of 13 bytes cannot hold");
	put("x", over, sizeof over);
	assert_refused(&r, "over 2^64");
	reader_done(&r);
}

/* A compressed file may promise up to 1032 times its size: memory must still
 * follow what arrives. */
static void test_promise_within_ratio(void **state)
{
	size_t n = (size_t)1 << 20;
	uint8_t *file = calloc(n, 1), *noise = file + 16;
	uint64_t seed = 1;
	struct rusage usage[2];
	reader r;

	(void)state;
	make(&r);
	memcpy(file, (const uint8_t[]){ 0, 0, 8, 3, 0, 0, 64, 0, 0, 0, 0, 128, 0, 0, 1, 0 }, 16);
	for (size_t i = 0; i < n - 16; i++)
		noise[i] = (uint8_t)quo_test_random(&seed);
	put_gz("x", file, n);
	free(file);
	getrusage(RUSAGE_SELF, &usage[0]);
	assert_refused(&r, "truncated: its header promises 536870912 bytes");
	getrusage(RUSAGE_SELF, &usage[1]);
	assert_in_range(usage[1].ru_maxrss - usage[0].ru_maxrss, 0, 64 * 1024);
	reader_done(&r);
}

/* Every truncation of either file, plain and compressed, is refused and says which file. */
static void test_truncations(void **state)
{
	uint8_t packed[256];
	reader r;

	(void)state;
	make(&r);
	for (size_t n = 0; n < sizeof images; n++) {
		put("x", images, n);
		assert_refused(&r, "/x: ");
	}
	put("x", images, sizeof images);
	for (size_t n = 0; n < sizeof labels; n++) {
		put("y", labels, n);
		assert_refused(&r, "/y: ");
	}
	put("y", labels, sizeof labels);
	char path[512];
	snprintf(path, sizeof path, "%s/x.gz", scratch());
	FILE *file = fopen(path, "rb");
	assert_non_null(file);
	size_t size = fread(packed, 1, sizeof packed, file);
	fclose(file);
	for (size_t n = 0; n < size; n++) {
		put("x.gz", packed, n);
		assert_refused(&r, "/x.gz: ");
	}
	reader_done(&r);
}

/* Whatever a byte becomes, the reader answers; if it loads, the labels are below classes. */
static void test_flips(void **state)
{
	uint8_t bad[sizeof images];
	uint64_t seed = 7;
	reader r;

	(void)state;
	make(&r);
	for (int i = 0; i < 1000; i++) {
		bool x = i % 2;
		size_t n = x ? sizeof images : sizeof labels;
		memcpy(bad, x ? images : labels, n);
		for (int k = 0; k < 1 + i % 3; k++)
			bad[quo_test_random(&seed) % n] = (uint8_t)quo_test_random(&seed);
		put(x ? "x" : "y", bad, n);
		if (reader_load(&r, 1) == QUO_OK) {
			for (uint32_t row = 0; row < r.data.train_rows; row++)
				assert_true(r.data.train_y[row] < 2);
		} else {
			assert_int_equal(r.err.status, QUO_USAGE);
		}
		put("x", images, sizeof images);
		put("y", labels, sizeof labels);
	}
	reader_done(&r);
}

static void test_root(void **state)
{
	char path[512];
	reader r;

	(void)state;
	make(&r);
	char *kept = getenv("QUOTIENT_DATA") ? strdup(getenv("QUOTIENT_DATA")) : NULL;
	set_text(&r, "root", "");
	setenv("QUOTIENT_DATA", scratch(), 1);
	assert_loads(&r);
	setenv("QUOTIENT_DATA", "/nowhere", 1);
	assert_refused(&r, "'/nowhere' (QUOTIENT_DATA)");
	unsetenv("QUOTIENT_DATA");
	assert_refused(&r, "'data' (the default)");
	snprintf(path, sizeof path, "%s/x", scratch());
	set_pair(&r, "train", path, "y");
	assert_refused(&r, "data/y: ");
	if (kept)
		setenv("QUOTIENT_DATA", kept, 1);
	free(kept);
	reader_done(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reads),
		cmocka_unit_test(test_reads_color),
		cmocka_unit_test(test_z),
		cmocka_unit_test(test_refuses),
		cmocka_unit_test(test_label_beyond_classes),
		cmocka_unit_test(test_promises),
		cmocka_unit_test(test_promise_within_ratio),
		cmocka_unit_test(test_truncations),
		cmocka_unit_test(test_flips),
		cmocka_unit_test(test_root),
	};
	return cmocka_run_group_tests(tests, NULL, remove_scratch);
}
