/* SPDX-License-Identifier: Apache-2.0 */
/*
 * csv: text tables. Columns are declared as numeric, one_hot, label or ignore; features follow in
 * column order.
 *
 * A one_hot column becomes one 0/127 feature for each value it has in the training rows, in byte
 * order; a test value that training never saw is all zeros. Label values are numbered 0, 1, .. in
 * numeric order when all are integers, else in byte order, over training and test rows.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <quotient/crypto.h>

#include "data/scale.h"
#include "data/table.h"

#define MAX_COLUMNS 65536u
#define MAX_VOCABULARY 4096u

struct csv_config {
	quo_data_common common;
	const char *train, *test;
	double train_fraction;
	const char *separator;
	bool header;
	quo_columns columns;
};

static const quo_option options[] = {
	QUO_DATA_COMMON_OPTIONS(struct csv_config),
	QUO_OPTION(
		struct csv_config, train, QUO_OPT_STRING, NULL,
		"text file of the training rows (of all rows with train_fraction), plain or .gz"),
	QUO_OPTION(struct csv_config, test, QUO_OPT_STRING, "''", "text file of the test rows"),
	QUO_OPTION(
		struct csv_config, train_fraction, QUO_OPT_REAL, "0",
		"instead of test: this part of the rows, chosen by the public seed, trains; the rest tests",
		.min_real = 0, .max_real = 1),
	QUO_OPTION(struct csv_config, separator, QUO_OPT_STRING, "','",
		   "one character between fields, or blank: runs of blanks and tabs"),
	QUO_OPTION(struct csv_config, header, QUO_OPT_BOOL, "false", "the first line holds names"),
	QUO_OPTION(
		struct csv_config, columns, QUO_OPT_COLUMNS, NULL,
		"role of each field in order: numeric, one_hot, label, ignore; {role: count} repeats one, and scale: "
		"min_max, z or log_z goes with numeric"),
	{ 0 },
};

/* Rows of one half of the data: which table, which row. */
struct half {
	const quo__table *table;
	const uint32_t *order; /* NULL: as in the file */
	uint32_t first, rows;
	int8_t *x;
	uint8_t *y;
};

struct csv {
	const struct csv_config *config;
	quo_column *column; /* one for each field */
	uint32_t cols, label;
	quo__table train, test;
	uint32_t *order;
	struct half half[2]; /* training, test */
	double *number[2];   /* one column of each half */
	const char **value;  /* label values, then one column's distinct training values */
	uint32_t features;
	bool is_signed;
};

static uint32_t row_of(const struct half *half, uint32_t i)
{
	return half->order ? half->order[half->first + i] : half->first + i;
}

static const char *cell_of(const struct half *half, uint32_t i, uint32_t col)
{
	return half->table->cell[(size_t)row_of(half, i) * half->table->cols + col];
}

static uint32_t line_of(const struct half *half, uint32_t i)
{
	return half->table->line[row_of(half, i)];
}

static quo_status expand_columns(struct csv *csv, quo_err *err)
{
	const quo_columns *declared = &csv->config->columns;
	uint64_t total = 0, labels = 0, inputs = 0;

	for (uint32_t i = 0; i < declared->n; i++) {
		total += declared->item[i].count;
		if (declared->item[i].role == QUO_COL_LABEL)
			labels += declared->item[i].count;
		else if (declared->item[i].role != QUO_COL_IGNORE)
			inputs += declared->item[i].count;
	}
	if (total > MAX_COLUMNS)
		return quo_fail(err, QUO_USAGE, "data.columns: %" PRIu64 " columns, over %u", total,
				MAX_COLUMNS);
	if (labels != 1)
		return quo_fail(err, QUO_USAGE,
				"data.columns: %" PRIu64 " columns are label; exactly one must be",
				labels);
	if (!inputs)
		return quo_fail(
			err, QUO_USAGE,
			"data.columns: none is numeric or one_hot; there is nothing to learn from");
	csv->column = quo_alloc(total, sizeof *csv->column, err);
	if (!csv->column)
		return QUO_FAILED;
	for (uint32_t i = 0; i < declared->n; i++) {
		for (uint32_t k = 0; k < declared->item[i].count; k++)
			csv->column[csv->cols++] = declared->item[i];
		if (declared->item[i].role == QUO_COL_LABEL)
			csv->label = csv->cols - 1;
		if (declared->item[i].role == QUO_COL_NUMERIC &&
		    declared->item[i].scale != QUO_SCALE_MIN_MAX)
			csv->is_signed = true;
	}
	return QUO_OK;
}

static quo_status read_separator(const char *text, char *separator, quo_err *err)
{
	if (strcmp(text, "blank") == 0 || strcmp(text, " ") == 0) {
		*separator = 0;
		return QUO_OK;
	}
	if (strlen(text) != 1 || strchr("\"\r\n", *text))
		return quo_fail(
			err, QUO_USAGE,
			"data.separator: '%s' is not one character (nor 'blank', for runs of blanks)",
			text);
	*separator = *text;
	return QUO_OK;
}

static quo_status read_tables(struct csv *csv, quo_err *err)
{
	const struct csv_config *config = csv->config;
	const quo_data_common *common = &config->common;
	bool fraction = config->train_fraction > 0;
	char separator = 0;

	if (fraction == (*config->test != 0))
		return quo_fail(
			err, QUO_USAGE,
			fraction ? "data: both test and train_fraction are given; choose one"
				 : "data: name the test file, or set train_fraction (e.g. 0.8)");
	QUO_TRY(read_separator(config->separator, &separator, err));
	QUO_TRY(quo__table_read(&csv->train, common, config->train, separator, config->header,
				csv->cols, err));
	if (!fraction)
		return quo__table_read(&csv->test, common, config->test, separator, config->header,
				       csv->cols, err);
	csv->order = quo_alloc(csv->train.rows, sizeof *csv->order, err);
	return csv->order ? QUO_OK : QUO_FAILED;
}

static quo_status split(struct csv *csv, uint64_t seed, quo_err *err)
{
	const quo_data_common *common = &csv->config->common;
	struct half *train = &csv->half[0], *test = &csv->half[1];
	uint32_t rows = csv->train.rows;

	*train = (struct half){ .table = &csv->train, .rows = rows };
	*test = (struct half){ .table = &csv->test, .rows = csv->test.rows };
	if (csv->order) {
		quo_public_order(seed, QUO_STREAM_SPLIT, rows, csv->order);
		train->rows = (uint32_t)(csv->config->train_fraction * rows);
		*test = (struct half){ .table = &csv->train,
				       .first = train->rows,
				       .rows = rows - train->rows };
		train->order = test->order = csv->order;
		if (!train->rows || !test->rows)
			return quo_fail(
				err, QUO_USAGE,
				"data.train_fraction: %g of %" PRIu32 " rows leaves none to %s",
				csv->config->train_fraction, rows, train->rows ? "test" : "train");
	}
	train->rows = quo__limit_rows(train->rows, common->train_limit);
	test->rows = quo__limit_rows(test->rows, common->test_limit);
	return QUO_OK;
}

static int by_bytes(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool is_integer(const char *text, long long *value)
{
	char *end;

	errno = 0;
	*value = strtoll(text, &end, 10);
	return (*text == '-' || *text == '+' || (*text >= '0' && *text <= '9')) && *end == 0 &&
	       errno == 0;
}

/* Only for texts that is_integer() accepts. */
static int by_integer(const void *a, const void *b)
{
	long long x = 0, y = 0;

	(void)is_integer(*(const char *const *)a, &x);
	(void)is_integer(*(const char *const *)b, &y);
	return (x > y) - (x < y);
}

static uint32_t sort_distinct(const char **value, uint32_t n,
			      int (*order)(const void *, const void *))
{
	uint32_t kept = 0;

	qsort(value, n, sizeof *value, order);
	for (uint32_t i = 0; i < n; i++)
		if (!kept || order(&value[kept - 1], &value[i]) != 0)
			value[kept++] = value[i];
	return kept;
}

static quo_status number_labels(struct csv *csv, quo_err *err)
{
	uint32_t n = 0, classes = (uint32_t)csv->config->common.classes;
	bool integers = true;
	long long ignored;

	for (int h = 0; h < 2; h++)
		for (uint32_t i = 0; i < csv->half[h].rows; i++) {
			const char *text = cell_of(&csv->half[h], i, csv->label);
			if (!*text)
				return quo_fail(err, QUO_USAGE,
						"%s:%" PRIu32 ": field %" PRIu32
						", the label, is empty",
						csv->half[h].table->path, line_of(&csv->half[h], i),
						csv->label + 1);
			integers = integers && is_integer(text, &ignored);
			csv->value[n++] = text;
		}
	int (*order)(const void *, const void *) = integers ? by_integer : by_bytes;
	n = sort_distinct(csv->value, n, order);
	for (int h = 0; h < 2; h++)
		for (uint32_t i = 0; i < csv->half[h].rows; i++) {
			const char *text = cell_of(&csv->half[h], i, csv->label);
			const char **at = bsearch(&text, csv->value, n, sizeof text, order);
			if (at - csv->value >= (ptrdiff_t)classes)
				return quo_fail(
					err, QUO_USAGE,
					"%s:%" PRIu32 ": label '%.40s' is number %td of %" PRIu32
					" different ones (field %" PRIu32
					"), more than classes: %" PRIu32
					"; set data.classes, or mend the line",
					csv->half[h].table->path, line_of(&csv->half[h], i), text,
					at - csv->value + 1, n, csv->label + 1, classes);
			csv->half[h].y[i] = (uint8_t)(at - csv->value);
		}
	return QUO_OK;
}

/* Of the training rows, into csv->value. */
static uint32_t vocabulary(struct csv *csv, uint32_t col)
{
	for (uint32_t i = 0; i < csv->half[0].rows; i++)
		csv->value[i] = cell_of(&csv->half[0], i, col);
	return sort_distinct(csv->value, csv->half[0].rows, by_bytes);
}

static quo_status count_features(struct csv *csv, quo_err *err)
{
	uint64_t features = 0;

	for (uint32_t col = 0; col < csv->cols; col++) {
		if (csv->column[col].role == QUO_COL_NUMERIC)
			features++;
		if (csv->column[col].role != QUO_COL_ONE_HOT)
			continue;
		uint32_t n = vocabulary(csv, col);
		if (n > MAX_VOCABULARY)
			return quo_fail(err, QUO_USAGE,
					"%s: one_hot field %" PRIu32 " has %" PRIu32
					" different values, over %u; is it numeric, or "
					"to be ignored?",
					csv->train.path, col + 1, n, MAX_VOCABULARY);
		features += n;
	}
	if (features > QUO_DATA_MAX_FEATURES ||
	    features * ((uint64_t)csv->half[0].rows + csv->half[1].rows) > QUO_DATA_MAX_BYTES)
		return quo_fail(err, QUO_USAGE,
				"%s: %" PRIu64
				" features in each row are too many; are the one_hot columns "
				"right?",
				csv->train.path, features);
	csv->features = (uint32_t)features;
	return QUO_OK;
}

/* A decimal number and nothing else; strtod() alone would take "nan", "0x1p3" and " 1" too. */
static bool is_number(const char *text, double *value)
{
	char *end;

	if (!*text || text[strspn(text, "0123456789+-.eE")])
		return false;
	*value = strtod(text, &end);
	return *end == 0;
}

static quo_status encode_numeric(struct csv *csv, uint32_t col, uint32_t at, quo_err *err)
{
	quo_column_scale scale = csv->column[col].scale;

	for (int h = 0; h < 2; h++) {
		const struct half *half = &csv->half[h];
		for (uint32_t i = 0; i < half->rows; i++) {
			const char *text = cell_of(half, i, col);
			if (!is_number(text, &csv->number[h][i]))
				return quo_fail(
					err, QUO_USAGE,
					"%s:%" PRIu32 ": field %" PRIu32
					": '%.40s' is not a number; declare the column one_hot or "
					"ignore, or mend the line",
					half->table->path, line_of(half, i), col + 1, text);
			if (!quo__scale_accepts(scale, csv->number[h][i]))
				return quo_fail(err, QUO_USAGE,
						"%s:%" PRIu32 ": field %" PRIu32 ": '%.40s': %s",
						half->table->path, line_of(half, i), col + 1, text,
						quo__scale_wants(scale));
		}
	}
	quo__scaler scaler = quo__scaler_fit(scale, csv->number[0], csv->half[0].rows);
	for (int h = 0; h < 2; h++)
		for (uint32_t i = 0; i < csv->half[h].rows; i++)
			csv->half[h].x[(size_t)i * csv->features + at] =
				quo__scaler_apply(&scaler, csv->number[h][i]);
	return QUO_OK;
}

static void encode_one_hot(struct csv *csv, uint32_t col, uint32_t at, uint32_t n_values)
{
	for (int h = 0; h < 2; h++)
		for (uint32_t i = 0; i < csv->half[h].rows; i++) {
			const char *text = cell_of(&csv->half[h], i, col);
			const char **found =
				bsearch(&text, csv->value, n_values, sizeof text, by_bytes);
			if (found)
				csv->half[h].x[(size_t)i * csv->features + at +
					       (size_t)(found - csv->value)] = 127;
		}
}

static quo_status encode(struct csv *csv, quo_err *err)
{
	uint32_t at = 0;

	for (int h = 0; h < 2; h++) {
		struct half *half = &csv->half[h];
		half->x = quo_alloc(half->rows, csv->features, err);
		half->y = quo_alloc(half->rows, 1, err);
		csv->number[h] = quo_alloc(half->rows, sizeof *csv->number[h], err);
		if (!half->x || !half->y || !csv->number[h])
			return QUO_FAILED;
	}
	QUO_TRY(number_labels(csv, err));
	for (uint32_t col = 0; col < csv->cols; col++) {
		if (csv->column[col].role == QUO_COL_NUMERIC) {
			QUO_TRY(encode_numeric(csv, col, at, err));
			at++;
		} else if (csv->column[col].role == QUO_COL_ONE_HOT) {
			uint32_t n = vocabulary(csv, col);
			encode_one_hot(csv, col, at, n);
			at += n;
		}
	}
	return QUO_OK;
}

static quo_status read_and_encode(struct csv *csv, uint64_t seed, quo_err *err)
{
	QUO_TRY(expand_columns(csv, err));
	QUO_TRY(read_tables(csv, err));
	QUO_TRY(split(csv, seed, err));
	csv->value =
		quo_alloc((size_t)csv->half[0].rows + csv->half[1].rows, sizeof *csv->value, err);
	if (!csv->value)
		return QUO_FAILED;
	QUO_TRY(count_features(csv, err));
	return encode(csv, err);
}

static quo_status load(void *self, uint64_t seed, quo_dataset *out, quo_err *err)
{
	struct csv csv = { .config = ((quo__reader *)self)->config };

	quo_status status = read_and_encode(&csv, seed, err);
	quo_dataset data = {
		.n_dims = 1,
		.dim = { csv.features },
		.features = csv.features,
		.classes = (uint32_t)csv.config->common.classes,
		.is_signed = csv.is_signed,
		.train_rows = csv.half[0].rows,
		.test_rows = csv.half[1].rows,
		.train_x = csv.half[0].x,
		.train_y = csv.half[0].y,
		.test_x = csv.half[1].x,
		.test_y = csv.half[1].y,
	};
	quo__table_free(&csv.train);
	quo__table_free(&csv.test);
	quo_free(csv.column);
	quo_free(csv.order);
	quo_free(csv.number[0]);
	quo_free(csv.number[1]);
	quo_free(csv.value);
	if (status != QUO_OK) {
		quo_dataset_free(&data);
		return status;
	}
	return quo__dataset_finish(&data, "data (csv)", out, err);
}

static const quo_data_ops ops = { .life = { .init = quo__reader_init }, .load = load };

const quo_component quo__data_csv = {
	QUO_COMPONENT(QUO_KIND_DATA, &ops),
	.name = "csv",
	.summary =
		"text tables with numeric, one-hot and label columns; split by file or by fraction",
	.security = "as data.owner says; read by one process, shared before training",
	.wire_version = 1,
	.instance_size = sizeof(quo__reader),
	.config_size = sizeof(struct csv_config),
	.options = options,
};
