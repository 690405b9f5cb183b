/* SPDX-License-Identifier: Apache-2.0 */
/* quotient-predict: a trained model on rows of data, as the work of two parties or of one. */
#ifndef QUOTIENT_TOOLS_PREDICT_H
#define QUOTIENT_TOOLS_PREDICT_H

#include "tools/local.h"
#include "train/predict.h"

/* What batches of full size cost, both parties together, and the set-up before them. */
typedef struct quo_predicted {
	double setup_seconds;
	uint64_t setup_bytes, setup_rounds;
	uint64_t batches;                         /* that were measured */
	double seconds, seconds_min, seconds_max; /* of a batch; the median first */
	uint64_t bytes, rounds;                   /* medians */
	double accuracy;                          /* NaN: not known here */
	double accuracy_seconds;                  /* of finding it out */
	uint64_t accuracy_bytes, accuracy_rounds;
} quo_predicted;

/* quo_run.arg of quo_prediction. */
typedef struct quo_predicting {
	quo_weights weights;
	quo_model_share share[2];
	quo_model_part part[2];             /* by party */
	const char *kind;                   /* "npz", "shares" or "initial" */
	bool labelled;                      /* at the reader: the rows are test rows of the data */
	uint32_t first, rows;               /* known once the data is */
	uint64_t batch_bytes, batch_rounds; /* foretold, of a whole batch */
	quo_predicted *result; /* written by the party that leads, in shared memory; may be NULL */
} quo_predicting;

/* Read the model that the experiment names, for all parties of this process. */
quo_status quo_predicting_load(quo_predicting *p, quo_run *run, quo_err *err);
void quo_predicting_free(quo_predicting *p);

/* Who sees: a party, or QUO_TO_ALL. */
int quo_predicting_to(const quo_run *run);

/* Predict, and write predictions.csv (who sees them) and summary.json. */
extern const quo_work quo_prediction;
quo_status quo_predict_party(quo_run *run, quo_party *party, quo_err *err);

#endif
