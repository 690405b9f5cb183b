/* SPDX-License-Identifier: Apache-2.0 */
#include "data/scale.h"

#include <math.h>
#include <string.h>

#define LOG_SHIFT 1e-4
#define SQRT_HALF 0.70710678118654752440
#define LN_2_HIGH 0x1.62e42fee00000p-1 /* 32 bits, so that exponent * high is exact */
#define LN_2_LOW 0x1.a39ef35793c76p-33

/*
 * x = 2^k * m with m in [sqrt(1/2), sqrt(2)); ln m = 2 atanh(t), t = (m - 1) / (m + 1), |t| <
 * 0.1716. The C library's log() may differ in the last bit from machine to machine; sums and
 * products may not.
 */
double quo__ln(double x)
{
	uint64_t bits;
	int k = 0;

	if (x < 0x1p-1022) {
		x *= 0x1p54;
		k = -54;
	}
	memcpy(&bits, &x, sizeof bits);
	k += (int)(bits >> 52 & 2047) - 1022;
	bits = (bits & ~(UINT64_C(2047) << 52)) | UINT64_C(1022) << 52;
	double m;
	memcpy(&m, &bits, sizeof m); /* [1/2, 1) */
	if (m < SQRT_HALF) {
		m *= 2;
		k--;
	}
	double t = (m - 1) / (m + 1), t2 = t * t, series = 0;
	for (int i = 21; i >= 3; i -= 2)
		series = (series + 1.0 / i) * t2;
	double small = 2 * t * series + k * LN_2_LOW;
	return k * LN_2_HIGH + (2 * t + small);
}

bool quo__scale_accepts(quo_column_scale scale, double x)
{
	return isfinite(x) && (scale != QUO_SCALE_LOG_Z || x + LOG_SHIFT > 0);
}

const char *quo__scale_wants(quo_column_scale scale)
{
	return scale == QUO_SCALE_LOG_Z ? "log_z wants finite numbers above -0.0001"
					: "wants finite numbers";
}

static double prepared(quo_column_scale scale, double x)
{
	return scale == QUO_SCALE_LOG_Z ? quo__ln(x + LOG_SHIFT) : x;
}

/* Doubles near their largest value may overflow to an infinite range or deviation: apply() then
 * gives 0. */
quo__scaler quo__scaler_fit(quo_column_scale scale, const double *x, size_t n)
{
	quo__scaler scaler = { .scale = scale };

	if (scale == QUO_SCALE_MIN_MAX) {
		double low = n ? x[0] : 0, high = low;
		for (size_t i = 1; i < n; i++) {
			low = x[i] < low ? x[i] : low;
			high = x[i] > high ? x[i] : high;
		}
		scaler.from = low;
		scaler.width = high - low;
		return scaler;
	}
	double sum = 0, squares = 0;
	for (size_t i = 0; i < n; i++)
		sum += prepared(scale, x[i]);
	double mean = n ? sum / (double)n : 0;
	for (size_t i = 0; i < n; i++) {
		double d = prepared(scale, x[i]) - mean;
		squares += d * d;
	}
	scaler.from = mean;
	scaler.width = n ? sqrt(squares / (double)n) : 0;
	return scaler;
}

int8_t quo__scaler_apply(const quo__scaler *scaler, double x)
{
	double low = scaler->scale == QUO_SCALE_MIN_MAX ? 0 : -1;
	double y = (prepared(scaler->scale, x) - scaler->from) / scaler->width;

	if (scaler->scale != QUO_SCALE_MIN_MAX)
		y /= 3;
	/* A constant column has width 0 and says nothing. */
	if (!(scaler->width > 0) || !isfinite(scaler->width) || isnan(y))
		return 0;
	y = y < low ? low : y > 1 ? 1 : y;
	return (int8_t)floor(127 * y + 0.5);
}
