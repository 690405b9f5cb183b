/* SPDX-License-Identifier: Apache-2.0 */
#include "numerics/network.h"

#include "numerics/rules.h"

/* Bits of the sum of the errors that arrive at the output of stage i: from the product above, and from skips that
 * start there. */
static unsigned error_bits(const quo_network *net, uint32_t i)
{
	uint64_t bound = quo__e_bound(&net->stage[i + 1].linear->plan);

	for (uint32_t j = i + 1; j < net->n_stages; j++) {
		const quo_net_skip *skip = &net->stage[j].skip;
		if (!skip->layer || skip->from != i + 1)
			continue;
		uint64_t own = skip->projection ? quo__e_bound(&skip->projection->plan) : 127;
		if (quo_bit_length(own) + (unsigned)skip->scale > 60)
			return 64;
		bound += own << skip->scale;
	}
	return quo_bit_length(bound) + 1;
}

/* The exponents between a skip's two ends, added up. */
static quo_status build_skip(quo_network *net, const quo_session *s, uint32_t j, quo_err *err)
{
	quo_net_skip *skip = &net->stage[j].skip;
	uint32_t n = j - skip->from;

	if (n == 1)
		skip->s_width = net->stage[skip->from].reduce_e.s_width;
	if (n < 2)
		return QUO_OK;
	uint8_t width[QUO_MAX_PORTS];
	if (n > QUO_MAX_PORTS)
		return quo_fail(err, QUO_USAGE, "%s: goes over more than %d layers", skip->where,
				QUO_MAX_PORTS);
	for (uint32_t k = 0; k < n; k++)
		width[k] = net->stage[skip->from + k].reduce_e.s_width;
	skip->sum = quo_rule_sum(quo_protocol_goal(s, 1), width, n, err);
	if (!skip->sum)
		return QUO_FAILED;
	skip->s_width = skip->sum->out[0].width;
	return QUO_OK;
}

/* What arrives at the output of stage i, as bits. Skips reach upwards only, so that their exponents are known when
 * the stages are built from the last. */
static quo_status build_error(quo_network *net, const quo_session *s, uint32_t i, unsigned width,
			      quo_err *err)
{
	quo_net_stage *st = &net->stage[i];
	quo_rule_term term[QUO_RULE_MAX_TERMS];
	unsigned n = 0;

	for (uint32_t j = i + 1; j < net->n_stages; j++) {
		quo_net_skip *skip = &net->stage[j].skip;
		if (!skip->layer || skip->from != i + 1)
			continue;
		QUO_TRY(build_skip(net, s, j, err));
		if (n == QUO_RULE_MAX_TERMS)
			return quo_fail(err, QUO_USAGE, "%s: more than %d skips start at one layer",
					skip->where, QUO_RULE_MAX_TERMS);
		const quo_net_layer *p = skip->projection;
		term[n++] = (quo_rule_term){ p ? p->e_width : 8, p != NULL, (unsigned)skip->scale,
					     skip->s_width };
	}
	quo_goal goal = quo_protocol_goal(s, (size_t)net->batch * quo_shape_elements(&st->out));
	st->e_to_bits =
		quo_rule_error(goal, net->stage[i + 1].linear->e_width, term, n, width, err);
	return st->e_to_bits ? QUO_OK : QUO_FAILED;
}

static quo_status build_stage(quo_network *net, quo_session *s, uint32_t i, quo_err *err)
{
	quo_net_stage *st = &net->stage[i];
	const quo_net_layer *l = st->linear;
	bool last = i + 1 == net->n_stages;
	/* The error that arrives at its output comes from the stages above, or is A - Y. */
	unsigned e_width = last ? 8 : error_bits(net, i);
	size_t n_e = (size_t)net->batch * quo_shape_elements(&st->out);
	quo_goal goal = quo_protocol_goal(s, n_e);

	if (e_width > 60)
		return quo_fail(
			err, QUO_USAGE,
			"%s: a skip over so many layers needs errors of more than 60 bits; skip "
			"over fewer",
			l->where);
	st->activate = last ? quo_rule_output_error(goal, l->z_width, l->alpha, err)
			    : quo_rule_activate(goal, l->z_width, l->alpha, st->window.layer,
						st->window.n, true, err);
	st->predict = quo_rule_activate(goal, l->z_width, l->alpha, st->window.layer, st->window.n,
					false, err);
	if (!st->activate || !st->predict)
		return QUO_FAILED;
	if (!last)
		QUO_TRY(build_error(net, s, i, e_width, err));
	QUO_TRY(quo_reducer_init(&st->reduce_e, s, goal, net->quant, e_width, n_e, err));
	st->normalise =
		quo_rule_normalise(goal, e_width, st->reduce_e.s_width,
				   quo_quant(net->quant)->bound, last ? 0 : st->window.n, err);
	return st->normalise ? QUO_OK : QUO_FAILED;
}

static quo_status build_gradient(quo_network *net, quo_session *s, quo_net_layer *l, quo_err *err)
{
	size_t n = (size_t)l->plan.param_rows * l->plan.param_cols;

	quo_goal goal = quo_protocol_goal(s, n);
	l->g_to_bits = quo_rule_to_bits(goal, l->g_width, err);
	if (!l->g_to_bits)
		return QUO_FAILED;
	return quo_reducer_init(&l->reduce_g, s, goal, net->quant, l->g_width, n, err);
}

static quo_status new_pair(quo_session *s, quo_spec spec, quo_tensor **now, quo_tensor **next,
			   quo_err *err)
{
	*now = quo_keep(s, spec, err);
	*next = quo_keep(s, spec, err);
	return *now && *next ? QUO_OK : QUO_FAILED;
}

static quo_status allocate_state(quo_network *net, quo_session *s, quo_net_layer *l, quo_err *err)
{
	uint32_t dim[2] = { l->plan.param_rows, l->plan.param_cols };

	QUO_TRY(new_pair(s, quo_spec_bits(8, true, 2, dim), &l->v, &l->next_v, err));
	QUO_TRY(new_pair(s, quo_spec_bits(2, false, 2, dim), &l->t.bits, &l->next_t, err));
	for (unsigned i = 0; i < net->n_states; i++) {
		const quo_optim_state *state = &net->states[i];
		QUO_TRY(new_pair(s, quo_spec_bits(state->width, state->is_signed, 2, dim),
				 &l->state[i], &l->next_state[i], err));
	}
	return QUO_OK;
}

static quo_status init_stages(quo_network *net, quo_session *s, const quo_network_plan *plan,
			      quo_err *err)
{
	QUO_TRY(quo__network_plan(net, plan, err));
	const quo_optim_ops *optim = quo_optim(net->optim);
	quo_err inner = QUO_ERR_INIT;
	quo_status status =
		optim->states(net->optim->self, net->quant, net->states, &net->n_states, &inner);
	if (status != QUO_OK)
		return quo_fail(err, status, "%s%s%s", plan->optim_where ? plan->optim_where : "",
				plan->optim_where ? ": " : "", inner.text);
	for (uint32_t i = net->n_stages; i-- > 0;)
		QUO_TRY(build_stage(net, s, i, err));
	for (uint32_t i = 0; i < net->n_layers; i++) {
		quo_net_layer *l = &net->layer[i];
		if (!l->g_width)
			continue;
		QUO_TRY(build_gradient(net, s, l, err));
		QUO_TRY(allocate_state(net, s, l, err));
	}
	QUO_TRY(quo__network_list_states(net, err));
	net->right = quo_rule_right(quo_protocol_goal(s, net->batch), net->classes, err);
	return net->right ? QUO_OK : QUO_FAILED;
}

quo_status quo_network_init(quo_network *net, quo_session *s, const quo_network_plan *plan,
			    quo_err *err)
{
	*net = (quo_network){ .optim = plan->optim,
			      .quant = plan->quant,
			      .variant = -1,
			      .batch = plan->batch,
			      .classes = plan->classes,
			      .seed = plan->seed };
	net->layer = quo_alloc(plan->n_layers, sizeof *net->layer, err);
	net->stage = quo_alloc(plan->n_layers, sizeof *net->stage, err);
	quo_status status = net->layer && net->stage ? init_stages(net, s, plan, err) : QUO_FAILED;
	if (status != QUO_OK)
		quo_network_fini(net);
	return status;
}

/* Uniform in -96..96, docs/numerics.md "Public randomness". */
static void initial_weights(const quo_net_layer *l, uint64_t seed, int32_t *v, int32_t *t)
{
	uint64_t key = quo_public_key(seed, l->param);

	for (size_t j = 0; j < l->v->n; j++) {
		v[j] = (int32_t)quo_public_below(quo_public_value(key, j), 193) - 96;
		t[j] = (v[j] >= QUO_TERNARY_THRESHOLD) | (v[j] <= -QUO_TERNARY_THRESHOLD) << 1;
	}
}

static quo_status share_weights(const quo_net_layer *l, quo_session *s, uint64_t seed, quo_err *err)
{
	if (quo_is_dry(s) || quo_me(s) != 0) {
		QUO_TRY(quo_share(s, l->v, NULL, 0, err));
		return quo_share(s, l->t.bits, NULL, 0, err);
	}
	int32_t *v = quo_alloc(l->v->n, sizeof *v, err);
	int32_t *t = quo_alloc(l->v->n, sizeof *t, err);
	quo_status status = v && t ? QUO_OK : QUO_FAILED;
	if (status == QUO_OK) {
		initial_weights(l, seed, v, t);
		status = quo_share(s, l->v, v, 0, err);
	}
	if (status == QUO_OK)
		status = quo_share(s, l->t.bits, t, 0, err);
	quo_free(v);
	quo_free(t);
	return status;
}

quo_status quo_network_share_weights(quo_network *net, quo_session *s, quo_err *err)
{
	const quo_net_state *w;

	for (uint32_t k = 0; (w = quo_network_weights(net, k)) != NULL; k++)
		QUO_TRY(share_weights(w->layer, s, net->seed, err));
	return QUO_OK;
}

void quo_network_fini(quo_network *net)
{
	for (uint32_t i = 0; net->stage && i < net->n_stages; i++) {
		quo_net_stage *st = &net->stage[i];
		quo_circuit_free(st->activate);
		quo_circuit_free(st->predict);
		quo_circuit_free(st->e_to_bits);
		quo_circuit_free(st->normalise);
		quo_circuit_free(st->skip.sum);
		quo_reducer_fini(&st->reduce_e);
		quo_free(st->window.place);
	}
	for (uint32_t i = 0; net->layer && i < net->n_layers; i++) {
		quo_net_layer *l = &net->layer[i];
		quo_circuit_free(l->g_to_bits);
		quo_circuit_free(l->update);
		quo_reducer_fini(&l->reduce_g);
	}
	quo_circuit_free(net->right);
	quo_free(net->state);
	quo_free(net->layer);
	quo_free(net->stage);
	*net = (quo_network){ 0 };
}
