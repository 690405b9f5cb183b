/* SPDX-License-Identifier: Apache-2.0 */
/* What the circuits of optimisers and quantisers cost: docs/circuit-costs.md. */
#ifndef QUOTIENT_TOOLS_COSTS_H
#define QUOTIENT_TOOLS_COSTS_H

#include <stdio.h>

#include "plugin/registry.h"

#define QUO_COSTS_LEAST_BITS 2
#define QUO_COSTS_MOST_BITS 32

/* Markdown: AND gates and AND levels, in both goals, of every optimiser with every quantiser of the registry at its
 * default options, for gradients of g_bits (QUO_COSTS_LEAST_BITS .. QUO_COSTS_MOST_BITS). A pair that refuses is listed
 * with its reason. */
quo_status quo_costs_print(FILE *out, quo_registry *registry, unsigned g_bits, quo_err *err);

#endif
