/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The exponent of a tensor: a tree reduction made of maps (docs/numerics.md, MAG and the cpow
 * rule).
 *
 * Level by level, one circuit instance lifts (first level) and combines up to 64 elements; the last
 * level also takes the exponent. Several tensors are reduced together, so that their levels share
 * rounds.
 */
#ifndef QUOTIENT_CORE_REDUCE_H
#define QUOTIENT_CORE_REDUCE_H

#include <quotient/protocol.h>
#include <quotient/quant.h>

#define QUO_REDUCE_FAN_IN 64
#define QUO_REDUCE_MAX_LEVELS 8

typedef struct quo_reduce_level {
	quo_circuit *circuit;
	uint32_t ports;
	size_t instances;
} quo_reduce_level;

/* How tensors of n signed elements of `width` bits are reduced. */
typedef struct quo_reducer {
	unsigned n_levels;
	quo_reduce_level level[QUO_REDUCE_MAX_LEVELS];
	uint8_t s_width; /* bits of the exponent */
} quo_reducer;

/* The form of each level's circuit is what the session's protocol wants for its instances; `goal`
 * when s is NULL. */
quo_status quo_reducer_init(quo_reducer *r, const quo_session *s, quo_goal goal,
			    const quo_instance *quant, unsigned width, size_t n, quo_err *err);
void quo_reducer_fini(quo_reducer *r);

/* s[i] (BITS, one element, of the step arena) = the exponent of x[i] (BITS). */
quo_status quo_reduce(quo_session *session, const quo_reducer *const *reducers,
		      const quo_tensor *const *x, size_t n, quo_tensor **s, quo_err *err);

#endif
