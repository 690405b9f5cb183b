/* SPDX-License-Identifier: Apache-2.0 */
/* The components of layers.so (entry.c lists them), and how they read options. */
#ifndef QUOTIENT_PLUGINS_LAYERS_H
#define QUOTIENT_PLUGINS_LAYERS_H

#include <quotient/quotient.h>

extern const quo_component fc_component, conv2d_component, maxpool_component, residual_component,
	flatten_component;

/* The option that moves alpha of one layer: docs/numerics.md, "Forward". */
#define LAYERS_SHIFT_OPTION(type_) \
	QUO_OPTION(type_, shift, QUO_OPT_INT, "0", \
		   "Added to alpha: 1 halves what the activation sees of Z, -1 doubles it.", \
		   .min = -8, .max = 8)

/* An option `name` that is one integer for rows and columns, or a list of the two, each in
 * least..most. */
quo_status layers_pair(const quo_strings *text, const char *name, uint32_t least, uint32_t most,
		       uint32_t out[2], quo_err *err);

#endif
