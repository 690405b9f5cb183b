/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A wave's inputs.
 */
#ifndef QUOTIENT_PLUGINS_REPLICATED_PORTS_H
#define QUOTIENT_PLUGINS_REPLICATED_PORTS_H

#include "plan.h"

/* Rows of a wave's inputs; deals what comes through arith ports, one round for all of them, if there are any. */
quo_status rep_load_inputs(struct replicated *r, quo_session *s, struct rep_part *parts,
			   size_t n_parts, quo_err *err);

#endif
