/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The names of the kinds of components.
 */
#ifndef QUOTIENT_CORE_KIND_H
#define QUOTIENT_CORE_KIND_H

#include <quotient/plugin.h>

const char *quo_kind_name(quo_kind kind); /* "ot", "gc", "circuits", ..; "?" for no kind */
/* QUO_KIND_END when there is no such kind. */
quo_kind quo_kind_from_name(const char *name);

#endif
