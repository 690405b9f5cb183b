/* SPDX-License-Identifier: Apache-2.0 */
#include "train/step.h"

#include "train/rules.h"

/* [rows, dims of the layer's output] */
static quo_spec output_spec(const quo_net_layer *l, uint32_t rows, quo_tensor_kind kind,
			    unsigned width, bool is_signed)
{
	uint32_t dim[QUO_MAX_DIMS] = { rows };

	for (unsigned i = 0; i < l->plan.n_dims; i++)
		dim[i + 1] = l->plan.dim[i];
	return kind == QUO_ARITH ? quo_spec_arith(width, l->plan.n_dims + 1u, dim)
				 : quo_spec_bits(width, is_signed, l->plan.n_dims + 1u, dim);
}

static quo_tensor *like(quo_session *s, const quo_tensor *t, unsigned width, bool is_signed,
			quo_err *err)
{
	return quo_temp(s, quo_spec_bits(width, is_signed, t->spec.n_dims, t->spec.dim), err);
}

/* Z = layer(A), with the input kept in l->a. */
static quo_status linear(quo_net_layer *l, quo_session *s, quo_value a, quo_tensor **z,
			 quo_err *err)
{
	const quo_layer_ops *ops = l->layer->ops;
	const quo_tensor *any = a.arith ? a.arith : a.bits;

	l->a = a;
	l->a.ring = l->a_ring;
	*z = quo_temp(s, output_spec(l, any->spec.dim[0], QUO_ARITH, l->z_width, true), err);
	if (!*z)
		return QUO_FAILED;
	QUO_TRY(ops->forward(l->layer->self, s, &l->a, l->t, *z, err));
	return quo_trace(s, l->where, "Z", *z, err);
}

quo_status quo_step_forward(quo_network *net, quo_session *s, quo_tensor *x, const quo_tensor *y,
			    quo_tensor **e, quo_err *err)
{
	quo_value a = { .arith = x };

	for (uint32_t i = 0; i < net->n_layers; i++) {
		quo_net_layer *l = &net->layer[i];
		bool last = i + 1 == net->n_layers;
		quo_tensor *z;
		QUO_TRY(linear(l, s, a, &z, err));
		quo_tensor *out = like(s, z, 7, false, err);
		quo_tensor *second = last ? like(s, z, 8, true, err) : like(s, z, 1, false, err);
		if (!out || !second)
			return QUO_FAILED;
		quo_map_job job = {
			.circuit = l->activate, .n = z->n, .in = { z }, .out = { out, second }
		};
		if (last)
			job.in[1] = y;
		QUO_TRY(quo_map(s, &job, 1, err));
		QUO_TRY(quo_trace(s, l->where, "A", out, err));
		QUO_TRY(quo_trace(s, l->where, last ? "E" : "m", second, err));
		l->m = last ? NULL : second;
		if (last)
			*e = second;
		a = (quo_value){ .bits = out };
	}
	return QUO_OK;
}

/* Normalise the error at layer i's output: E <- sat(rs(E, s - 7)) [* m]. e is ARITH, or BITS at the
 * last layer. */
static quo_status normalise(quo_net_layer *l, quo_session *s, quo_tensor *e, quo_tensor **out,
			    quo_err *err)
{
	const quo_reducer *reducer = &l->reduce_e;
	quo_tensor *exponent;

	if (e->spec.kind == QUO_ARITH) {
		quo_tensor *bits = like(s, e, l->e_to_bits->out[0].width, true, err);
		if (!bits)
			return QUO_FAILED;
		quo_map_job open = {
			.circuit = l->e_to_bits, .n = e->n, .in = { e }, .out = { bits }
		};
		QUO_TRY(quo_map(s, &open, 1, err));
		e = bits;
	}
	const quo_tensor *in = e;
	QUO_TRY(quo_reduce(s, &reducer, &in, 1, &exponent, err));
	QUO_TRY(quo_trace(s, l->where, "s_E", exponent, err));
	*out = like(s, e, 8, true, err);
	if (!*out)
		return QUO_FAILED;
	quo_map_job job = {
		.circuit = l->normalise, .n = e->n, .in = { e, exponent, l->m }, .out = { *out }
	};
	QUO_TRY(quo_map(s, &job, 1, err));
	return quo_trace(s, l->where, "E normalised", *out, err);
}

quo_status quo_step_backward(quo_network *net, quo_session *s, quo_tensor *e, quo_err *err)
{
	for (uint32_t i = net->n_layers; i-- > 0;) {
		quo_net_layer *l = &net->layer[i];
		const quo_layer_ops *ops = l->layer->ops;
		quo_value error = { .ring = l->e_ring };
		quo_tensor *e_prev = NULL;
		QUO_TRY(normalise(l, s, e, &error.bits, err));
		if (i > 0) {
			uint32_t rows = error.bits->spec.dim[0];
			e_prev = quo_temp(
				s,
				output_spec(&net->layer[i - 1], rows, QUO_ARITH, l->e_width, true),
				err);
			if (!e_prev)
				return QUO_FAILED;
		}
		if (l->g_width) {
			uint32_t dim[2] = { l->plan.param_rows, l->plan.param_cols };
			l->g = quo_temp(s, quo_spec_arith(l->g_width, 2, dim), err);
			if (!l->g)
				return QUO_FAILED;
		}
		QUO_TRY(ops->backward(l->layer->self, s, &l->a, &error, l->t, l->g, e_prev, err));
		if (l->g)
			QUO_TRY(quo_trace(s, l->where, "G", l->g, err));
		if (e_prev)
			QUO_TRY(quo_trace(s, l->where, "E_prev", e_prev, err));
		e = e_prev;
	}
	return QUO_OK;
}

/* The update circuits of an epoch; built anew when the optimiser's variant changes. */
static quo_status prepare_update(quo_network *net, quo_session *s, int epoch, quo_err *err)
{
	const quo_optim_ops *ops = net->optim->ops;
	int variant = ops->variant(net->optim->self, epoch);

	if (variant == net->variant)
		return QUO_OK;
	for (uint32_t i = 0; i < net->n_layers; i++) {
		quo_net_layer *l = &net->layer[i];
		if (!l->g_width)
			continue;
		quo_circuit_free(l->update);
		l->update = quo_rule_update(quo_protocol_goal(s), net->optim, net->quant,
					    l->g_width, l->reduce_g.s_width, epoch, err);
		if (!l->update)
			return QUO_FAILED;
	}
	net->variant = variant;
	return QUO_OK;
}

/* The quantiser's public random bits: known to party 0 and zero elsewhere, so they cost nothing. */
static quo_tensor *public_bits(quo_network *net, quo_session *s, const quo_net_layer *l,
			       uint64_t step, quo_err *err)
{
	unsigned width = quo_quant(net->quant)->random_bits;
	quo_spec spec = quo_spec_bits(width, false, l->v->spec.n_dims, l->v->spec.dim);

	spec.owner = 0;
	quo_tensor *u = quo_temp(s, spec, err);
	if (!u || s->dry || s->party != 0)
		return u;
	int32_t *values = quo_arena_alloc(s->step, u->n, sizeof *values, err);
	if (!values)
		return NULL;
	uint64_t key = quo_public_key(net->seed, QUO_STREAM_WAGE + (step << 12) + l->param);
	for (size_t j = 0; j < u->n; j++)
		values[j] = (int32_t)(quo_public_value(key, j) >> (64 - width));
	quo_tensor_set(u, values);
	return u;
}

static quo_status update_job(quo_network *net, quo_session *s, quo_net_layer *l,
			     const quo_tensor *g, const quo_tensor *exponent, uint64_t step,
			     quo_map_job *job, quo_err *err)
{
	unsigned in = 0, out = 0;

	*job = (quo_map_job){ .circuit = l->update, .n = g->n };
	job->in[in++] = l->v;
	job->in[in++] = g;
	job->in[in++] = exponent;
	if (quo_quant(net->quant)->random_bits) {
		quo_tensor *u = public_bits(net, s, l, step, err);
		if (!u)
			return QUO_FAILED;
		job->in[in++] = u;
	}
	job->out[out++] = l->next_v;
	job->out[out++] = l->next_t;
	for (unsigned i = 0; i < net->n_states; i++) {
		job->in[in++] = l->state[i];
		job->out[out++] = l->next_state[i];
	}
	return QUO_OK;
}

static void swap(quo_tensor **a, quo_tensor **b)
{
	quo_tensor *t = *a;

	*a = *b;
	*b = t;
}

static quo_status adopt(quo_network *net, quo_session *s, quo_net_layer *l, quo_err *err)
{
	swap(&l->v, &l->next_v);
	swap(&l->t, &l->next_t);
	QUO_TRY(quo_trace(s, l->where, "V", l->v, err));
	QUO_TRY(quo_trace(s, l->where, "T", l->t, err));
	for (unsigned i = 0; i < net->n_states; i++) {
		swap(&l->state[i], &l->next_state[i]);
		QUO_TRY(quo_trace(s, l->where, net->states[i].name, l->state[i], err));
	}
	return QUO_OK;
}

quo_status quo_step_update(quo_network *net, quo_session *s, int epoch, uint64_t step, quo_err *err)
{
	uint32_t n = 0;
	quo_map_job *jobs = quo_arena_alloc(s->step, net->n_params, sizeof *jobs, err);
	quo_tensor **g = quo_arena_alloc(s->step, net->n_params, sizeof *g, err);
	quo_tensor **exponent = quo_arena_alloc(s->step, net->n_params, sizeof *exponent, err);
	const quo_reducer **reducers =
		quo_arena_alloc(s->step, net->n_params, sizeof *reducers, err);
	quo_net_layer **layers = quo_arena_alloc(s->step, net->n_params, sizeof *layers, err);

	if (!jobs || !g || !exponent || !reducers || !layers)
		return QUO_FAILED;
	QUO_TRY(prepare_update(net, s, epoch, err));
	for (uint32_t i = 0; i < net->n_layers; i++) {
		quo_net_layer *l = &net->layer[i];
		if (!l->g_width)
			continue;
		layers[n] = l;
		reducers[n] = &l->reduce_g;
		g[n] = like(s, l->g, l->g_width, true, err);
		if (!g[n])
			return QUO_FAILED;
		jobs[n] = (quo_map_job){
			.circuit = l->g_to_bits, .n = l->g->n, .in = { l->g }, .out = { g[n] }
		};
		n++;
	}
	QUO_TRY(quo_map(s, jobs, n, err));
	QUO_TRY(quo_reduce(s, reducers, (const quo_tensor *const *)g, n, exponent, err));
	for (uint32_t i = 0; i < n; i++) {
		QUO_TRY(quo_trace(s, layers[i]->where, "s_G", exponent[i], err));
		QUO_TRY(update_job(net, s, layers[i], g[i], exponent[i], step, &jobs[i], err));
	}
	QUO_TRY(quo_map(s, jobs, n, err));
	for (uint32_t i = 0; i < n; i++)
		QUO_TRY(adopt(net, s, layers[i], err));
	return QUO_OK;
}

quo_status quo_step_predict(quo_network *net, quo_session *s, quo_tensor *x, quo_tensor **a,
			    quo_err *err)
{
	quo_value value = { .arith = x };

	for (uint32_t i = 0; i < net->n_layers; i++) {
		quo_net_layer *l = &net->layer[i];
		quo_tensor *z;
		QUO_TRY(linear(l, s, value, &z, err));
		*a = like(s, z, 7, false, err);
		if (!*a)
			return QUO_FAILED;
		quo_map_job job = { .circuit = l->predict, .n = z->n, .in = { z }, .out = { *a } };
		QUO_TRY(quo_map(s, &job, 1, err));
		QUO_TRY(quo_trace(s, l->where, "A test", *a, err));
		value = (quo_value){ .bits = *a };
	}
	return QUO_OK;
}

quo_tensor *quo_step_column(quo_session *s, const quo_tensor *t, uint32_t c, quo_err *err)
{
	uint32_t rows = t->spec.dim[0], columns = (uint32_t)(t->n / rows);
	quo_spec spec = quo_spec_bits(t->spec.width, t->spec.is_signed, 1, &rows);

	spec.owner = t->spec.owner;
	quo_tensor *out = quo_temp(s, spec, err);
	if (!out || s->dry)
		return out;
	for (unsigned k = 0; k < t->spec.width; k++) {
		const uint64_t *from = quo_plane(t, k);
		uint64_t *to = quo_plane(out, k);
		for (uint32_t r = 0; r < rows; r++) {
			size_t e = (size_t)r * columns + c;
			to[r / 64] |= (from[e / 64] >> (e % 64) & 1) << (r % 64);
		}
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
	for (size_t i = 0; !s->dry && i < rows; i++)
		count->a[0] += one->a[i];
	return QUO_OK;
}
