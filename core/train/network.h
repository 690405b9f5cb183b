/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The network: layers with inferred ring widths, XOR-shared parameters, and the circuits of their
 * rules.
 */
#ifndef QUOTIENT_CORE_NETWORK_H
#define QUOTIENT_CORE_NETWORK_H

#include <quotient/layer.h>
#include <quotient/optim.h>

#include "train/reduce.h"

typedef struct quo_net_layer {
	const quo_instance *layer;
	char where[64]; /* "layer 2 fc", for messages and traces */
	quo_layer_plan plan;
	int alpha;
	uint8_t z_width, g_width,
		e_width; /* rings of Z, G, E_prev; g: 0 without parameters, e: 0 for the first */
	uint8_t a_ring, e_ring; /* of the arithmetic forms of the input and of the error */
	uint32_t param;         /* number of the parameter tensor */

	/* State, XOR-shared, of the run arena; `next` is where an update writes before
	 * the two swap. */
	quo_tensor *v, *t, *state[QUO_OPTIM_MAX_STATES];
	quo_tensor *next_v, *next_t, *next_state[QUO_OPTIM_MAX_STATES];

	quo_circuit *activate; /* with the mask; the last layer: the output error */
	quo_circuit *predict;  /* activation alone, for evaluation */
	quo_circuit *e_to_bits, *normalise, *g_to_bits, *update;
	quo_reducer reduce_e, reduce_g;

	/* Of the current step. */
	quo_value a;   /* input */
	quo_tensor *m; /* mask of the output; NULL at the last layer */
	quo_tensor *g; /* gradient */
} quo_net_layer;

typedef struct quo_network {
	uint32_t n_layers, n_params;
	quo_net_layer *layer;
	const quo_instance *optim, *quant;
	quo_optim_state states[QUO_OPTIM_MAX_STATES];
	unsigned n_states;
	int variant; /* of the update circuits; see quo_optim_ops */
	uint32_t batch, classes;
	quo_circuit *right;
	uint64_t seed;
} quo_network;

typedef struct quo_network_plan {
	uint32_t n_layers;
	quo_instance *const *layers;
	const char *const *where; /* "file:line" of each layer, or NULL */
	const quo_instance *optim, *quant;
	const char *optim_where; /* "file:line", for messages; may be NULL */
	uint32_t batch, classes;
	uint8_t n_dims;
	uint32_t dim[3];
	bool input_signed;
	uint64_t seed;
} quo_network_plan;

/*
 * Infer shapes and widths, build the circuits, allocate the state and set the public initial
 * weights. QUO_USAGE names the layer that cannot work.
 */
quo_status quo_network_init(quo_network *net, quo_session *s, const quo_network_plan *plan,
			    quo_err *err);
void quo_network_fini(quo_network *net); /* circuits; the state belongs to the session's arena */

#endif
