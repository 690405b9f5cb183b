/* SPDX-License-Identifier: Apache-2.0 */
#ifndef QUOTIENT_TESTS_BROKEN_H
#define QUOTIENT_TESTS_BROKEN_H

#include <string.h>

#include <quotient/quotient.h>

extern const quo_component broken_protocol; /* broken_protocol.c */

#endif
