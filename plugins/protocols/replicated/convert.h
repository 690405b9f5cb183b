/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bits to integers.
 */
#ifndef QUOTIENT_PLUGINS_REPLICATED_CONVERT_H
#define QUOTIENT_PLUGINS_REPLICATED_CONVERT_H

#include "conversion.h"
#include "instance.h"

/* Each job by the way that is faster over the session's link. */
quo_status rep_convert(struct replicated *r, quo_session *s, const struct rep_conversion *jobs,
		       size_t n_jobs, quo_err *err);

#endif
