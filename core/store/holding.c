/* SPDX-License-Identifier: Apache-2.0 */
#include "store/holding.h"

#include <string.h>
#include <sys/mman.h>

#define MAX_INPUT_BYTES (UINT64_C(1) << 36)

quo_data_shape quo_data_shape_of(const quo_dataset *data)
{
	quo_data_shape shape = { .n_dims = data->n_dims,
				 .features = data->features,
				 .classes = data->classes,
				 .is_signed = data->is_signed,
				 .rows = { data->train_rows, data->test_rows } };

	memcpy(shape.dim, data->dim, sizeof shape.dim);
	return shape;
}

static void *map_bytes(size_t bytes, size_t *mapped, quo_err *err)
{
	void *p = mmap(NULL, bytes ? bytes : 1, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		       -1, 0);

	if (p == MAP_FAILED) {
		quo_fail(err, QUO_FAILED, "out of memory: %zu bytes for shares of the data", bytes);
		return NULL;
	}
	*mapped = bytes ? bytes : 1;
	return p;
}

/* Whether a part's values and labels are few enough to be held. */
static bool fits(const quo_data_shape *shape, int part)
{
	uint64_t rows = shape->rows[part];

	return rows * shape->features <= MAX_INPUT_BYTES / sizeof(uint32_t) &&
	       rows * shape->classes <= MAX_INPUT_BYTES;
}

quo_status quo_holding_allocate(quo_holding *in, const quo_data_shape *shape, int owner,
				quo_err *err)
{
	*in = (quo_holding){ .shape = *shape, .owner = (int8_t)owner };
	for (int part = 0; part < QUO_PARTS; part++) {
		uint64_t cells = (uint64_t)shape->rows[part] * shape->features;
		if (!fits(shape, part)) {
			quo_holding_free(in);
			return quo_fail(
				err, QUO_FAILED,
				"the data has %llu values and %llu is the limit; use fewer rows",
				(unsigned long long)cells,
				(unsigned long long)(MAX_INPUT_BYTES / sizeof(uint32_t)));
		}
		in->x[part] = map_bytes((size_t)cells * sizeof(uint32_t),
					&in->mapped_bytes[part][0], err);
		in->y[part] = map_bytes((size_t)shape->rows[part] * shape->classes,
					&in->mapped_bytes[part][1], err);
		if (!in->x[part] || !in->y[part]) {
			quo_holding_free(in);
			return QUO_FAILED;
		}
	}
	return QUO_OK;
}

void quo_holding_free(quo_holding *in)
{
	for (int part = 0; part < QUO_PARTS; part++) {
		/* No wipe: after a fork the pages may be the other party's; the last munmap returns
		 * them to the kernel, which clears pages before it hands them out. */
		if (in->x[part])
			munmap(in->x[part], in->mapped_bytes[part][0]);
		if (in->y[part])
			munmap(in->y[part], in->mapped_bytes[part][1]);
	}
	*in = (quo_holding){ 0 };
}

quo_status quo_holding_own(quo_holding *in, const quo_dataset *data, int owner, quo_err *err)
{
	quo_data_shape shape = quo_data_shape_of(data);
	const int8_t *x[QUO_PARTS] = { data->train_x, data->test_x };
	const uint8_t *y[QUO_PARTS] = { data->train_y, data->test_y };

	QUO_TRY(quo_holding_allocate(in, &shape, owner, err));
	for (int part = 0; part < QUO_PARTS; part++) {
		for (size_t i = 0; i < (size_t)shape.rows[part] * shape.features; i++)
			in->x[part][i] = (uint32_t)(int32_t)x[part][i];
		for (size_t r = 0; r < shape.rows[part]; r++)
			in->y[part][r * shape.classes + y[part][r]] = 1;
	}
	return QUO_OK;
}

void quo_holding_empty(quo_holding *in, const quo_data_shape *shape, int owner)
{
	*in = (quo_holding){ .shape = *shape, .owner = (int8_t)owner };
}

/* in[0] = values - in[1], with in[1] random: additive and XOR sharing. */
static void split(quo_holding *in, const quo_dataset *data, quo_rng *rng)
{
	const int8_t *x[QUO_PARTS] = { data->train_x, data->test_x };
	const uint8_t *y[QUO_PARTS] = { data->train_y, data->test_y };
	const quo_data_shape *shape = &in[0].shape;

	for (int part = 0; part < QUO_PARTS; part++) {
		size_t cells = (size_t)shape->rows[part] * shape->features;
		size_t bits = (size_t)shape->rows[part] * shape->classes;
		quo_rng_bytes(rng, in[1].x[part], cells * sizeof(uint32_t));
		quo_rng_bytes(rng, in[1].y[part], bits);
		for (size_t i = 0; i < cells; i++)
			in[0].x[part][i] = (uint32_t)(int32_t)x[part][i] - in[1].x[part][i];
		for (size_t i = 0; i < bits; i++)
			in[0].y[part][i] = in[1].y[part][i] &= 1;
		for (size_t r = 0; r < shape->rows[part]; r++)
			in[0].y[part][r * shape->classes + y[part][r]] ^= 1;
	}
}

quo_status quo_holding_deal(quo_holding in[2], const quo_dataset *data, quo_err *err)
{
	quo_data_shape shape = quo_data_shape_of(data);
	quo_rng *rng = quo_rng_new(err);

	in[0] = in[1] = (quo_holding){ 0 };
	if (!rng)
		return QUO_FAILED;
	quo_status status = quo_holding_allocate(&in[0], &shape, QUO_SHARED, err);
	if (status == QUO_OK)
		status = quo_holding_allocate(&in[1], &shape, QUO_SHARED, err);
	if (status == QUO_OK)
		split(in, data, rng);
	else
		quo_holding_free(&in[0]);
	quo_rng_free(rng);
	return status;
}

/* ---- between two processes ---- */

bool quo_data_shape_is_possible(const quo_data_shape *shape)
{
	uint64_t features = 1;

	if (shape->n_dims != 1 && shape->n_dims != 3)
		return false;
	for (unsigned i = 0; i < shape->n_dims; i++) {
		features *= shape->dim[i];
		if (!shape->dim[i] || features > UINT32_MAX)
			return false;
	}
	return features == shape->features && shape->classes >= 2 && shape->classes <= 256 &&
	       fits(shape, QUO_TRAIN) && fits(shape, QUO_TEST) &&
	       (shape->rows[QUO_TRAIN] || shape->rows[QUO_TEST]);
}

enum { SHAPE_WORDS = 9 };

static quo_status send_shape(quo_channel *peer, const quo_data_shape *shape, quo_err *err)
{
	uint32_t wire[SHAPE_WORDS] = { shape->n_dims,        shape->dim[0],
				       shape->dim[1],        shape->dim[2],
				       shape->features,      shape->classes,
				       shape->is_signed,     shape->rows[QUO_TRAIN],
				       shape->rows[QUO_TEST] };

	return quo_channel_send(peer, wire, sizeof wire, err);
}

static quo_status recv_shape(quo_channel *peer, quo_data_shape *shape, quo_err *err)
{
	uint32_t wire[SHAPE_WORDS];

	QUO_TRY(quo_channel_recv(peer, wire, sizeof wire, err));
	*shape = (quo_data_shape){ .n_dims = (uint8_t)(wire[0] > 3 ? 0 : wire[0]),
				   .dim = { wire[1], wire[2], wire[3] },
				   .features = wire[4],
				   .classes = wire[5],
				   .is_signed = wire[6] != 0,
				   .rows = { wire[7], wire[8] } };
	if (quo_data_shape_is_possible(shape))
		return QUO_OK;
	return quo_fail(
		err, QUO_FAILED,
		"the other party describes data of impossible dimensions, or of more than %llu "
		"values; use fewer rows, or check that both run the same release",
		(unsigned long long)(MAX_INPUT_BYTES / sizeof(uint32_t)));
}

static quo_status send_part(quo_channel *peer, quo_holding *in, quo_err *err)
{
	for (int part = 0; part < QUO_PARTS; part++) {
		size_t rows = in->shape.rows[part];
		QUO_TRY(quo_channel_send(peer, in->x[part],
					 rows * in->shape.features * sizeof(uint32_t), err));
		QUO_TRY(quo_channel_send(peer, in->y[part], rows * in->shape.classes, err));
	}
	return quo_channel_flush(peer, err);
}

static quo_status recv_part(quo_channel *peer, quo_holding *in, quo_err *err)
{
	for (int part = 0; part < QUO_PARTS; part++) {
		size_t bits = (size_t)in->shape.rows[part] * in->shape.classes;
		QUO_TRY(quo_channel_recv(
			peer, in->x[part],
			(size_t)in->shape.rows[part] * in->shape.features * sizeof(uint32_t), err));
		QUO_TRY(quo_channel_recv(peer, in->y[part], bits, err));
		for (size_t i = 0; i < bits; i++)
			in->y[part][i] &= 1;
	}
	return QUO_OK;
}

quo_status quo_holding_exchange(quo_holding *in, quo_channel *peer, int party,
				const quo_dataset *data, int reader, bool shared, quo_err *err)
{
	int owner = shared ? QUO_SHARED : reader;
	quo_data_shape shape;

	*in = (quo_holding){ 0 };
	if (party != reader) {
		QUO_TRY(recv_shape(peer, &shape, err));
		if (!shared) {
			quo_holding_empty(in, &shape, owner);
			return QUO_OK;
		}
		QUO_TRY(quo_holding_allocate(in, &shape, owner, err));
		return recv_part(peer, in, err);
	}
	shape = quo_data_shape_of(data);
	QUO_TRY(send_shape(peer, &shape, err));
	if (!shared) {
		QUO_TRY(quo_channel_flush(peer, err));
		return quo_holding_own(in, data, owner, err);
	}
	quo_holding both[2];
	QUO_TRY(quo_holding_deal(both, data, err));
	quo_status status = send_part(peer, &both[1 - reader], err);
	quo_holding_free(&both[1 - reader]);
	*in = both[reader];
	return status;
}

/* ---- batches ---- */

quo_status quo_holding_batch(const quo_holding *in, quo_session *s, quo_subset part,
			     const uint32_t *order, uint32_t first, uint32_t n, quo_tensor **x,
			     quo_tensor **y, quo_err *err)
{
	uint32_t dim[QUO_MAX_DIMS] = { n, in->shape.dim[0], in->shape.dim[1], in->shape.dim[2] };
	uint32_t label_dim[2] = { n, in->shape.classes };
	quo_spec x_spec = quo_spec_arith(32, in->shape.n_dims + 1u, dim);
	quo_spec y_spec = quo_spec_bits(1, false, 2, label_dim);
	size_t features = in->shape.features, classes = in->shape.classes;

	x_spec.owner = y_spec.owner = in->owner;
	*x = quo_temp(s, x_spec, err);
	*y = quo_temp(s, y_spec, err);
	if (!*x || !*y)
		return QUO_FAILED;
	if (quo_is_dry(s) || !in->x[part])
		return QUO_OK;
	for (uint32_t i = 0; i < n; i++) {
		size_t row = order ? order[i] : first + i;
		memcpy((*x)->a + i * features, in->x[part] + row * features,
		       features * sizeof(uint32_t));
		for (size_t c = 0; c < classes; c++) {
			size_t e = i * classes + c;
			(*y)->b[e / 64] |= (uint64_t)in->y[part][row * classes + c] << (e % 64);
		}
	}
	return QUO_OK;
}
