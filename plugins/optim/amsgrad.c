/* SPDX-License-Identifier: Apache-2.0 */
/*
 * amsgrad, in the secure form of QUOTIENT (section 3.4, algorithm 4): no square root, no division.
 *     g = rs(G, s - 7);  M += rs(26 (g - M), 8);  U += rs(3 (|g| - U), 8);  H = max(H, U);
 *     V = sat(V - rs(M, len(H) + r))
 * H enters by its length alone, and len(max(H, U)) = max(len(H), len(U)): the state kept is L =
 * len(H). The circuit never forms g, |g|, or a negated integer: every "+ 1" of a two's complement
 * and every rounding bit goes in as some adder's carry, which is free. Widths come from ranges.c,
 * the averages from moments.c.
 */
#include "moments.h"
#include "optim.h"

#include <quotient/bits.h>

struct config {
	quo_schedule lr_shift;
};

struct amsgrad {
	const struct config *config;
	amsgrad_ranges ranges; /* of the last quantiser seen; bound 0: of none */
};

static const quo_option options[] = {
	QUO_OPTION(struct config, lr_shift, QUO_OPT_SCHEDULE, "0",
		   "learning rate 2^-lr_shift in units of the 8-bit weight; one number, or {epoch: "
		   "number}.",
		   .min = 0, .max = AMSGRAD_MAX_SHIFT),
	{ 0 },
};

static quo_status init(void *self, const void *config, quo_err *err)
{
	(void)err;
	((struct amsgrad *)self)->config = config;
	return QUO_OK;
}

static const amsgrad_ranges *ranges(struct amsgrad *self, const quo_instance *quant)
{
	uint32_t bound = quo_quant(quant)->bound;

	if (self->ranges.bound != bound)
		amsgrad_find_ranges(bound, &self->ranges);
	return &self->ranges;
}

enum { M, U, L, STATES };

static quo_status states(void *self, const quo_instance *quant, quo_optim_state *states,
			 unsigned *n, quo_err *err)
{
	QUO_TRY(amsgrad_check_quantizer("amsgrad", quant, err));
	const amsgrad_ranges *range = ranges(self, quant);
	unsigned u_width = quo_bit_length((uint64_t)range->u_max);
	u_width += !u_width; /* a state has at least one bit */
	states[M] =
		(quo_optim_state){ "M", (uint8_t)amsgrad_signed_width(range->m_min, range->m_max),
				   true };
	states[U] = (quo_optim_state){ "U", (uint8_t)u_width, false };
	states[L] = (quo_optim_state){ "L", (uint8_t)quo_bit_length(u_width), false };
	*n = STATES;
	return QUO_OK;
}

static int variant(void *self, int epoch)
{
	return quo_schedule_at(&((struct amsgrad *)self)->config->lr_shift, epoch);
}

/* sat(V - rs(M, len(H) + r)) */
static quo_int update_v(quo_builder *b, quo_int v, quo_int m, quo_int len, int r,
			const amsgrad_ranges *range)
{
	/* A bit below the point for the rounding. */
	quo_int z = r ? quo_slice(m, (unsigned)r - 1, m.width, true) : quo_shl(m, 1);
	unsigned n = range->step_bits[r];

	z = quo_shift_right_upto(b, z, len, quo_bit_length((uint64_t)range->u_max), n + 1);
	quo_wire half = z.bit[0];
	quo_int y = quo_slice(z, 1, n + 1, true);
	y.bit[n] = quo_sign(m);
	/* V - (y + half) = V + ~y + ~half */
	unsigned width = (v.width > n + 1 ? v.width : n + 1) + 1;
	v = quo_add_carry(b, v, quo_not_int(b, y, n + 1), quo_bit_not(b, half), width);
	return quo_clamp(b, v, -127, 127);
}

static void update(void *self, quo_builder *b, quo_update *u)
{
	const amsgrad_ranges *range = ranges(self, u->quant);
	amsgrad_gradient g = amsgrad_normalise(b, u, range->bound);
	quo_wire carry = quo_bit_xor(b, g.half, quo_sign(g.y));

	u->state[M] = amsgrad_first_moment(b, g, u->state[M], range);
	/* |g| = (y ^ sign) + (half ^ sign), as -g = ~y + ~half */
	u->state[U] = amsgrad_second_moment(b, quo_mag(b, g.y), carry, u->state[U], range->bound,
					    range->u_max);
	u->state[L] = quo_max(b, u->state[L], quo_len(b, u->state[U]));
	u->v = update_v(b, u->v, u->state[M], u->state[L], variant(self, u->epoch), range);
}

static const quo_optim_ops ops = {
	.life = { .init = init },
	.states = states,
	.update = update,
	.variant = variant,
};

const quo_component optim_amsgrad = {
	QUO_COMPONENT(QUO_KIND_OPTIM, &ops),
	.name = "amsgrad",
	.summary = "fixed-point AMSgrad without division: the step is shifted by the length of the "
		   "largest second moment",
	.security = "as the circuits of the protocol",
	.wire_version = 1,
	.instance_size = sizeof(struct amsgrad),
	.config_size = sizeof(struct config),
	.options = options,
};
