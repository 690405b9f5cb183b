/* SPDX-License-Identifier: Apache-2.0 */
/* quotient-predict: a trained model on rows of data, as the work of any number of parties. */
#ifndef QUOTIENT_TOOLS_PREDICT_H
#define QUOTIENT_TOOLS_PREDICT_H

#include "run/local.h"
#include "tools/cli.h"
#include "train/predictor.h"

/* What something took: bytes and rounds of all parties together, processor time of this one. */
typedef struct quo_spent {
	double seconds, cpu_seconds;
	uint64_t bytes, rounds;
} quo_spent;

typedef struct quo_predicted {
	quo_spent setup;
	quo_spent batch;  /* of full size; each a median */
	uint64_t batches; /* that were measured */
	double seconds_min, seconds_max;
	quo_spent count; /* counting the right ones in a circuit */
	double accuracy; /* NaN: not known here */
} quo_predicted;

/* quo_run.arg of quo_prediction. */
typedef struct quo_predicting {
	quo_weights weights;
	quo_model_share share[QUO_MAX_PARTIES];
	quo_model_part part[QUO_MAX_PARTIES]; /* by party */
	const char *kind;                     /* "npz", "shares" or "initial" */
	bool labelled;                      /* at the reader: the rows are test rows of the data */
	uint32_t first, rows;               /* known once the data is */
	uint64_t batch_bytes, batch_rounds; /* the forecast, of a whole batch */
	quo_predicted *result; /* written by the party that leads, in shared memory; may be NULL */
} quo_predicting;

/* Read the model that the experiment names, for all parties of this process. */
quo_status quo_predicting_load(quo_predicting *p, quo_run *run, quo_err *err);
void quo_predicting_free(quo_predicting *p);

/* Who sees: a party, or QUO_TO_ALL. */
int quo_predicting_to(const quo_run *run);

/* Predict, and write summary.json and, at a party that sees them, predictions.csv. */
extern const quo_work quo_prediction;
quo_status quo_predict_party(quo_run *run, quo_party *party, quo_err *err);

#endif
