/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Layers: what an experiment's `model:` lists; the trainer adds activation, normalisation and update.
 *
 * The list is cut into stages: a linear layer, what follows it, and the activation. In between, Z
 * is exact: a skip adds to it, windows (pooling) take one value of several. docs/numerics.md,
 * "Forward" and "Backward".
 *
 * Tensors are batch-first: [batch, features], or [batch, h, w, c]. Activations, errors and ternary
 * weights are held in up to two forms; a layer uses whichever makes its product cheaper.
 */
#ifndef QUOTIENT_LAYER_H
#define QUOTIENT_LAYER_H

#include <quotient/protocol.h>

QUO_BEGIN_DECLS

/* One tensor in the forms that exist; at least one is not NULL. quo_value_arith() makes the other
 * on demand. */
typedef struct quo_value {
	quo_tensor *bits;
	quo_tensor *arith;
	uint8_t ring; /* bits of the arithmetic form: wide enough for every product of the layer */
} quo_value;

/* The arithmetic form of v, converted and kept in v at the first call. */
quo_status quo_value_arith(quo_session *s, quo_value *v, const quo_tensor **out, quo_err *err);

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

/* What the layer answers. Bounds are magnitudes, exact in 64 bits; the core turns them into ring
 * widths and refuses those over QUO_MAX_RING with the layer's name. */
typedef struct quo_layer_plan {
	uint8_t n_dims;
	uint32_t dim[QUO_MAX_DIMS - 1];  /* of one example's output */
	uint32_t param_rows, param_cols; /* [in, out] of the weight matrix; 0, 0: no parameters */
	uint32_t fan_in;                 /* inputs per output: sets alpha */
	uint64_t z_bound;                /* |Z| at most, for |A| <= 127 */
	uint64_t g_bound;                /* |G| at most, for |A|, |E| <= 127 */
	uint64_t e_bound;                /* |E_prev| at most, for |E| <= 127 */
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
	 * layer of a; ternary: BITS(2) [in, out], planes + and -. */
	quo_status (*forward)(void *self, quo_session *s, quo_value *a, const quo_tensor *ternary,
			      quo_tensor *z, quo_err *err);
	/* As forward. From the normalised error e: g (ARITH [in, out]; NULL without parameters) and
	 * e_prev (ARITH, the input's shape; NULL at the first layer). */
	quo_status (*backward)(void *self, quo_session *s, quo_value *a, quo_value *e,
			       const quo_tensor *ternary, quo_tensor *g, quo_tensor *e_prev,
			       quo_err *err);
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

/* Coefficients of a ternary tensor's two planes. */
extern const int32_t quo_ternary_coef[2]; /* +1, -1 */

QUO_END_DECLS

#endif
