/* SPDX-License-Identifier: Apache-2.0 */
#include "numerics/step.h"

#include "numerics/parts.h"
#include "numerics/rules.h"

/* Integers of weights that an earlier step made went with its temporaries. */
static void forget_integers(quo_network *net)
{
	for (uint32_t i = 0; i < net->n_layers; i++)
		net->layer[i].t.arith = NULL;
}

static quo_status add_skip(quo_network *net, quo_session *s, quo_net_stage *st, quo_tensor *z,
			   quo_err *err)
{
	quo_net_skip *skip = &st->skip;
	quo_value *a = &net->stage[skip->from].a;
	const quo_tensor *x;

	if (skip->projection) {
		quo_net_layer *p = skip->projection;
		const quo_layer_ops *ops = quo_layer(p->layer);
		quo_tensor *own = quo__temp_arith(s, &st->z, z->spec.dim[0], p->z_width, err);
		if (!own)
			return QUO_FAILED;
		QUO_TRY(ops->forward(p->layer->self, s, a, &p->t, own, err));
		x = own;
	} else {
		QUO_TRY(quo_value_arith(s, a, &x, err));
	}
	quo_tensor_add(z, x, (unsigned)skip->shift);
	return quo_trace(s, skip->where, "Z", z, err);
}

/* Z of a stage, all elements of its windows: the linear layer and the skip, with the input kept in st->a. */
static quo_status linear(quo_network *net, quo_session *s, quo_net_stage *st, quo_value a,
			 const quo_tensor **part, quo_err *err)
{
	quo_net_layer *l = st->linear;
	const quo_layer_ops *ops = quo_layer(l->layer);
	const quo_tensor *any = a.arith ? a.arith : a.bits;

	st->a = a;
	st->a.ring = st->a_ring;
	quo_tensor *z = quo__temp_arith(s, &st->z, any->spec.dim[0], l->z_width, err);
	if (!z)
		return QUO_FAILED;
	QUO_TRY(ops->forward(l->layer->self, s, &st->a, &l->t, z, err));
	QUO_TRY(quo_trace(s, l->where, "Z", z, err));
	if (st->skip.layer)
		QUO_TRY(add_skip(net, s, st, z, err));
	return quo__window_gather(s, st, z, part, err);
}

static quo_status activate(quo_session *s, quo_net_stage *st, const quo_tensor *const *part,
			   const quo_tensor *y, quo_tensor **a, quo_tensor **e, quo_err *err)
{
	uint32_t rows = part[0]->spec.dim[0];
	quo_map_job job = { .circuit = st->activate, .n = part[0]->n };

	*a = quo__temp_bits(s, &st->out, rows, 7, false, err);
	if (!*a)
		return QUO_FAILED;
	job.out[0] = *a;
	for (uint32_t k = 0; k < st->window.n; k++)
		job.in[k] = part[k];
	if (y) {
		*e = quo__temp_bits(s, &st->out, rows, 8, true, err);
		job.in[1] = y;
		job.out[1] = *e;
		return *e ? quo_map(s, &job, 1, err) : QUO_FAILED;
	}
	for (uint32_t k = 0; k < st->window.n; k++) {
		st->m[k] = quo__temp_bits(s, &st->out, rows, 1, false, err);
		if (!st->m[k])
			return QUO_FAILED;
		job.out[1 + k] = st->m[k];
	}
	return quo_map(s, &job, 1, err);
}

quo_status quo_step_forward(quo_network *net, quo_session *s, quo_tensor *x, const quo_tensor *y,
			    quo_tensor **e, quo_err *err)
{
	quo_value a = { .arith = x };
	const quo_tensor *part[QUO_MAX_WINDOW];

	forget_integers(net);
	for (uint32_t i = 0; i < net->n_stages; i++) {
		quo_net_stage *st = &net->stage[i];
		const quo_net_layer *l = st->linear;
		bool last = i + 1 == net->n_stages;
		quo_tensor *out;
		QUO_TRY(linear(net, s, st, a, part, err));
		QUO_TRY(activate(s, st, part, last ? y : NULL, &out, e, err));
		QUO_TRY(quo_trace(s, l->where, "A", out, err));
		if (last)
			QUO_TRY(quo_trace(s, l->where, "E", *e, err));
		for (uint32_t k = 0; !last && k < st->window.n; k++)
			QUO_TRY(quo_trace(s, st->window.layer ? st->window.where : l->where, "m",
					  st->m[k], err));
		a = (quo_value){ .bits = out };
	}
	return QUO_OK;
}

quo_status quo_step_predict(quo_network *net, quo_session *s, quo_tensor *x, quo_tensor **a,
			    quo_err *err)
{
	quo_value value = { .arith = x };
	const quo_tensor *part[QUO_MAX_WINDOW];

	forget_integers(net);
	for (uint32_t i = 0; i < net->n_stages; i++) {
		quo_net_stage *st = &net->stage[i];
		QUO_TRY(linear(net, s, st, value, part, err));
		*a = quo__temp_bits(s, &st->out, part[0]->spec.dim[0], 7, false, err);
		if (!*a)
			return QUO_FAILED;
		quo_map_job job = { .circuit = st->predict, .n = part[0]->n, .out = { *a } };
		for (uint32_t k = 0; k < st->window.n; k++)
			job.in[k] = part[k];
		QUO_TRY(quo_map(s, &job, 1, err));
		QUO_TRY(quo_trace(s, st->linear->where, "A test", *a, err));
		value = (quo_value){ .bits = *a };
	}
	return QUO_OK;
}

/* Column c of a part. */
static void take_column(const quo_tensor *t, uint32_t c, uint32_t rows, const quo_tensor *out)
{
	uint32_t columns = (uint32_t)(t->n / rows);

	for (unsigned k = 0; k < t->spec.width; k++) {
		const uint64_t *from = quo_plane(t, k);
		uint64_t *to = quo_plane(out, k);
		for (uint32_t r = 0; r < rows; r++) {
			size_t e = (size_t)r * columns + c;
			to[r / 64] |= (from[e / 64] >> (e % 64) & 1) << (r % 64);
		}
	}
}

quo_tensor *quo_step_column(quo_session *s, const quo_tensor *t, uint32_t c, quo_err *err)
{
	uint32_t rows = t->spec.dim[0];
	quo_spec spec = quo_spec_bits(t->spec.width, t->spec.is_signed, 1, &rows);

	spec.owner = t->spec.owner;
	quo_tensor *out = quo_temp(s, spec, err);
	for (unsigned part = 0; out && part < out->parts; part++) {
		quo_tensor from = quo_part(t, part), to = quo_part(out, part);
		take_column(&from, c, rows, &to);
	}
	return out;
}

quo_status quo_step_count_right(quo_network *net, quo_session *s, const quo_tensor *a,
				const quo_tensor *y, quo_tensor *count, quo_err *err)
{
	uint32_t rows = a->spec.dim[0];
	quo_map_job job = { .circuit = net->right, .n = rows };

	for (uint32_t c = 0; c < net->classes; c++) {
		job.in[c] = quo_step_column(s, a, c, err);
		job.in[net->classes + c] = quo_step_column(s, y, c, err);
		if (!job.in[c] || !job.in[net->classes + c])
			return QUO_FAILED;
	}
	quo_tensor *right = quo_temp(s, quo_spec_bits(1, false, 1, &rows), err);
	quo_tensor *one = quo_temp(s, quo_spec_arith(count->spec.width, 1, &rows), err);
	if (!right || !one)
		return QUO_FAILED;
	job.out[0] = right;
	QUO_TRY(quo_map(s, &job, 1, err));
	QUO_TRY(quo_convert(s, &(quo_convert_job){ .z = one, .x = right }, 1, err));
	for (unsigned k = 0; k < count->parts; k++) {
		const uint32_t *ones = quo_part(one, k).a;
		uint32_t *sum = quo_part(count, k).a;
		for (size_t i = 0; i < rows; i++)
			*sum += ones[i];
	}
	return QUO_OK;
}
