/* SPDX-License-Identifier: Apache-2.0 */
/* Examples without labels, from a file: what a client brings to a prediction. */
#ifndef QUOTIENT_CORE_EXAMPLES_H
#define QUOTIENT_CORE_EXAMPLES_H

#include "data/dataset.h"

/*
 * A .npy of [rows, features] or [rows, h, w, c] ([rows, h, w]: c = 1) as the test part of *out, with
 * labels of 0: int8 as they are (-127..127), bytes as images (byte >> 1). QUO_USAGE for anything
 * else.
 */
quo_status quo_examples_load(const char *path, uint32_t classes, quo_dataset *out, quo_err *err);

#endif
