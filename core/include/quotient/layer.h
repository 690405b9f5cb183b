/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Layers: what an experiment's `model:` lists; the trainer adds activation, normalisation and
 * update.
 *
 * The list is cut into stages: a linear layer, what follows it, and the activation. In between, Z
 * is exact: a skip adds to it, windows (pooling) take one value of several. docs/numerics.md,
 * "Forward" and "Backward".
 *
 * Tensors are batch-first: [batch, features], or [batch, h, w, c]. A linear layer states its
 * products (quo_product()) of values and geometry; in which form they are multiplied is the
 * protocol's choice.
 */
#ifndef QUOTIENT_LAYER_H
#define QUOTIENT_LAYER_H

#include <quotient/protocol.h>

QUO_BEGIN_DECLS

/* What goes in, per example. */
typedef struct quo_layer_input {
	uint8_t n_dims; /* without the batch */
	uint32_t dim[QUO_MAX_DIMS - 1];
	uint32_t batch;
	bool is_signed; /* values -127..127, else 0..127 */
	uint8_t z_dims; /* SKIP: the shape of the Z that it adds to */
	uint32_t z_dim[QUO_MAX_DIMS - 1];
} quo_layer_input;

/* What a layer is in its stage. */
typedef enum quo_layer_role {
	QUO_LAYER_LINEAR, /* opens a stage: Z = layer(A), usually with parameters */
	QUO_LAYER_SKIP,   /* Z <- Z + an earlier activation, or a linear function of it */
	QUO_LAYER_WINDOW, /* Z <- one value for each window of Z */
	QUO_LAYER_SHAPE,  /* other dimensions for the same elements */
} quo_layer_role;

/* Most elements of a window: a circuit has an output for each. */
#define QUO_MAX_WINDOW 256

/* What the layer answers. Terms are counts of products that are added for one element, at most; the
 * core knows the magnitudes, turns them into ring widths and refuses those over QUO_MAX_RING with
 * the layer's name. */
typedef struct quo_layer_plan {
	uint8_t n_dims;
	uint32_t dim[QUO_MAX_DIMS - 1];  /* of one example's output */
	uint32_t param_rows, param_cols; /* [in, out] of the weight matrix; 0, 0: no parameters */
	uint32_t fan_in;                 /* inputs per output: sets alpha */
	uint64_t z_terms;                /* products A T in an element of Z */
	uint64_t g_terms;                /* products A E in an element of G */
	uint64_t e_terms;                /* products E T in an element of E_prev */
	uint32_t window;                 /* WINDOW: elements of each, 1..QUO_MAX_WINDOW */
	int32_t alpha_shift;             /* added to alpha, which stays at least 1 */
} quo_layer_plan;

typedef struct quo_layer_ops {
	quo_lifecycle life;
	/* Required. QUO_USAGE when the input cannot go in. `in` is what the layer acts on: the
	 * stage's input (LINEAR), the activation skipped from (SKIP), Z (WINDOW, SHAPE). */
	quo_status (*plan)(void *self, const quo_layer_input *in, quo_layer_plan *plan,
			   quo_err *err);
	/* LINEAR: required; SKIP: only if it has parameters. z (ARITH, allocated by the core) = the
	 * layer of a; t: the ternary weights [in, out]. */
	quo_status (*forward)(void *self, quo_session *s, quo_value *a, quo_value *t, quo_tensor *z,
			      quo_err *err);
	/* As forward. From the normalised error e: g (ARITH [in, out]; NULL without parameters) and
	 * e_prev (ARITH, the input's shape; NULL at the first layer). */
	quo_status (*backward)(void *self, quo_session *s, quo_value *a, quo_value *e, quo_value *t,
			       quo_tensor *g, quo_tensor *e_prev, quo_err *err);
	quo_layer_role role;
	/* SKIP, required: how many linear layers it goes back over; 1: its own stage's alone. */
	uint32_t (*over)(void *self);
	/* WINDOW, required: place[o] = the element of Z that is number k (0 .. window-1) of the window
	 * of output element o, for all elements of one example, row-major. Windows share no element. */
	void (*places)(void *self, const quo_layer_input *in, const quo_layer_plan *plan,
		       uint32_t k, uint32_t *place);
	/* WINDOW, required: the value of a window from its elements z[0 .. n-1], and for each
	 * whether the error goes to it. */
	quo_int (*combine)(void *self, quo_builder *b, const quo_int *z, uint32_t n,
			   quo_wire *takes);
} quo_layer_ops;
typedef quo_layer_ops QUO_KIND_LAYER_ops;

/* The vtable of an instance, which must be a layer. */
static inline const quo_layer_ops *quo_layer(const quo_instance *layer)
{
	return QUO_OPS(QUO_KIND_LAYER, layer->component);
}

QUO_END_DECLS

#endif
