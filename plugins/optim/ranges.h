/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the integers of amsgrad and amsgrad-std can be, given |g| <= bound: exact ranges, so that no circuit carries a
 * bit that never moves. M and U start at 0 and follow monotone maps, hence their ends are those of
 * constant gradients.
 */
#ifndef QUOTIENT_PLUGINS_OPTIM_RANGES_H
#define QUOTIENT_PLUGINS_OPTIM_RANGES_H

#include <quotient/status.h>

#define AMSGRAD_MAX_BOUND 255
#define AMSGRAD_MAX_SHIFT 7 /* lr_shift */

typedef struct amsgrad_ranges {
	uint32_t bound;
	int m_min, m_max, u_max;
	/* For lr_shift r: floor(M / 2^(len(H) + r)) fits step_bits[r] bits and a sign. */
	unsigned step_bits[AMSGRAD_MAX_SHIFT + 1];
} amsgrad_ranges;

/* 1 <= bound <= AMSGRAD_MAX_BOUND. */
void amsgrad_find_ranges(uint32_t bound, amsgrad_ranges *out);

/* Where U <- U + rs(3 (x - U), 8) comes to rest from 0 with x >= 0 constant: its largest value while inputs are at most
 * x. */
int64_t amsgrad_average_end(int64_t x);

/* Bits of the narrowest two's complement integer that holds low..high. */
unsigned amsgrad_signed_width(int64_t low, int64_t high);

#endif
