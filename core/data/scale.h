/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Numeric scaling of one column, docs/numerics.md "Input and labels": fit on the training rows, in
 * row order, in double with + - * / and sqrt alone, so that every machine gets the same integers.
 */
#ifndef QUOTIENT_CORE_SCALE_H
#define QUOTIENT_CORE_SCALE_H

#include <quotient/option.h>

typedef struct quo__scaler {
	quo_column_scale scale;
	double from, width; /* minimum and range, or mean and deviation */
} quo__scaler;

/* x for which the scale is defined: finite, and x + 1e-4 > 0 for log_z. */
bool quo__scale_accepts(quo_column_scale scale, double x);
/* What quo__scale_accepts() wants, in words. */
const char *quo__scale_wants(quo_column_scale scale);
quo__scaler quo__scaler_fit(quo_column_scale scale, const double *x, size_t n);
/* min_max: 0..127, clipped at the training range; z and log_z: -127..127. */
int8_t quo__scaler_apply(const quo__scaler *scaler, double x);

/* Natural logarithm of a positive finite x, the same bits on every IEEE 754 machine; error
 * below 2 ulp. */
double quo__ln(double x);

#endif
