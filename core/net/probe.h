/* SPDX-License-Identifier: Apache-2.0 */
/* What a link can do, measured at the start of a run. */
#ifndef QUOTIENT_CORE_PROBE_H
#define QUOTIENT_CORE_PROBE_H

#include <quotient/channel.h>
#include <quotient/cost.h>

/*
 * Both parties call it on a channel that carries nothing else. Party 0 asks and holds the clock: a few pings, of which the
 * median counts, then transfers in both directions, each four times as large as the last until one takes long
 * enough to tell the rate (at most 4 MiB). The slower direction is the bandwidth. Party 0's figures go to party 1, so that
 * both have the same; latency_s and bytes_per_s are positive.
 */
quo_status quo_probe_link(quo_channel *ch, int party, quo_link *out, quo_err *err);

#endif
