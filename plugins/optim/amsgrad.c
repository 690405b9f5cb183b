/* SPDX-License-Identifier: Apache-2.0 */
/*
 * amsgrad, in the secure form of QUOTIENT (section 3.4, algorithm 4): no square root, no division.
 *     g = rs(G, s - 7);  M += rs(26 (g - M), 8);  U += rs(3 (|g| - U), 8);  H = max(H, U);
 *     V = sat(V - rs(M, len(H) + r))
 * H enters by its length alone, and len(max(H, U)) = max(len(H), len(U)): the state kept is L =
 * len(H). The circuit never forms g, |g|, or a negated integer: every "+ 1" of a two's complement
 * and every rounding bit goes in as some adder's carry, which is free. Widths come from ranges.c.
 */
#include "optim.h"
#include "ranges.h"

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
	const char *name = quant->component ? quant->component->name : "this quantiser";
	uint32_t bound = quo_quant(quant)->bound;

	if (quo_quant(quant)->random_bits)
		return quo_fail(err, QUO_USAGE,
				"optimizer amsgrad: %s rounds SGD steps; use optimizer sgd", name);
	if (bound < 1 || bound > AMSGRAD_MAX_BOUND)
		return quo_fail(err, QUO_USAGE,
				"optimizer amsgrad: quantizer %s has bound %u; 1 to %d can be had",
				name, bound, AMSGRAD_MAX_BOUND);
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

/* g = y + half: y floored, half the bit below the point. y has G's sign and lies in -bound .. bound
 * - 1. */
typedef struct gradient {
	quo_int y;
	quo_wire half;
} gradient;

static unsigned at_least(unsigned width, unsigned least)
{
	return width > least ? width : least;
}

static gradient normalise(quo_builder *b, const quo_update *u, uint32_t bound)
{
	unsigned n = quo_bit_length(bound - 1);
	quo_int z = quo_shift_right_upto(b, quo_shl(u->g, 8), u->s, u->g.width - 1u, n + 1);
	gradient g = { .y = quo_slice(z, 1, n + 1, true), .half = z.bit[0] };

	g.y.bit[n] = quo_sign(u->g);
	return g;
}

/* M + floor((13 d + 64) / 128) for d = g - M; the same as rs(26 d, 8). */
static quo_int update_m(quo_builder *b, gradient g, quo_int m, const amsgrad_ranges *range)
{
	int64_t low = -(int64_t)range->bound - range->m_max,
		high = (int64_t)range->bound - range->m_min;
	unsigned w_d = amsgrad_signed_width(low - 1, high);
	unsigned w_3d = at_least(amsgrad_signed_width(-3 * high, -3 * low), 5);
	unsigned w_13d = at_least(amsgrad_signed_width(13 * low, 13 * high), 8);

	if (quo_builder_goal(b) == QUO_SHALLOW) {
		/* (128 M + 13 (y + half - M) + 64) / 128, in one go */
		quo_int half = quo_int_from_bit(g.half);
		const quo_term terms[] = { { m, 7, false },    { m, 4, true },
					   { m, 2, false },    { m, 0, true },
					   { g.y, 3, false },  { g.y, 2, false },
					   { g.y, 0, false },  { half, 3, false },
					   { half, 2, false }, { half, 0, false } };
		quo_int sum = quo_sum(b, terms, 10, 64, m.width + 7u, true);
		return quo_slice(sum, 7, m.width, true);
	}
	/* t = d - 1 = y + half + ~M, and ~t = -d. 13 d = 16 (t + 1) + 3 ~t. */
	quo_int t = quo_add_carry(b, g.y, quo_not_int(b, m, w_d), g.half, w_d);
	quo_int minus_d = quo_not_int(b, t, w_d);
	quo_int minus_3d = quo_add_mod(b, minus_d, quo_shl(minus_d, 1), w_3d);
	quo_int high_bits = quo_slice(minus_3d, 4, w_3d - 4, true);
	quo_int d_13 = quo_add_carry(b, t, high_bits, QUO_WIRE_1, w_13d - 4); /* 13 d / 16 */
	return quo_add_carry(b, m, quo_slice(d_13, 3, w_13d - 7, true), d_13.bit[2], m.width);
}

/* U + rs(3 e, 8) for e = |g| - U. */
static quo_int update_u(quo_builder *b, gradient g, quo_int old, const amsgrad_ranges *range)
{
	int64_t low = -range->u_max, high = range->bound;
	unsigned w_e = at_least(amsgrad_signed_width(low - 1, high - 1), 3);
	unsigned w_3e = at_least(amsgrad_signed_width(3 * low, 3 * high), 9);
	quo_wire sign = quo_sign(g.y);

	if (quo_builder_goal(b) == QUO_SHALLOW) {
		/* (256 U + 3 (|g| - U) + 128) / 256, |g| as below */
		quo_int y = quo_mag(b, g.y), half = quo_int_from_bit(quo_bit_xor(b, g.half, sign));
		const quo_term terms[] = { { old, 8, false }, { old, 2, true }, { old, 0, false },
					   { y, 1, false },   { y, 0, false },  { half, 1, false },
					   { half, 0, false } };
		quo_int sum = quo_sum(b, terms, 7, 128, old.width + 8u, false);
		return quo_slice(sum, 8, old.width, false);
	}
	/* |g| = (y ^ sign) + (half ^ sign), as -g = ~y + ~half. t = e - 1 = |g| + ~U; 3 e = 4 (t +
	 * 1) + ~t. */
	quo_int t = quo_add_carry(b, quo_mag(b, g.y), quo_not_int(b, old, w_e),
				  quo_bit_xor(b, g.half, sign), w_e);
	t = quo_resize(t, w_e, true);
	quo_int high_bits = quo_slice(quo_not_int(b, t, w_e), 2, w_e - 2, true);
	quo_int e_3 = quo_add_carry(b, t, high_bits, QUO_WIRE_1, w_3e - 2); /* 3 e / 4 */
	return quo_add_carry(b, old, quo_slice(e_3, 6, e_3.width - 6u, true), e_3.bit[5],
			     old.width);
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
	gradient g = normalise(b, u, range->bound);

	u->state[M] = update_m(b, g, u->state[M], range);
	u->state[U] = update_u(b, g, u->state[U], range);
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
	.size = sizeof(quo_component),
	.kind = QUO_KIND_OPTIM,
	.name = "amsgrad",
	.summary = "fixed-point AMSgrad without division: the step is shifted by the length of the "
		   "largest second moment",
	.security = "as the circuits of the protocol",
	.wire_version = 1,
	.instance_size = sizeof(struct amsgrad),
	.config_size = sizeof(struct config),
	.ops_size = sizeof ops,
	.options = options,
	.ops = &ops,
};
