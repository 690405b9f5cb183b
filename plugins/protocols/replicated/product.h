/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Products of integers: the method product of the component.
 */
#ifndef QUOTIENT_PLUGINS_REPLICATED_PRODUCT_H
#define QUOTIENT_PLUGINS_REPLICATED_PRODUCT_H

#include <quotient/quotient.h>

quo_status rep_product(void *self, quo_session *s, const quo_matrix_job *jobs, size_t n_jobs,
		       quo_err *err);

#endif
