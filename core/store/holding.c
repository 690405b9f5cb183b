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

quo_ownership quo_ownership_of(const quo_data_common *data, const quo_instance *protocol)
{
	const quo_protocol_ops *ops = quo_protocol(protocol);
	bool dealer = data->owner == QUO_OWNER_DEALER;
	int party = dealer ? 0 : data->owner - QUO_OWNER_0;

	if (ops->parties == 1)
		return (quo_ownership){ .owner = 0 };
	return (quo_ownership){ .owner = dealer || !ops->owned ? QUO_SHARED : party,
				.reader = party,
				.dealer = dealer };
}

quo_status quo_holding_allocate(quo_holding *in, const quo_data_shape *shape, int owner,
				unsigned parts, quo_err *err)
{
	*in = (quo_holding){ .shape = *shape, .owner = (int8_t)owner, .parts = parts };
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
		in->x[part] = map_bytes(parts * (size_t)cells * sizeof(uint32_t),
					&in->mapped_bytes[part][0], err);
		in->y[part] = map_bytes(parts * (size_t)shape->rows[part] * shape->classes,
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

	QUO_TRY(quo_holding_allocate(in, &shape, owner, 1, err));
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

/* ---- dealing ---- */

void quo_holding_piece(const quo_holding *in, int parties, const quo_sharing *sharing,
		       unsigned piece, quo_subset part, uint32_t **x, uint8_t **y)
{
	const quo_data_shape *shape = &in[0].shape;

	for (int i = 0; i < parties; i++)
		for (unsigned k = 0; k < sharing->parts[i]; k++)
			if (sharing->piece[i][k] == piece) {
				size_t rows = (size_t)k * shape->rows[part];
				*x = in[i].x[part] + rows * shape->features;
				*y = in[i].y[part] + rows * shape->classes;
				return;
			}
	*x = NULL;
	*y = NULL;
}

/* Values minus all pieces but the first into piece 0, which stands in x and y; the others are drawn here. */
static void split(const quo_holding *in, int parties, const quo_sharing *sharing, quo_subset subset,
		  const quo_dataset *data, quo_rng *rng)
{
	const int8_t *values = subset == QUO_TRAIN ? data->train_x : data->test_x;
	const uint8_t *labels = subset == QUO_TRAIN ? data->train_y : data->test_y;
	const quo_data_shape *shape = &in[0].shape;
	size_t cells = (size_t)shape->rows[subset] * shape->features;
	size_t bits = (size_t)shape->rows[subset] * shape->classes;
	uint32_t *x, *own_x;
	uint8_t *y, *own_y;

	quo_holding_piece(in, parties, sharing, 0, subset, &x, &y);
	for (size_t i = 0; i < cells; i++)
		x[i] = (uint32_t)(int32_t)values[i];
	for (size_t r = 0; r < shape->rows[subset]; r++)
		y[r * shape->classes + labels[r]] ^= 1;
	for (unsigned p = 1; p < sharing->pieces; p++) {
		quo_holding_piece(in, parties, sharing, p, subset, &own_x, &own_y);
		quo_rng_bytes(rng, own_x, cells * sizeof *own_x);
		quo_rng_bytes(rng, own_y, bits);
		for (size_t i = 0; i < cells; i++)
			x[i] -= own_x[i];
		for (size_t i = 0; i < bits; i++)
			y[i] ^= own_y[i] &= 1;
	}
}

/* Each piece to the other parties that hold it. */
static void copy_pieces(const quo_holding *in, int parties, const quo_sharing *sharing,
			quo_subset subset)
{
	const quo_data_shape *shape = &in[0].shape;
	size_t cells = (size_t)shape->rows[subset] * shape->features;
	size_t bits = (size_t)shape->rows[subset] * shape->classes;

	for (int i = 0; i < parties; i++)
		for (unsigned k = 0; k < sharing->parts[i]; k++) {
			uint32_t *x, *to_x = in[i].x[subset] + k * cells;
			uint8_t *y, *to_y = in[i].y[subset] + k * bits;
			quo_holding_piece(in, parties, sharing, sharing->piece[i][k], subset, &x,
					  &y);
			if (y == to_y) /* it stands here */
				continue;
			memcpy(to_x, x, cells * sizeof *x);
			memcpy(to_y, y, bits);
		}
}

quo_status quo_holding_deal(quo_holding *in, int parties, const quo_sharing *sharing,
			    const quo_dataset *data, quo_err *err)
{
	quo_data_shape shape = quo_data_shape_of(data);
	quo_rng *rng = quo_rng_new(err);
	quo_status status = rng ? QUO_OK : QUO_FAILED;

	for (int i = 0; i < parties; i++)
		in[i] = (quo_holding){ 0 };
	for (int i = 0; i < parties && status == QUO_OK; i++)
		status = quo_holding_allocate(&in[i], &shape, QUO_SHARED, sharing->parts[i], err);
	for (quo_subset subset = QUO_TRAIN; subset < QUO_PARTS && status == QUO_OK; subset++) {
		split(in, parties, sharing, subset, data, rng);
		copy_pieces(in, parties, sharing, subset);
	}
	for (int i = 0; i < parties && status != QUO_OK; i++)
		quo_holding_free(&in[i]);
	quo_rng_free(rng);
	return status;
}

/* ---- between processes ---- */

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
		size_t rows = in->parts * (size_t)in->shape.rows[part];
		QUO_TRY(quo_channel_send(peer, in->x[part],
					 rows * in->shape.features * sizeof(uint32_t), err));
		QUO_TRY(quo_channel_send(peer, in->y[part], rows * in->shape.classes, err));
	}
	return quo_channel_flush(peer, err);
}

static quo_status recv_part(quo_channel *peer, quo_holding *in, quo_err *err)
{
	for (int part = 0; part < QUO_PARTS; part++) {
		size_t rows = in->parts * (size_t)in->shape.rows[part];
		size_t bits = rows * in->shape.classes;
		QUO_TRY(quo_channel_recv(peer, in->x[part],
					 rows * in->shape.features * sizeof(uint32_t), err));
		QUO_TRY(quo_channel_recv(peer, in->y[part], bits, err));
		for (size_t i = 0; i < bits; i++)
			in->y[part][i] &= 1;
	}
	return QUO_OK;
}

static quo_status receive(quo_holding *in, quo_channel *reader, unsigned parts,
			  const quo_ownership *who, quo_err *err)
{
	quo_data_shape shape;

	QUO_TRY(recv_shape(reader, &shape, err));
	if (who->owner != QUO_SHARED) {
		quo_holding_empty(in, &shape, who->owner);
		return QUO_OK;
	}
	QUO_TRY(quo_holding_allocate(in, &shape, QUO_SHARED, parts, err));
	return recv_part(reader, in, err);
}

static quo_status deal_to_all(quo_holding *in, quo_mesh *mesh, const quo_sharing *sharing,
			      const quo_dataset *data, quo_err *err)
{
	quo_holding all[QUO_MAX_PARTIES];
	int parties = quo_mesh_parties(mesh), me = quo_mesh_me(mesh);
	quo_status status = quo_holding_deal(all, parties, sharing, data, err);

	for (int i = 0; i < parties && status == QUO_OK; i++)
		if (i != me)
			status = send_part(quo_mesh_to(mesh, i), &all[i], err);
	for (int i = 0; i < parties; i++)
		if (i != me)
			quo_holding_free(&all[i]);
	*in = all[me];
	return status;
}

quo_status quo_holding_exchange(quo_holding *in, quo_mesh *mesh, const quo_sharing *sharing,
				const quo_ownership *who, const quo_dataset *data, quo_err *err)
{
	int me = quo_mesh_me(mesh);

	*in = (quo_holding){ 0 };
	if (me != who->reader)
		return receive(in, quo_mesh_to(mesh, who->reader), sharing->parts[me], who, err);
	quo_data_shape shape = quo_data_shape_of(data);
	for (int i = 0; i < quo_mesh_parties(mesh); i++)
		if (i != me)
			QUO_TRY(send_shape(quo_mesh_to(mesh, i), &shape, err));
	QUO_TRY(quo_mesh_flush(mesh, err));
	return who->owner == QUO_SHARED ? deal_to_all(in, mesh, sharing, data, err)
					: quo_holding_own(in, data, who->owner, err);
}

/* ---- batches ---- */

static void take_rows(const uint32_t *from, size_t features, const uint32_t *order, uint32_t first,
		      uint32_t n, uint32_t *to)
{
	for (uint32_t i = 0; i < n; i++) {
		size_t row = order ? order[i] : first + i;
		memcpy(to + i * features, from + row * features, features * sizeof *to);
	}
}

static void take_labels(const uint8_t *from, size_t classes, const uint32_t *order, uint32_t first,
			uint32_t n, uint64_t *to)
{
	for (uint32_t i = 0; i < n; i++) {
		size_t row = order ? order[i] : first + i;
		for (size_t c = 0; c < classes; c++) {
			size_t e = i * classes + c;
			to[e / 64] |= (uint64_t)from[row * classes + c] << (e % 64);
		}
	}
}

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
	for (unsigned k = 0; k < in->parts; k++) {
		quo_tensor x_part = quo_part(*x, k), y_part = quo_part(*y, k);
		size_t rows = in->shape.rows[part];
		take_rows(in->x[part] + k * rows * features, features, order, first, n, x_part.a);
		take_labels(in->y[part] + k * rows * classes, classes, order, first, n, y_part.b);
	}
	return QUO_OK;
}
