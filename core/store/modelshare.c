/* SPDX-License-Identifier: Apache-2.0 */
#include "store/modelshare.h"

#include <inttypes.h>
#include <string.h>

#include <quotient/bits.h>
#include <quotient/memory.h>

#include "store/input.h"
#include "store/sealed.h"
#include "text/buffer.h"

#define MAGIC "QUOSHARE"
#define VERSION 2
#define HEADER_BYTES 40
#define LAYER_BYTES 12
#define MAX_FILE_BYTES (UINT64_C(1) << 32)

quo_status quo_model_share_save(const char *path, const quo_model_share *model, quo_err *err)
{
	quo_buffer b = QUO_BUFFER_INIT;

	quo_buffer_add(&b, MAGIC, 8);
	quo_buffer_u32(&b, model->parts == 1 ? 1 : VERSION);
	quo_buffer_u32(&b, model->party);
	quo_buffer_u32(&b, model->parties);
	quo_buffer_u32(&b, model->n_layers);
	quo_buffer_add(&b, model->id, sizeof model->id);
	if (model->parts != 1)
		quo_buffer_u32(&b, model->parts);
	for (uint32_t i = 0; i < model->n_layers; i++) {
		quo_buffer_u32(&b, model->layers[i].rows);
		quo_buffer_u32(&b, model->layers[i].cols);
		quo_buffer_u32(&b, model->layers[i].width);
	}
	for (uint32_t i = 0; i < model->n_layers; i++) {
		const quo_model_layer *l = &model->layers[i];
		size_t words = model->parts * l->width * quo_words((size_t)l->rows * l->cols);
		for (size_t w = 0; w < words; w++)
			quo_buffer_u64(&b, l->planes[w]);
	}
	return quo_sealed_write(path, &b, err);
}

static uint64_t parts_of(const uint8_t *data)
{
	return quo_little_endian(data + 8, 4) == 1 ? 1 : quo_little_endian(data + HEADER_BYTES, 4);
}

static size_t header_bytes(const uint8_t *data)
{
	return HEADER_BYTES + (quo_little_endian(data + 8, 4) == 1 ? 0 : 4);
}

/* Header, sizes and digest of a whole file; nothing is allocated before they agree. */
static quo_status check(const char *path, const uint8_t *data, size_t n, quo_err *err)
{
	if (n < HEADER_BYTES + QUO_SEAL_BYTES || memcmp(data, MAGIC, 8) != 0)
		return quo_fail(err, QUO_USAGE, "%s: not a model share (no QUOSHARE at its start)",
				path);
	uint32_t version = (uint32_t)quo_little_endian(data + 8, 4);
	if (version < 1 || version > VERSION)
		return quo_fail(err, QUO_USAGE,
				"%s: version %" PRIu32 " of the model share format; this program "
				"reads versions 1 to %d",
				path, version, VERSION);
	uint64_t party = quo_little_endian(data + 12, 4), parties = quo_little_endian(data + 16, 4),
		 layers = quo_little_endian(data + 20, 4);
	if (parties < 1 || parties > 16 || party >= parties)
		return quo_fail(err, QUO_USAGE, "%s: byte 12: party %" PRIu64 " of %" PRIu64, path,
				party, parties);
	size_t head = header_bytes(data), left = n - HEADER_BYTES - QUO_SEAL_BYTES;
	uint64_t parts = parts_of(data);
	if (left < head - HEADER_BYTES || parts > QUO_MODEL_MAX_PARTS)
		return quo_fail(err, QUO_USAGE, "%s: byte 40: %" PRIu64 " parts; copy it again",
				path, parts);
	left -= head - HEADER_BYTES;
	if (layers > QUO_MODEL_MAX_LAYERS || layers * LAYER_BYTES > left)
		return quo_fail(err, QUO_USAGE,
				"%s: byte 20: %" PRIu64
				" layers do not fit the file; copy it again",
				path, layers);
	left -= (size_t)layers * LAYER_BYTES;
	for (uint64_t i = 0; i < layers; i++) {
		const uint8_t *p = data + head + i * LAYER_BYTES;
		uint64_t rows = quo_little_endian(p, 4), cols = quo_little_endian(p + 4, 4),
			 width = quo_little_endian(p + 8, 4), elements = rows * cols;
		if (width < 1 || width > 64 || elements == 0 || elements > (uint64_t)left * 8 ||
		    quo_words((size_t)elements) * width * 8 * parts > left)
			return quo_fail(err, QUO_USAGE,
					"%s: layer %" PRIu64 ": %" PRIu64 " x %" PRIu64
					" of %" PRIu64
					" planes does not fit the file; copy it again",
					path, i + 1, rows, cols, width);
		left -= quo_words((size_t)elements) * width * 8 * parts;
	}
	return quo_sealed_check(path, data, n, n - QUO_SEAL_BYTES - left, err);
}

static quo_status parse(const uint8_t *data, quo_model_share *out, quo_err *err)
{
	quo_model_share m = { .party = (uint32_t)quo_little_endian(data + 12, 4),
			      .parties = (uint32_t)quo_little_endian(data + 16, 4),
			      .n_layers = (uint32_t)quo_little_endian(data + 20, 4),
			      .parts = (uint32_t)parts_of(data) };
	const uint8_t *layer = data + header_bytes(data),
		      *p = layer + (size_t)m.n_layers * LAYER_BYTES;

	memcpy(m.id, data + 24, sizeof m.id);
	m.layers = quo_alloc(m.n_layers ? m.n_layers : 1, sizeof *m.layers, err);
	if (!m.layers)
		return QUO_FAILED;
	for (uint32_t i = 0; i < m.n_layers; i++, layer += LAYER_BYTES) {
		quo_model_layer *l = &m.layers[i];
		l->rows = (uint32_t)quo_little_endian(layer, 4);
		l->cols = (uint32_t)quo_little_endian(layer + 4, 4);
		l->width = (uint32_t)quo_little_endian(layer + 8, 4);
		size_t n = (size_t)l->rows * l->cols, words = quo_words(n);
		l->planes = quo_alloc(words * m.parts, l->width * sizeof *l->planes, err);
		if (!l->planes) {
			quo_model_share_free(&m);
			return QUO_FAILED;
		}
		for (size_t w = 0; w < words * l->width * m.parts; w++, p += 8)
			l->planes[w] = quo_little_endian(p, 8);
		/* Bits beyond the last element are 0 in every tensor. */
		for (uint32_t k = 0; n % 64 && k < l->width * m.parts; k++)
			l->planes[(k + 1) * words - 1] &= (UINT64_C(1) << (n % 64)) - 1;
	}
	*out = m;
	return QUO_OK;
}

quo_status quo_model_share_load(const char *path, quo_model_share *out, quo_err *err)
{
	uint8_t *data = NULL;
	size_t n = 0;
	quo_status status = quo_file_read(path, "a model share", MAX_FILE_BYTES, &data, &n, err);

	if (status == QUO_OK)
		status = check(path, data, n, err);
	if (status == QUO_OK)
		status = parse(data, out, err);
	quo_free(data);
	return status;
}

void quo_model_share_free(quo_model_share *m)
{
	for (uint32_t i = 0; m->layers && i < m->n_layers; i++)
		quo_free(m->layers[i].planes);
	quo_free(m->layers);
	*m = (quo_model_share){ 0 };
}
