/* SPDX-License-Identifier: Apache-2.0 */
/* The third part of a step: weights and optimiser states. */
#include "numerics/rules.h"
#include "numerics/step.h"

/* The update circuits of an epoch; built anew when the optimiser's variant changes. */
static quo_status prepare_update(quo_network *net, quo_session *s, int epoch, quo_err *err)
{
	const quo_optim_ops *ops = quo_optim(net->optim);
	int variant = ops->variant(net->optim->self, epoch);

	if (variant == net->variant)
		return QUO_OK;
	for (uint32_t i = 0; i < net->n_layers; i++) {
		quo_net_layer *l = &net->layer[i];
		if (!l->g_width)
			continue;
		quo_circuit_free(l->update);
		l->update = quo_rule_update(quo_protocol_goal(s, l->v->n), net->optim, net->quant,
					    l->g_width, l->reduce_g.s_width, epoch, err);
		if (!l->update)
			return QUO_FAILED;
	}
	net->variant = variant;
	return QUO_OK;
}

/* The quantiser's public random bits, local. */
static quo_tensor *public_bits(quo_network *net, quo_session *s, const quo_net_layer *l,
			       uint64_t step, quo_err *err)
{
	unsigned width = quo_quant(net->quant)->random_bits;
	quo_spec spec = quo_spec_bits(width, false, l->v->spec.n_dims, l->v->spec.dim);

	quo_tensor *u = quo_temp(s, spec, err);
	size_t n = u && !quo_is_dry(s) ? u->n : 0;
	int32_t *values = u ? quo_arena_alloc(quo_step_arena(s), n, sizeof *values, err) : NULL;
	if (!values)
		return NULL;
	uint64_t key = quo_public_key(net->seed, QUO_STREAM_WAGE + (step << 12) + l->param);
	for (size_t j = 0; j < n; j++)
		values[j] = (int32_t)(quo_public_value(key, j) >> (64 - width));
	quo_publish(s, u, values);
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
	swap(&l->t.bits, &l->next_t);
	l->t.arith = NULL;
	QUO_TRY(quo_trace(s, l->where, "V", l->v, err));
	QUO_TRY(quo_trace(s, l->where, "T", l->t.bits, err));
	for (unsigned i = 0; i < net->n_states; i++) {
		swap(&l->state[i], &l->next_state[i]);
		QUO_TRY(quo_trace(s, l->where, net->states[i].name, l->state[i], err));
	}
	return QUO_OK;
}

quo_status quo_step_update(quo_network *net, quo_session *s, int epoch, uint64_t step, quo_err *err)
{
	uint32_t n = 0;
	quo_map_job *jobs = quo_arena_alloc(quo_step_arena(s), net->n_params, sizeof *jobs, err);
	quo_tensor **g = quo_arena_alloc(quo_step_arena(s), net->n_params, sizeof *g, err);
	quo_tensor **exponent =
		quo_arena_alloc(quo_step_arena(s), net->n_params, sizeof *exponent, err);
	const quo_reducer **reducers =
		quo_arena_alloc(quo_step_arena(s), net->n_params, sizeof *reducers, err);
	quo_net_layer **layers =
		quo_arena_alloc(quo_step_arena(s), net->n_params, sizeof *layers, err);

	if (!jobs || !g || !exponent || !reducers || !layers)
		return QUO_FAILED;
	QUO_TRY(prepare_update(net, s, epoch, err));
	for (uint32_t i = 0; i < net->n_layers; i++) {
		quo_net_layer *l = &net->layer[i];
		if (!l->g_width)
			continue;
		layers[n] = l;
		reducers[n] = &l->reduce_g;
		g[n] = quo_temp(s, quo_spec_bits(l->g_width, true, 2, l->g->spec.dim), err);
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
