/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The trainer: epochs of steps, evaluation, and where time, bytes and rounds went. Runs the same
 * under every protocol, and in a dry session as a forecast.
 */
#ifndef QUOTIENT_CORE_TRAINER_H
#define QUOTIENT_CORE_TRAINER_H

#include "base/clock.h"
#include "config/experiment.h"
#include "numerics/network.h"
#include "store/holding.h"
#include "store/summary.h"

typedef enum quo_phase_id {
	QUO_PHASE_SETUP, /* the protocol's, and the initial weights */
	QUO_PHASE_FORWARD,
	QUO_PHASE_BACKWARD,
	QUO_PHASE_UPDATE,
	QUO_PHASE_EVALUATE,
	QUO_PHASE_REVEAL, /* the model, when asked for */
	QUO_PHASES,
} quo_phase_id;

typedef struct quo_trainer quo_trainer;

/* Called after every step and evaluation; `accuracy` is negative before the first evaluation. */
typedef struct quo_trainer_report {
	int64_t epoch, epochs; /* epoch from 0 */
	uint64_t step, steps;  /* in all; step from 1 */
	uint64_t step_in_epoch, steps_per_epoch;
	double step_seconds;
	uint64_t bytes; /* all parties, since the start */
	uint64_t rounds;
	double accuracy;
	bool evaluated; /* an evaluation just ended; else a step */
} quo_trainer_report;

struct quo_trainer {
	quo_session *s;
	quo_network net;
	const quo_holding *input;
	const quo_train_config *config;
	bool reveal_accuracy;
	quo_status (*report)(void *arg, const quo_trainer_report *report,
			     quo_err *err); /* may be NULL */
	void *report_arg;

	/* Results. Dry runs: seconds as quo_cost_seconds() sees them. */
	quo_phase phase[QUO_PHASES];
	uint64_t step, steps, steps_per_epoch;
	double *accuracy; /* one per evaluation done, in order; n_accuracy of them */
	uint32_t n_accuracy;
	/* Dry runs: the most that tensors of one step or evaluation take. */
	uint64_t dry_step_bytes;

	/* private */
	quo_phase_id current;
	double phase_start;
	uint64_t phase_bytes, phase_rounds;
	quo_cost phase_cost; /* dry runs: the ledger at phase_start */
	double evaluation_from, last_step_seconds;
};

/* Open the protocol (set-up phase) and build the network for the input. */
quo_status quo_trainer_init(quo_trainer *t, quo_session *s, const quo_experiment_config *experiment,
			    const quo_holding *input, quo_err *err);
/* All epochs, or train.max_steps steps. */
quo_status quo_trainer_run(quo_trainer *t, quo_err *err);
/* The master weights of all layers, one after the other, to every party:
 * n = quo_trainer_weights() int8. */
size_t quo_trainer_weights(const quo_trainer *t);
quo_status quo_trainer_reveal_model(quo_trainer *t, int8_t *weights, quo_err *err);
void quo_trainer_fini(quo_trainer *t);

#endif
