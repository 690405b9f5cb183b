/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Prediction with a trained model, in the two verbs: scores by quo_step_predict(), the class by an
 * arg max inside a circuit. Runs the same under every protocol, and in a dry session.
 */
#ifndef QUOTIENT_CORE_PREDICT_H
#define QUOTIENT_CORE_PREDICT_H

#include "config/experiment.h"
#include "numerics/network.h"
#include "store/holding.h"
#include "store/modelshare.h"
#include "store/weights.h"

/* A.0 .. A.(classes-1) (7 bits) -> class: the index of the largest, the first of equals. */
quo_circuit *quo_rule_class(quo_goal goal, unsigned classes, quo_err *err);
/* Bits of a class index. */
unsigned quo_class_width(unsigned classes);
/* V (8 bits, -127..127) -> T (two planes, + and -). */
quo_circuit *quo_rule_ternary(quo_goal goal, quo_err *err);

/*
 * What this party has of the model. With an owner, that party has `weights` and the others nothing
 * at all; with QUO_SHARED every party has its `share`, or the dealer has `weights` that it shares
 * in the session. None of them, at any party: the public initial weights, for measurements.
 */
typedef struct quo_model_part {
	int owner;        /* QUO_SHARED, or who knows the weights */
	int dealer;       /* of weights to be shared; -1 */
	const char *name; /* of the file, for messages */
	const quo_weights *weights;
	const quo_model_share *share;
} quo_model_part;

typedef struct quo_predictor {
	quo_session *s;
	quo_network net;
	quo_circuit *class_of;
} quo_predictor;

/*
 * Build the network for rows of `shape`, open the protocol and bring the model in. QUO_USAGE names
 * the layer whose shape is not the network's. In a dry session the model's shapes are checked too.
 */
quo_status quo_predictor_init(quo_predictor *p, quo_session *s,
			      const quo_experiment_config *experiment, const quo_data_shape *shape,
			      const quo_model_part *model, quo_err *err);
void quo_predictor_fini(quo_predictor *p);

/*
 * Rows x (ARITH [rows, ..]): their classes, and their scores unless NULL, to party `to` (or
 * QUO_TO_ALL). classes and scores (rows x classes, 0..127) are written where they are revealed.
 * with_scores: the same at all parties. *a is A' of the last layer, of the step arena.
 */
quo_status quo_predictor_batch(quo_predictor *p, quo_tensor *x, bool with_scores, int to,
			       int32_t *classes, int32_t *scores, quo_tensor **a, quo_err *err);

#endif
