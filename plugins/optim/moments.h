/* SPDX-License-Identifier: Apache-2.0 */
/* What amsgrad and amsgrad-std share: the normalised gradient and the two moving averages of it. */
#ifndef QUOTIENT_PLUGINS_OPTIM_MOMENTS_H
#define QUOTIENT_PLUGINS_OPTIM_MOMENTS_H

#include "ranges.h"

#include <quotient/optim.h>

/* g = y + half: y floored, half the bit below the point. y has G's sign and lies in -bound .. bound
 * - 1. */
typedef struct amsgrad_gradient {
	quo_int y;
	quo_wire half;
} amsgrad_gradient;

/* QUO_USAGE with one line, which names the optimiser, for a quantiser with a rounding of its own or a bound beyond
 * AMSGRAD_MAX_BOUND. */
quo_status amsgrad_check_quantizer(const char *optimizer, const quo_instance *quant, quo_err *err);

/* g = rs(G, s - 7) in two parts; the addition is left to adders that come anyway. */
amsgrad_gradient amsgrad_normalise(quo_builder *b, const quo_update *u, uint32_t bound);

/* M + rs(26 (g - M), 8), in m's width; range says what g and M can be. */
quo_int amsgrad_first_moment(quo_builder *b, amsgrad_gradient g, quo_int m,
			     const amsgrad_ranges *range);

/* U + rs(3 (x + carry - U), 8), in old's width, for an unsigned x + carry <= x_max and U <= u_max. */
quo_int amsgrad_second_moment(quo_builder *b, quo_int x, quo_wire carry, quo_int old, int64_t x_max,
			      int64_t u_max);

#endif
