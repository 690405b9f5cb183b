/* SPDX-License-Identifier: Apache-2.0 */
#include "data_support.h"

/* Class 0: 10 samples of 2 channels, class 1: 8. Channel 1 is 100 + channel 0 of the other sign. */
#define ROWS_A 10
#define ROWS_B 8
static int32_t a[ROWS_A][2], b[ROWS_B][2];

static const char *const array_files[] = { "a", "b" };
static const char *const three_files[] = { "a", "b", "a" };
static const char *const names[] = { "sit", "run" };
static const char *const columns[] = { "class", "trial", "first", "rows" };
static const char *const trial_2[] = { "2" };
static const char *const trial_9[] = { "2", "9" };
static const char *const trials[] = { "1", "2" };

static const char table[] = "activity,trial,first_row,rows\n"
			    "sit,1,0,6\n"
			    "sit,2,6,4\n"
			    "run,1,3,5\n"
			    "run,2,0,3\n";

static void put_npy(const char *name, const char *type, const char *shape, const void *items,
		    size_t n)
{
	static uint8_t file[4096];
	char dict[128];

	int length =
		snprintf(dict, sizeof dict,
			 "{'descr': '%s', 'fortran_order': False, 'shape': (%s), }\n", type, shape);
	memcpy(file, "\x93NUMPY\1\0", 8);
	file[8] = (uint8_t)length;
	file[9] = 0;
	memcpy(file + 10, dict, (size_t)length);
	memcpy(file + 10 + length, items, n);
	put_gz(name, file, 10 + (size_t)length + n);
}

static void make(reader *r)
{
	for (int i = 0; i < ROWS_A; i++)
		a[i][1] = 100 - (a[i][0] = i);
	for (int i = 0; i < ROWS_B; i++)
		b[i][1] = 100 - (b[i][0] = 20 + i);
	put_npy("a", "<i4", "10, 2", a, sizeof a);
	put_npy("b", "<i4", "8, 2", b, sizeof b);
	put_text("t", table);
	reader_make(r, "windows");
	set_strings(r, "arrays", array_files, 2);
	set_strings(r, "names", names, 2);
	set_strings(r, "columns", columns, 4);
	set_strings(r, "test", trial_2, 1);
	set_text(r, "recordings", "t");
	set_text(r, "split", "trial");
	set_int(r, "length", 3);
	set_int(r, "stride", 2);
	set_enum(r, "scale", "min_max");
}

/* Training samples are 0..5 and 23..27: min_max maps v to 127 v / 27, rounded. */
static int8_t scaled(int v)
{
	return (int8_t)((127 * v * 2 + 27) / 54);
}

/* Window k: samples v, v+1, v+2 of channel 0 and their mirror in channel 1. */
static void assert_window(const int8_t *x, int v)
{
	for (int i = 0; i < 3; i++) {
		int value = v + i > 27 ? 27 : v + i;
		assert_int_equal(x[2 * i], scaled(value));
		assert_int_equal(x[2 * i + 1], scaled(27 - value));
	}
}

static void test_cuts(void **state)
{
	/* Trial 1 of sit: 0 and 2; of run: 23 and 25. In rounds. Trial 2: 6, 20; one window each. */
	static const int train[] = { 0, 23, 2, 25 }, test[] = { 6, 20 };
	static const uint8_t train_y[] = { 0, 1, 0, 1 }, test_y[] = { 0, 1 };
	reader r;

	(void)state;
	make(&r);
	assert_loads(&r);
	assert_int_equal(r.data.n_dims, 3);
	assert_int_equal(r.data.dim[0], 3);
	assert_int_equal(r.data.dim[1], 1);
	assert_int_equal(r.data.dim[2], 2);
	assert_int_equal(r.data.features, 6);
	assert_int_equal(r.data.classes, 2);
	assert_false(r.data.is_signed);
	assert_int_equal(r.data.train_rows, 4);
	assert_int_equal(r.data.test_rows, 2);
	for (int i = 0; i < 4; i++)
		assert_window(r.data.train_x + i * 6, train[i]);
	for (int i = 0; i < 2; i++)
		assert_window(r.data.test_x + i * 6, test[i]);
	assert_memory_equal(r.data.train_y, train_y, 4);
	assert_memory_equal(r.data.test_y, test_y, 2);

	set_int(&r, "train_limit", 3);
	set_int(&r, "test_limit", 7);
	assert_loads(&r);
	assert_int_equal(r.data.train_rows, 3);
	assert_int_equal(r.data.test_rows, 2);
	assert_memory_equal(r.data.train_y, train_y, 3);
	reader_done(&r);
}

/* Stride 1 over recordings of different length: a recording that is used up leaves the rounds. */
static void test_rounds(void **state)
{
	static const uint8_t y[] = { 0, 1, 0, 1, 0, 1, 0 };
	reader r;

	(void)state;
	make(&r);
	set_int(&r, "stride", 1);
	assert_loads(&r);
	assert_int_equal(r.data.train_rows, 7); /* 6 - 3 + 1 and 5 - 3 + 1 */
	assert_int_equal(r.data.test_rows, 3);
	assert_memory_equal(r.data.train_y, y, 7);
	assert_window(r.data.train_x + 6 * 6, 3);
	set_int(&r, "length", 6);
	set_strings(&r, "test", trial_2, 1);
	assert_refused(&r, "no recording that tests holds a window of 6 samples");
	reader_done(&r);
}

/* The deviation comes from the training samples alone, whatever the test samples are. */
static void test_scale_of_training(void **state)
{
	int8_t before[24];
	reader r;

	(void)state;
	make(&r);
	set_enum(&r, "scale", "z");
	assert_loads(&r);
	assert_true(r.data.is_signed);
	/* Mean of 0..5, 23..27: 140 / 11; sum of squares 3190, so the deviation is 11.32. */
	assert_int_equal(r.data.train_x[0], -48);
	assert_int_equal(r.data.train_x[6 + 4], 46);
	assert_int_equal(r.data.train_x[6 + 5], -46);
	memcpy(before, r.data.train_x, sizeof before);
	for (int i = 6; i < 10; i++)
		a[i][0] = 1000000;
	put_npy("a", "<i4", "10, 2", a, sizeof a);
	assert_loads(&r);
	assert_memory_equal(r.data.train_x, before, sizeof before);
	assert_int_equal(r.data.test_x[0], 127);
	reader_done(&r);
}

static void test_refuses_config(void **state)
{
	static const char *const no_rows[] = { "class", "trial", "first", "n" };
	reader r;

	(void)state;
	make(&r);
	set_strings(&r, "arrays", three_files, 3);
	assert_refused(&r, "classes is 2, but arrays names 3 files and names has 2 entries");
	set_strings(&r, "arrays", array_files, 2);
	set_strings(&r, "columns", no_rows, 4);
	assert_refused(&r, "data.columns: none is 'rows'");
	set_strings(&r, "columns", columns, 4);
	set_text(&r, "split", "subject");
	assert_refused(&r, "none is 'subject', which data.split names");
	set_text(&r, "split", "trial");
	set_strings(&r, "test", trial_9, 2);
	assert_refused(&r, "data.test: no recording has '9' in column 'trial'");
	set_strings(&r, "test", trials, 2);
	assert_refused(&r, "no recording that trains holds a window");
	set_strings(&r, "test", trial_2, 1);
	set_text(&r, "recordings", "nothing");
	assert_refused(&r, "make data");
	reader_done(&r);
}

static void test_refuses_recordings(void **state)
{
	static const struct {
		const char *text, *part;
	} bad[] = {
		{ "h\nsit,1,0,6\n", "/t:1: 1 fields, but the columns declared add up to 4" },
		{ "a,b,c,d\nwalk,1,0,6\n", "/t:2: class 'walk' is not in data.names" },
		{ "a,b,c,d\nsit,1,-1,6\n", "/t:2: '-1' in column 'first'" },
		{ "a,b,c,d\nsit,1,,6\n", "/t:2: '' in column 'first'" },
		{ "a,b,c,d\nsit,1,0,6x\n", "/t:2: '6x' in column 'rows'" },
		{ "a,b,c,d\nsit,1,0,99999999999999999999999\n", "column 'rows' is not a number" },
		{ "a,b,c,d\nsit,1,0,11\n", "/t:2: rows 0 to 11 are beyond the 10 of " },
		{ "a,b,c,d\nsit,1,11,0\n", "beyond the 10" },
		{ "a,b,c,d\nsit,1,1,72057594037927935\n", "beyond the 10" },
		{ "a,b,c,d\nsit,1,0,6\nsit,2,5,4\n", "/t:3: overlaps the recording of line 2" },
		{ "a,b,c,d\nsit,2,4,5\nrun,1,0,8\nsit,1,0,6\n",
		  "/t:2: overlaps the recording of line 4" },
		{ "a,b,c,d\n", "holds no rows" },
	};
	reader r;

	(void)state;
	make(&r);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		put_text("t", bad[i].text);
		assert_refused(&r, bad[i].part);
	}
	reader_done(&r);
}

static void test_refuses_arrays(void **state)
{
	static float real[ROWS_B][2];
	reader r;

	(void)state;
	make(&r);
	put_npy("b", "<i4", "16", b, sizeof b);
	assert_refused(&r, "/b: has 1 dimensions, not [samples, channels]");
	put_npy("b", "<i4", "16, 1", b, sizeof b);
	assert_refused(&r, "/b: has 1 channels, ");
	put_npy("b", "<i4", "8, 2", b, sizeof b - 1);
	assert_refused(&r, "/b: truncated");
	put_npy("b", "<i4", "1099511627776, 2", b, sizeof b);
	assert_refused(&r, "promises 8796093022208 bytes");
	real[4][1] = 1 / (real[0][0] + 0.0f);
	put_npy("b", "<f4", "8, 2", real, sizeof real);
	assert_refused(&r, "/b: value inf at row 4, channel 1");
	put_npy("b", "<i4", "8, 2", b, sizeof b);
	set_int(&r, "length", 65536);
	put_npy("a", "<i4", "1, 257", b, 0);
	assert_refused(&r, "/a: truncated");
	reader_done(&r);
}

/* Whatever the table becomes, the reader answers. */
static void test_flips(void **state)
{
	static const char likely[] = "0123456789,\n\"-situnr";
	char bad[sizeof table];
	uint64_t seed = 11;
	reader r;

	(void)state;
	make(&r);
	for (int i = 0; i < 400; i++) {
		memcpy(bad, table, sizeof bad);
		for (int k = 0; k < 1 + i % 3; k++)
			bad[30 + quo_test_random(&seed) % (sizeof bad - 31)] =
				likely[quo_test_random(&seed) % (sizeof likely - 1)];
		put("t", bad, sizeof bad - 1);
		if (reader_load(&r, 1) != QUO_OK) {
			assert_int_equal(r.err.status, QUO_USAGE);
			continue;
		}
		for (uint32_t row = 0; row < r.data.train_rows; row++)
			assert_true(r.data.train_y[row] < 2);
	}
	reader_done(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cuts),
		cmocka_unit_test(test_rounds),
		cmocka_unit_test(test_scale_of_training),
		cmocka_unit_test(test_refuses_config),
		cmocka_unit_test(test_refuses_recordings),
		cmocka_unit_test(test_refuses_arrays),
		cmocka_unit_test(test_flips),
	};
	return cmocka_run_group_tests(tests, NULL, remove_scratch);
}
