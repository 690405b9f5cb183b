/* SPDX-License-Identifier: Apache-2.0 */
/* A party's prediction on its way: predict_party.c fills it, predict_report.c shows it. */
#ifndef QUOTIENT_TOOLS_PREDICT_JOB_H
#define QUOTIENT_TOOLS_PREDICT_JOB_H

#include "tools/predict.h"

typedef struct quo_predict_job {
	quo_run *run;
	quo_party *party;
	quo_predicting *p;
	quo_session *s;
	quo_predictor predictor;
	int to;           /* who sees: a party, or QUO_TO_ALL */
	bool sees, count; /* this party does; how many are right is counted in a circuit */
	int32_t *classes; /* rows; NULL at a party that does not see */
	int32_t *scores;  /* rows x classes; NULL unless revealed here */
	quo_tensor *kept; /* to be counted: A' of all rows, shared */
	quo_predicted done;
	uint64_t bytes_sent[QUO_MAX_PARTIES]; /* at the end, by party */
	quo_spent before;                     /* what is being measured */
	quo_spent *batch;                     /* every one that was measured */
	size_t n;
} quo_predict_job;

/* The party's files (predictions.csv where it sees the classes, summary.json), and a table. */
quo_status quo_predict_report(quo_predict_job *job, quo_err *err);

#endif
