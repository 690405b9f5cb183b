/* SPDX-License-Identifier: Apache-2.0 */
#include "train/forecast.h"
#include "session/session_core.h"

#include <string.h>

#include "data/dataset.h"
#include "train/link.h"

/* What a process holds besides tensors: code, OpenSSL, buffers of the engines. */
#define FIXED_BYTES (UINT64_C(160) << 20)

static quo_status copy_layers(quo_forecast *f, const quo_network *net, quo_err *err)
{
	f->layers = quo_alloc(net->n_layers, sizeof *f->layers, err);
	if (!f->layers)
		return QUO_FAILED;
	f->n_layers = net->n_layers;
	for (uint32_t i = 0; i < net->n_layers; i++) {
		const quo_net_layer *l = &net->layer[i];
		quo_forecast_layer *out = &f->layers[i];
		memcpy(out->where, l->where, sizeof out->where);
		out->in = l->plan.param_rows;
		out->out = l->plan.param_cols;
		out->alpha = l->alpha;
		out->z_width = l->z_width;
		out->g_width = l->g_width;
		out->e_width = l->e_width;
		out->update_ands = l->update ? l->update->n_and : 0;
		for (uint32_t j = 0; j < net->n_stages; j++) {
			const quo_net_stage *st = &net->stage[j];
			if (st->linear != l)
				continue;
			out->activate_ands = st->activate->n_and;
			out->normalise_ands = st->normalise->n_and;
		}
	}
	return QUO_OK;
}

static quo_status after_first_step(void *arg, const quo_trainer_report *report, quo_err *err)
{
	quo_forecast *f = arg;

	(void)err;
	if (report->step == 1 && !report->evaluated) {
		f->step_bytes = report->bytes;
		f->step_rounds = report->rounds;
	}
	return QUO_OK;
}

static quo_status dry_run(quo_forecast *f, quo_trainer *t, bool reveal_model, quo_err *err)
{
	uint64_t setup_bytes = quo_cost_bytes(&f->cost), setup_rounds = f->cost.rounds;

	t->report = after_first_step;
	t->report_arg = f;
	QUO_TRY(quo_trainer_run(t, err));
	f->step_bytes -= setup_bytes;
	f->step_rounds -= setup_rounds;
	if (reveal_model)
		QUO_TRY(quo_trainer_reveal_model(t, NULL, err));
	memcpy(f->phase, t->phase, sizeof f->phase);
	for (int i = 0; i < QUO_PHASES; i++)
		f->seconds += f->phase[i].seconds;
	f->steps = t->steps;
	f->steps_per_epoch = t->steps_per_epoch;
	f->weights = quo_trainer_weights(t);
	return copy_layers(f, &t->net, err);
}

/* Walk at most this many steps of a run (a few seconds); longer ones are scaled up. */
#define MOST_STEPS UINT64_C(200000)

static void scale(uint64_t *n, double by)
{
	*n = (uint64_t)((double)*n * by);
}

/* Counts of the first steps to those of a run `by` times as long. */
static void scale_up(quo_forecast *f, double by)
{
	f->scaled = true;
	scale(&f->steps, by);
	for (int i = 0; i < QUO_MAX_PARTIES; i++)
		scale(&f->cost.sent_bytes[i], by);
	scale(&f->cost.rounds, by);
	scale(&f->cost.cots, by);
	scale(&f->cost.and_gates, by);
	f->seconds *= by;
	for (int i = 0; i < QUO_PHASES; i++) {
		scale(&f->phase[i].bytes, by);
		scale(&f->phase[i].rounds, by);
		f->phase[i].seconds *= by;
	}
}

/* Whole epochs where one fits, so that evaluations are counted in proportion. */
static uint64_t steps_to_walk(const quo_trainer *t)
{
	uint64_t most = MOST_STEPS -
			(t->steps_per_epoch < MOST_STEPS ? MOST_STEPS % t->steps_per_epoch : 0);

	return t->steps < most ? t->steps : most;
}

static void estimate_memory(quo_forecast *f, const quo_session *s, const quo_trainer *t,
			    const quo_data_shape *shape)
{
	uint64_t rows = (uint64_t)shape->rows[QUO_TRAIN] + shape->rows[QUO_TEST];

	f->memory_bytes = FIXED_BYTES + quo_session_run_bytes(s) + t->dry_step_bytes +
			  rows * (shape->features * sizeof(uint32_t) + shape->classes);
}

static quo_status run_in(quo_forecast *f, quo_session *s, const quo_experiment_config *experiment,
			 const quo_data_shape *shape, bool reveal_model, quo_err *err)
{
	quo_holding nothing;
	quo_trainer t;
	const quo_ownership who = quo_ownership_of(experiment->data->config, experiment->protocol);

	quo_holding_empty(&nothing, shape, who.owner);
	QUO_TRY(quo_trainer_init(&t, s, experiment, &nothing, err));
	uint64_t all = t.steps;
	t.steps = steps_to_walk(&t);
	quo_status status = dry_run(f, &t, reveal_model, err);
	if (status == QUO_OK && t.steps < all)
		scale_up(f, (double)all / (double)t.steps);
	if (status == QUO_OK)
		estimate_memory(f, s, &t, shape);
	quo_trainer_fini(&t);
	return status;
}

quo_status quo_forecast_run(quo_forecast *f, const quo_experiment_config *experiment,
			    const quo_data_shape *shape, bool reveal_model, quo_err *err)
{
	const quo_link loopback = QUO_LINK_LOOPBACK, given = quo_link_given(&experiment->network);

	*f = (quo_forecast){ .cost = QUO_COST_INIT,
			     .link = { given.latency_s > 0 ? given.latency_s : loopback.latency_s,
				       given.bytes_per_s > 0 ? given.bytes_per_s
							     : loopback.bytes_per_s } };
	quo_session *s = quo_session_forecast(experiment->protocol, f->link, &f->cost, err);
	quo_status status = s ? run_in(f, s, experiment, shape, reveal_model, err) : QUO_FAILED;
	quo_session_free(s);
	if (status != QUO_OK)
		quo_forecast_free(f);
	return status;
}

void quo_forecast_free(quo_forecast *f)
{
	quo_free(f->layers);
	f->layers = NULL;
}
