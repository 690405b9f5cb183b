/* SPDX-License-Identifier: Apache-2.0 */
#include "store/datashare.h"

#include <inttypes.h>
#include <string.h>

#include "store/input.h"
#include "store/sealed.h"
#include "text/buffer.h"

#define MAGIC "QUODSHAR"
#define VERSION 2
#define HEADER_BYTES 72
#define MAX_FILE_BYTES (UINT64_C(1) << 37)

/* ---- writing ---- */

static void add_words(quo_buffer *b, const uint32_t *words, size_t n)
{
	uint8_t *to = n ? quo_buffer_grow(b, n * sizeof *words) : NULL;

	for (size_t i = 0; to && i < n; i++)
		for (unsigned k = 0; k < 4; k++)
			to[4 * i + k] = (uint8_t)(words[i] >> (8 * k));
}

quo_status quo_data_share_save(const char *path, const quo_holding *in, const quo_data_share_id *id,
			       quo_err *err)
{
	const quo_data_shape *shape = &in->shape;
	const uint32_t head[9] = {
		shape->n_dims,    shape->dim[0],          shape->dim[1],
		shape->dim[2],    shape->features,        shape->classes,
		shape->is_signed, shape->rows[QUO_TRAIN], shape->rows[QUO_TEST]
	};
	quo_buffer b = QUO_BUFFER_INIT;

	quo_buffer_add(&b, MAGIC, 8);
	quo_buffer_u32(&b, in->parts == 1 ? 1 : VERSION);
	quo_buffer_u32(&b, id->party);
	quo_buffer_u32(&b, id->parties);
	quo_buffer_add(&b, id->id, sizeof id->id);
	for (int i = 0; i < 9; i++)
		quo_buffer_u32(&b, head[i]);
	if (in->parts != 1)
		quo_buffer_u32(&b, in->parts);
	for (int part = 0; part < QUO_PARTS; part++) {
		size_t rows = in->parts * (size_t)shape->rows[part];
		add_words(&b, in->x[part], rows * shape->features);
		quo_buffer_add(&b, in->y[part], rows * shape->classes);
	}
	return quo_sealed_write(path, &b, err);
}

/* ---- reading ---- */

static uint32_t word(const uint8_t *data, unsigned i)
{
	return (uint32_t)quo_little_endian(data + 4 * i, 4);
}

static quo_status check_head(const char *path, const uint8_t *data, size_t n, quo_data_share_id *id,
			     quo_data_shape *shape, quo_err *err)
{
	const uint8_t *p = data + 36;

	if (n < HEADER_BYTES + QUO_SEAL_BYTES || memcmp(data, MAGIC, 8) != 0)
		return quo_fail(err, QUO_USAGE, "%s: not a data share (no QUODSHAR at its start)",
				path);
	if (word(data, 2) < 1 || word(data, 2) > VERSION)
		return quo_fail(err, QUO_USAGE,
				"%s: version %" PRIu32
				" of the data share format; this program reads versions 1 to %d",
				path, word(data, 2), VERSION);
	id->party = word(data, 3);
	id->parties = word(data, 4);
	memcpy(id->id, data + 20, sizeof id->id);
	if (id->parties < 2 || id->parties > QUO_MAX_PARTIES || id->party >= id->parties)
		return quo_fail(err, QUO_USAGE, "%s: byte 12: party %" PRIu32 " of %" PRIu32, path,
				id->party, id->parties);
	*shape = (quo_data_shape){ .n_dims = (uint8_t)(word(p, 0) > 3 ? 0 : word(p, 0)),
				   .dim = { word(p, 1), word(p, 2), word(p, 3) },
				   .features = word(p, 4),
				   .classes = word(p, 5),
				   .is_signed = word(p, 6) != 0,
				   .rows = { word(p, 7), word(p, 8) } };
	if (!quo_data_shape_is_possible(shape))
		return quo_fail(err, QUO_USAGE,
				"%s: its header describes impossible dimensions; copy it again",
				path);
	return QUO_OK;
}

static uint32_t parts_of(const uint8_t *data)
{
	return word(data, 2) == 1 ? 1 : word(data + HEADER_BYTES, 0);
}

static size_t header_bytes(const uint8_t *data)
{
	return HEADER_BYTES + (word(data, 2) == 1 ? 0 : 4);
}

static quo_status check_whole(const char *path, const uint8_t *data, size_t n,
			      const quo_data_shape *shape, quo_err *err)
{
	uint64_t row = (uint64_t)shape->features * sizeof(uint32_t) + shape->classes, bytes;
	uint64_t rows = (uint64_t)shape->rows[QUO_TRAIN] + shape->rows[QUO_TEST];

	if (parts_of(data) > QUO_MAX_PARTS)
		return quo_fail(err, QUO_USAGE, "%s: byte 72: %" PRIu32 " parts; copy it again",
				path, parts_of(data));
	if (__builtin_mul_overflow(rows * parts_of(data), row, &bytes) || bytes > MAX_FILE_BYTES)
		bytes = 0;
	return quo_sealed_check(path, data, n, header_bytes(data) + bytes, err);
}

static quo_status parse(const uint8_t *p, const quo_data_shape *shape, unsigned parts,
			quo_holding *in, quo_err *err)
{
	QUO_TRY(quo_holding_allocate(in, shape, QUO_SHARED, parts, err));
	for (int part = 0; part < QUO_PARTS; part++) {
		size_t cells = parts * (size_t)shape->rows[part] * shape->features;
		size_t bits = parts * (size_t)shape->rows[part] * shape->classes;
		for (size_t i = 0; i < cells; i++, p += 4)
			in->x[part][i] = (uint32_t)p[0] | (uint32_t)p[1] << 8 |
					 (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
		for (size_t i = 0; i < bits; i++)
			in->y[part][i] = *p++ & 1;
	}
	return QUO_OK;
}

quo_status quo_data_share_load(const char *path, quo_holding *in, quo_data_share_id *id,
			       quo_err *err)
{
	quo_data_share_id own;
	quo_data_shape shape;
	uint8_t *data = NULL;
	size_t n = 0;

	QUO_TRY(quo_file_read(path, "a data share", MAX_FILE_BYTES, &data, &n, err));
	quo_status status = check_head(path, data, n, &own, &shape, err);
	if (status == QUO_OK)
		status = check_whole(path, data, n, &shape, err);
	if (status == QUO_OK)
		status = parse(data + header_bytes(data), &shape, parts_of(data), in, err);
	if (status == QUO_OK)
		*id = own;
	quo_free(data);
	return status;
}

/* ---- putting together ---- */

static bool same_shape(const quo_data_shape *a, const quo_data_shape *b)
{
	return a->n_dims == b->n_dims && !memcmp(a->dim, b->dim, sizeof a->dim) &&
	       a->features == b->features && a->classes == b->classes &&
	       a->is_signed == b->is_signed && !memcmp(a->rows, b->rows, sizeof a->rows);
}

quo_status quo_data_share_match(const quo_holding *part, const quo_data_share_id *id, int parties,
				quo_err *err)
{
	bool same = true;

	for (int i = 1; i < parties; i++)
		same = same && !memcmp(id[0].id, id[i].id, sizeof id[0].id) &&
		       same_shape(&part[0].shape, &part[i].shape);
	if (same)
		return QUO_OK;
	return quo_fail(err, QUO_USAGE,
			"data.files: the parties' shares are of two sharings or more (their ids or "
			"sizes differ); share the data again");
}

static void add_up(const quo_holding *part, int parties, const quo_sharing *sharing, int p,
		   uint32_t *x, uint8_t *y)
{
	const quo_data_shape *shape = &part[0].shape;
	size_t cells = (size_t)shape->rows[p] * shape->features;
	size_t bits = (size_t)shape->rows[p] * shape->classes;

	for (unsigned piece = 0; piece < sharing->pieces; piece++) {
		uint32_t *own_x;
		uint8_t *own_y;
		quo_holding_piece(part, parties, sharing, piece, (quo_subset)p, &own_x, &own_y);
		for (size_t i = 0; own_x && i < cells; i++)
			x[i] += own_x[i];
		for (size_t i = 0; own_y && i < bits; i++)
			y[i] ^= own_y[i];
	}
}

static quo_status join_part(const quo_holding *part, int parties, const quo_sharing *sharing, int p,
			    int8_t **x, uint8_t **y, quo_err *err)
{
	const quo_data_shape *shape = &part[0].shape;
	size_t cells = (size_t)shape->rows[p] * shape->features, classes = shape->classes;
	uint32_t *sum = quo_alloc(cells, sizeof *sum, err);
	uint8_t *labels = quo_alloc((size_t)shape->rows[p] * classes, 1, err);
	quo_status status = sum && labels ? QUO_OK : QUO_FAILED;

	if (status == QUO_OK)
		add_up(part, parties, sharing, p, sum, labels);
	*x = quo_alloc(cells, 1, err);
	*y = quo_alloc(shape->rows[p], 1, err);
	if (!*x || !*y)
		status = QUO_FAILED;
	for (size_t i = 0; status == QUO_OK && i < cells; i++) {
		int32_t v = (int32_t)sum[i];
		if (v < -127 || v > 127)
			status = quo_fail(err, QUO_USAGE,
					  "data shares: together they give %d at row %zu; values "
					  "lie in -127..127",
					  v, i / shape->features);
		(*x)[i] = (int8_t)v;
	}
	for (size_t r = 0; status == QUO_OK && r < shape->rows[p]; r++)
		for (size_t c = 0; c < classes; c++)
			if (labels[r * classes + c])
				(*y)[r] = (uint8_t)c;
	quo_free(sum);
	quo_free(labels);
	return status;
}

quo_status quo_data_share_join(const quo_holding *part, int parties, const quo_sharing *sharing,
			       quo_dataset *out, quo_err *err)
{
	const quo_data_shape *shape = &part[0].shape;
	quo_dataset data = { .n_dims = shape->n_dims,
			     .dim = { shape->dim[0], shape->dim[1], shape->dim[2] },
			     .features = shape->features,
			     .classes = shape->classes,
			     .is_signed = shape->is_signed,
			     .train_rows = shape->rows[QUO_TRAIN],
			     .test_rows = shape->rows[QUO_TEST] };

	quo_status status =
		join_part(part, parties, sharing, QUO_TRAIN, &data.train_x, &data.train_y, err);
	if (status == QUO_OK)
		status = join_part(part, parties, sharing, QUO_TEST, &data.test_x, &data.test_y,
				   err);
	if (status != QUO_OK)
		quo_dataset_free(&data);
	else
		*out = data;
	return status;
}
