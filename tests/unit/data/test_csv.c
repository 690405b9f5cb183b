/* SPDX-License-Identifier: Apache-2.0 */
#include "data_support.h"

static const quo_column columns[] = {
	{ .role = QUO_COL_NUMERIC, .count = 1 },
	{ .role = QUO_COL_ONE_HOT, .count = 1 },
	{ .role = QUO_COL_IGNORE, .count = 1 },
	{ .role = QUO_COL_LABEL, .count = 1 },
};

#define TRAIN "0,red,?,1\n5,blue,x,2\n10,red,y,1\n"
#define TEST "20,blue,,2\n2.5,green,,1\n"

static void make(reader *r)
{
	put_text("train.csv", TRAIN);
	put_text("test.csv", TEST);
	reader_make(r, "csv");
	set_text(r, "train", "train.csv");
	set_text(r, "test", "test.csv");
	set_columns(r, columns, 4);
}

/* The rows of TRAIN and TEST: number, blue, red. */
static void assert_rows(const reader *r)
{
	static const int8_t train[] = { 0, 0, 127, 64, 127, 0, 127, 0, 127 },
			    test[] = { 127, 127, 0, 32, 0, 0 };
	static const uint8_t train_y[] = { 0, 1, 0 }, test_y[] = { 1, 0 };

	assert_int_equal(r->data.n_dims, 1);
	assert_int_equal(r->data.dim[0], 3);
	assert_int_equal(r->data.features, 3);
	assert_int_equal(r->data.train_rows, 3);
	assert_int_equal(r->data.test_rows, 2);
	assert_false(r->data.is_signed);
	assert_memory_equal(r->data.train_x, train, sizeof train);
	assert_memory_equal(r->data.test_x, test, sizeof test);
	assert_memory_equal(r->data.train_y, train_y, sizeof train_y);
	assert_memory_equal(r->data.test_y, test_y, sizeof test_y);
}

static void test_reads(void **state)
{
	reader r;

	(void)state;
	make(&r);
	assert_loads(&r);
	assert_rows(&r);
	put_gz("train.csv", TRAIN, strlen(TRAIN));
	assert_loads(&r);
	assert_rows(&r);
	reader_done(&r);
}

/* The same table in other clothes. */
static void test_shapes_of_text(void **state)
{
	static const struct {
		const char *separator, *train;
		bool header;
	} same[] = {
		{ ",", "0,red,?,1\r\n5,blue,x,2\r\n10,red,y,1", false },
		{ ",",
		  "\xef\xbb\xbf"
		  "a,b,c,d\n\n0,red,?,1\n  \n5,blue,x,2\n10,red,y,1\n\n",
		  true },
		{ ",", " 0 , red ,? , 1 \n+5.0,blue,x,2\n1e1,\"red\",y,1\n", false },
		{ ",", "0,\"red\",\"a,\"\"b\"\"\",1\n\"5\",\"blue\" ,x,2\n10,red,\"\",\"1\"\n",
		  false },
		{ "blank", "0 red ? 1\n  5\t blue   x 2  \n10 red y 1\t\n", false },
		{ " ", "0 red \"? ?\" 1\n5 blue x 2\n10 red y 1\n", false },
		{ "\t", "0\tred\t\t1\n5\tblue\tx\t2\n10\tred\ty\t1\n", false },
		{ ";", "0;red;;1\n5;blue;x,y;2\n10;red;y;1\n", false },
		{ "|", "0|red||1\n5|blue||2\n10|red||1\n", false },
	};
	reader r;

	(void)state;
	for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
		char test[64];
		make(&r);
		snprintf(test, sizeof test, "%s20,blue,z,2\n2.5,green,z,1\n",
			 same[i].header ? "h,h,h,h\n" : "");
		for (char *p = test; *p; p++)
			if (*p == ',')
				*p = strcmp(same[i].separator, "blank") ? *same[i].separator : ' ';
		put_text("train.csv", same[i].train);
		put_text("test.csv", test);
		set_text(&r, "separator", same[i].separator);
		set_bool(&r, "header", same[i].header);
		assert_loads(&r);
		assert_rows(&r);
		reader_done(&r);
	}
}

static void test_refuses(void **state)
{
	static const struct {
		const char *train, *part;
	} bad[] = {
		{ "0,red,?,1\n5,blue,x\n",
		  "train.csv:2: 3 fields, but the columns declared add up to 4" },
		{ "0,red,?,1\n5,blue,x,2,\n", "train.csv:2: 5 fields" },
		{ "0,red,?,1\n\n\n5,blue,x,2,3\n", "train.csv:4: 5 fields" },
		{ "0,red,?,1\nfive,blue,x,2\n", "train.csv:2: field 1: 'five' is not a number" },
		{ "0,red,?,1\n,blue,x,2\n", "train.csv:2: field 1: '' is not a number" },
		{ "nan,red,?,1\n", "'nan' is not a number" },
		{ "inf,red,?,1\n", "'inf' is not a number" },
		{ "0x10,red,?,1\n", "'0x10' is not a number" },
		{ "1-1,red,?,1\n", "'1-1' is not a number" },
		{ "1e999,red,?,1\n", "train.csv:1: field 1: '1e999': wants finite" },
		{ "0,red,?,1\n5,blue,x,\n", "train.csv:2: field 4, the label, is empty" },
		{ "0,red,?,1\n5,blue,x,7\n", "label '7' is number 3 of 3 different ones" },
		{ "0,\"red,?,1\n", "train.csv:1: a quote is not closed" },
		{ "0,\"red\"x,?,1\n", "train.csv:1: a quote is not closed" },
		{ "0,\"red\" x,?,1\n", "train.csv:1: a quote is not closed" },
		{ "", "train.csv: the file is empty" },
		{ "\n \n\r\n", "train.csv: holds no rows" },
		{ "0", "train.csv:1: 1 fields" },
	};
	reader r;

	(void)state;
	make(&r);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		put_text("train.csv", bad[i].train);
		assert_refused(&r, bad[i].part);
	}
	put("train.csv", "0,r\0d,?,1\n", 10);
	assert_refused(&r, "train.csv:1: holds a 0 byte");
	put_text("train.csv", "a,b,c,d\n");
	set_bool(&r, "header", true);
	assert_refused(&r, "train.csv: holds no rows");
	set_bool(&r, "header", false);
	put_text("train.csv", TRAIN);
	put_text("test.csv", "1,red,x\n");
	assert_refused(&r, "test.csv:1: 3 fields");
	set_text(&r, "test", "nowhere.csv");
	assert_refused(&r, "make data");
	reader_done(&r);
}

static void test_overlong_line(void **state)
{
	size_t n = (size_t)3 << 20;
	char *text = malloc(n);
	reader r;

	(void)state;
	make(&r);
	memset(text, ',', n);
	memcpy(text, "1,red,x,1\n", 10);
	put("train.csv", text, n);
	assert_refused(&r, "train.csv:2: a line of ");
	memset(text, 'x', n);
	put_gz("train.csv", text, n);
	assert_refused(&r, "train.csv:1: a line of ");
	memset(text, '\n', n);
	put("train.csv", text, n);
	assert_refused(&r, "holds no rows");
	free(text);
	reader_done(&r);
}

static void test_refuses_config(void **state)
{
	static const quo_column unlabelled[] = { { .role = QUO_COL_NUMERIC, .count = 4 } };
	static const quo_column only_label[] = { { .role = QUO_COL_IGNORE, .count = 3 },
						 { .role = QUO_COL_LABEL, .count = 1 } };
	static const quo_column two_labels[] = { { .role = QUO_COL_NUMERIC, .count = 2 },
						 { .role = QUO_COL_LABEL, .count = 2 } };
	static const quo_column too_many[] = { { .role = QUO_COL_NUMERIC, .count = 4000000000 },
					       { .role = QUO_COL_LABEL, .count = 1 } };
	reader r;

	(void)state;
	make(&r);
	set_columns(&r, unlabelled, 1);
	assert_refused(&r, "data.columns: 0 columns are label");
	set_columns(&r, two_labels, 2);
	assert_refused(&r, "data.columns: 2 columns are label");
	set_columns(&r, only_label, 2);
	assert_refused(&r, "nothing to learn from");
	set_columns(&r, too_many, 2);
	assert_refused(&r, "4000000001 columns");
	set_columns(&r, columns, 4);
	set_text(&r, "separator", ", ");
	assert_refused(&r, "data.separator: ', ' is not one character");
	set_text(&r, "separator", "");
	assert_refused(&r, "data.separator");
	set_text(&r, "separator", ",");
	set_real(&r, "train_fraction", 0.5);
	assert_refused(&r, "both test and train_fraction");
	set_text(&r, "test", "");
	set_real(&r, "train_fraction", 0);
	assert_refused(&r, "name the test file");
	set_real(&r, "train_fraction", 0.1);
	assert_refused(&r, "leaves none to train");
	set_real(&r, "train_fraction", 1);
	assert_refused(&r, "leaves none to test");
	reader_done(&r);
}

/* Label values in numeric order when all are integers (-1, 2, 10), else in byte order. */
static void test_labels(void **state)
{
	static const uint8_t numeric[] = { 2, 0, 1 }, bytes[] = { 1, 0, 2 };
	reader r;

	(void)state;
	make(&r);
	set_int(&r, "classes", 3);
	put_text("train.csv", "0,a,,10\n0,a,,-1\n0,a,,2\n");
	put_text("test.csv", "0,a,,02\n0,a,,+10\n");
	assert_loads(&r);
	assert_memory_equal(r.data.train_y, numeric, 3);
	assert_int_equal(r.data.test_y[0], 1);
	assert_int_equal(r.data.test_y[1], 2);
	put_text("train.csv", "0,a,,10\n0,a,,-1\n0,a,,b\n");
	put_text("test.csv", "0,a,,b\n");
	assert_loads(&r);
	assert_memory_equal(r.data.train_y, bytes, 3);
	assert_int_equal(r.data.test_y[0], 2);
	reader_done(&r);
}

/* Statistics and vocabularies come from the training rows alone. */
static void test_training_rows_only(void **state)
{
	static const quo_column z[] = {
		{ .role = QUO_COL_NUMERIC, .count = 1, .scale = QUO_SCALE_Z },
		{ .role = QUO_COL_ONE_HOT, .count = 1 },
		{ .role = QUO_COL_LABEL, .count = 1 },
	};
	reader r;

	(void)state;
	make(&r);
	set_columns(&r, z, 3);
	put_text("train.csv", "1,a,0\n3,b,1\n1,a,0\n3,b,1\n9999,c,1\n");
	put_text("test.csv", "3.5,d,1\n");
	set_int(&r, "train_limit", 4);
	assert_loads(&r);
	assert_true(r.data.is_signed);
	assert_int_equal(r.data.train_rows, 4);
	assert_int_equal(r.data.features, 3);
	assert_int_equal(r.data.train_x[0], -42);
	assert_int_equal(r.data.train_x[3], 42);
	assert_int_equal(r.data.test_x[0], 64);
	assert_int_equal(r.data.test_x[1], 0);
	assert_int_equal(r.data.test_x[2], 0);
	reader_done(&r);
}

/* Fisher-Yates of ten rows under stream 2^34, worked out apart from the code; the first floor(0.75
 * * 10) train. */
static void test_split(void **state)
{
	static const uint8_t order[] = { 5, 2, 9, 4, 3, 7, 6, 8, 0, 1 };
	uint8_t seen[10] = { 0 };
	char text[200] = "";
	reader r;

	(void)state;
	make(&r);
	for (int i = 0; i < 10; i++)
		snprintf(text + strlen(text), sizeof text - strlen(text), "%d,a,,%d\n", i, i);
	put_text("train.csv", text);
	set_text(&r, "test", "");
	set_int(&r, "classes", 10);
	set_real(&r, "train_fraction", 0.75);
	if (reader_load(&r, 5) != QUO_OK)
		fail_msg("%s", r.err.text);
	assert_int_equal(r.data.train_rows, 7);
	assert_int_equal(r.data.test_rows, 3);
	assert_memory_equal(r.data.train_y, order, 7);
	assert_memory_equal(r.data.test_y, order + 7, 3);
	for (int i = 0; i < 10; i++)
		seen[i < 7 ? r.data.train_y[i] : r.data.test_y[i - 7]]++;
	for (int i = 0; i < 10; i++)
		assert_int_equal(seen[i], 1);
	assert_int_equal(reader_load(&r, 6), QUO_OK);
	assert_memory_not_equal(r.data.train_y, order, 7);
	reader_done(&r);
}

static void test_vocabulary_limit(void **state)
{
	size_t size = 100000, at = 0;
	char *text = malloc(size);
	reader r;

	(void)state;
	make(&r);
	for (int i = 0; i < 4097; i++)
		at += (size_t)snprintf(text + at, size - at, "0,v%d,,1\n", i);
	put_text("train.csv", text);
	assert_refused(&r, "one_hot field 2 has 4097 different values");
	free(text);
	reader_done(&r);
}

static void test_truncations_and_flips(void **state)
{
	char text[] = "0,\"r\",?,1\n5,blue,x,2\n10,\"r\"\"\",y,1\n", bad[sizeof text];
	uint64_t seed = 11;
	reader r;

	(void)state;
	make(&r);
	for (size_t n = 0; n < sizeof text; n++) {
		put("train.csv", text, n);
		if (reader_load(&r, 1) != QUO_OK)
			assert_non_null(strstr(r.err.text, "/train.csv"));
	}
	for (int i = 0; i < 1000; i++) {
		static const char likely[] = "\",\n\r 0\t-.e";
		memcpy(bad, text, sizeof text);
		for (int k = 0; k < 1 + i % 4; k++)
			bad[quo_test_random(&seed) % (sizeof text - 1)] =
				i % 2 ? (char)quo_test_random(&seed)
				      : likely[quo_test_random(&seed) % (sizeof likely - 1)];
		set_text(&r, "separator", i % 3 ? "," : "blank");
		put("train.csv", bad, sizeof text - 1);
		if (reader_load(&r, 1) == QUO_OK)
			for (uint32_t row = 0; row < r.data.train_rows; row++)
				assert_true(r.data.train_y[row] < 2);
		else
			assert_int_equal(r.err.status, QUO_USAGE);
	}
	reader_done(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reads),
		cmocka_unit_test(test_shapes_of_text),
		cmocka_unit_test(test_refuses),
		cmocka_unit_test(test_overlong_line),
		cmocka_unit_test(test_refuses_config),
		cmocka_unit_test(test_labels),
		cmocka_unit_test(test_training_rows_only),
		cmocka_unit_test(test_split),
		cmocka_unit_test(test_vocabulary_limit),
		cmocka_unit_test(test_truncations_and_flips),
	};
	return cmocka_run_group_tests(tests, NULL, remove_scratch);
}
