/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bits to integers as words, through an adder.
 */
#ifndef QUOTIENT_PLUGINS_REPLICATED_WORDS_H
#define QUOTIENT_PLUGINS_REPLICATED_WORDS_H

#include "conversion.h"
#include "instance.h"

quo_status rep_convert_words(struct replicated *r, quo_session *s,
			     const struct rep_conversion *jobs, size_t n_jobs, quo_err *err);
/* Bits that all parties together send for an element. */
unsigned rep_words_per_element(const struct rep_conversion *job);
void rep_adders_free(struct replicated *r);

#endif
