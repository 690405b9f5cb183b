/* SPDX-License-Identifier: Apache-2.0 */
#include "linear.h"

quo_tensor linear_rows(const quo_tensor *t, uint32_t rows)
{
	quo_tensor view = *t;

	view.spec.n_dims = 2;
	view.spec.dim[0] = rows;
	view.spec.dim[1] = rows ? (uint32_t)(t->n / rows) : 0;
	return view;
}

quo_product_job linear_forward(const quo_tensor *x, const quo_tensor *ternary, quo_tensor *z)
{
	/* Z^T [out, rows] = T^T [out, in] x X^T [in, rows] */
	return (quo_product_job){ .z = z,
				  .p = ternary,
				  .y = x,
				  .coef = quo_ternary_coef,
				  .p_t = true,
				  .y_t = true,
				  .z_t = true };
}

quo_product_job linear_error(const quo_tensor *e, const quo_tensor *ternary, quo_tensor *e_prev)
{
	/* E_prev^T [in, rows] = T [in, out] x E^T [out, rows] */
	return (quo_product_job){ .z = e_prev,
				  .p = ternary,
				  .y = e,
				  .coef = quo_ternary_coef,
				  .y_t = true,
				  .z_t = true };
}

static const quo_tensor *any(const quo_value *v)
{
	return v->arith ? v->arith : v->bits;
}

/* COTs per row with these planes on the left of these integers. */
static uint64_t cots(const quo_tensor *planes, uint64_t columns, const quo_tensor *integers)
{
	uint64_t directions = integers->spec.owner == QUO_SHARED ? 2 : 1;

	return directions * planes->spec.width * columns;
}

bool linear_input_planes(const quo_value *a, uint64_t in, const quo_value *e, uint64_t out)
{
	return a->bits && cots(a->bits, in, any(e)) < cots(e->bits, out, any(a));
}

quo_product_job linear_gradient(const quo_tensor *planes, const quo_tensor *integers, bool of_input,
				quo_tensor *g)
{
	/* G [in, out] = X^T [in, rows] x E [rows, out], or
	 * G^T [out, in] = E^T [out, rows] x X [rows, in] */
	return (quo_product_job){
		.z = g, .p = planes, .y = integers, .p_t = true, .z_t = !of_input
	};
}
