/* SPDX-License-Identifier: Apache-2.0 */
#include "train/trainer.h"
#include "base/clock.h"
#include "session/session_core.h"

#include <stdio.h>
#include <time.h>

#include "numerics/step.h"

#define TEST_ROWS_AT_ONCE 1000

static const char *const phase_names[QUO_PHASES] = { "set-up", "forward",    "backward",
						     "update", "evaluation", "reveal" };

/* ---- where time, bytes and rounds go ---- */

/* What the ledger took in since the last call, as time over the session's link. */
static double dry_seconds(quo_trainer *t)
{
	const quo_cost *now = quo_session_cost(t->s);
	const quo_cost d = quo_cost_since(now, &t->phase_cost);

	t->phase_cost = *now;
	return quo_cost_seconds(&d, quo_session_link(t->s));
}

static void enter(quo_trainer *t, quo_phase_id phase)
{
	quo_traffic now = quo_session_traffic(t->s);
	quo_phase *total = &t->phase[t->current];
	double seconds = quo_now_seconds();

	total->seconds += quo_is_dry(t->s) ? dry_seconds(t) : seconds - t->phase_start;
	total->bytes += now.sent_bytes + now.received_bytes - t->phase_bytes;
	total->rounds += now.rounds - t->phase_rounds;
	t->current = phase;
	t->phase_start = seconds;
	t->phase_bytes = now.sent_bytes + now.received_bytes;
	t->phase_rounds = now.rounds;
}

static quo_status report(quo_trainer *t, int64_t epoch, bool evaluated, quo_err *err)
{
	uint64_t bytes = 0, rounds = 0;

	if (!t->report)
		return QUO_OK;
	enter(t, t->current);
	for (int i = 0; i < QUO_PHASES; i++) {
		bytes += t->phase[i].bytes;
		rounds += t->phase[i].rounds;
	}
	uint64_t in_epoch = t->step - (uint64_t)epoch * t->steps_per_epoch;
	quo_trainer_report r = { .epoch = epoch,
				 .epochs = t->config->epochs,
				 .step = t->step,
				 .steps = t->steps,
				 .step_in_epoch = in_epoch,
				 .steps_per_epoch = t->steps_per_epoch,
				 .step_seconds = t->last_step_seconds,
				 .bytes = bytes,
				 .rounds = rounds,
				 .accuracy = t->n_accuracy ? t->accuracy[t->n_accuracy - 1] : -1,
				 .evaluated = evaluated };
	return t->report(t->report_arg, &r, err);
}

/* ---- life ---- */

quo_status quo_trainer_init(quo_trainer *t, quo_session *s, const quo_experiment_config *experiment,
			    const quo_holding *input, quo_err *err)
{
	const quo_train_config *config = &experiment->train;
	const quo_data_shape *shape = &input->shape;

	*t = (quo_trainer){
		.s = s, .input = input, .config = config, .phase_start = quo_now_seconds()
	};
	for (int i = 0; i < QUO_PHASES; i++)
		t->phase[i].name = phase_names[i];
	quo_traffic start = quo_session_traffic(s);
	t->phase_bytes = start.sent_bytes + start.received_bytes;
	t->phase_rounds = start.rounds;
	if (quo_is_dry(s))
		t->phase_cost = *quo_session_cost(s);
	for (uint32_t i = 0; i < experiment->reveal.n; i++)
		t->reveal_accuracy = true;

	if (config->batch > shape->rows[QUO_TRAIN])
		return quo_fail(
			err, QUO_USAGE,
			"%s%strain.batch is %lld and the data has %u training rows; make the batch "
			"smaller",
			config->batch_where ? config->batch_where : "",
			config->batch_where ? ": " : "", (long long)config->batch,
			shape->rows[QUO_TRAIN]);
	t->steps_per_epoch = shape->rows[QUO_TRAIN] / (uint64_t)config->batch;
	t->steps = t->steps_per_epoch * (uint64_t)config->epochs;
	if (config->max_steps && (uint64_t)config->max_steps < t->steps)
		t->steps = (uint64_t)config->max_steps;

	quo_network_plan plan = { .n_layers = experiment->n_layers,
				  .layers = experiment->layers,
				  .where = experiment->layer_where,
				  .optim = config->optimizer,
				  .optim_where = config->optimizer_where,
				  .quant = config->quantizer,
				  .batch = (uint32_t)config->batch,
				  .classes = shape->classes,
				  .n_dims = shape->n_dims,
				  .dim = { shape->dim[0], shape->dim[1], shape->dim[2] },
				  .input_signed = shape->is_signed,
				  .seed = (uint64_t)config->seed };
	t->accuracy = quo_alloc((size_t)config->epochs + 1, sizeof *t->accuracy, err);
	if (!t->accuracy)
		return QUO_FAILED;
	quo_status status = quo_network_init(&t->net, s, &plan, err);
	if (status == QUO_OK)
		status = quo_protocol_open(s, err);
	if (status == QUO_OK)
		status = quo_network_share_weights(&t->net, s, err);
	if (status != QUO_OK)
		quo_trainer_fini(t);
	return status;
}

void quo_trainer_fini(quo_trainer *t)
{
	if (t->s)
		quo_protocol_close(t->s);
	quo_network_fini(&t->net);
	quo_free(t->accuracy);
	t->accuracy = NULL;
	t->s = NULL;
}

/* ---- training ---- */

static void end_step(quo_trainer *t)
{
	uint64_t bytes = quo_session_end_step(t->s);

	if (t->dry_step_bytes < bytes)
		t->dry_step_bytes = bytes;
}

static quo_status one_step(quo_trainer *t, int64_t epoch, const uint32_t *order, quo_err *err)
{
	quo_session *s = t->s;
	quo_tensor *x, *y, *e;
	double start = quo_now_seconds();

	enter(t, QUO_PHASE_FORWARD);
	QUO_TRY(quo_holding_batch(t->input, s, QUO_TRAIN, order, 0, t->net.batch, &x, &y, err));
	QUO_TRY(quo_step_forward(&t->net, s, x, y, &e, err));
	enter(t, QUO_PHASE_BACKWARD);
	QUO_TRY(quo_step_backward(&t->net, s, e, err));
	enter(t, QUO_PHASE_UPDATE);
	QUO_TRY(quo_step_update(&t->net, s, (int)epoch, t->step, err));
	end_step(t);
	t->step++;
	t->last_step_seconds = quo_now_seconds() - start;
	return report(t, epoch, false, err);
}

static quo_status evaluate(quo_trainer *t, int64_t epoch, quo_err *err)
{
	quo_session *s = t->s;
	uint32_t rows = t->input->shape.rows[QUO_TEST];
	uint32_t one = 1;
	int32_t right = 0;

	if (t->config->test_rows && (uint64_t)t->config->test_rows < rows)
		rows = (uint32_t)t->config->test_rows;
	if (!rows || !t->reveal_accuracy)
		return QUO_OK;
	enter(t, QUO_PHASE_EVALUATE);
	quo_arena_mark mark = quo_arena_here(quo_run_arena(s));
	quo_tensor *count = quo_keep(s, quo_spec_arith(quo_bit_length(rows) + 1, 1, &one), err);
	if (!count)
		return QUO_FAILED;
	for (uint32_t first = 0; first < rows; first += TEST_ROWS_AT_ONCE) {
		uint32_t n = rows - first < TEST_ROWS_AT_ONCE ? rows - first : TEST_ROWS_AT_ONCE;
		quo_tensor *x, *y, *a;
		QUO_TRY(quo_holding_batch(t->input, s, QUO_TEST, NULL, first, n, &x, &y, err));
		QUO_TRY(quo_step_predict(&t->net, s, x, &a, err));
		QUO_TRY(quo_step_count_right(&t->net, s, a, y, count, err));
		end_step(t);
	}
	QUO_TRY(quo_reveal(s, count, &right, QUO_TO_ALL, err));
	quo_arena_release(quo_run_arena(s), mark);
	end_step(t);
	t->accuracy[t->n_accuracy++] = (double)right / rows;
	return report(t, epoch, true, err);
}

/* Whether an evaluation is due after this step. */
static bool due(const quo_trainer *t)
{
	bool end = t->step == t->steps;

	if (t->config->evaluate == QUO_EVALUATE_NEVER)
		return false;
	return end ||
	       (t->config->evaluate == QUO_EVALUATE_EPOCH && t->step % t->steps_per_epoch == 0);
}

quo_status quo_trainer_run(quo_trainer *t, quo_err *err)
{
	uint32_t rows = t->input->shape.rows[QUO_TRAIN];
	uint32_t *order = quo_alloc(rows, sizeof *order, err);
	quo_status status = order ? QUO_OK : QUO_FAILED;

	for (int64_t epoch = 0; status == QUO_OK && t->step < t->steps; epoch++) {
		quo_public_order((uint64_t)t->config->seed, QUO_STREAM_EPOCH + (uint64_t)epoch,
				 rows, order);
		for (uint64_t b = 0;
		     status == QUO_OK && b < t->steps_per_epoch && t->step < t->steps; b++) {
			status = one_step(t, epoch, order + b * t->net.batch, err);
			if (status == QUO_OK && due(t))
				status = evaluate(t, epoch, err);
		}
	}
	enter(t, t->current);
	quo_free(order);
	return status;
}

/* ---- the model ---- */

size_t quo_trainer_weights(const quo_trainer *t)
{
	const quo_net_state *w;
	size_t n = 0;

	for (uint32_t k = 0; (w = quo_network_weights(&t->net, k)) != NULL; k++)
		n += (*w->now)->n;
	return n;
}

quo_status quo_trainer_reveal_model(quo_trainer *t, int8_t *weights, quo_err *err)
{
	const quo_net_state *w;

	enter(t, QUO_PHASE_REVEAL);
	for (uint32_t k = 0; (w = quo_network_weights(&t->net, k)) != NULL; k++) {
		const quo_tensor *v = *w->now;
		int32_t *values = quo_arena_alloc(quo_step_arena(t->s), v->n, sizeof *values, err);
		if (!values)
			return QUO_FAILED;
		QUO_TRY(quo_reveal(t->s, v, values, QUO_TO_ALL, err));
		for (size_t j = 0; !quo_is_dry(t->s) && j < v->n; j++)
			*weights++ = (int8_t)values[j];
		quo_arena_reset(quo_step_arena(t->s));
	}
	enter(t, QUO_PHASE_SETUP);
	return QUO_OK;
}
