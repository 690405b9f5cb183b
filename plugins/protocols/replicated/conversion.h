/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One conversion of bits to integers, whichever way it is done.
 */
#ifndef QUOTIENT_PLUGINS_REPLICATED_CONVERSION_H
#define QUOTIENT_PLUGINS_REPLICATED_CONVERSION_H

#include <quotient/quotient.h>

/* z = sum_k coef_k (plane k of x) mod 2^l, element by element; coef NULL: the integers that x holds. */
struct rep_conversion {
	quo_tensor *z;
	const quo_tensor *x;
	const int32_t *coef;
};

#endif
