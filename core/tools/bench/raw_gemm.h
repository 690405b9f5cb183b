/* SPDX-License-Identifier: Apache-2.0 */
/* Integer matrix products in the clear: one process, one core. */
#ifndef QUOTIENT_TOOLS_BENCH_RAW_GEMM_H
#define QUOTIENT_TOOLS_BENCH_RAW_GEMM_H

#include "tools/bench/bench.h"

/* Multiplications per second. */
typedef struct bench_raw_gemm {
	bench_stat product; /* with packing and storing: 512 x 512 weights times a batch of 128 */
	bench_stat tile;    /* the inner loop alone, on panels in the first-level cache */
} bench_raw_gemm;

/* Entries of `bits` = 8 or 16. */
quo_status bench_measure_raw_gemm(const bench *b, unsigned bits, bench_raw_gemm *out, quo_err *err);

#endif
