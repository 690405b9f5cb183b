/* SPDX-License-Identifier: Apache-2.0 */
#include "train/network.h"

#include <stdio.h>
#include <string.h>

#include "train/rules.h"

/* Ring that holds every integer of magnitude <= bound, signed. */
static quo_status ring_for(uint64_t bound, const char *where, const char *what, uint8_t *width,
			   quo_err *err)
{
	unsigned bits = quo_bit_length(bound) + 1;

	if (bits > QUO_MAX_RING)
		return quo_fail(
			err, QUO_USAGE,
			"%s: its %s needs a ring of %u bits, and rings end at %d; make the layer or the "
			"batch smaller",
			where, what, bits, QUO_MAX_RING);
	*width = (uint8_t)bits;
	return QUO_OK;
}

static uint8_t wider(uint8_t a, uint8_t b)
{
	return a > b ? a : b;
}

static quo_status plan_layer(quo_net_layer *l, const quo_network_plan *plan, uint32_t i,
			     quo_layer_input *in, quo_err *err)
{
	const quo_layer_ops *ops = l->layer->ops;
	char where[600];

	snprintf(l->where, sizeof l->where, "layer %u %s", i + 1, l->layer->component->name);
	if (plan->where && plan->where[i])
		snprintf(where, sizeof where, "%s: %s", plan->where[i], l->where);
	else
		snprintf(where, sizeof where, "%s", l->where);

	quo_err inner = QUO_ERR_INIT;
	quo_status status = ops->plan(l->layer->self, in, &l->plan, &inner);
	if (status != QUO_OK)
		return quo_fail(err, status, "%s: %s", where, inner.text);

	QUO_TRY(ring_for(l->plan.z_bound, where, "output Z", &l->z_width, err));
	if (l->plan.param_rows)
		QUO_TRY(ring_for(l->plan.g_bound, where, "gradient G", &l->g_width, err));
	if (i > 0)
		QUO_TRY(ring_for(l->plan.e_bound, where, "error E", &l->e_width, err));
	l->a_ring = wider(l->z_width, l->g_width);
	l->e_ring = wider(l->g_width, l->e_width);
	l->alpha = quo_alpha(l->plan.fan_in);

	in->n_dims = l->plan.n_dims;
	memcpy(in->dim, l->plan.dim, sizeof l->plan.dim);
	in->is_signed = false;
	return QUO_OK;
}

static uint32_t outputs_of(const quo_layer_plan *plan)
{
	uint32_t n = 1;

	for (unsigned i = 0; i < plan->n_dims; i++)
		n *= plan->dim[i];
	return n;
}

static quo_status build_circuits(quo_network *net, quo_session *s, uint32_t i, quo_err *err)
{
	quo_net_layer *l = &net->layer[i];
	quo_goal goal = quo_protocol_goal(s);
	bool last = i + 1 == net->n_layers;
	/* The error that arrives at this layer's output comes from the layer above, or is A - Y. */
	unsigned e_width = last ? 8 : net->layer[i + 1].e_width;
	size_t n_e = (size_t)net->batch * outputs_of(&l->plan);

	l->activate = last ? quo_rule_output_error(goal, l->z_width, l->alpha, err)
			   : quo_rule_activate(goal, l->z_width, l->alpha, true, err);
	l->predict = quo_rule_activate(goal, l->z_width, l->alpha, false, err);
	if (!l->activate || !l->predict)
		return QUO_FAILED;
	if (!last && !(l->e_to_bits = quo_rule_to_bits(goal, e_width, err)))
		return QUO_FAILED;
	QUO_TRY(quo_reducer_init(&l->reduce_e, goal, net->quant, e_width, n_e, err));
	l->normalise = quo_rule_normalise(goal, e_width, l->reduce_e.s_width,
					  quo_quant(net->quant)->bound, !last, err);
	if (!l->normalise)
		return QUO_FAILED;
	if (l->g_width) {
		size_t n_g = (size_t)l->plan.param_rows * l->plan.param_cols;
		if (!(l->g_to_bits = quo_rule_to_bits(goal, l->g_width, err)))
			return QUO_FAILED;
		QUO_TRY(quo_reducer_init(&l->reduce_g, goal, net->quant, l->g_width, n_g, err));
	}
	return QUO_OK;
}

static quo_status new_pair(quo_session *s, quo_spec spec, quo_tensor **now, quo_tensor **next,
			   quo_err *err)
{
	*now = quo_keep(s, spec, err);
	*next = quo_keep(s, spec, err);
	return *now && *next ? QUO_OK : QUO_FAILED;
}

/* Uniform in -96..96, docs/numerics.md "Public randomness". Public: party 0 holds the value, the
 * others zero. */
static quo_status initial_weights(quo_net_layer *l, const quo_session *s, uint64_t seed,
				  quo_err *err)
{
	if (s->dry || s->party != 0)
		return QUO_OK;
	int32_t *v = quo_alloc(l->v->n, sizeof *v, err);
	int32_t *t = quo_alloc(l->v->n, sizeof *t, err);
	if (v && t) {
		uint64_t key = quo_public_key(seed, l->param);
		for (size_t j = 0; j < l->v->n; j++) {
			v[j] = (int32_t)quo_public_below(quo_public_value(key, j), 193) - 96;
			t[j] = (v[j] >= QUO_TERNARY_THRESHOLD) | (v[j] <= -QUO_TERNARY_THRESHOLD)
									 << 1;
		}
		quo_tensor_set(l->v, v);
		quo_tensor_set(l->t, t);
	}
	bool ok = v && t;
	quo_free(v);
	quo_free(t);
	return ok ? QUO_OK : QUO_FAILED;
}

static quo_status allocate_state(quo_network *net, quo_session *s, quo_net_layer *l, quo_err *err)
{
	uint32_t dim[2] = { l->plan.param_rows, l->plan.param_cols };

	QUO_TRY(new_pair(s, quo_spec_bits(8, true, 2, dim), &l->v, &l->next_v, err));
	QUO_TRY(new_pair(s, quo_spec_bits(2, false, 2, dim), &l->t, &l->next_t, err));
	for (unsigned i = 0; i < net->n_states; i++) {
		const quo_optim_state *state = &net->states[i];
		QUO_TRY(new_pair(s, quo_spec_bits(state->width, state->is_signed, 2, dim),
				 &l->state[i], &l->next_state[i], err));
	}
	return initial_weights(l, s, net->seed, err);
}

static quo_status init_layers(quo_network *net, quo_session *s, const quo_network_plan *plan,
			      quo_err *err)
{
	quo_layer_input in = { .n_dims = plan->n_dims,
			       .batch = plan->batch,
			       .is_signed = plan->input_signed };

	memcpy(in.dim, plan->dim, sizeof plan->dim);
	for (uint32_t i = 0; i < net->n_layers; i++) {
		quo_net_layer *l = &net->layer[i];
		l->layer = plan->layers[i];
		QUO_TRY(plan_layer(l, plan, i, &in, err));
		if (l->g_width)
			l->param = net->n_params++;
	}
	const quo_net_layer *top = &net->layer[net->n_layers - 1];
	if (outputs_of(&top->plan) != plan->classes)
		return quo_fail(
			err, QUO_USAGE,
			"%s%s%s gives %u outputs and the data has %u classes; the last layer gives "
			"one output per class",
			plan->where ? plan->where[net->n_layers - 1] : "", plan->where ? ": " : "",
			top->where, outputs_of(&top->plan), plan->classes);
	const quo_optim_ops *optim = net->optim->ops;
	quo_err inner = QUO_ERR_INIT;
	quo_status status =
		optim->states(net->optim->self, net->quant, net->states, &net->n_states, &inner);
	if (status != QUO_OK)
		return quo_fail(err, status, "%s%s%s", plan->optim_where ? plan->optim_where : "",
				plan->optim_where ? ": " : "", inner.text);
	for (uint32_t i = 0; i < net->n_layers; i++) {
		QUO_TRY(build_circuits(net, s, i, err));
		if (net->layer[i].g_width)
			QUO_TRY(allocate_state(net, s, &net->layer[i], err));
	}
	net->right = quo_rule_right(quo_protocol_goal(s), net->classes, err);
	return net->right ? QUO_OK : QUO_FAILED;
}

quo_status quo_network_init(quo_network *net, quo_session *s, const quo_network_plan *plan,
			    quo_err *err)
{
	*net = (quo_network){ .n_layers = plan->n_layers,
			      .optim = plan->optim,
			      .quant = plan->quant,
			      .variant = -1,
			      .batch = plan->batch,
			      .classes = plan->classes,
			      .seed = plan->seed };
	net->layer = quo_alloc(plan->n_layers, sizeof *net->layer, err);
	if (!net->layer)
		return QUO_FAILED;
	quo_status status = init_layers(net, s, plan, err);
	if (status != QUO_OK)
		quo_network_fini(net);
	return status;
}

void quo_network_fini(quo_network *net)
{
	for (uint32_t i = 0; net->layer && i < net->n_layers; i++) {
		quo_net_layer *l = &net->layer[i];
		quo_circuit *const circuits[] = { l->activate,  l->predict,   l->e_to_bits,
						  l->normalise, l->g_to_bits, l->update };
		for (size_t c = 0; c < sizeof circuits / sizeof *circuits; c++)
			quo_circuit_free(circuits[c]);
		quo_reducer_fini(&l->reduce_e);
		quo_reducer_fini(&l->reduce_g);
	}
	quo_circuit_free(net->right);
	quo_free(net->layer);
	*net = (quo_network){ 0 };
}
