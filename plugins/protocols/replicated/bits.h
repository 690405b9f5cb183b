/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bits to integers bit by bit, in two rounds.
 */
#ifndef QUOTIENT_PLUGINS_REPLICATED_BITS_H
#define QUOTIENT_PLUGINS_REPLICATED_BITS_H

#include "conversion.h"
#include "instance.h"

quo_status rep_convert_bits(struct replicated *r, quo_session *s, const struct rep_conversion *jobs,
			    size_t n_jobs, quo_err *err);
/* Bits that all parties together send for an element. */
unsigned rep_bits_per_element(const struct rep_conversion *job);

#endif
