/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Convolutions as plan, forward and backward of quo_layer_ops, by their geometry alone: for every
 * layer of this plugin that contains one.
 *
 * Z [n, oh, ow, out] = patches(A) T with A [n, h, w, c] and T ternary [kh * kw * c, out], rows in
 * the order (row, column, channel). E_prev is the sum of E T^T over the patches, G = patches(A)^T E.
 * Patches are local, so a convolution costs what a fully connected layer with n * oh * ow rows does
 * (linear.h).
 */
#ifndef QUOTIENT_PLUGINS_CONV_H
#define QUOTIENT_PLUGINS_CONV_H

#include <quotient/quotient.h>

struct conv_geometry {
	uint32_t kh, kw, sh, sw; /* kernel and stride, at least 1 */
	/* `same`: oh = ceil(h / sh) and ow = ceil(w / sw) by as many zeros as that takes, half of
	 * them (rounded down) in front; else ph and pw zeros on either side. */
	bool same;
	uint32_t ph, pw;
	uint32_t out; /* channels, at most 2^24 */
};

quo_status conv_plan(const struct conv_geometry *g, const quo_layer_input *in, quo_layer_plan *plan,
		     quo_err *err);
quo_status conv_forward(const struct conv_geometry *g, quo_session *s, quo_value *a, quo_value *t,
			quo_tensor *z, quo_err *err);
/* gradient or e_prev may be NULL: then it is not computed. */
quo_status conv_backward(const struct conv_geometry *g, quo_session *s, quo_value *a, quo_value *e,
			 quo_value *t, quo_tensor *gradient, quo_tensor *e_prev, quo_err *err);

#endif
