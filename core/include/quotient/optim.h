/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Optimisers: the state kept beside every 8-bit master weight, and the circuit that updates both.
 */
#ifndef QUOTIENT_OPTIM_H
#define QUOTIENT_OPTIM_H

#include <quotient/quant.h>

QUO_BEGIN_DECLS

#define QUO_OPTIM_MAX_STATES 8

/* One XOR-shared integer per weight; starts at 0. */
typedef struct quo_optim_state {
	const char *name;
	uint8_t width;
	bool is_signed;
} quo_optim_state;

/* The integers of one weight inside the update circuit. */
typedef struct quo_update {
	const quo_instance *quant;
	quo_int v; /* in: master weight, signed 8 bits. out: the new one (quo_clamp to -127..127) */
	quo_int g; /* gradient, signed */
	quo_int s; /* exponent of the layer's gradient (scalar), unsigned */
	quo_int u; /* the quantiser's public random bits; width 0 if it wants none */
	int epoch; /* public, from 0 */
	quo_int state[QUO_OPTIM_MAX_STATES]; /* in: old. out: new (resized to the declared width) */
} quo_update;

typedef struct quo_optim_ops {
	quo_lifecycle life;
	/* Required. QUO_USAGE with one line if the quantiser cannot be used with this optimiser;
	 * else fills states (at most QUO_OPTIM_MAX_STATES) and their number. */
	quo_status (*states)(void *self, const quo_instance *quant, quo_optim_state *states,
			     unsigned *n, quo_err *err);
	/* Required. Build the update. A circuit is built anew whenever `variant` changes. */
	void (*update)(void *self, quo_builder *b, quo_update *u);
	/* Required. A number that says which circuit an epoch uses, for instance its learning-rate
	 * shift. */
	int (*variant)(void *self, int epoch);
} quo_optim_ops;
typedef quo_optim_ops QUO_KIND_OPTIM_ops;

/* The vtable of an instance, which must be an optimiser. */
static inline const quo_optim_ops *quo_optim(const quo_instance *optim)
{
	return QUO_OPS(QUO_KIND_OPTIM, optim->component);
}

QUO_END_DECLS

#endif
