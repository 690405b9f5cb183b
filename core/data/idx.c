/* SPDX-License-Identifier: Apache-2.0 */
/*
 * idx: MNIST's format. 00 00 08 <dims>, then big-endian 32-bit sizes, then bytes in C order. Images
 * are [n, h, w], [n, h, w, c] or rows [n, features]; labels [n].
 */
#include <inttypes.h>
#include <stdio.h>

#include "data/images.h"
#include "data/source.h"

struct idx_config {
	quo_data_common common;
	quo_strings train, test;
	int scale;
};

static const quo_option options[] = {
	QUO_DATA_COMMON_OPTIONS(struct idx_config),
	QUO_OPTION(struct idx_config, train, QUO_OPT_STRINGS, NULL,
		   "two files: training images and their labels, plain or .gz"),
	QUO_OPTION(struct idx_config, test, QUO_OPT_STRINGS, NULL,
		   "two files: test images and their labels, plain or .gz"),
	QUO_IMAGE_SCALE_OPTION(struct idx_config),
	{ 0 },
};

struct idx_array {
	uint32_t n_dims, dim[4];
	uint8_t *bytes;
};

/* Sizes, and their product; 0 dimensions and products over 2^64 are refused here. */
static quo_status read_header(quo__source *source, uint32_t min_dims, uint32_t max_dims,
			      struct idx_array *array, uint64_t *bytes, quo_err *err)
{
	uint8_t head[4], size[4];

	QUO_TRY(quo__source_read(source, "header", head, sizeof head, err));
	if (head[0] != 0 || head[1] != 0 || head[2] != 8)
		return quo_fail(
			err, QUO_USAGE,
			"%s: starts with %02x %02x %02x %02x, not with 00 00 08 (IDX of unsigned bytes); is it the "
			"right file?",
			source->path, head[0], head[1], head[2], head[3]);
	if (head[3] < min_dims || head[3] > max_dims)
		return quo_fail(err, QUO_USAGE,
				"%s: has %u dimensions, not %u%s; are images and labels swapped?",
				source->path, head[3], min_dims,
				max_dims > min_dims ? " to 4" : "");
	array->n_dims = head[3];
	*bytes = 1;
	for (uint32_t i = 0; i < array->n_dims; i++) {
		QUO_TRY(quo__source_read(source, "header", size, sizeof size, err));
		array->dim[i] = (uint32_t)size[0] << 24 | (uint32_t)size[1] << 16 |
				(uint32_t)size[2] << 8 | size[3];
		if (array->dim[i] == 0)
			return quo_fail(
				err, QUO_USAGE,
				"%s: dimension %u is 0; the file holds no data: name another one",
				source->path, i);
		if (__builtin_mul_overflow(*bytes, array->dim[i], bytes))
			return quo_fail(err, QUO_USAGE,
					"%s: its dimensions promise over 2^64 bytes; it is damaged",
					source->path);
	}
	return QUO_OK;
}

static quo_status read_array(quo__source *source, const char *what, uint32_t min_dims,
			     uint32_t max_dims, struct idx_array *array, quo_err *err)
{
	uint64_t bytes;

	QUO_TRY(read_header(source, min_dims, max_dims, array, &bytes, err));
	return quo__source_rest(source, what, bytes, &array->bytes, err);
}

static quo_status read_labels(quo__source *source, const struct idx_config *config,
			      struct idx_array *labels, quo_err *err)
{
	QUO_TRY(read_array(source, "labels", 1, 1, labels, err));
	for (uint32_t i = 0; i < labels->dim[0]; i++)
		if (labels->bytes[i] >= config->common.classes)
			return quo_fail(err, QUO_USAGE,
					"%s: label %u of row %" PRIu32 " (byte %" PRIu32
					") is not below classes: %d; "
					"set data.classes, or name another file",
					source->path, labels->bytes[i], i, i + 8,
					(int)config->common.classes);
	return QUO_OK;
}

/* Images and labels of one half; what was allocated is in the arrays even on failure. */
static quo_status read_pair(const struct idx_config *config, const char *key,
			    const quo_strings *files, struct idx_array *images,
			    struct idx_array *labels, quo_err *err)
{
	quo__source source;
	uint64_t features = 1;

	if (files->n != 2)
		return quo_fail(err, QUO_USAGE,
				"data.%s: wants two files, [images, labels]; it names %" PRIu32,
				key, files->n);
	quo_status status = quo__source_open(&source, &config->common, files->item[0], err);
	if (status == QUO_OK)
		status = read_array(&source, "images", 2, 4, images, err);
	quo__source_close(&source);
	QUO_TRY(status);
	for (uint32_t i = 1; i < images->n_dims; i++)
		features *= images->dim[i]; /* no overflow: the file holds that many bytes */
	if (features > QUO_DATA_MAX_FEATURES)
		return quo_fail(err, QUO_USAGE, "%s: %" PRIu64 " values per image, over %u",
				source.path, features, QUO_DATA_MAX_FEATURES);

	status = quo__source_open(&source, &config->common, files->item[1], err);
	if (status == QUO_OK)
		status = read_labels(&source, config, labels, err);
	quo__source_close(&source);
	QUO_TRY(status);
	if (images->dim[0] != labels->dim[0])
		return quo_fail(err, QUO_USAGE,
				"data.%s: %s has %" PRIu32 " images, %s has %" PRIu32
				" labels; they are not of one set",
				key, files->item[0], images->dim[0], files->item[1],
				labels->dim[0]);
	return QUO_OK;
}

static void image_shape(const struct idx_array *images, quo_dataset *data)
{
	data->n_dims = images->n_dims == 2 ? 1 : 3;
	data->dim[0] = images->dim[1];
	data->dim[1] = images->n_dims > 2 ? images->dim[2] : 1;
	data->dim[2] = images->n_dims > 3 ? images->dim[3] : 1;
	data->features = data->dim[0] * data->dim[1] * data->dim[2];
}

/* In rows [n, features] each feature is a channel of its own. */
static void encode(const struct idx_config *config, struct idx_array *train, struct idx_array *test,
		   quo_dataset *data)
{
	uint32_t channels = data->n_dims == 1 ? data->features : data->dim[2];

	quo__images_encode((quo__image_scale)config->scale, channels, train->bytes,
			   (size_t)data->train_rows * data->features,
			   (size_t)train->dim[0] * data->features, test->bytes,
			   (size_t)test->dim[0] * data->features);
	data->train_x = (int8_t *)train->bytes;
	data->test_x = (int8_t *)test->bytes;
	data->is_signed = config->scale == QUO_IMAGE_Z;
}

static quo_status load(void *self, uint64_t seed, quo_dataset *out, quo_err *err)
{
	const struct idx_config *config = ((quo__reader *)self)->config;
	struct idx_array array[4] = { { 0 } };
	quo_dataset data = { .classes = (uint32_t)config->common.classes };

	(void)seed;
	quo_status status = read_pair(config, "train", &config->train, &array[0], &array[1], err);
	if (status == QUO_OK)
		status = read_pair(config, "test", &config->test, &array[2], &array[3], err);
	if (status == QUO_OK) {
		quo_dataset test;
		image_shape(&array[0], &data);
		image_shape(&array[2], &test);
		if (data.n_dims != test.n_dims || data.dim[0] != test.dim[0] ||
		    data.dim[1] != test.dim[1] || data.dim[2] != test.dim[2])
			status = quo_fail(err, QUO_USAGE,
					  "data: training images are %" PRIu32 " x %" PRIu32
					  " x %" PRIu32 ", test images (%s) %" PRIu32 " x %" PRIu32
					  " x %" PRIu32 "; they must agree",
					  data.dim[0], data.dim[1], data.dim[2],
					  config->test.item[0], test.dim[0], test.dim[1],
					  test.dim[2]);
	}
	if (status != QUO_OK) {
		for (int i = 0; i < 4; i++)
			quo_free(array[i].bytes);
		return status;
	}
	data.train_rows = quo__limit_rows(array[0].dim[0], config->common.train_limit);
	data.test_rows = quo__limit_rows(array[2].dim[0], config->common.test_limit);
	encode(config, &array[0], &array[2], &data);
	data.train_y = array[1].bytes;
	data.test_y = array[3].bytes;
	return quo__dataset_finish(&data, "data (idx)", out, err);
}

static const quo_data_ops ops = { .life = { .init = quo__reader_init }, .load = load };

const quo_component quo__data_idx = {
	QUO_COMPONENT(QUO_KIND_DATA, &ops),
	.name = "idx",
	.summary = "images and labels in MNIST's IDX format, plain or .gz",
	.security = "as data.owner says; read by one process, shared before training",
	.wire_version = 1,
	.instance_size = sizeof(quo__reader),
	.config_size = sizeof(struct idx_config),
	.options = options,
};
