/* SPDX-License-Identifier: Apache-2.0 */
/* Train an experiment inside a test, under any protocol, and get its weights. */
#ifndef QUOTIENT_TESTS_TRAIN_SUPPORT_H
#define QUOTIENT_TESTS_TRAIN_SUPPORT_H

#include "config/experiment.h"
#include "support.h"
#include "train/trainer.h"

#define TRAIN_MAX_WEIGHTS (6u << 20)

/* What a training run left; lives in memory shared with forked parties. */
struct trained {
	size_t n;
	double accuracy; /* of the last evaluation; -1: none */
	quo_traffic traffic;
	int8_t weights[TRAIN_MAX_WEIGHTS];
};

/* `configs/NAME` of the source tree with overrides (NULL-terminated). Fails the test when it does
 * not load. */
quo_experiment *train_load(const char *config, const char *const *sets);
quo_dataset train_data(const quo_experiment *experiment);

/* Under `protocol.use=clear`, in this process. */
void train_clear(const char *config, const char *const *sets, struct trained *out);
/* The same, with every named tensor of the run handed to trace (quotient/session.h). */
typedef quo_status train_trace(void *arg, struct quo_session *s, const char *where,
			       const char *name, const struct quo_tensor *t, quo_err *err);
void train_clear_traced(const char *config, const char *const *sets, struct trained *out,
			train_trace *trace, void *arg);
/* Under `protocol.use=quotient`, two forked parties; party i's results in
 * out[i] (quo_test_shared memory). */
void train_two_parties(const char *config, const char *const *sets, struct trained *out);

#endif
