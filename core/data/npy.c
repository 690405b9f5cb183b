/* SPDX-License-Identifier: Apache-2.0 */
/*
 * npy: NumPy arrays. Examples are [n, features], [n, h, w] or [n, h, w, c]; labels [n] or [n, 1],
 * integers.
 */
#include <inttypes.h>
#include <math.h>

#include "data/npy_header.h"
#include "data/scale.h"
#include "data/source.h"

enum npy_scale { NPY_AUTO, NPY_RAW, NPY_MIN_MAX, NPY_Z, NPY_LOG_Z };
static const char *const scales[] = { "auto", "raw", "min_max", "z", "log_z", NULL };

struct npy_config {
	quo_data_common common;
	quo_strings train, test;
	int scale;
};

static const quo_option options[] = {
	QUO_DATA_COMMON_OPTIONS(struct npy_config),
	QUO_OPTION(struct npy_config, train, QUO_OPT_STRINGS, NULL,
		   "two files: training examples and their labels, .npy or .npy.gz"),
	QUO_OPTION(struct npy_config, test, QUO_OPT_STRINGS, NULL,
		   "two files: test examples and their labels, .npy or .npy.gz"),
	QUO_OPTION(
		struct npy_config, scale, QUO_OPT_ENUM, "auto",
		"of each feature over the training rows: min_max, z or log_z; raw: integers -127..127 as they are; auto: "
		"bytes u1 halved as images, i1 as they are, all else min_max",
		.choices = scales),
	{ 0 },
};

struct npy_array {
	char path[QUO_SOURCE_PATH];
	quo__npy head;
	uint8_t *items;
	uint32_t rows;
	uint64_t features;
};

struct npy_half {
	struct npy_array x, y;
	int8_t *out_x;
	uint8_t *out_y;
};

struct npy {
	const struct npy_config *config;
	struct npy_half half[2]; /* training, test */
	uint32_t features;
	bool is_signed;
	double *number[2]; /* one feature of each half */
};

static quo_status read_array(const struct npy_config *config, const char *name, unsigned min_dims,
			     unsigned max_dims, struct npy_array *array, quo_err *err)
{
	quo__source source;

	quo_status status = quo__source_open(&source, &config->common, name, err);
	if (status == QUO_OK)
		status = quo__npy_read_header(&source, &array->head, err);
	if (status == QUO_OK && (array->head.n_dims < min_dims || array->head.n_dims > max_dims))
		status = quo_fail(
			err, QUO_USAGE,
			"%s: has %u dimensions, not %u to %u; are examples and labels swapped?",
			source.path, array->head.n_dims, min_dims, max_dims);
	if (status == QUO_OK)
		status = quo__source_rest(&source, "items", array->head.bytes, &array->items, err);
	if (status == QUO_OK) {
		array->features = 1;
		for (unsigned i = 1; i < array->head.n_dims; i++)
			array->features *=
				array->head
					.dim[i]; /* no overflow: the file holds that many items */
		if (array->head.dim[0] > UINT32_MAX || array->features > QUO_DATA_MAX_FEATURES)
			status = quo_fail(err, QUO_USAGE,
					  "%s: %" PRIu64 " rows of %" PRIu64 " values are too many",
					  source.path, array->head.dim[0], array->features);
		array->rows = (uint32_t)array->head.dim[0];
	}
	for (size_t i = 0; i < sizeof array->path; i++)
		array->path[i] = source.path[i];
	quo__source_close(&source);
	return status;
}

static quo_status read_labels(const struct npy_config *config, const char *name,
			      struct npy_half *half, quo_err *err)
{
	struct npy_array *y = &half->y;

	QUO_TRY(read_array(config, name, 1, 2, y, err));
	if (y->head.type == 'f' || y->features != 1)
		return quo_fail(err, QUO_USAGE, "%s: labels must be integers, one for each row",
				y->path);
	half->out_y = quo_alloc(y->rows, 1, err);
	if (!half->out_y)
		return QUO_FAILED;
	for (uint32_t i = 0; i < y->rows; i++) {
		double label = quo__npy_item(&y->head, y->items, i);
		if (label < 0 || label >= (double)config->common.classes)
			return quo_fail(err, QUO_USAGE,
					"%s: label %.0f of row %" PRIu32
					" is not in 0..%d (classes: %d)",
					y->path, label, i, (int)config->common.classes - 1,
					(int)config->common.classes);
		half->out_y[i] = (uint8_t)label;
	}
	return QUO_OK;
}

static quo_status read_half(const struct npy_config *config, const char *key,
			    const quo_strings *files, int64_t limit, struct npy_half *half,
			    quo_err *err)
{
	if (files->n != 2)
		return quo_fail(err, QUO_USAGE,
				"data.%s: wants two files, [examples, labels]; it names %" PRIu32,
				key, files->n);
	QUO_TRY(read_array(config, files->item[0], 2, 4, &half->x, err));
	QUO_TRY(read_labels(config, files->item[1], half, err));
	if (half->x.rows != half->y.rows)
		return quo_fail(err, QUO_USAGE,
				"data.%s: %s has %" PRIu32 " rows, %s has %" PRIu32
				" labels; they are not of one set",
				key, half->x.path, half->x.rows, half->y.path, half->y.rows);
	half->x.rows = quo__limit_rows(half->x.rows, limit);
	half->out_x = quo_alloc(half->x.rows, (size_t)half->x.features, err);
	return half->out_x ? QUO_OK : QUO_FAILED;
}

static quo_status same_shape(const struct npy *npy, quo_err *err)
{
	const struct npy_array *train = &npy->half[0].x, *test = &npy->half[1].x;
	bool same = train->head.n_dims == test->head.n_dims &&
		    train->head.type == test->head.type &&
		    train->head.item_bytes == test->head.item_bytes;

	for (unsigned i = 1; same && i < train->head.n_dims; i++)
		same = train->head.dim[i] == test->head.dim[i];
	return same ? QUO_OK
		    : quo_fail(err, QUO_USAGE,
			       "%s: differs from %s in shape beyond the rows, or in dtype",
			       test->path, train->path);
}

/* Bytes of images, and integers that are already what the network takes. */
static quo_status encode_direct(struct npy_half *half, bool halve, quo_err *err)
{
	const struct npy_array *x = &half->x;
	size_t n = (size_t)x->rows * (size_t)x->features;

	for (size_t i = 0; i < n; i++) {
		double value = quo__npy_item(&x->head, x->items, i);
		if (halve)
			value = (double)((int)value >> 1);
		/* An i1 holds -128, which sat() makes -127. */
		if (x->head.type == 'i' && x->head.item_bytes == 1 && value < -127)
			value = -127;
		if (!(value >= -127 && value <= 127) || value != floor(value))
			return quo_fail(
				err, QUO_USAGE,
				"%s: value %g at row %zu, feature %zu is not an integer in -127..127; set data.scale to "
				"min_max, z or log_z",
				x->path, value, i / (size_t)x->features, i % (size_t)x->features);
		half->out_x[i] = (int8_t)value;
	}
	return QUO_OK;
}

static quo_status encode_scaled(struct npy *npy, quo_column_scale scale, quo_err *err)
{
	for (int h = 0; h < 2; h++) {
		npy->number[h] = quo_alloc(npy->half[h].x.rows, sizeof *npy->number[h], err);
		if (!npy->number[h])
			return QUO_FAILED;
	}
	for (uint32_t f = 0; f < npy->features; f++) {
		for (int h = 0; h < 2; h++) {
			const struct npy_array *x = &npy->half[h].x;
			for (uint32_t i = 0; i < x->rows; i++) {
				double value = quo__npy_item(&x->head, x->items,
							     (size_t)i * npy->features + f);
				if (!quo__scale_accepts(scale, value))
					return quo_fail(err, QUO_USAGE,
							"%s: value %g at row %" PRIu32
							", feature %" PRIu32 ": %s",
							x->path, value, i, f,
							quo__scale_wants(scale));
				npy->number[h][i] = value;
			}
		}
		quo__scaler scaler = quo__scaler_fit(scale, npy->number[0], npy->half[0].x.rows);
		for (int h = 0; h < 2; h++)
			for (uint32_t i = 0; i < npy->half[h].x.rows; i++)
				npy->half[h].out_x[(size_t)i * npy->features + f] =
					quo__scaler_apply(&scaler, npy->number[h][i]);
	}
	return QUO_OK;
}

static quo_status encode(struct npy *npy, quo_err *err)
{
	const quo__npy *head = &npy->half[0].x.head;
	bool bytes = head->item_bytes == 1;
	enum npy_scale scale = (enum npy_scale)npy->config->scale;
	bool halve = scale == NPY_AUTO && bytes && head->type == 'u';

	if (scale == NPY_AUTO)
		scale = bytes ? NPY_RAW : NPY_MIN_MAX;
	if (scale == NPY_RAW) {
		npy->is_signed = head->type != 'u';
		QUO_TRY(encode_direct(&npy->half[0], halve, err));
		return encode_direct(&npy->half[1], halve, err);
	}
	npy->is_signed = scale != NPY_MIN_MAX;
	return encode_scaled(npy,
			     scale == NPY_MIN_MAX ? QUO_SCALE_MIN_MAX
			     : scale == NPY_Z     ? QUO_SCALE_Z
						  : QUO_SCALE_LOG_Z,
			     err);
}

static quo_status read_and_encode(struct npy *npy, quo_err *err)
{
	const struct npy_config *config = npy->config;

	QUO_TRY(read_half(config, "train", &config->train, config->common.train_limit,
			  &npy->half[0], err));
	QUO_TRY(read_half(config, "test", &config->test, config->common.test_limit, &npy->half[1],
			  err));
	QUO_TRY(same_shape(npy, err));
	npy->features = (uint32_t)npy->half[0].x.features;
	return encode(npy, err);
}

static quo_status load(void *self, uint64_t seed, quo_dataset *out, quo_err *err)
{
	/* Two paths of 4 KiB in each half: not on the stack of a caller we do not know. */
	struct npy *npy = quo_alloc(1, sizeof *npy, err);

	(void)seed;
	if (!npy)
		return QUO_FAILED;
	npy->config = ((quo__reader *)self)->config;
	quo_status status = read_and_encode(npy, err);
	const quo__npy *head = &npy->half[0].x.head;
	quo_dataset data = {
		.n_dims = head->n_dims == 2 ? 1 : 3,
		.dim = { (uint32_t)head->dim[1], head->n_dims > 2 ? (uint32_t)head->dim[2] : 1,
			 head->n_dims > 3 ? (uint32_t)head->dim[3] : 1 },
		.features = npy->features,
		.classes = (uint32_t)npy->config->common.classes,
		.is_signed = npy->is_signed,
		.train_rows = npy->half[0].x.rows,
		.test_rows = npy->half[1].x.rows,
		.train_x = npy->half[0].out_x,
		.train_y = npy->half[0].out_y,
		.test_x = npy->half[1].out_x,
		.test_y = npy->half[1].out_y,
	};
	for (int h = 0; h < 2; h++) {
		quo_free(npy->half[h].x.items);
		quo_free(npy->half[h].y.items);
		quo_free(npy->number[h]);
	}
	quo_free(npy);
	if (status != QUO_OK) {
		quo_dataset_free(&data);
		return status;
	}
	return quo__dataset_finish(&data, "data (npy)", out, err);
}

static const quo_data_ops ops = { .life = { .init = quo__reader_init }, .load = load };

const quo_component quo__data_npy = {
	QUO_COMPONENT(QUO_KIND_DATA, &ops),
	.name = "npy",
	.summary = "NumPy arrays of examples and labels, .npy or .npy.gz",
	.security = "as data.owner says; read by one process, shared before training",
	.wire_version = 1,
	.instance_size = sizeof(quo__reader),
	.config_size = sizeof(struct npy_config),
	.options = options,
};
