/* SPDX-License-Identifier: Apache-2.0 */
/* Files that are read whole before anything in them is believed. */
#ifndef QUOTIENT_CORE_INPUT_H
#define QUOTIENT_CORE_INPUT_H

#include <quotient/status.h>

#include "base/bytes.h"

/*
 * A regular file of at most `max` bytes into *data (quo_free); `what` names in messages what it
 * should be ("a model share"). QUO_USAGE when it cannot be read.
 */
quo_status quo_file_read(const char *path, const char *what, uint64_t max, uint8_t **data,
			 size_t *n, quo_err *err);

#endif
