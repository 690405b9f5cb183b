/* SPDX-License-Identifier: Apache-2.0 */
/* The second part of a step: errors from the output down, and gradients. */
#include "numerics/parts.h"
#include "numerics/rules.h"
#include "numerics/step.h"

/* One element, or the sum of several: the exponents between a skip's two ends. */
static quo_status skip_exponent(quo_network *net, quo_session *s, uint32_t j,
				const quo_tensor **out, quo_err *err)
{
	const quo_net_skip *skip = &net->stage[j].skip;
	uint32_t one = 1;

	*out = skip->s_width ? net->stage[skip->from].exponent : NULL;
	if (!skip->sum)
		return QUO_OK;
	quo_tensor *sum = quo_temp(s, quo_spec_bits(skip->s_width, false, 1, &one), err);
	if (!sum)
		return QUO_FAILED;
	quo_map_job job = { .circuit = skip->sum, .n = 1, .out = { sum } };
	for (uint32_t k = skip->from; k < j; k++)
		job.in[k - skip->from] = net->stage[k].exponent;
	*out = sum;
	return quo_map(s, &job, 1, err);
}

/* Back through a linear layer with input a of shape `in`: its gradient l->g, and the error below unless it is the
 * first (NULL then). */
static quo_status through(quo_net_layer *l, quo_session *s, const quo_layer_input *in, quo_value *a,
			  quo_value *e, quo_tensor **e_prev, quo_err *err)
{
	const quo_layer_ops *ops = quo_layer(l->layer);
	uint32_t dim[2] = { l->plan.param_rows, l->plan.param_cols };

	*e_prev = NULL;
	if (l->e_width) {
		*e_prev = quo__temp_arith(s, in, e->bits->spec.dim[0], l->e_width, err);
		if (!*e_prev)
			return QUO_FAILED;
	}
	if (l->g_width) {
		l->g = quo_temp(s, quo_spec_arith(l->g_width, 2, dim), err);
		if (!l->g)
			return QUO_FAILED;
	}
	QUO_TRY(ops->backward(l->layer->self, s, a, e, &l->t, l->g, *e_prev, err));
	if (l->g)
		QUO_TRY(quo_trace(s, l->where, "G", l->g, err));
	return *e_prev ? quo_trace(s, l->where, "E_prev", *e_prev, err) : QUO_OK;
}

/* What skip j adds to the error at its source: E itself, or through the projection. */
static quo_status skip_error(quo_network *net, quo_session *s, uint32_t j, const quo_tensor **out,
			     quo_err *err)
{
	quo_net_stage *st = &net->stage[j], *from = &net->stage[st->skip.from];
	quo_tensor *e_prev;

	*out = st->e.bits;
	if (!st->skip.projection)
		return QUO_OK;
	QUO_TRY(through(st->skip.projection, s, &from->in, &from->a, &st->e, &e_prev, err));
	*out = e_prev;
	return QUO_OK;
}

/* Everything that arrives at the input of stage i, as bits: e_prev and the skips that start there. */
static quo_status arriving(quo_network *net, quo_session *s, uint32_t i, const quo_tensor *e_prev,
			   quo_tensor **out, quo_err *err)
{
	const quo_net_stage *below = i > 0 ? &net->stage[i - 1] : NULL;
	quo_map_job job = { .circuit = below ? below->e_to_bits : NULL };
	uint32_t n_in = 0;

	job.in[n_in++] = e_prev;
	for (uint32_t j = i; j < net->n_stages; j++) {
		const quo_net_skip *skip = &net->stage[j].skip;
		const quo_tensor *e, *exponent;
		if (!skip->layer || skip->from != i)
			continue;
		QUO_TRY(skip_error(net, s, j, &e, err));
		if (!below)
			continue;
		QUO_TRY(skip_exponent(net, s, j, &exponent, err));
		job.in[n_in++] = e;
		if (exponent)
			job.in[n_in++] = exponent;
	}
	if (!below)
		return QUO_OK;
	*out = quo__temp_bits(s, &below->out, e_prev->spec.dim[0], job.circuit->out[0].width, true,
			      err);
	if (!*out)
		return QUO_FAILED;
	job.n = e_prev->n;
	job.out[0] = *out;
	return quo_map(s, &job, 1, err);
}

/* Normalise the error at a stage's output, and bring it to Z: E <- sat(rs(E, s - 7)) [* m]. e is BITS. */
static quo_status normalise(quo_net_stage *st, quo_session *s, quo_tensor *e, quo_err *err)
{
	const quo_reducer *reducer = &st->reduce_e;
	const char *where = st->linear->where;
	const quo_tensor *in = e;
	quo_tensor *part[QUO_MAX_WINDOW];
	quo_map_job job = { .circuit = st->normalise, .n = e->n };

	QUO_TRY(quo_reduce(s, &reducer, &in, 1, &st->exponent, err));
	QUO_TRY(quo_trace(s, where, "s_E", st->exponent, err));
	job.in[0] = e;
	job.in[1] = st->exponent;
	for (uint32_t k = 0; k < st->normalise->n_out; k++) {
		part[k] = quo__temp_bits(s, &st->out, e->spec.dim[0], 8, true, err);
		if (!part[k])
			return QUO_FAILED;
		job.in[2 + k] = st->m[k];
		job.out[k] = part[k];
	}
	QUO_TRY(quo_map(s, &job, 1, err));
	st->e = (quo_value){ .ring = st->e_ring };
	QUO_TRY(quo__window_scatter(s, st, part, &st->e.bits, err));
	return quo_trace(s, where, "E normalised", st->e.bits, err);
}

quo_status quo_step_backward(quo_network *net, quo_session *s, quo_tensor *e, quo_err *err)
{
	for (uint32_t i = net->n_stages; i-- > 0;) {
		quo_net_stage *st = &net->stage[i];
		quo_tensor *e_prev;
		QUO_TRY(normalise(st, s, e, err));
		QUO_TRY(through(st->linear, s, &st->in, &st->a, &st->e, &e_prev, err));
		QUO_TRY(arriving(net, s, i, e_prev, &e, err));
	}
	return QUO_OK;
}
