/* SPDX-License-Identifier: Apache-2.0 */
#include "linear.h"

quo_status linear_forward(quo_session *s, const quo_geometry *conv, quo_value *a, quo_value *t,
			  quo_tensor *z, quo_err *err)
{
	quo_product_job job = {
		.z = z, .left = a, .right = t, .conv = conv, .patched = QUO_SIDE_LEFT
	};

	return quo_product(s, &job, 1, err);
}

quo_status linear_backward(quo_session *s, const quo_geometry *conv, quo_value *a, quo_value *e,
			   quo_value *t, quo_tensor *g, quo_tensor *e_prev, quo_err *err)
{
	quo_product_job jobs[2];
	size_t n_jobs = 0;

	if (g)
		jobs[n_jobs++] = (quo_product_job){ .z = g,
						    .left = a,
						    .right = e,
						    .left_t = true,
						    .conv = conv,
						    .patched = QUO_SIDE_LEFT };
	if (e_prev)
		jobs[n_jobs++] = (quo_product_job){ .z = e_prev,
						    .left = e,
						    .right = t,
						    .right_t = true,
						    .conv = conv,
						    .patched = QUO_SIDE_Z };
	return quo_product(s, jobs, n_jobs, err);
}
