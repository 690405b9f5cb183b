/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Products: Z = sum_k c_k * (P_k x Y). The first verb.
 *
 * P_k are Boolean matrices (planes of a BITS tensor), Y an integer matrix (ARITH), c_k public
 * integers. A ternary weight matrix is two planes with coefficients +1, -1; a signed 8-bit tensor
 * is eight planes with coefficients 1, 2, .., 64, -128. Transpositions of the stored operands are
 * local.
 */
#ifndef QUOTIENT_PRODUCTS_H
#define QUOTIENT_PRODUCTS_H

#include <quotient/session.h>
#include <quotient/tensor.h>

QUO_BEGIN_DECLS

/*
 * Z[m, n] = sum_k c_k P_k[m, p] Y[p, n]  mod 2^l, l = z->spec.width.
 * p is stored as [m, p], or [p, m] when p_t; y as [p, n], or [n, p] when y_t; z as [m, n], or [n,
 * m] when z_t. The first dimension of a tensor is its row count, the rest make the columns. y's
 * ring is at least l bits wide. Planes of p may be further apart than its elements need (quo_plane())
 * where the protocol asked for products in parts (layout_bytes).
 */
typedef struct quo_product_job {
	quo_tensor *z;
	const quo_tensor *p;
	const quo_tensor *y;
	/* One per plane of p; NULL: 2^k, the top plane negative if p is signed. */
	const int32_t *coef;
	bool p_t, y_t, z_t;
} quo_product_job;

/* Bits to integers: z (ARITH) = the integers that x (BITS) holds; same number of elements. */
typedef struct quo_convert_job {
	quo_tensor *z;
	const quo_tensor *x;
} quo_convert_job;

static inline int64_t quo_product_coef(const quo_product_job *job, unsigned k)
{
	if (job->coef)
		return job->coef[k];
	uint64_t c = UINT64_C(1) << k;
	return (int64_t)(job->p->spec.is_signed && k + 1u == job->p->spec.width ? 0 - c : c);
}

typedef struct quo_products_ops {
	quo_lifecycle life;
	/* Required. Once, when session->cot is open (not in dry sessions). */
	quo_status (*open)(void *self, quo_session *s, quo_err *err);
	/* Required, both. In a dry session they report to session->cost and touch no data. */
	quo_status (*product)(void *self, quo_session *s, const quo_product_job *jobs,
			      size_t n_jobs, quo_err *err);
	quo_status (*convert)(void *self, quo_session *s, const quo_convert_job *jobs,
			      size_t n_jobs, quo_err *err);
} quo_products_ops;
typedef quo_products_ops QUO_KIND_PRODUCTS_ops;

/* The vtable of an instance, which must be a products engine. */
static inline const quo_products_ops *quo_products(const quo_instance *products)
{
	return QUO_OPS(QUO_KIND_PRODUCTS, products->component);
}

QUO_END_DECLS

#endif
