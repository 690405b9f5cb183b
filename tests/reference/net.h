/* SPDX-License-Identifier: Apache-2.0 */
/* What the reference trainer's two files share: its network (built by net.c), and public randomness. */
#ifndef QUOTIENT_TESTS_REFERENCE_NET_H
#define QUOTIENT_TESTS_REFERENCE_NET_H

#include <stdlib.h>

#include "reference/reference.h"

#define MAX_LAYERS 128
#define MAX_FOLLOWERS 4

/* A ternary matrix with what its optimiser keeps. */
struct weights {
	uint32_t in, out;
	int alpha;
	/* [in, out]: weight; averages of the gradient, of its magnitude or square, the latter's maximum */
	int32_t *v, *m, *u, *h;
	int16_t *t; /* ternary */
	int32_t *g;
};

/* A [rows, columns, channels] image; fc: [1, 1, features]. */
struct shape {
	uint32_t h, w, c;
};

/*
 * A linear map of an image by its taps: number k of output place p is element tap[p * in + k] of the
 * image, or 0 where that is negative. A fully connected layer has one place, and no table.
 */
struct linear {
	struct weights *weights;
	struct shape from, to;
	uint32_t places;
	int32_t *tap;
	int16_t *x;    /* [batch * places, in]: what the weights multiply */
	int32_t *back; /* the same of the errors */
};

/* What follows a linear layer, in the order of the list. */
struct follower {
	const quo_reference_layer *layer;
	struct shape from, to;
	/* Pooling: for every element of `to` of the batch, which element of its image won. */
	uint32_t *winner;
	/* Residual: the stage whose input it adds, the projection, and what it sends back to there
	 * before it is scaled, [batch, source]. */
	uint32_t source;
	struct linear projection;
	int64_t *back;
};

struct stage {
	struct linear linear;
	uint32_t n_followers;
	struct follower follower[MAX_FOLLOWERS];
	struct shape to;
	int32_t *z, *z2;   /* the larger of what goes in and out of the followers */
	int16_t *a;        /* [batch, to]: activation */
	uint8_t *mask;     /* [batch, to] */
	int32_t *e;        /* [batch, to]: error before normalisation */
	int s;             /* its exponent */
	int16_t *e8, *e8z; /* after, at the activation and on its way to Z */
};

struct quo_reference {
	quo_reference_config config;
	const quo_dataset *data;
	uint64_t step;
	uint32_t *order;
	int16_t *input; /* [batch, features] */
	uint32_t n_weights, n_stages;
	struct weights weights[MAX_LAYERS];
	struct stage stage[MAX_LAYERS];
};

static inline void *zeroed(size_t n, size_t size)
{
	void *p = calloc(n ? n : 1, size);

	if (!p)
		abort();
	return p;
}

static inline size_t elements(struct shape s)
{
	return (size_t)s.h * s.w * s.c;
}

/* Public randomness. */

static inline uint64_t mix(uint64_t z)
{
	z ^= z >> 30;
	z *= UINT64_C(0xBF58476D1CE4E5B9);
	z ^= z >> 27;
	z *= UINT64_C(0x94D049BB133111EB);
	z ^= z >> 31;
	return z;
}

static inline uint64_t value(uint64_t seed, uint64_t stream, uint64_t j)
{
	return mix(mix(seed + mix(stream)) + (j + 1) * UINT64_C(0x9E3779B97F4A7C15));
}

__extension__ typedef unsigned __int128 wide;

static inline uint64_t below(uint64_t r, uint64_t n)
{
	return (uint64_t)((wide)r * n >> 64);
}

static inline void ternarize(struct weights *layer)
{
	for (size_t i = 0; i < (size_t)layer->in * layer->out; i++)
		layer->t[i] = layer->v[i] >= 32 ? 1 : layer->v[i] <= -32 ? -1 : 0;
}

#endif
