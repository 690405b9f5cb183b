/* SPDX-License-Identifier: Apache-2.0 */
#include "store/examples.h"

#include <quotient/memory.h>

#include "data/npy_header.h"
#include "store/input.h"

#define MAX_FILE_BYTES (UINT64_C(1) << 34)

static quo_status check(const char *path, const quo__npy *npy, quo_err *err)
{
	uint64_t rows = npy->dim[0];

	if (npy->item_bytes != 1 || npy->n_dims < 2)
		return quo_fail(err, QUO_USAGE,
				"%s: examples are an array of int8, or of bytes for images, [rows, "
				"features] or [rows, h, w, c]; this is another array",
				path);
	if (rows > UINT32_MAX || npy->bytes / rows > QUO_DATA_MAX_FEATURES)
		return quo_fail(err, QUO_USAGE, "%s: %llu rows of %llu values are too many", path,
				(unsigned long long)rows, (unsigned long long)(npy->bytes / rows));
	return QUO_OK;
}

static quo_status convert(const char *path, const quo__npy *npy, const uint8_t *items,
			  quo_dataset *data, quo_err *err)
{
	data->test_x = quo_alloc((size_t)npy->bytes, 1, err);
	data->test_y = quo_alloc(data->test_rows, 1, err);
	if (!data->test_x || !data->test_y)
		return QUO_FAILED;
	for (size_t i = 0; i < npy->bytes; i++) {
		data->test_x[i] = data->is_signed ? (int8_t)items[i] : (int8_t)(items[i] >> 1);
		if (data->test_x[i] == INT8_MIN)
			return quo_fail(err, QUO_USAGE,
					"%s: row %zu, value %zu is -128; examples lie in -127..127",
					path, i / data->features, i % data->features);
	}
	return QUO_OK;
}

quo_status quo_examples_load(const char *path, uint32_t classes, quo_dataset *out, quo_err *err)
{
	uint8_t *bytes = NULL;
	size_t n, at;
	quo__npy npy;

	QUO_TRY(quo_file_read(path, "a file of examples", MAX_FILE_BYTES, &bytes, &n, err));
	quo_status status = quo__npy_parse(path, bytes, n, &npy, &at, err);
	if (status == QUO_OK)
		status = check(path, &npy, err);
	if (status != QUO_OK) {
		quo_free(bytes);
		return status;
	}
	bool images = npy.n_dims > 2;
	quo_dataset data = { .n_dims = images ? 3 : 1,
			     .dim = { (uint32_t)npy.dim[1], images ? (uint32_t)npy.dim[2] : 1,
				      npy.n_dims > 3 ? (uint32_t)npy.dim[3] : 1 },
			     .features = (uint32_t)(npy.bytes / npy.dim[0]),
			     .classes = classes,
			     .is_signed = npy.type == 'i',
			     .test_rows = (uint32_t)npy.dim[0] };
	status = convert(path, &npy, bytes + at, &data, err);
	quo_free(bytes);
	if (status != QUO_OK)
		quo_dataset_free(&data);
	else
		*out = data;
	return status;
}
