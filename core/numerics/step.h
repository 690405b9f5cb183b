/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One training step and one prediction batch, in the two verbs (QUOTIENT algorithms 1-4;
 * docs/numerics.md).
 */
#ifndef QUOTIENT_CORE_STEP_H
#define QUOTIENT_CORE_STEP_H

#include "numerics/network.h"

/*
 * x (ARITH [batch, ..]) and y (BITS(1) [batch, classes]) through all layers. Leaves every layer's
 * input and mask for the backward pass; *e (BITS(8)) is the output error.
 */
quo_status quo_step_forward(quo_network *net, quo_session *s, quo_tensor *x, const quo_tensor *y,
			    quo_tensor **e, quo_err *err);
/* Errors down, gradients at every layer (net->layer[i].g). */
quo_status quo_step_backward(quo_network *net, quo_session *s, quo_tensor *e, quo_err *err);
/* All layers' weights and optimiser states, in shared rounds. `step` counts from 0. */
quo_status quo_step_update(quo_network *net, quo_session *s, int epoch, uint64_t step,
			   quo_err *err);

/* A' of the last layer (BITS(7) [rows, classes]) for any number of rows. */
quo_status quo_step_predict(quo_network *net, quo_session *s, quo_tensor *x, quo_tensor **a,
			    quo_err *err);
/* Column c of a [rows, columns] BITS tensor as a tensor of rows elements; local. */
quo_tensor *quo_step_column(quo_session *s, const quo_tensor *t, uint32_t c, quo_err *err);
/* How many of the predictions a are right by y, as a 32-bit share added to *count
 * (ARITH(32), one element). */
quo_status quo_step_count_right(quo_network *net, quo_session *s, const quo_tensor *a,
				const quo_tensor *y, quo_tensor *count, quo_err *err);

#endif
