/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The products of every layer with a weight matrix: Z = X T with X [rows, in] and T ternary
 * [in, out] (QUOTIENT section 3, algorithm 2). A fully connected layer's rows are the examples; a
 * convolution's (with `conv`) are the places of its output, whose patches are X.
 */
#ifndef QUOTIENT_PLUGINS_LINEAR_H
#define QUOTIENT_PLUGINS_LINEAR_H

#include <quotient/quotient.h>

/* Z [rows, out] = X [rows, in] T; conv NULL: a is X itself. */
quo_status linear_forward(quo_session *s, const quo_geometry *conv, quo_value *a, quo_value *t,
			  quo_tensor *z, quo_err *err);

/* G [in, out] = X^T E and E_prev [rows, in] = E [rows, out] T^T together; NULL: not wanted. */
quo_status linear_backward(quo_session *s, const quo_geometry *conv, quo_value *a, quo_value *e,
			   quo_value *t, quo_tensor *g, quo_tensor *e_prev, quo_err *err);

#endif
