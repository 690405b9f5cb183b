/* SPDX-License-Identifier: Apache-2.0 */
/*
 * records: files of fixed-size records without a header, each a label and an image in planes, as in
 * CIFAR-10's binary version: a label byte, then height x width bytes of red, of green, of blue.
 * Examples are [height, width, channels], channels last.
 */
#include <inttypes.h>
#include <string.h>

#include "data/images.h"
#include "data/source.h"

#define RECORDS_MAX_BYTES (UINT64_C(1) << 32)

struct records_config {
	quo_data_common common;
	quo_strings train, test;
	int64_t height, width, channels, label_bytes;
	int scale;
};

static const quo_option options[] = {
	QUO_DATA_COMMON_OPTIONS(struct records_config),
	QUO_OPTION(struct records_config, train, QUO_OPT_STRINGS, NULL,
		   "files of training records, plain or .gz; one after the other"),
	QUO_OPTION(struct records_config, test, QUO_OPT_STRINGS, NULL,
		   "files of test records, plain or .gz"),
	QUO_OPTION(struct records_config, height, QUO_OPT_INT, "32", "rows of an image", .min = 1,
		   .max = 65536),
	QUO_OPTION(struct records_config, width, QUO_OPT_INT, "32", "columns of an image", .min = 1,
		   .max = 65536),
	QUO_OPTION(struct records_config, channels, QUO_OPT_INT, "3",
		   "planes of an image, one after the other in the file", .min = 1, .max = 65536),
	QUO_OPTION(
		struct records_config, label_bytes, QUO_OPT_INT, "1",
		"bytes before the image; the last of them is its class (CIFAR-100: 2, the fine one)",
		.min = 1, .max = 16),
	QUO_IMAGE_SCALE_OPTION(struct records_config),
	{ 0 },
};

struct records {
	const struct records_config *config;
	uint64_t features, record_bytes;
	quo_dataset data;
};

/* Append one file's records, bytes as they are, to x and y, which hold `rows`. */
static quo_status append(const struct records *r, const quo__source *source, const uint8_t *bytes,
			 uint64_t n, uint32_t *rows, int8_t **x, uint8_t **y, quo_err *err)
{
	const struct records_config *config = r->config;
	uint64_t plane = (uint64_t)config->height * (uint64_t)config->width;
	uint64_t channels = (uint64_t)config->channels, more = n / r->record_bytes;

	if (n % r->record_bytes)
		return quo_fail(err, QUO_USAGE,
				"%s: %" PRIu64 " bytes are not whole records of %" PRIu64
				" (%d of label, %d x %d x %d of image); it is damaged, or set "
				"data.height, width, channels, label_bytes",
				source->path, n, r->record_bytes, (int)config->label_bytes,
				(int)config->height, (int)config->width, (int)config->channels);
	if (more > UINT32_MAX - *rows)
		return quo_fail(err, QUO_USAGE, "%s: too many records", source->path);
	int8_t *all_x = quo_alloc(*rows + more, r->features, err);
	uint8_t *all_y = all_x ? quo_alloc(*rows + more, 1, err) : NULL;
	if (!all_y) {
		quo_free(all_x);
		return QUO_FAILED;
	}
	if (*rows) {
		memcpy(all_x, *x, *rows * r->features);
		memcpy(all_y, *y, *rows);
	}
	quo_free(*x);
	quo_free(*y);
	*x = all_x;
	*y = all_y;
	for (uint64_t i = 0; i < more; i++) {
		const uint8_t *image = bytes + i * r->record_bytes + config->label_bytes;
		int8_t *to = all_x + (*rows + i) * r->features;
		if (image[-1] >= config->common.classes)
			return quo_fail(err, QUO_USAGE,
					"%s: label %u of record %" PRIu64 " (byte %" PRIu64
					") is not below classes: %d; set data.classes, or "
					"name another file",
					source->path, image[-1], i,
					i * r->record_bytes + (uint64_t)config->label_bytes - 1,
					(int)config->common.classes);
		all_y[*rows + i] = image[-1];
		for (uint64_t c = 0; c < channels; c++)
			for (uint64_t p = 0; p < plane; p++)
				to[p * channels + c] = (int8_t)image[c * plane + p];
	}
	*rows += (uint32_t)more;
	return QUO_OK;
}

static quo_status read_side(const struct records *r, const quo_strings *files, int64_t limit,
			    uint32_t *rows, int8_t **x, uint8_t **y, quo_err *err)
{
	for (uint32_t i = 0; i < files->n; i++) {
		quo__source source;
		char *bytes = NULL;
		size_t n = 0;
		quo_status status =
			quo__source_open(&source, &r->config->common, files->item[i], err);
		if (status == QUO_OK)
			status = quo__source_all(&source, RECORDS_MAX_BYTES, &bytes, &n, err);
		if (status == QUO_OK)
			status = append(r, &source, (const uint8_t *)bytes, n, rows, x, y, err);
		quo_free(bytes);
		quo__source_close(&source);
		QUO_TRY(status);
	}
	*rows = quo__limit_rows(*rows, limit);
	return QUO_OK;
}

static quo_status read_both(struct records *r, quo_err *err)
{
	const struct records_config *config = r->config;
	quo_dataset *data = &r->data;

	/* No overflow: three numbers of at most 2^16. */
	r->features =
		(uint64_t)config->height * (uint64_t)config->width * (uint64_t)config->channels;
	r->record_bytes = r->features + (uint64_t)config->label_bytes;
	if (r->features > QUO_DATA_MAX_FEATURES)
		return quo_fail(err, QUO_USAGE, "data: images of %" PRIu64 " values, over %u",
				r->features, QUO_DATA_MAX_FEATURES);
	*data = (quo_dataset){
		.n_dims = 3,
		.dim = { (uint32_t)config->height, (uint32_t)config->width,
			 (uint32_t)config->channels },
		.features = (uint32_t)r->features,
		.classes = (uint32_t)config->common.classes,
	};
	QUO_TRY(read_side(r, &config->train, config->common.train_limit, &data->train_rows,
			  &data->train_x, &data->train_y, err));
	QUO_TRY(read_side(r, &config->test, config->common.test_limit, &data->test_rows,
			  &data->test_x, &data->test_y, err));
	data->is_signed = config->scale == QUO_IMAGE_Z;
	size_t n_train = data->train_rows * r->features, n_test = data->test_rows * r->features;
	quo__images_encode((quo__image_scale)config->scale, data->dim[2], (uint8_t *)data->train_x,
			   n_train, n_train, (uint8_t *)data->test_x, n_test);
	return QUO_OK;
}

static quo_status load(void *self, uint64_t seed, quo_dataset *out, quo_err *err)
{
	struct records r = { .config = ((quo__reader *)self)->config };

	(void)seed;
	quo_status status = read_both(&r, err);
	if (status != QUO_OK) {
		quo_dataset_free(&r.data);
		return status;
	}
	return quo__dataset_finish(&r.data, "data (records)", out, err);
}

static const quo_data_ops ops = { .life = { .init = quo__reader_init }, .load = load };

const quo_component quo__data_records = {
	QUO_COMPONENT(QUO_KIND_DATA, &ops),
	.name = "records",
	.summary = "binary records of a label and an image in planes, as CIFAR-10's, plain or .gz",
	.security = "as data.owner says; read by one process, shared before training",
	.wire_version = 1,
	.instance_size = sizeof(quo__reader),
	.config_size = sizeof(struct records_config),
	.options = options,
};
