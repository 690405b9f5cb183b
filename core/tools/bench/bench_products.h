/* SPDX-License-Identifier: Apache-2.0 */
/* Ternary products, three ways: what table1 and table2 compare. */
#ifndef QUOTIENT_TOOLS_BENCH_PRODUCTS_H
#define QUOTIENT_TOOLS_BENCH_PRODUCTS_H

#include "tools/bench/bench.h"

typedef enum bench_method {
	BENCH_COT,     /* w as two planes: the paper's protocol 7 */
	BENCH_CIRCUIT, /* one circuit instance per entry of w */
	BENCH_GILBOA,  /* w as an integer of full width, a COT per bit: Gilboa 1999 */
} bench_method;

/* Z[m, 1] = W[m, n] x[n, 1] in a ring of `width`; the circuit gives the m n summands as bits
 * instead of their sums. */
typedef struct bench_product {
	bench_method method;
	uint32_t m, n;
	unsigned width;
} bench_product;

extern const char *const bench_method_names[];

/* Measure a product with every engine of its kind and put rows into the table, with column "n" =
 * n. */
quo_status bench_put_products(bench *b, const bench_product *p, quo_err *err);

#endif
