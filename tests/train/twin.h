/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A real-valued network of the same structure as an experiment's: activations in [0, 127/128], the
 * same powers of two, no rounding. Its loss is the one whose derivative by the last layer's output
 * is the framework's output error: its activation less the label. Test binaries only; aborts when
 * memory runs out.
 */
#ifndef QUOTIENT_TESTS_TWIN_H
#define QUOTIENT_TESTS_TWIN_H

#include "../reference/reference.h"

#define TWIN_MAX 16

typedef struct twin_shape {
	uint32_t h, w, c;
} twin_shape;

/* A matrix [in, out] of any real numbers. */
typedef struct twin_weights {
	uint32_t in, out, layer; /* of the list */
	int alpha;
	double *t;
} twin_weights;

typedef struct twin {
	const quo_reference_layer *layers;
	uint32_t n_layers, n_weights;
	twin_shape input;
	twin_weights weights[TWIN_MAX]; /* in the order of the list */
} twin;

/* Shapes, and the initial ternary weights of a seed. */
void twin_init(twin *t, const quo_reference_layer *layers, uint32_t n, twin_shape input,
	       uint64_t seed);
void twin_free(twin *t);

/* Loss of rows examples, x [rows, input] with values -1 .. 127/128. */
double twin_loss(const twin *t, const double *x, const uint8_t *label, uint32_t rows);

#endif
