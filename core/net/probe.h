/* SPDX-License-Identifier: Apache-2.0 */
/* What the links can do, measured at the start of a run. */
#ifndef QUOTIENT_CORE_PROBE_H
#define QUOTIENT_CORE_PROBE_H

#include <quotient/cost.h>

#include "net/mesh.h"

/*
 * All parties call it on a mesh that carries nothing else. Party 0 asks one party after the other and holds the clock: a
 * few pings, of which the median counts, then transfers in both directions, each four times as large as the last until
 * one takes long enough to tell the rate (at most 4 MiB). The slower direction is the bandwidth. The largest latency
 * and the smallest bandwidth of party 0's links go to all, so that all have the same; both are positive.
 */
quo_status quo_probe_links(quo_mesh *mesh, quo_link *out, quo_err *err);

#endif
