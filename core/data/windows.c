/* SPDX-License-Identifier: Apache-2.0 */
/*
 * windows: sensor recordings cut into overlapping windows [length, 1, channels], so that a kernel
 * [k, 1] runs along time and fc sees length x channels features.
 *
 * Each class has one .npy array [samples, channels]; a table says where its recordings start and
 * how long they are, and by one of its columns (trial, subject) which of them test. Whole recordings
 * go to one side, windows never leave theirs, and recordings may not overlap: no sample both trains
 * and tests. Channels are scaled by the samples of the training recordings, each counted once.
 *
 * Rows are in rounds, the first window of each recording in the table's order, then the second, ..:
 * any first rows hold all classes.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "data/npy_header.h"
#include "data/scale.h"
#include "data/source.h"
#include "data/table.h"

#define MAX_LENGTH 65536
#define MAX_COLUMNS 256u

static const char *const scales[] = { "min_max", "z", NULL }; /* as quo_column_scale */

struct windows_config {
	quo_data_common common;
	quo_strings arrays, names, columns, test;
	const char *recordings, *split;
	bool header;
	int64_t length, stride;
	int scale;
};

static const quo_option options[] = {
	QUO_DATA_COMMON_OPTIONS(struct windows_config),
	QUO_OPTION(
		struct windows_config, arrays, QUO_OPT_STRINGS, NULL,
		"one file for each class, in class order: numbers [samples, channels], .npy or .npy.gz"),
	QUO_OPTION(struct windows_config, names, QUO_OPT_STRINGS, NULL,
		   "what the recordings file calls the classes, in the same order"),
	QUO_OPTION(struct windows_config, recordings, QUO_OPT_STRING, NULL,
		   "text file with a line for each recording, fields between commas, plain or .gz"),
	QUO_OPTION(struct windows_config, header, QUO_OPT_BOOL, "true",
		   "the first line of the recordings file holds names"),
	QUO_OPTION(
		struct windows_config, columns, QUO_OPT_STRINGS, NULL,
		"names for the fields of that file in order; class, first and rows must be "
		"among them (first: the recording's first row in the array of its class, from 0)"),
	QUO_OPTION(struct windows_config, split, QUO_OPT_STRING, NULL,
		   "the column whose value says whether a recording tests, e.g. trial or subject"),
	QUO_OPTION(struct windows_config, test, QUO_OPT_STRINGS, NULL,
		   "values of that column that test; all others train"),
	QUO_OPTION(struct windows_config, length, QUO_OPT_INT, "128", "samples of a window",
		   .min = 1, .max = MAX_LENGTH),
	QUO_OPTION(struct windows_config, stride, QUO_OPT_INT, "12",
		   "samples from the start of a window to the start of the next", .min = 1,
		   .max = UINT32_MAX),
	QUO_OPTION(struct windows_config, scale, QUO_OPT_ENUM, "z",
		   "of each channel over the training recordings: z or min_max", .choices = scales),
	{ 0 },
};

struct array {
	char path[QUO_SOURCE_PATH];
	quo__npy head;
	uint8_t *items;
	int8_t *scaled; /* [samples, channels] */
};

struct recording {
	uint32_t array, line;
	uint64_t first, rows, windows;
	bool test;
};

struct windows {
	const struct windows_config *config;
	struct array *array;
	uint64_t channels;
	quo__table table;
	struct recording *recording;
	const struct recording **order; /* of as many, for walks over them */
	double *number;                 /* one channel of the training recordings */
	uint64_t n_training;            /* its samples */
	quo_dataset data;
};

/* The field of a name, or -1. */
static int64_t column_of(const struct windows_config *config, const char *name)
{
	for (uint32_t i = 0; i < config->columns.n; i++)
		if (strcmp(config->columns.item[i], name) == 0)
			return i;
	return -1;
}

static quo_status check_config(const struct windows_config *config, quo_err *err)
{
	const char *const wanted[] = { "class", "first", "rows", config->split };

	if (config->arrays.n != config->common.classes || config->names.n != config->common.classes)
		return quo_fail(err, QUO_USAGE,
				"data: classes is %d, but arrays names %" PRIu32
				" files and names has %" PRIu32 " entries; one of each for a class",
				(int)config->common.classes, config->arrays.n, config->names.n);
	if (config->columns.n > MAX_COLUMNS)
		return quo_fail(err, QUO_USAGE, "data.columns: %" PRIu32 " columns, over %u",
				config->columns.n, MAX_COLUMNS);
	for (unsigned i = 0; i < 4; i++)
		if (column_of(config, wanted[i]) < 0)
			return quo_fail(
				err, QUO_USAGE,
				"data.columns: none is '%s'%s; name the fields of %s in order",
				wanted[i], i == 3 ? ", which data.split names" : "",
				config->recordings);
	return QUO_OK;
}

static quo_status read_array(struct windows *w, uint32_t a, quo_err *err)
{
	struct array *array = &w->array[a];
	quo__source source;

	quo_status status =
		quo__source_open(&source, &w->config->common, w->config->arrays.item[a], err);
	memcpy(array->path, source.path, sizeof array->path);
	if (status == QUO_OK)
		status = quo__npy_read_header(&source, &array->head, err);
	if (status == QUO_OK && array->head.n_dims != 2)
		status = quo_fail(err, QUO_USAGE, "%s: has %u dimensions, not [samples, channels]",
				  source.path, array->head.n_dims);
	if (status == QUO_OK)
		status = quo__source_rest(&source, "items", array->head.bytes, &array->items, err);
	quo__source_close(&source);
	QUO_TRY(status);

	uint64_t channels = array->head.dim[1], features;
	if (a == 0)
		w->channels = channels;
	if (channels != w->channels)
		return quo_fail(err, QUO_USAGE,
				"%s: has %" PRIu64 " channels, %s has %" PRIu64 "; they must agree",
				array->path, channels, w->array[0].path, w->channels);
	if (__builtin_mul_overflow(channels, (uint64_t)w->config->length, &features) ||
	    features > QUO_DATA_MAX_FEATURES)
		return quo_fail(err, QUO_USAGE,
				"%s: windows of %d samples of %" PRIu64
				" channels have over %u values; set data.length",
				array->path, (int)w->config->length, channels,
				QUO_DATA_MAX_FEATURES);
	return QUO_OK;
}

static const char *cell(const struct windows *w, uint32_t row, const char *column)
{
	return w->table.cell[(size_t)row * w->table.cols + (size_t)column_of(w->config, column)];
}

static int64_t find(const quo_strings *strings, const char *text)
{
	for (uint32_t i = 0; i < strings->n; i++)
		if (strcmp(strings->item[i], text) == 0)
			return i;
	return -1;
}

static quo_status read_count(const struct windows *w, uint32_t row, const char *column,
			     uint64_t *value, quo_err *err)
{
	const char *text = cell(w, row, column), *p = text;

	*value = 0;
	for (; *p >= '0' && *p <= '9' && *value < UINT64_C(1) << 56; p++)
		*value = *value * 10 + (uint64_t)(*p - '0');
	if (!*text || *p)
		return quo_fail(err, QUO_USAGE,
				"%s:%" PRIu32 ": '%.40s' in column '%s' is not a number of rows",
				w->table.path, w->table.line[row], text, column);
	return QUO_OK;
}

static quo_status read_recording(struct windows *w, uint32_t row, quo_err *err)
{
	const struct windows_config *config = w->config;
	struct recording *r = &w->recording[row];
	uint64_t length = (uint64_t)config->length, stride = (uint64_t)config->stride;
	int64_t name = find(&config->names, cell(w, row, "class"));

	if (name < 0)
		return quo_fail(err, QUO_USAGE,
				"%s:%" PRIu32 ": class '%.40s' is not in data.names", w->table.path,
				w->table.line[row], cell(w, row, "class"));
	r->array = (uint32_t)name;
	r->line = w->table.line[row];
	QUO_TRY(read_count(w, row, "first", &r->first, err));
	QUO_TRY(read_count(w, row, "rows", &r->rows, err));
	const struct array *array = &w->array[r->array];
	if (r->first > array->head.dim[0] || r->rows > array->head.dim[0] - r->first)
		return quo_fail(err, QUO_USAGE,
				"%s:%" PRIu32 ": rows %" PRIu64 " to %" PRIu64
				" are beyond the %" PRIu64 " of %s",
				w->table.path, r->line, r->first, r->first + r->rows,
				array->head.dim[0], array->path);
	r->test = find(&config->test, cell(w, row, config->split)) >= 0;
	r->windows = r->rows < length ? 0 : (r->rows - length) / stride + 1;
	return QUO_OK;
}

/* By array, then by first row; an empty recording before one that starts with it. */
static int by_place(const void *a, const void *b)
{
	const struct recording *x = *(const struct recording *const *)a,
			       *y = *(const struct recording *const *)b;

	if (x->array != y->array)
		return x->array < y->array ? -1 : 1;
	if (x->first != y->first)
		return x->first < y->first ? -1 : 1;
	return (x->rows > y->rows) - (x->rows < y->rows);
}

static quo_status refuse_overlaps(struct windows *w, quo_err *err)
{
	uint32_t n = w->table.rows;

	for (uint32_t i = 0; i < n; i++)
		w->order[i] = &w->recording[i];
	qsort(w->order, n, sizeof *w->order, by_place);
	for (uint32_t i = 1; i < n; i++) {
		const struct recording *x = w->order[i - 1], *y = w->order[i];
		if (x->array == y->array && y->first - x->first < x->rows)
			return quo_fail(err, QUO_USAGE,
					"%s:%" PRIu32 ": overlaps the recording of line %" PRIu32
					"; a sample may not both train and test",
					w->table.path, y->line, x->line);
	}
	return QUO_OK;
}

/* A value that no recording has is a mistake that would go unseen. */
static quo_status check_test_values(const struct windows *w, quo_err *err)
{
	const quo_strings *test = &w->config->test;

	for (uint32_t i = 0; i < test->n; i++) {
		uint32_t row = 0;
		while (row < w->table.rows &&
		       strcmp(cell(w, row, w->config->split), test->item[i]) != 0)
			row++;
		if (row == w->table.rows)
			return quo_fail(err, QUO_USAGE,
					"data.test: no recording has '%.40s' in column '%s' of %s",
					test->item[i], w->config->split, w->table.path);
	}
	return QUO_OK;
}

static quo_status read_recordings(struct windows *w, quo_err *err)
{
	const struct windows_config *config = w->config;

	QUO_TRY(quo__table_read(&w->table, &config->common, config->recordings, ',', config->header,
				config->columns.n, err));
	w->recording = quo_alloc(w->table.rows, sizeof *w->recording, err);
	w->order = quo_alloc(w->table.rows, sizeof *w->order, err);
	if (!w->recording || !w->order)
		return QUO_FAILED;
	for (uint32_t row = 0; row < w->table.rows; row++)
		QUO_TRY(read_recording(w, row, err));
	QUO_TRY(check_test_values(w, err));
	return refuse_overlaps(w, err);
}

static quo_status scale_channel(struct windows *w, uint32_t channel, quo_err *err)
{
	quo_column_scale scale = (quo_column_scale)w->config->scale;
	uint64_t n = 0;

	for (uint32_t i = 0; i < w->table.rows; i++) {
		const struct recording *r = &w->recording[i];
		const struct array *array = &w->array[r->array];
		for (uint64_t row = r->first; row < r->first + r->rows; row++) {
			double x = quo__npy_item(&array->head, array->items,
						 row * w->channels + channel);
			if (!quo__scale_accepts(scale, x))
				return quo_fail(
					err, QUO_USAGE,
					"%s: value %g at row %" PRIu64 ", channel %" PRIu32 ": %s",
					array->path, x, row, channel, quo__scale_wants(scale));
			if (!r->test)
				w->number[n++] = x;
		}
	}
	quo__scaler scaler = quo__scaler_fit(scale, w->number, n);
	for (uint32_t a = 0; a < w->config->arrays.n; a++) {
		struct array *array = &w->array[a];
		for (uint64_t row = 0; row < array->head.dim[0]; row++) {
			uint64_t at = row * w->channels + channel;
			array->scaled[at] = quo__scaler_apply(
				&scaler, quo__npy_item(&array->head, array->items, at));
		}
	}
	return QUO_OK;
}

static quo_status scale_arrays(struct windows *w, quo_err *err)
{
	for (uint32_t i = 0; i < w->table.rows; i++)
		w->n_training += w->recording[i].test ? 0 : w->recording[i].rows;
	w->number = quo_alloc(w->n_training, sizeof *w->number, err);
	if (!w->number)
		return QUO_FAILED;
	for (uint32_t a = 0; a < w->config->arrays.n; a++) {
		const quo__npy *head = &w->array[a].head;
		w->array[a].scaled = quo_alloc(head->dim[0], head->dim[1], err);
		if (!w->array[a].scaled)
			return QUO_FAILED;
	}
	for (uint32_t channel = 0; channel < w->channels; channel++)
		QUO_TRY(scale_channel(w, channel, err));
	return QUO_OK;
}

/* The windows of one side, in rounds over its recordings. */
static quo_status cut_side(struct windows *w, bool test, int64_t limit, uint32_t *rows, int8_t **x,
			   uint8_t **y, quo_err *err)
{
	uint64_t total = 0, channels = w->channels, stride = (uint64_t)w->config->stride;
	uint32_t active = 0, at = 0;

	for (uint32_t i = 0; i < w->table.rows; i++)
		if (w->recording[i].test == test && w->recording[i].windows) {
			w->order[active++] = &w->recording[i];
			total += w->recording[i].windows;
		}
	total = limit > 0 && (uint64_t)limit < total ? (uint64_t)limit : total;
	if (total > UINT32_MAX || total * w->data.features > QUO_DATA_MAX_BYTES)
		return quo_fail(err, QUO_USAGE,
				"%s: %" PRIu64 " windows are too many; set data.stride",
				w->table.path, total);
	if (!total)
		return quo_fail(err, QUO_USAGE,
				"%s: no recording that %s holds a window of %d samples; check "
				"data.test and data.length",
				w->table.path, test ? "tests" : "trains", (int)w->config->length);
	*x = quo_alloc(total, w->data.features, err);
	*y = quo_alloc(total, 1, err);
	if (!*x || !*y)
		return QUO_FAILED;
	for (uint64_t round = 0; at < total; round++) {
		uint32_t left = 0;
		for (uint32_t i = 0; i < active && at < total; i++) {
			const struct recording *r = w->order[i];
			memcpy(*x + (size_t)at * w->data.features,
			       w->array[r->array].scaled + (r->first + round * stride) * channels,
			       w->data.features);
			(*y)[at++] = (uint8_t)r->array;
			if (round + 1 < r->windows)
				w->order[left++] = r;
		}
		active = left;
	}
	*rows = (uint32_t)total;
	return QUO_OK;
}

static quo_status cut(struct windows *w, quo_err *err)
{
	const struct windows_config *config = w->config;
	quo_dataset *data = &w->data;

	*data = (quo_dataset){
		.n_dims = 3,
		.dim = { (uint32_t)config->length, 1, (uint32_t)w->channels },
		.features = (uint32_t)config->length * (uint32_t)w->channels,
		.classes = (uint32_t)config->common.classes,
		.is_signed = config->scale != QUO_SCALE_MIN_MAX,
	};
	QUO_TRY(cut_side(w, false, config->common.train_limit, &data->train_rows, &data->train_x,
			 &data->train_y, err));
	return cut_side(w, true, config->common.test_limit, &data->test_rows, &data->test_x,
			&data->test_y, err);
}

static quo_status read_and_cut(struct windows *w, quo_err *err)
{
	QUO_TRY(check_config(w->config, err));
	w->array = quo_alloc(w->config->arrays.n, sizeof *w->array, err);
	if (!w->array)
		return QUO_FAILED;
	for (uint32_t a = 0; a < w->config->arrays.n; a++)
		QUO_TRY(read_array(w, a, err));
	QUO_TRY(read_recordings(w, err));
	QUO_TRY(scale_arrays(w, err));
	return cut(w, err);
}

static quo_status load(void *self, uint64_t seed, quo_dataset *out, quo_err *err)
{
	struct windows w = { .config = ((quo__reader *)self)->config };

	(void)seed;
	quo_status status = read_and_cut(&w, err);
	for (uint32_t a = 0; w.array && a < w.config->arrays.n; a++) {
		quo_free(w.array[a].items);
		quo_free(w.array[a].scaled);
	}
	quo_free(w.array);
	quo__table_free(&w.table);
	quo_free(w.recording);
	quo_free(w.order);
	quo_free(w.number);
	if (status != QUO_OK) {
		quo_dataset_free(&w.data);
		return status;
	}
	return quo__dataset_finish(&w.data, "data (windows)", out, err);
}

static const quo_data_ops ops = { .life = { .init = quo__reader_init }, .load = load };

const quo_component quo__data_windows = {
	QUO_COMPONENT(QUO_KIND_DATA, &ops),
	.name = "windows",
	.summary = "sensor recordings cut into windows; split by whole recordings",
	.security = "as data.owner says; read by one process, shared before training",
	.wire_version = 1,
	.instance_size = sizeof(quo__reader),
	.config_size = sizeof(struct windows_config),
	.options = options,
};
