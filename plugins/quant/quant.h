/* SPDX-License-Identifier: Apache-2.0 */
/* What the three quantisers share. */
#ifndef QUOTIENT_PLUGINS_QUANT_H
#define QUOTIENT_PLUGINS_QUANT_H

#include <quotient/quant.h>

/*
 * rs(g, s - 7 + r) for a signed g with -bound <= g * 2^(7 - s) < bound; s is below g's width. The
 * rounding adds the bit below the point.
 */
quo_int quant_rounded_step(quo_builder *b, quo_int g, quo_int s, int r, uint32_t bound);

/* m * 2^to / 2^drop for public to - drop = by: a left shift, or the low bits cut off. Keeps at
 * least one bit. */
quo_int quant_scale(quo_int m, int by);

/* cpow: lift, combine, exponent; wage normalises likewise. */
quo_int quant_cpow_lift(void *self, quo_builder *b, quo_int x);
quo_int quant_cpow_combine(void *self, quo_builder *b, quo_int x, quo_int y);
quo_int quant_cpow_exponent(void *self, quo_builder *b, quo_int m);
#define QUANT_CPOW_BOUND 182 /* 128 * sqrt(2), rounded up */

extern const quo_component quant_npow, quant_cpow, quant_wage;

#endif
