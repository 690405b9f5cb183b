/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The steps of docs/numerics.md for one layer, cut into phases. Inputs and errors are random
 * shares; the layer is the middle one of n0-n-n-10, so that it has all the parts: conversion of its
 * input, masks, an error to hand down.
 */
#include "tools/bench/bench_layer.h"

#include <string.h>

#include "numerics/rules.h"

#define OTHER_SIZE 10
#define BATCH 128

enum forward_phase { A_TO_INTEGERS, PRODUCT, ACTIVATION, FORWARD_PHASES };
enum backward_phase {
	NORMALISE,
	E_TO_INTEGERS,
	GRADIENT_AND_ERROR,
	G_EXPONENT,
	UPDATE,
	BACKWARD_PHASES
};

static const char *const forward_names[] = { "A to integers", "product", "activation" };
static const char *const backward_names[] = { "normalise E", "E to integers", "G, E products",
					      "G exponent", "update" };

struct arg {
	const bench *b;
	uint32_t n;
	bool backward;
};

struct state {
	bench_network network;
	quo_circuit *update;
	quo_net_stage *st;
	quo_net_layer *l;
	quo_value a, e;
	quo_tensor *input, *input_integers, *error, *mask, *z, *a_out,
		*m_out; /* inputs; results of the forward pass */
	quo_tensor *e_bits, *e_out, *g, *e_prev, *g_bits, *exponent;
};

static quo_tensor *keep_bits(quo_session *s, unsigned width, bool is_signed, uint32_t rows,
			     uint32_t cols, quo_err *err)
{
	return quo_keep(s, quo_spec_bits(width, is_signed, 2, (uint32_t[2]){ rows, cols }), err);
}

static quo_status prepare(const bench_job *job, quo_session *s, void *state, quo_err *err)
{
	const struct arg *arg = job->arg;
	struct state *t = state;
	uint32_t n = arg->n, batch = arg->b->quick ? 8 : BATCH;
	bench_shape shape = { 3, { OTHER_SIZE, n, n, OTHER_SIZE }, batch };

	QUO_TRY(bench_network_init(&t->network, arg->b, s, &shape, err));
	quo_net_stage *st = t->st = &t->network.net.stage[1];
	quo_net_layer *l = t->l = st->linear;
	unsigned e_width = st[1].linear->e_width;
	t->input = bench_bits(s, 7, false, batch, n, err);
	t->input_integers = bench_arith(s, st->a_ring, batch, n, err);
	t->error = bench_arith(s, e_width, batch, n, err);
	t->mask = bench_bits(s, 1, false, batch, n, err);
	t->z = bench_arith(s, l->z_width, batch, n, err);
	t->a_out = keep_bits(s, 7, false, batch, n, err);
	t->m_out = keep_bits(s, 1, false, batch, n, err);
	t->e_bits = keep_bits(s, t->st->e_to_bits->out[0].width, true, batch, n, err);
	t->e_out = keep_bits(s, 8, true, batch, n, err);
	t->g = bench_arith(s, l->g_width, n, n, err);
	t->e_prev = bench_arith(s, l->e_width, batch, n, err);
	t->g_bits = keep_bits(s, l->g_width, true, n, n, err);
	if (!t->input || !t->input_integers || !t->error || !t->mask || !t->z || !t->a_out ||
	    !t->m_out || !t->e_bits || !t->e_out || !t->g || !t->e_prev || !t->g_bits)
		return QUO_FAILED;
	t->update = quo_rule_update(quo_protocol_goal(s, l->v->n), t->network.net.optim,
				    t->network.net.quant, l->g_width, l->reduce_g.s_width, 0, err);
	return t->update ? QUO_OK : QUO_FAILED;
}

static quo_status to_integers(quo_session *s, quo_value *v, quo_err *err)
{
	const quo_tensor *ignored;

	return quo_value_arith(s, v, &ignored, err);
}

static quo_status forward(struct state *t, quo_session *s, unsigned phase, quo_err *err)
{
	quo_net_layer *l = t->l;
	const quo_layer_ops *ops = quo_layer(l->layer);

	switch ((enum forward_phase)phase) {
	case A_TO_INTEGERS:
		t->a = (quo_value){ .bits = t->input, .ring = t->st->a_ring };
		return to_integers(s, &t->a, err);
	case PRODUCT:
		return ops->forward(l->layer->self, s, &t->a, &l->t, t->z, err);
	default:
		return quo_map(s,
			       &(quo_map_job){ .circuit = t->st->activate,
					       .n = t->z->n,
					       .in = { t->z },
					       .out = { t->a_out, t->m_out } },
			       1, err);
	}
}

static quo_status normalise(struct state *t, quo_session *s, quo_err *err)
{
	const quo_reducer *reducer = &t->st->reduce_e;
	const quo_tensor *bits = t->e_bits;
	quo_tensor *exponent;
	quo_map_job open = {
		.circuit = t->st->e_to_bits, .n = bits->n, .in = { t->error }, .out = { t->e_bits }
	};

	QUO_TRY(quo_map(s, &open, 1, err));
	QUO_TRY(quo_reduce(s, &reducer, &bits, 1, &exponent, err));
	quo_map_job job = { .circuit = t->st->normalise,
			    .n = bits->n,
			    .in = { t->e_bits, exponent, t->mask },
			    .out = { t->e_out } };
	return quo_map(s, &job, 1, err);
}

static quo_status gradient_exponent(struct state *t, quo_session *s, quo_err *err)
{
	quo_net_layer *l = t->l;
	const quo_reducer *reducer = &l->reduce_g;
	const quo_tensor *bits = t->g_bits;
	quo_map_job open = {
		.circuit = l->g_to_bits, .n = bits->n, .in = { t->g }, .out = { t->g_bits }
	};

	QUO_TRY(quo_map(s, &open, 1, err));
	return quo_reduce(s, &reducer, &bits, 1, &t->exponent, err);
}

static quo_status update(struct state *t, quo_session *s, quo_err *err)
{
	quo_net_layer *l = t->l;
	quo_map_job job = { .circuit = t->update,
			    .n = t->g_bits->n,
			    .in = { l->v, t->g_bits, t->exponent },
			    .out = { l->next_v, l->next_t } };

	for (unsigned i = 0; i < t->network.net.n_states; i++) {
		job.in[3 + i] = l->state[i];
		job.out[2 + i] = l->next_state[i];
	}
	return quo_map(s, &job, 1, err);
}

static quo_status backward(struct state *t, quo_session *s, unsigned phase, quo_err *err)
{
	quo_net_layer *l = t->l;
	const quo_layer_ops *ops = quo_layer(l->layer);

	switch ((enum backward_phase)phase) {
	case NORMALISE:
		return normalise(t, s, err);
	case E_TO_INTEGERS:
		/* The input was converted in the forward pass. */
		t->a = (quo_value){ t->input, t->input_integers, t->st->a_ring, NULL };
		t->e = (quo_value){ .bits = t->e_out, .ring = t->st->e_ring };
		return to_integers(s, &t->e, err);
	case GRADIENT_AND_ERROR:
		return ops->backward(l->layer->self, s, &t->a, &t->e, &l->t, t->g, t->e_prev, err);
	case G_EXPONENT:
		return gradient_exponent(t, s, err);
	default:
		return update(t, s, err);
	}
}

static quo_status run(const bench_job *job, quo_session *s, void *state, unsigned phase,
		      quo_err *err)
{
	return ((const struct arg *)job->arg)->backward ? backward(state, s, phase, err)
							: forward(state, s, phase, err);
}

static void finish(void *state)
{
	struct state *t = state;

	quo_circuit_free(t->update);
	bench_network_fini(&t->network);
}

static void put_row(bench *b, const struct arg *arg, const char *label, const char *phase,
		    const bench_result *r, const bench_phase *p)
{
	bench_set(b->table, "n", arg->n);
	bench_set_word(b->table, "engine", label);
	bench_set_word(b->table, "phase", phase);
	bench_put(b, r, p);
	bench_end_row(b->table);
}

static quo_status put(bench *b, const char *protocol, const char *label, const void *argument,
		      quo_err *err)
{
	const struct arg *arg = argument;
	const char *const *names = arg->backward ? backward_names : forward_names;
	bench_result r;
	bench_job job = { .protocol = protocol,
			  .n_phases = arg->backward ? BACKWARD_PHASES : FORWARD_PHASES,
			  .state_bytes = sizeof(struct state),
			  .arg = arg,
			  .prepare = prepare,
			  .run = run,
			  .finish = finish };

	QUO_TRY(bench_run(b, &job, &r, err));
	for (unsigned i = 0; i < job.n_phases; i++)
		put_row(b, arg, label, names[i], &r, &r.phase[i]);
	put_row(b, arg, label, "all", &r, &r.total);
	return QUO_OK;
}

quo_status bench_put_layers(bench *b, bool is_backward, quo_err *err)
{
	for (uint32_t n = b->quick ? 16 : 128; n <= (b->quick ? 16u : 2048u); n *= 2) {
		struct arg arg = { b, n, is_backward };
		QUO_TRY(bench_every_protocol(b, put, &arg, err));
	}
	return QUO_OK;
}
