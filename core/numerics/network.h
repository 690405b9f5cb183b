/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The network: stages with inferred ring widths, XOR-shared parameters, and the circuits of their
 * rules.
 *
 * A stage is a linear layer, what acts on its Z (a skip, windows), and the activation.
 */
#ifndef QUOTIENT_CORE_NETWORK_H
#define QUOTIENT_CORE_NETWORK_H

#include <quotient/layer.h>
#include <quotient/optim.h>

#include "numerics/reduce.h"

/* A linear layer, of a stage or on a skip, with the state of its parameters. */
typedef struct quo_net_layer {
	const quo_instance *layer;
	uint32_t entry; /* its place in the list, from 0 */
	char where[64]; /* "layer 2 fc", for messages and traces */
	quo_layer_plan plan;
	int alpha;
	/* Rings of Z, G, E_prev; g: 0 without parameters, e: 0 for the first. */
	uint8_t z_width, g_width, e_width;
	uint32_t param; /* number of the parameter tensor */

	/* State, XOR-shared, of the run arena; `next` is where an update writes before
	 * the two swap. Integers of T, where products take them, last for a step. */
	quo_tensor *v, *state[QUO_OPTIM_MAX_STATES];
	quo_value t;
	quo_tensor *next_v, *next_t, *next_state[QUO_OPTIM_MAX_STATES];

	quo_circuit *g_to_bits, *update;
	quo_reducer reduce_g;
	quo_tensor *g; /* gradient of the current step */
} quo_net_layer;

/* Z <- Z + 2^shift * (an earlier stage's input, or the projection of it). */
typedef struct quo_net_skip {
	const quo_instance *layer; /* NULL: the stage has none */
	char where[64];
	uint32_t from;             /* the stage whose input it is */
	quo_net_layer *projection; /* NULL: the input itself */
	int shift;
	/* On the way back, in units of the error of stage `from`'s product: the skip's error * 2^scale
	 * / 2^S, S = the exponents of the errors at the outputs of stages from .. this - 1. */
	int scale;
	quo_circuit *sum; /* of these exponents; NULL when there are fewer than two */
	uint8_t s_width;  /* of S; 0 when there is none */
} quo_net_skip;

/* Z <- one value for each window of it. */
typedef struct quo_net_window {
	const quo_instance *layer; /* NULL: the stage has none */
	char where[64];
	uint32_t n;      /* elements of a window; 1 without */
	uint32_t *place; /* n times the elements of an example's output: where they are in Z */
} quo_net_window;

typedef struct quo_net_stage {
	quo_net_layer *linear;
	quo_net_skip skip;
	quo_net_window window;
	/* Shapes: its input, Z, the activation as the next stage takes it. */
	quo_layer_input in, z, out;
	uint8_t a_ring, e_ring; /* of the arithmetic forms of the input and of the error */

	quo_circuit *activate;  /* with the masks; the last stage: the output error */
	quo_circuit *predict;   /* activation alone, for evaluation */
	quo_circuit *e_to_bits; /* the errors that arrive at its output, added; not at the last */
	quo_circuit *normalise;
	quo_reducer reduce_e;

	/* Of the current step. */
	quo_value a;                   /* input */
	quo_value e;                   /* normalised error at Z */
	quo_tensor *m[QUO_MAX_WINDOW]; /* masks of the window's elements; none at the last stage */
	quo_tensor *exponent;          /* of the error at its output */
} quo_net_stage;

typedef enum quo_state_role {
	QUO_STATE_WEIGHTS, /* master weights: the model */
	QUO_STATE_TERNARY, /* follow from them */
	QUO_STATE_MOMENT,  /* what the optimiser keeps beside them */
} quo_state_role;

/* A tensor that a network keeps from step to step: what is revealed, saved, brought in. */
typedef struct quo_net_state {
	quo_state_role role;
	/* Of the layer among those with parameters, from 1: "layer<number>" in files. */
	uint32_t number;
	quo_net_layer *layer; /* whose it is */
	const char *name;     /* "V", "T", or the optimiser's */
	quo_tensor **now;     /* updates swap it */
} quo_net_state;

typedef struct quo_network {
	uint32_t n_layers, n_stages, n_params;
	quo_net_layer *layer; /* in the order of the list */
	quo_net_stage *stage;
	const quo_instance *optim, *quant;
	quo_optim_state states[QUO_OPTIM_MAX_STATES];
	unsigned n_states;
	int variant; /* of the update circuits; see quo_optim_ops */
	uint32_t batch, classes;
	quo_circuit *right;
	uint64_t seed;
	quo_net_state *state; /* layer by layer */
	size_t n_state;
} quo_network;

/* The master weights of the layer with parameters number k, from 0; NULL beyond the last. */
const quo_net_state *quo_network_weights(const quo_network *net, uint32_t k);
/* states.c, for quo_network_init(). */
quo_status quo__network_list_states(quo_network *net, quo_err *err);

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
	bool predicts; /* no training: integers are as narrow as the forward pass allows */
	uint64_t seed;
} quo_network_plan;

/*
 * Infer shapes and widths, build the circuits and allocate the state, all zero. QUO_USAGE names the
 * layer that cannot work.
 */
quo_status quo_network_init(quo_network *net, quo_session *s, const quo_network_plan *plan,
			    quo_err *err);
/*
 * V and T of every layer as they follow from the seed: public, and shared by party 0 like a secret,
 * so that circuits and COTs meet no long runs of bits that the other party knows. Once the protocol
 * is open.
 */
quo_status quo_network_share_weights(quo_network *net, quo_session *s, quo_err *err);
void quo_network_fini(quo_network *net); /* circuits; the state belongs to the session's arena */

/* The first half of quo_network_init(), stages.c: cut the list into stages, infer shapes and widths.
 * net->layer and net->stage have room for plan->n_layers. */
quo_status quo__network_plan(quo_network *net, const quo_network_plan *plan, quo_err *err);

/* |Z|, |G| and |E_prev| of a layer at most, for |A|, |E| <= 127 and |T| <= 1; UINT64_MAX: more than
 * fits. */
uint64_t quo__z_bound(const quo_layer_plan *plan);
uint64_t quo__g_bound(const quo_layer_plan *plan);
uint64_t quo__e_bound(const quo_layer_plan *plan);

/* Elements of an example. */
uint32_t quo_shape_elements(const quo_layer_input *shape);

#endif
