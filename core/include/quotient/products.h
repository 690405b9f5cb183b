/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Products: Z = X Y of integer matrices, in whatever form the protocol multiplies them. The first
 * verb.
 *
 * A caller states values and geometry (quo_product(), protocol.h). The protocol, or its
 * products engine, says in which form it takes the operands; the core converts them, lays out
 * patches, and hands over plain matrix jobs: Z = sum_k c_k * (P_k x Y), P_k Boolean matrices
 * (planes of a BITS tensor) and c_k public integers, or Z = P x Y with P integers. A ternary weight
 * matrix is two planes with coefficients +1, -1; a signed 8-bit tensor is eight planes with
 * coefficients 1, 2, .., 64, -128. Transpositions of the stored operands are local.
 */
#ifndef QUOTIENT_PRODUCTS_H
#define QUOTIENT_PRODUCTS_H

#include <quotient/session.h>
#include <quotient/tensor.h>

QUO_BEGIN_DECLS

/* ---- what a product is of ---- */

/*
 * One tensor of integers in the forms that exist; at least one is not NULL. The core makes `arith`
 * of `bits` in the step arena when a product or a caller wants it, and keeps it here. A caller that
 * keeps a value for longer than a step, or changes its bits, sets arith to NULL.
 */
typedef struct quo_value {
	quo_tensor *bits;
	quo_tensor *arith;
	uint8_t ring; /* bits of the arithmetic form: wide enough for every product of the value */
	/* One per plane of bits; NULL: 2^k, the top plane negative if it is signed. */
	const int32_t *coef;
} quo_value;

/* Coefficients of a ternary tensor's two planes. */
extern const int32_t quo_ternary_coef[2]; /* +1, -1 */

/*
 * A convolution's places. Images are [n, h, w, c]; their patches are the matrix [n * oh * ow,
 * kh * kw * c] with columns in the order (row, column, channel). What lies outside an image is 0.
 */
typedef struct quo_geometry {
	uint32_t n, h, w, c;
	uint32_t kh, kw, sh, sw; /* kernel and stride */
	uint32_t top, left;      /* zeros before the first row and column */
	uint32_t oh, ow;
} quo_geometry;

typedef enum quo_product_side {
	QUO_SIDE_NONE,
	QUO_SIDE_LEFT,
	QUO_SIDE_RIGHT,
	QUO_SIDE_Z
} quo_product_side;

/*
 * Z[m, n] = L[m, k] R[k, n]  mod 2^l, l = z->spec.width; arithmetic forms have rings of l bits or
 * more. L is stored as [m, k], or [k, m] when left_t; R as [k, n], or [n, k] when right_t; Z as [m,
 * n], or [n, m] when z_t. A tensor's first dimension is its row count, the rest make the columns.
 *
 * With `conv` one of the three, `patched`, is images: their patches are the matrix as stored (Z:
 * the sum of what every element has in its patches). Of the two others, the one that has a row for
 * each patch may have any dimensions of as many elements, such as [n, oh, ow, channels].
 */
typedef struct quo_product_job {
	quo_tensor *z; /* ARITH */
	quo_value *left, *right;
	bool left_t, right_t, z_t;
	const quo_geometry *conv; /* NULL: matrices as they are */
	quo_product_side patched;
} quo_product_job;

/* Rows (QUO_SIDE_LEFT) or columns (QUO_SIDE_RIGHT) of Z: what that operand has for each of the k
 * that are summed over. */
uint64_t quo_product_outer(const quo_product_job *job, quo_product_side side);

/* ---- what a protocol multiplies ---- */

/*
 * Z[m, n] = sum_k c_k P_k[m, p] Y[p, n]  mod 2^l, l = z->spec.width; or Z = P Y where p is ARITH,
 * in a ring of at least l bits. p is stored as [m, p], or [p, m] when p_t; y as [p, n], or [n, p]
 * when y_t; z as [m, n], or [n, m] when z_t. The first dimension of a tensor is its row count, the
 * rest make the columns. y's ring is at least l bits wide. Planes of p, and parts of all three, may
 * be further apart than their elements need (quo_plane(), quo_part()).
 */
typedef struct quo_matrix_job {
	quo_tensor *z;
	const quo_tensor *p;
	const quo_tensor *y;
	/* One per plane of p; NULL: 2^k, the top plane negative if p is signed. */
	const int32_t *coef;
	bool p_t, y_t, z_t;
} quo_matrix_job;

/* Bits to integers: z (ARITH) = sum_k c_k x_k over the planes of x (BITS); same number of
 * elements. */
typedef struct quo_convert_job {
	quo_tensor *z;
	const quo_tensor *x;
	/* One per plane of x; NULL: 2^k, the top plane negative if x is signed. */
	const int32_t *coef;
} quo_convert_job;

/* What plane k of a BITS tensor counts. */
static inline int64_t quo_plane_coef(const quo_tensor *t, const int32_t *coef, unsigned k)
{
	if (coef)
		return coef[k];
	uint64_t c = UINT64_C(1) << k;
	return (int64_t)(t->spec.is_signed && k + 1u == t->spec.width ? 0 - c : c);
}

typedef struct quo_products_ops {
	quo_lifecycle life;
	/* Required. Once, when the session's COTs are open (not in dry sessions). */
	quo_status (*open)(void *self, quo_session *s, quo_err *err);
	/* Required, both. In a dry session their messages are counted, and they touch no data. */
	quo_status (*product)(void *self, quo_session *s, const quo_matrix_job *jobs, size_t n_jobs,
			      quo_err *err);
	quo_status (*convert)(void *self, quo_session *s, const quo_convert_job *jobs,
			      size_t n_jobs, quo_err *err);
	/* Optional. The operand, LEFT or RIGHT, that becomes p as bit planes. Without the method,
	 * or where it says NONE, both are integers. The core takes the other one where this one has
	 * no planes, or cannot be cut. Depends on forms, shapes and owners alone, so that all
	 * parties say the same. */
	quo_product_side (*planes)(void *self, const quo_session *s, const quo_product_job *job);
} quo_products_ops;
typedef quo_products_ops QUO_KIND_PRODUCTS_ops;

/* The vtable of an instance, which must be a products engine. */
static inline const quo_products_ops *quo_products(const quo_instance *products)
{
	return QUO_OPS(QUO_KIND_PRODUCTS, products->component);
}

QUO_END_DECLS

#endif
