/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Circuits by levels, kept from call to call.
 */
#ifndef QUOTIENT_PLUGINS_REPLICATED_PROGRAM_H
#define QUOTIENT_PLUGINS_REPLICATED_PROGRAM_H

#include "instance.h"

/* Arith ports have become two ports of bits, the summand that the dealer knows and the one that the others know, with
 * an adder behind them (quo_split_arith). */
struct rep_program {
	uint64_t id;   /* of the circuit as the caller gave it */
	quo_goal goal; /* of its adders behind arith ports */
	quo_levels *levels;
	uint32_t most_rows;    /* AND gates of the largest level */
	uint32_t arith_planes; /* of arith ports */
};
quo_status rep_program_of(struct replicated *r, const quo_circuit *c, quo_goal goal,
			  const struct rep_program **out, quo_err *err);
void rep_programs_free(struct replicated *r);

#endif
