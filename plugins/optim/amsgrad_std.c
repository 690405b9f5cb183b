/* SPDX-License-Identifier: Apache-2.0 */
/*
 * amsgrad-std: the standard AMSgrad in fixed point, with its square root and its division (QUOTIENT,
 * algorithm 9; Reddi, Kale, Kumar 2018).
 *     g = rs(G, s - 7);  M += rs(26 (g - M), 8);  U += rs(3 (g g - U), 8);  H = max(H, U);
 *     D = isqrt(H) + 1;  V = sat(V - floor(4 M / (2^r D) + 1/2))
 * H enters by its root alone, and isqrt(max(H, U)) = max(isqrt(H), isqrt(U)): the state kept is R =
 * isqrt(H). The 1 is eps: no division by zero, and for nothing, as the divider's carry. It also
 * gives the bit below the point, whose addition is the carry of V's adder.
 */
#include "moments.h"
#include "optim.h"

#include <quotient/bits.h>

#define MAX_SHIFT 4 /* lr_shift: beyond, no step is left */

/*
 * Bits of floor(8 M / (2^r D)), sign included, less r. As |M| <= 2.8 D whatever the gradients (up to
 * AMSGRAD_MAX_BOUND): 8 M / D lies within +-22.4. tests/conformance/test_optim.c walks all M and U.
 */
#define QUOTIENT_BITS 6

struct config {
	quo_schedule lr_shift;
};

struct amsgrad_std {
	const struct config *config;
	amsgrad_ranges ranges; /* of M, for the last quantiser seen; bound 0: of none */
	int64_t square_max, u_max;
};

static const quo_option options[] = {
	QUO_OPTION(struct config, lr_shift, QUO_OPT_SCHEDULE, "1",
		   "learning rate 2^-lr_shift in units of four of the 8-bit weight; one number, or "
		   "{epoch: number}.",
		   .min = 0, .max = MAX_SHIFT),
	{ 0 },
};

static quo_status init(void *self, const void *config, quo_err *err)
{
	(void)err;
	((struct amsgrad_std *)self)->config = config;
	return QUO_OK;
}

static void find_ranges(struct amsgrad_std *self, uint32_t bound)
{
	if (self->ranges.bound == bound)
		return;
	amsgrad_find_ranges(bound, &self->ranges);
	self->square_max = (int64_t)bound * bound;
	self->u_max = amsgrad_average_end(self->square_max);
}

enum { M, U, R, STATES };

static quo_status states(void *self, const quo_instance *quant, quo_optim_state *states,
			 unsigned *n, quo_err *err)
{
	struct amsgrad_std *o = self;

	QUO_TRY(amsgrad_check_quantizer("amsgrad-std", quant, err));
	find_ranges(o, quo_quant(quant)->bound);
	unsigned m_width = amsgrad_signed_width(o->ranges.m_min, o->ranges.m_max);
	unsigned u_width = quo_bit_length((uint64_t)o->u_max);
	u_width += !u_width; /* a state has at least one bit */
	states[M] = (quo_optim_state){ "M", (uint8_t)m_width, true };
	states[U] = (quo_optim_state){ "U", (uint8_t)u_width, false };
	states[R] = (quo_optim_state){ "R", (uint8_t)((u_width + 1) / 2), false };
	*n = STATES;
	return QUO_OK;
}

static int variant(void *self, int epoch)
{
	return quo_schedule_at(&((struct amsgrad_std *)self)->config->lr_shift, epoch);
}

/* g g, of bit_length(bound^2) bits. */
static quo_int square(quo_builder *b, amsgrad_gradient g, uint32_t bound)
{
	/* |g| = (y ^ sign) + (half ^ sign), as -g = ~y + ~half */
	quo_int none = { .width = 0 };
	quo_wire carry = quo_bit_xor(b, g.half, quo_sign(g.y));
	unsigned n = quo_bit_length(bound);
	quo_int m = quo_add_carry(b, quo_mag(b, g.y), none, carry, n), z;

	if (bound & (bound - 1))
		return quo_resize(quo_square(b, m), quo_bit_length((uint64_t)bound * bound), false);
	/* The top bit of a power of two stands alone. */
	z = quo_resize(quo_square(b, quo_resize(m, n - 1, false)), 2 * n - 1, false);
	z.bit[2 * n - 2] = m.bit[n - 1];
	return z;
}

static void update(void *self, quo_builder *b, quo_update *u)
{
	struct amsgrad_std *o = self;
	uint32_t bound = quo_quant(u->quant)->bound;
	unsigned r = (unsigned)variant(self, u->epoch), bits = QUOTIENT_BITS - r;

	find_ranges(o, bound);
	amsgrad_gradient g = amsgrad_normalise(b, u, bound);
	quo_int m = amsgrad_first_moment(b, g, u->state[M], &o->ranges);
	quo_int second = amsgrad_second_moment(b, square(b, g, bound), QUO_WIRE_0, u->state[U],
					       o->square_max, o->u_max);
	quo_int root = quo_max(b, u->state[R], quo_isqrt(b, second));

	quo_int scaled = r > 3 ? quo_slice(m, r - 3, m.width - (r - 3u), true) : quo_shl(m, 3 - r);
	quo_int q = quo_div(b, scaled, root, QUO_WIRE_1, bits);
	/* V - (y + half) = V + ~y + ~half */
	quo_int y = quo_slice(q, 1, bits - 1, true);
	quo_int v = quo_add_carry(b, u->v, quo_not_int(b, y, bits), quo_bit_not(b, q.bit[0]), 9);
	u->v = quo_clamp(b, v, -127, 127);
	u->state[M] = m;
	u->state[U] = second;
	u->state[R] = root;
}

static const quo_optim_ops ops = {
	.life = { .init = init },
	.states = states,
	.update = update,
	.variant = variant,
};

const quo_component optim_amsgrad_std = {
	QUO_COMPONENT(QUO_KIND_OPTIM, &ops),
	.name = "amsgrad-std",
	.summary =
		"standard AMSgrad in fixed point: the step is divided by the root of the largest "
		"second moment",
	.security = "as the circuits of the protocol",
	.wire_version = 1,
	.instance_size = sizeof(struct amsgrad_std),
	.config_size = sizeof(struct config),
	.options = options,
};
