/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Input and output: the methods share and reveal of the component.
 */
#ifndef QUOTIENT_PLUGINS_REPLICATED_SHARE_H
#define QUOTIENT_PLUGINS_REPLICATED_SHARE_H

#include <quotient/quotient.h>

quo_status rep_share(void *self, quo_session *s, quo_tensor *out, const int32_t *values, int owner,
		     quo_err *err);
quo_status rep_reveal(void *self, quo_session *s, const quo_tensor *in, int32_t *out, int to,
		      quo_err *err);

#endif
