/* SPDX-License-Identifier: Apache-2.0 */
#include "train/predictor.h"

#include <stdio.h>
#include <string.h>

#include <quotient/bits.h>

#include "numerics/rules.h"
#include "numerics/step.h"

/* ---- circuits ---- */

unsigned quo_class_width(unsigned classes)
{
	return quo_bit_length(classes - 1);
}

/*
 * A tree, so that it is as shallow as it can be: of two candidates the later one wins only when it
 * is larger, and every candidate's classes come before those of its right neighbour.
 */
quo_circuit *quo_rule_class(quo_goal goal, unsigned classes, quo_err *err)
{
	char name[16];
	quo_builder *b = quo_builder_new(goal);
	unsigned width = quo_class_width(classes);
	quo_int a[256], index[256];

	for (unsigned c = 0; c < classes; c++) {
		snprintf(name, sizeof name, "A.%u", c);
		a[c] = quo_input(b, name, QUO_PORT_BITS, 7, false, false);
		index[c] = quo_const(c, width, false);
	}
	for (unsigned n = classes; n > 1; n = (n + 1) / 2) {
		for (unsigned i = 0; i + 1 < n; i += 2) {
			quo_wire later = quo_less(b, a[i], a[i + 1]);
			a[i / 2] = quo_resize(quo_mux(b, later, a[i + 1], a[i]), 7, false);
			index[i / 2] =
				quo_resize(quo_mux(b, later, index[i + 1], index[i]), width, false);
		}
		if (n % 2) {
			a[n / 2] = a[n - 1];
			index[n / 2] = index[n - 1];
		}
	}
	quo_output(b, "class", index[0]);
	return quo_circuit_finish(b, err);
}

quo_circuit *quo_rule_ternary(quo_goal goal, quo_err *err)
{
	quo_builder *b = quo_builder_new(goal);
	quo_int v = quo_input(b, "V", QUO_PORT_BITS, 8, true, false);
	quo_wire plus = quo_less(b, quo_const(QUO_TERNARY_THRESHOLD - 1, 8, true), v);
	quo_wire minus = quo_less(b, v, quo_const(1 - QUO_TERNARY_THRESHOLD, 8, true));

	quo_output(b, "T", (quo_int){ .bit = { plus, minus }, .width = 2 });
	return quo_circuit_finish(b, err);
}

/* ---- the model ---- */

static quo_status wrong_shape(const quo_net_layer *l, const quo_model_part *model, uint32_t k,
			      uint32_t rows, uint32_t cols, quo_err *err)
{
	return quo_fail(
		err, QUO_USAGE,
		"%s: layer%u.weight is %u x %u and %s of the network has %u x %u; is it the "
		"model of this experiment?",
		model->name, k + 1, rows, cols, l->where, l->v->spec.dim[0], l->v->spec.dim[1]);
}

/* The shape of the model's parameter k; false beyond the last. */
static bool model_shape(const quo_model_part *model, uint32_t k, uint32_t *rows, uint32_t *cols)
{
	if (model->weights && k < model->weights->n_layers) {
		*rows = model->weights->layers[k].rows;
		*cols = model->weights->layers[k].cols;
		return true;
	}
	if (model->share && k < model->share->n_layers) {
		*rows = model->share->layers[k].rows;
		*cols = model->share->layers[k].cols;
		return true;
	}
	return false;
}

static quo_status check_model(const quo_network *net, const quo_model_part *model, quo_err *err)
{
	const quo_net_state *w;
	uint32_t k = 0, rows, cols;

	if (!model->weights && !model->share)
		return QUO_OK;
	for (; (w = quo_network_weights(net, k)) != NULL; k++) {
		const quo_net_layer *l = w->layer;
		if (!model_shape(model, k, &rows, &cols))
			return quo_fail(
				err, QUO_USAGE,
				"%s: it has %u layers of weights and ends before %s (%u x %u) of "
				"the network; is it the model of this experiment?",
				model->name, k, l->where, l->v->spec.dim[0], l->v->spec.dim[1]);
		if (rows != l->v->spec.dim[0] || cols != l->v->spec.dim[1])
			return wrong_shape(l, model, k, rows, cols, err);
		if (model->share && model->share->layers[k].width != 8)
			return quo_fail(err, QUO_USAGE,
					"%s: layer %u has %u planes; weights have 8", model->name,
					k + 1, model->share->layers[k].width);
	}
	if (model_shape(model, k, &rows, &cols))
		return quo_fail(
			err, QUO_USAGE,
			"%s: layer%u.weight (%u x %u) is beyond the network's last layer of "
			"weights; is it the model of this experiment?",
			model->name, k + 1, rows, cols);
	return QUO_OK;
}

/* T of a layer from weights that one party has. */
static quo_status bring_weights(quo_session *s, const quo_net_layer *l, const int8_t *v, int from,
				quo_err *err)
{
	int32_t *t = NULL;

	if (v && !quo_is_dry(s)) {
		t = quo_arena_alloc(quo_step_arena(s), l->t.bits->n, sizeof *t, err);
		if (!t)
			return QUO_FAILED;
		for (size_t j = 0; j < l->t.bits->n; j++)
			t[j] = (v[j] >= QUO_TERNARY_THRESHOLD) | (v[j] <= -QUO_TERNARY_THRESHOLD)
									 << 1;
	}
	return quo_share(s, l->t.bits, t, from, err);
}

/* T of a layer from shares of V. */
static quo_status bring_share(quo_session *s, const quo_net_layer *l, const quo_circuit *ternary,
			      const uint64_t *planes, quo_err *err)
{
	quo_map_job job = {
		.circuit = ternary, .n = l->v->n, .in = { l->v }, .out = { l->t.bits }
	};

	if (!quo_is_dry(s))
		memcpy(l->v->b, planes, quo_parts(s) * l->v->stride * sizeof *planes);
	return quo_map(s, &job, 1, err);
}

/* Weights of the largest layer. */
static size_t largest(const quo_network *net)
{
	const quo_net_state *w;
	size_t n = 0;

	for (uint32_t k = 0; (w = quo_network_weights(net, k)) != NULL; k++)
		n = (*w->now)->n > n ? (*w->now)->n : n;
	return n;
}

static quo_status bring_model(quo_predictor *p, const quo_model_part *model, quo_err *err)
{
	quo_session *s = p->s;
	bool shares = model->owner == QUO_SHARED && model->dealer < 0;
	int from = model->owner == QUO_SHARED ? model->dealer : model->owner;
	quo_status status = QUO_OK;

	if (shares && !model->share)
		return quo_network_share_weights(&p->net, s, err);
	quo_circuit *ternary = quo_rule_ternary(quo_protocol_goal(s, largest(&p->net)), err);
	if (!ternary)
		return QUO_FAILED;
	const quo_net_state *w;
	for (uint32_t k = 0; status == QUO_OK && (w = quo_network_weights(&p->net, k)); k++) {
		quo_net_layer *l = w->layer;
		l->t.bits->spec.owner = (int8_t)model->owner;
		if (shares)
			status = bring_share(s, l, ternary, model->share->layers[k].planes, err);
		else
			status = bring_weights(
				s, l, model->weights ? model->weights->layers[k].values : NULL,
				from, err);
		quo_arena_reset(quo_step_arena(s));
	}
	quo_circuit_free(ternary);
	return status;
}

/* ---- life ---- */

static quo_status init_network(quo_predictor *p, const quo_experiment_config *experiment,
			       const quo_data_shape *shape, quo_err *err)
{
	/* Widths of gradients follow from the batch; a prediction has none, so they are to be as
	 * narrow as can be. Rows of any number go in. */
	quo_network_plan plan = { .n_layers = experiment->n_layers,
				  .layers = experiment->layers,
				  .where = experiment->layer_where,
				  .optim = experiment->train.optimizer,
				  .optim_where = experiment->train.optimizer_where,
				  .quant = experiment->train.quantizer,
				  .batch = 1,
				  .classes = shape->classes,
				  .n_dims = shape->n_dims,
				  .dim = { shape->dim[0], shape->dim[1], shape->dim[2] },
				  .input_signed = shape->is_signed,
				  .predicts = true,
				  .seed = (uint64_t)experiment->train.seed };

	QUO_TRY(quo_network_init(&p->net, p->s, &plan, err));
	p->class_of = quo_rule_class(quo_protocol_goal(p->s, p->net.batch), shape->classes, err);
	return p->class_of ? QUO_OK : QUO_FAILED;
}

quo_status quo_predictor_init(quo_predictor *p, quo_session *s,
			      const quo_experiment_config *experiment, const quo_data_shape *shape,
			      const quo_model_part *model, quo_err *err)
{

	*p = (quo_predictor){ .s = s };
	quo_status status = init_network(p, experiment, shape, err);
	if (status == QUO_OK)
		status = check_model(&p->net, model, err);
	if (status == QUO_OK)
		status = quo_protocol_open(s, err);
	if (status == QUO_OK)
		status = bring_model(p, model, err);
	if (status != QUO_OK)
		quo_predictor_fini(p);
	return status;
}

void quo_predictor_fini(quo_predictor *p)
{
	if (p->s)
		quo_protocol_close(p->s);
	quo_network_fini(&p->net);
	quo_circuit_free(p->class_of);
	*p = (quo_predictor){ 0 };
}

/* ---- a batch ---- */

static quo_status open_classes(quo_predictor *p, const quo_tensor *a, int to, int32_t *classes,
			       quo_err *err)
{
	quo_session *s = p->s;
	uint32_t rows = a->spec.dim[0];
	quo_map_job job = { .circuit = p->class_of, .n = rows };
	quo_tensor *index =
		quo_temp(s, quo_spec_bits(quo_class_width(p->net.classes), false, 1, &rows), err);

	if (!index)
		return QUO_FAILED;
	for (uint32_t c = 0; c < p->net.classes; c++) {
		job.in[c] = quo_step_column(s, a, c, err);
		if (!job.in[c])
			return QUO_FAILED;
	}
	job.out[0] = index;
	QUO_TRY(quo_map(s, &job, 1, err));
	return quo_reveal(s, index, classes, to, err);
}

static void classes_of_scores(const int32_t *scores, uint32_t rows, uint32_t classes, int32_t *out)
{
	for (uint32_t r = 0; r < rows; r++) {
		const int32_t *row = scores + (size_t)r * classes;
		out[r] = 0;
		for (uint32_t c = 1; c < classes; c++)
			if (row[c] > row[out[r]])
				out[r] = (int32_t)c;
	}
}

quo_status quo_predictor_batch(quo_predictor *p, quo_tensor *x, bool with_scores, int to,
			       int32_t *classes, int32_t *scores, quo_tensor **a, quo_err *err)
{
	quo_session *s = p->s;
	uint32_t rows = x->spec.dim[0];

	if (to != QUO_TO_ALL && to != quo_me(s))
		classes = scores = NULL;
	QUO_TRY(quo_step_predict(&p->net, s, x, a, err));
	if (!with_scores)
		return open_classes(p, *a, to, classes, err);
	QUO_TRY(quo_reveal(s, *a, scores, to, err));
	if (classes && !quo_is_dry(s))
		classes_of_scores(scores, rows, p->net.classes, classes);
	return QUO_OK;
}
