/* SPDX-License-Identifier: Apache-2.0 */
/* Jobs that use one engine, for whoever measures engines. */
#ifndef QUOTIENT_TOOLS_BENCH_PRIMITIVES_H
#define QUOTIENT_TOOLS_BENCH_PRIMITIVES_H

#include "tools/bench/bench.h"

/* n random COTs that party 0 sends. What is given must outlive the job, here and below. */
bench_job bench_ot_job(const size_t *n, const char *protocol);

/* A circuit over many instances: 64 ANDs a level, or the amsgrad update of a weight. */
enum { BENCH_WIDE, BENCH_UPDATE };
typedef struct bench_map {
	const bench *b;
	int which; /* one of these */
	size_t n;  /* instances */
} bench_map;
bench_job bench_map_job_of(const bench_map *map, const char *protocol);

/* A ternary 128 x inner matrix times 128 columns of 18 bits. */
bench_job bench_product_job(const uint32_t *inner, const char *protocol);

#endif
