/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Patches of images (im2col) and their opposite: local, public rearrangements of shares.
 *
 * Images are [n, h, w, c], patches [n * oh * ow, kh * kw * c] with columns in the order (row,
 * column, channel). What lies outside an image is 0, which is every party's share of 0.
 */
#ifndef QUOTIENT_PLUGINS_PATCHES_H
#define QUOTIENT_PLUGINS_PATCHES_H

#include <quotient/quotient.h>

struct patches {
	uint32_t n, h, w, c;
	uint32_t kh, kw, sh, sw;
	uint32_t top, left; /* zeros before the first row and column */
	uint32_t oh, ow;
};

/* Rows and columns of the patch matrix. */
static inline uint64_t patches_rows(const struct patches *p)
{
	return (uint64_t)p->n * p->oh * p->ow;
}
static inline uint64_t patches_columns(const struct patches *p)
{
	return (uint64_t)p->kh * p->kw * p->c;
}

/* Whether the patches are the images as they are: 1 x 1, every place, nothing around. */
bool patches_trivial(const struct patches *p);

/* out, zeroed: the patches of `images`, of the same kind (ARITH or BITS). Examples are shared out
 * to the pool's threads (NULL: none). */
void patches_take(const struct patches *p, quo_pool *pool, const quo_tensor *images,
		  quo_tensor *out);

/* images (ARITH) = for each element, the sum mod 2^width over the patches in which it stands. */
void patches_add(const struct patches *p, quo_pool *pool, const quo_tensor *patches,
		 quo_tensor *images);

#endif
