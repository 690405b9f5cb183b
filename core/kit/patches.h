/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Patches of images (im2col) and their opposite: local, public rearrangements of shares, of every
 * part alike.
 *
 * quo_geometry (products.h) says which. What lies outside an image is 0, which is every party's
 * share of 0.
 */
#ifndef QUOTIENT_CORE_PATCHES_H
#define QUOTIENT_CORE_PATCHES_H

#include <quotient/products.h>

/* Rows and columns of the patch matrix. */
static inline uint64_t quo__patch_rows(const quo_geometry *g)
{
	return (uint64_t)g->n * g->oh * g->ow;
}
static inline uint64_t quo__patch_columns(const quo_geometry *g)
{
	return (uint64_t)g->kh * g->kw * g->c;
}

/* Whether the patches are the images as they are: 1 x 1, every place, nothing around. */
bool quo__patches_trivial(const quo_geometry *g);

/* out, zeroed: the patches of `images`, of the same kind (ARITH or BITS). Examples are shared out
 * to the pool's threads (NULL: none). */
void quo__patches_take(const quo_geometry *g, quo_pool *pool, const quo_tensor *images,
		       quo_tensor *out);

/* images (ARITH) = for each element, the sum mod 2^width over the patches in which it stands. */
void quo__patches_add(const quo_geometry *g, quo_pool *pool, const quo_tensor *patches,
		      quo_tensor *images);

#endif
