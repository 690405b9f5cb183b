/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The master weights of a model in the clear, as `model.npz` holds them: arrays layer1.weight,
 * layer2.weight, .. of int8, [in, out].
 */
#ifndef QUOTIENT_CORE_WEIGHTS_H
#define QUOTIENT_CORE_WEIGHTS_H

#include <quotient/status.h>

#define QUO_WEIGHTS_MAX_LAYERS 1024

typedef struct quo_weights_layer {
	uint32_t rows, cols;
	int8_t *values; /* row-major, -127..127 */
} quo_weights_layer;

typedef struct quo_weights {
	uint32_t n_layers;
	quo_weights_layer *layers;
} quo_weights;

/*
 * Read an archive of numpy.savez or numpy.savez_compressed, or one that quotient-run wrote; other
 * arrays in it are passed over. QUO_USAGE with one line that names file and array for what is not
 * whole and right; *out is then untouched.
 */
quo_status quo_weights_load(const char *path, quo_weights *out, quo_err *err);
void quo_weights_free(quo_weights *weights); /* wipes */

#endif
