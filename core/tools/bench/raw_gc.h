/* SPDX-License-Identifier: Apache-2.0 */
/* A garbling scheme alone: no socket, no OT, one process. */
#ifndef QUOTIENT_TOOLS_BENCH_RAW_GC_H
#define QUOTIENT_TOOLS_BENCH_RAW_GC_H

#include "tools/bench/bench.h"

typedef struct bench_raw_gc {
	bench_stat garble, evaluate; /* AND gates per second */
	double bytes_per_and;
} bench_raw_gc;

quo_status bench_measure_raw_gc(const bench *b, const quo_registered *gc, bench_raw_gc *out,
				quo_err *err);

#endif
