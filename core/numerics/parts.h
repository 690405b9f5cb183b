/* SPDX-License-Identifier: Apache-2.0 */
/* What the passes of a step share: tensors of a stage, and windows of Z. */
#ifndef QUOTIENT_CORE_PARTS_H
#define QUOTIENT_CORE_PARTS_H

#include "numerics/network.h"

/* A tensor of the step arena: [rows, dims of shape]. */
quo_tensor *quo__temp_arith(quo_session *s, const quo_layer_input *shape, uint32_t rows,
			    unsigned width, quo_err *err);
quo_tensor *quo__temp_bits(quo_session *s, const quo_layer_input *shape, uint32_t rows,
			   unsigned width, bool is_signed, quo_err *err);

/* part[k] (ARITH, in the output's shape) = element k of every window of z; local. z itself where there are no
 * windows. */
quo_status quo__window_gather(quo_session *s, const quo_net_stage *st, quo_tensor *z,
			      const quo_tensor **part, quo_err *err);
/* *e (BITS, Z's shape) = part[k] at element k of every window, 0 where no window is; local. part[0] itself where
 * there are no windows. */
quo_status quo__window_scatter(quo_session *s, const quo_net_stage *st, quo_tensor *const *part,
			       quo_tensor **e, quo_err *err);

#endif
