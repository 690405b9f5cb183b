/* SPDX-License-Identifier: Apache-2.0 */
/* From a list of layers to stages: who follows whom, shapes, ring widths. */
#include <stdio.h>
#include <string.h>

#include "numerics/network.h"
#include "numerics/rules.h"

/* Most values of an example behind a layer, so that counts of them fit 32 bits everywhere. */
#define MAX_ELEMENTS (UINT64_C(1) << 26)

/* One entry of the list while it is planned. */
struct entry {
	uint32_t i;
	const quo_instance *layer;
	const quo_layer_ops *ops;
	char where[64];  /* "layer 2 fc" */
	char place[600]; /* with the file's line, for messages */
};

uint32_t quo_shape_elements(const quo_layer_input *shape)
{
	uint32_t n = 1;

	for (unsigned i = 0; i < shape->n_dims; i++)
		n *= shape->dim[i];
	return n;
}

static bool same_shape(const quo_layer_input *a, const quo_layer_input *b)
{
	return a->n_dims == b->n_dims && !memcmp(a->dim, b->dim, a->n_dims * sizeof *a->dim);
}

/* "28 x 28 x 3" */
static const char *describe(const quo_layer_input *shape, char out[48])
{
	int n = snprintf(out, 48, "%u", shape->dim[0]);

	for (unsigned i = 1; i < shape->n_dims; i++)
		n += snprintf(out + n, 48 - (size_t)n, " x %u", shape->dim[i]);
	return out;
}

/* The scheme's magnitudes: |A|, |E| <= MOST and |T| <= 1. */
#define MOST UINT64_C(127)

static uint64_t bound_of(uint64_t terms, uint64_t each)
{
	uint64_t bound;

	return __builtin_mul_overflow(terms, each, &bound) ? UINT64_MAX : bound;
}

uint64_t quo__z_bound(const quo_layer_plan *plan)
{
	return bound_of(plan->z_terms, MOST);
}

uint64_t quo__g_bound(const quo_layer_plan *plan)
{
	return bound_of(plan->g_terms, MOST * MOST);
}

uint64_t quo__e_bound(const quo_layer_plan *plan)
{
	return bound_of(plan->e_terms, MOST);
}

/* Ring that holds every integer of magnitude <= bound, signed. */
static quo_status ring_for(uint64_t bound, const char *place, const char *what, uint8_t *width,
			   quo_err *err)
{
	unsigned bits = quo_bit_length(bound) + 1;

	if (bits > QUO_MAX_RING)
		return quo_fail(
			err, QUO_USAGE,
			"%s: its %s needs a ring of %u bits, and rings end at %d; make the layer or the "
			"batch smaller",
			place, what, bits, QUO_MAX_RING);
	*width = (uint8_t)bits;
	return QUO_OK;
}

static uint8_t wider(unsigned a, unsigned b)
{
	return (uint8_t)(a > b ? a : b);
}

static struct entry entry_of(const quo_network_plan *plan, uint32_t i)
{
	struct entry e = { .i = i, .layer = plan->layers[i], .ops = quo_layer(plan->layers[i]) };

	snprintf(e.where, sizeof e.where, "layer %u %s", i + 1, e.layer->component->name);
	if (plan->where && plan->where[i])
		snprintf(e.place, sizeof e.place, "%s: %s", plan->where[i], e.where);
	else
		snprintf(e.place, sizeof e.place, "%s", e.where);
	return e;
}

/* A shape of `out` that can be computed with; a plugin's answer is not believed. */
static quo_status check_shape(const struct entry *e, const quo_layer_input *out, quo_err *err)
{
	char text[48];
	uint64_t n = 1;

	if (out->n_dims < 1 || out->n_dims > QUO_MAX_DIMS - 1)
		return quo_fail(err, QUO_BUG, "%s: an output of %u dimensions", e->place,
				out->n_dims);
	for (unsigned i = 0; i < out->n_dims && n <= MAX_ELEMENTS; i++)
		n *= out->dim[i];
	if (!n)
		return quo_fail(err, QUO_BUG, "%s: an output of %s", e->place, describe(out, text));
	if (n > MAX_ELEMENTS)
		return quo_fail(
			err, QUO_USAGE,
			"%s: its output is %s, and an example has at most %llu values; make "
			"the layer smaller",
			e->place, describe(out, text), (unsigned long long)MAX_ELEMENTS);
	return QUO_OK;
}

static quo_status ask(const struct entry *e, const quo_layer_input *in, quo_layer_plan *plan,
		      quo_layer_input *out, quo_err *err)
{
	quo_err inner = QUO_ERR_INIT;

	*plan = (quo_layer_plan){ 0 };
	quo_status status = e->ops->plan(e->layer->self, in, plan, &inner);
	if (status != QUO_OK)
		return quo_fail(err, status, "%s: %s", e->place, inner.text);
	*out = (quo_layer_input){ .n_dims = plan->n_dims, .batch = in->batch };
	memcpy(out->dim, plan->dim, sizeof out->dim);
	return check_shape(e, out, err);
}

/* A new linear layer, of a stage or on a skip. The rings of Z and E follow when all is known. */
static quo_status add_layer(quo_network *net, const struct entry *e, const quo_layer_plan *plan,
			    quo_net_layer **out, quo_err *err)
{
	quo_net_layer *l = &net->layer[net->n_layers++];

	l->layer = e->layer;
	l->entry = e->i;
	l->plan = *plan;
	l->alpha = quo_alpha(plan->fan_in) + plan->alpha_shift;
	l->alpha = l->alpha < 1 ? 1 : l->alpha;
	memcpy(l->where, e->where, sizeof l->where);
	if (plan->param_rows) {
		QUO_TRY(ring_for(quo__g_bound(plan), e->place, "gradient G", &l->g_width, err));
		l->param = net->n_params++;
	}
	*out = l;
	return QUO_OK;
}

static quo_status add_linear(quo_network *net, const struct entry *e, quo_layer_input *now,
			     quo_err *err)
{
	quo_net_stage *st = &net->stage[net->n_stages];
	quo_layer_plan plan;

	QUO_TRY(ask(e, now, &plan, &st->z, err));
	QUO_TRY(add_layer(net, e, &plan, &st->linear, err));
	st->in = *now;
	st->window.n = 1;
	if (net->n_stages > 0)
		QUO_TRY(ring_for(quo__e_bound(&plan), e->place, "error E", &st->linear->e_width,
				 err));
	net->n_stages++;
	*now = st->out = st->z;
	return QUO_OK;
}

/* The stage that a skip or a window acts in. */
static quo_status stage_of(quo_network *net, const struct entry *e, quo_net_stage **st,
			   quo_err *err)
{
	if (!net->n_stages)
		return quo_fail(
			err, QUO_USAGE,
			"%s acts on the output of a layer with parameters; put one before it",
			e->place);
	*st = &net->stage[net->n_stages - 1];
	if (!same_shape(&(*st)->z, &(*st)->out))
		return quo_fail(
			err, QUO_USAGE,
			"%s comes after a layer that changed the shape; put it directly after the layer "
			"with parameters",
			e->place);
	return QUO_OK;
}

static quo_status add_skip(quo_network *net, const struct entry *e, quo_err *err)
{
	quo_net_stage *st = NULL;
	quo_layer_plan plan;
	quo_layer_input out;
	char a[48], b[48];

	QUO_TRY(stage_of(net, e, &st, err));
	if (st->skip.layer)
		return quo_fail(err, QUO_USAGE, "%s: %s has a residual already; a layer takes one",
				e->place, st->linear->where);
	uint32_t over = e->ops->over(e->layer->self);
	if (over < 1 || over > net->n_stages)
		return quo_fail(
			err, QUO_USAGE,
			"%s goes back over %u layers with parameters, and %u come before it",
			e->place, over, net->n_stages);
	quo_net_skip *skip = &st->skip;
	skip->layer = e->layer;
	skip->from = net->n_stages - over;
	skip->shift = st->linear->alpha;
	memcpy(skip->where, e->where, sizeof skip->where);
	quo_layer_input in = net->stage[skip->from].in;
	in.z_dims = st->z.n_dims;
	memcpy(in.z_dim, st->z.dim, sizeof in.z_dim);
	QUO_TRY(ask(e, &in, &plan, &out, err));
	if (!same_shape(&out, &st->z))
		return quo_fail(
			err, QUO_USAGE,
			"%s: what it adds is %s, and the output of %s is %s; they must be equal: "
			"padding: same keeps rows and columns, project: true changes channels",
			e->place, describe(&out, a), st->linear->where, describe(&st->z, b));
	if (!plan.param_rows)
		return QUO_OK;
	QUO_TRY(add_layer(net, e, &plan, &skip->projection, err));
	skip->shift -= skip->projection->alpha;
	if (skip->shift < 0)
		return quo_fail(
			err, QUO_USAGE,
			"%s: the projection sums %u inputs, more than %s with its %u; skip from a "
			"narrower tensor",
			e->place, plan.fan_in, st->linear->where, st->linear->plan.fan_in);
	if (skip->from > 0)
		QUO_TRY(ring_for(quo__e_bound(&plan), e->place, "error E",
				 &skip->projection->e_width, err));
	return QUO_OK;
}

static quo_status add_window(quo_network *net, const struct entry *e, quo_layer_input *now,
			     quo_err *err)
{
	quo_net_stage *st = NULL;
	quo_layer_plan plan;

	QUO_TRY(stage_of(net, e, &st, err));
	if (st->window.layer)
		return quo_fail(err, QUO_USAGE, "%s: %s is pooled already", e->place,
				st->linear->where);
	QUO_TRY(ask(e, &st->z, &plan, now, err));
	if (plan.window < 1 || plan.window > QUO_MAX_WINDOW)
		return quo_fail(err, QUO_USAGE, "%s: a window of %u elements is not 1..%d",
				e->place, plan.window, QUO_MAX_WINDOW);
	quo_net_window *w = &st->window;
	uint32_t n = quo_shape_elements(now), from = quo_shape_elements(&st->z);
	w->layer = e->layer;
	w->n = plan.window;
	memcpy(w->where, e->where, sizeof w->where);
	w->place = quo_alloc((size_t)w->n * n, sizeof *w->place, err);
	if (!w->place)
		return QUO_FAILED;
	for (uint32_t k = 0; k < w->n; k++) {
		e->ops->places(e->layer->self, &st->z, &plan, k, w->place + (size_t)k * n);
		for (uint32_t o = 0; o < n; o++)
			if (w->place[(size_t)k * n + o] >= from)
				return quo_fail(err, QUO_BUG, "%s: an element beyond its input",
						e->place);
	}
	st->out = *now;
	return QUO_OK;
}

static quo_status add_shape(quo_network *net, const struct entry *e, quo_layer_input *now,
			    quo_err *err)
{
	quo_layer_plan plan;
	quo_layer_input out;

	QUO_TRY(ask(e, now, &plan, &out, err));
	if (quo_shape_elements(&out) != quo_shape_elements(now))
		return quo_fail(err, QUO_BUG, "%s: changes the number of elements", e->place);
	out.is_signed = now->is_signed;
	*now = out;
	if (net->n_stages)
		net->stage[net->n_stages - 1].out = out;
	return QUO_OK;
}

/* Rings of Z and of the arithmetic forms; a skip's shifts. */
static quo_status infer_widths(quo_network *net, uint32_t j, bool predicts, const char *place,
			       quo_err *err)
{
	quo_net_stage *st = &net->stage[j];
	quo_net_skip *skip = &st->skip;
	uint64_t bound = quo__z_bound(&st->linear->plan);

	if (skip->layer) {
		uint64_t own = skip->projection ? quo__z_bound(&skip->projection->plan) : MOST;
		bound += own << skip->shift;
	}
	QUO_TRY(ring_for(bound, place, "output Z", &st->linear->z_width, err));
	st->a_ring = wider(st->linear->z_width, predicts ? 0 : st->linear->g_width);
	st->e_ring = wider(st->linear->g_width, st->linear->e_width);
	if (!skip->layer)
		return QUO_OK;

	quo_net_stage *from = &net->stage[skip->from];
	unsigned ring = (unsigned)(st->linear->z_width - skip->shift);
	from->a_ring = wider(from->a_ring, ring);
	skip->scale = 7 * (int)(j - skip->from);
	for (uint32_t k = skip->from; k <= j; k++)
		skip->scale += net->stage[k].linear->alpha;
	if (skip->projection) {
		quo_net_layer *p = skip->projection;
		p->z_width = (uint8_t)ring;
		from->a_ring = wider(from->a_ring, predicts ? 0 : p->g_width);
		st->e_ring = wider(st->e_ring, wider(p->g_width, p->e_width));
		skip->scale -= p->alpha;
	}
	return QUO_OK;
}

static quo_status check_output(const quo_network *net, const quo_network_plan *plan,
			       const quo_layer_input *out, quo_err *err)
{
	uint32_t i = plan->n_layers - 1;
	const char *place = plan->where ? plan->where[i] : "", *colon = plan->where ? ": " : "";

	if (!net->n_stages)
		return quo_fail(err, QUO_USAGE, "%s%sthe network has no layer with parameters",
				place, colon);
	const quo_net_stage *top = &net->stage[net->n_stages - 1];
	if (top->skip.layer || top->window.layer)
		return quo_fail(
			err, QUO_USAGE,
			"%s%s%s cannot follow the output layer; end with a layer that has one output "
			"per class, e.g. {use: fc, out: %u}",
			place, colon, top->window.layer ? top->window.where : top->skip.where,
			plan->classes);
	if (quo_shape_elements(out) != plan->classes)
		return quo_fail(
			err, QUO_USAGE,
			"%s%s%s gives %u outputs and the data has %u classes; the last layer gives "
			"one output per class",
			place, colon, top->linear->where, quo_shape_elements(out), plan->classes);
	return QUO_OK;
}

quo_status quo__network_plan(quo_network *net, const quo_network_plan *plan, quo_err *err)
{
	quo_layer_input now = { .n_dims = plan->n_dims,
				.batch = plan->batch,
				.is_signed = plan->input_signed };

	memcpy(now.dim, plan->dim, sizeof plan->dim);
	for (uint32_t i = 0; i < plan->n_layers; i++) {
		struct entry e = entry_of(plan, i);
		switch (e.ops->role) {
		case QUO_LAYER_LINEAR:
			QUO_TRY(add_linear(net, &e, &now, err));
			break;
		case QUO_LAYER_SKIP:
			QUO_TRY(add_skip(net, &e, err));
			break;
		case QUO_LAYER_WINDOW:
			QUO_TRY(add_window(net, &e, &now, err));
			break;
		case QUO_LAYER_SHAPE:
			QUO_TRY(add_shape(net, &e, &now, err));
			break;
		}
	}
	QUO_TRY(check_output(net, plan, &now, err));
	for (uint32_t j = 0; j < net->n_stages; j++) {
		struct entry e = entry_of(plan, net->stage[j].linear->entry);
		QUO_TRY(infer_widths(net, j, plan->predicts, e.place, err));
	}
	for (uint32_t i = 0; i < net->n_layers; i++) {
		quo_net_layer *l = &net->layer[i];
		l->t = (quo_value){ .ring = wider(l->z_width, plan->predicts ? 0 : l->e_width),
				    .coef = quo_ternary_coef };
	}
	return QUO_OK;
}
