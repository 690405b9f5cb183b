/* SPDX-License-Identifier: Apache-2.0 */
#include "data/images.h"

#include <math.h>

#include "data/scale.h"

const char *const quo__image_scales[] = { "half", "z", NULL };

/* Of bytes by their counts: value by value, so that sums do not depend on the order of pixels. */
static quo__scaler fit(const uint64_t count[256])
{
	quo__scaler scaler = { .scale = QUO_SCALE_Z };
	uint64_t n = 0, sum = 0;
	double squares = 0;

	for (unsigned v = 0; v < 256; v++) {
		n += count[v];
		sum += v * count[v];
	}
	if (!n)
		return scaler;
	scaler.from = (double)sum / (double)n;
	for (unsigned v = 0; v < 256; v++) {
		double d = v - scaler.from;
		squares += d * d * (double)count[v];
	}
	scaler.width = sqrt(squares / (double)n);
	return scaler;
}

static void apply(const uint8_t value[256], uint32_t channels, uint32_t channel, uint8_t *x,
		  size_t n)
{
	for (size_t i = channel; i < n; i += channels)
		x[i] = value[x[i]];
}

void quo__images_encode(quo__image_scale scale, uint32_t channels, uint8_t *train, size_t n_fit,
			size_t n_train, uint8_t *test, size_t n_test)
{
	uint8_t value[256];

	for (uint32_t c = 0; c < channels; c++) {
		uint64_t count[256] = { 0 };
		for (size_t i = c; i < n_fit; i += channels)
			count[train[i]]++;
		quo__scaler scaler = fit(count);
		for (unsigned v = 0; v < 256; v++)
			value[v] = scale == QUO_IMAGE_HALF ? (uint8_t)(v >> 1)
							   : (uint8_t)quo__scaler_apply(&scaler, v);
		apply(value, channels, c, train, n_train);
		apply(value, channels, c, test, n_test);
	}
}
