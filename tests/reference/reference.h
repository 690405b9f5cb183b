/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A second, independent implementation of docs/numerics.md: plain loops over plain integers, sharing
 * nothing with the framework but the dataset. Tests compare the framework's weights with it.
 *
 * It trusts its caller: shapes must fit, and it aborts when memory runs out. Test binaries only.
 */
#ifndef QUOTIENT_TESTS_REFERENCE_H
#define QUOTIENT_TESTS_REFERENCE_H

#include <quotient/option.h>

#include "data/dataset.h"

typedef enum quo_reference_optimizer {
	QUO_REFERENCE_SGD,
	QUO_REFERENCE_AMSGRAD,
	QUO_REFERENCE_AMSGRAD_STD,
} quo_reference_optimizer;
typedef enum quo_reference_quantizer {
	QUO_REFERENCE_NPOW,
	QUO_REFERENCE_CPOW,
	QUO_REFERENCE_WAGE, /* sgd only */
} quo_reference_quantizer;

typedef enum quo_reference_kind {
	QUO_REFERENCE_FC,       /* out */
	QUO_REFERENCE_CONV,     /* out, kernel, stride, and same or padding */
	QUO_REFERENCE_MAXPOOL,  /* kh, kw; what is left over is dropped */
	QUO_REFERENCE_RESIDUAL, /* over, project, and then the projection's stride */
	QUO_REFERENCE_FLATTEN,
} quo_reference_kind;

typedef struct quo_reference_layer {
	quo_reference_kind kind;
	uint32_t out, kh, kw, sh, sw;
	bool same;
	uint32_t ph, pw, over;
	bool project;
	int shift; /* FC, CONV: added to alpha, which stays at least 1 */
} quo_reference_layer;

typedef struct quo_reference_config {
	uint32_t n_layers;
	/* Either the list of layers (which must outlive the trainer), or fc layers by their outputs. */
	const quo_reference_layer *layers;
	const uint32_t *out;
	quo_reference_optimizer optimizer;
	quo_reference_quantizer quantizer;
	quo_schedule lr_shift; /* r by epoch */
	uint32_t batch;
	uint64_t seed;
} quo_reference_config;

typedef struct quo_reference quo_reference;

/* Initial weights; data must outlive it. */
quo_reference *quo_reference_new(const quo_reference_config *config, const quo_dataset *data);
void quo_reference_free(quo_reference *r);

/* The next n batches, going on into the next epoch where one ends. */
void quo_reference_steps(quo_reference *r, uint64_t n);
uint32_t quo_reference_steps_per_epoch(const quo_reference *r);

/* Parameter tensors, in the order of the list, and the elements of each. */
uint32_t quo_reference_tensors(const quo_reference *r);
size_t quo_reference_size(const quo_reference *r, uint32_t tensor);
/* The 8-bit master weights of a tensor, [in, out] row-major, to out. */
void quo_reference_weights(const quo_reference *r, uint32_t tensor, int8_t *out);

/* Right predictions among the first `rows` test rows (0: all). */
uint32_t quo_reference_correct(const quo_reference *r, uint32_t rows);

/* New, n steps, and the weights of every tensor copied to weights[tensor] ([in, out]
 * each, the caller's). */
void quo_reference_train(const quo_reference_config *config, const quo_dataset *data,
			 uint64_t steps, int8_t *const *weights);

#endif
