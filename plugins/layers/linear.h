/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The product path of every layer with a weight matrix: Z = X T with X [rows, in] and T ternary
 * [in, out] (QUOTIENT section 3, algorithm 2). A fully connected layer's rows are the examples, a
 * convolution's the places of its output, whose patches are X.
 *
 * The functions below state jobs for quo_product(). They transpose by flags, so nothing is copied.
 */
#ifndef QUOTIENT_PLUGINS_LINEAR_H
#define QUOTIENT_PLUGINS_LINEAR_H

#include <quotient/quotient.h>

/* The tensor as a [rows, elements / rows] matrix on the same data. */
quo_tensor linear_rows(const quo_tensor *t, uint32_t rows);

/* Z [rows, out] = X [rows, in] x T. */
quo_product_job linear_forward(const quo_tensor *x, const quo_tensor *ternary, quo_tensor *z);

/* E_prev [rows, in] = E [rows, out] x T^T. */
quo_product_job linear_error(const quo_tensor *e, const quo_tensor *ternary, quo_tensor *e_prev);

/*
 * Whether the gradient takes the bit planes of the input, `in` values a row, or those of the error,
 * `out` values a row: whichever needs fewer correlated OTs. An operand that a party owns needs them
 * in one direction only.
 */
bool linear_input_planes(const quo_value *a, uint64_t in, const quo_value *e, uint64_t out);

/* G [in, out] = X^T E, with the planes of X (of_input), or of E, on the left. */
quo_product_job linear_gradient(const quo_tensor *planes, const quo_tensor *integers, bool of_input,
				quo_tensor *g);

#endif
