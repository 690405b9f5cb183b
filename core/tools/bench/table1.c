/* SPDX-License-Identifier: Apache-2.0 */
/* table1: component-wise products of a ternary and an integer vector, 10^3 .. 10^7 elements. */
#include "tools/bench/bench_products.h"

#define RING 32

static const bench_column columns[] = {
	{ "n", "n", BENCH_COUNT, 9 },
	{ "method", "method", BENCH_WORD, 12 },
	{ "engine", "engine", BENCH_WORD, 26 },
	BENCH_COLUMNS,
	{ "paper_seconds", "paper", BENCH_SECONDS, 0 },
	{ 0 },
};

static quo_status run(bench *b, quo_err *err)
{
	static const bench_method methods[] = { BENCH_COT, BENCH_CIRCUIT, BENCH_GILBOA };
	uint32_t most = b->quick ? 1000 : 10000000;

	for (uint32_t n = b->quick ? 100 : 1000; n <= most; n *= 10)
		for (size_t i = 0; i < sizeof methods / sizeof *methods; i++)
			QUO_TRY(bench_put_products(b, &(bench_product){ methods[i], 1, n, RING },
						   err));
	return QUO_OK;
}

const bench_command bench_table1 = {
	.name = "table1",
	.help = "component-wise ternary x integer product of 10^3 .. 10^7 elements, three ways",
	.columns = columns,
	.note = "32-bit ring. COT and Gilboa give the sum of the products, which costs the same: additions are local. A circuit\n"
		"gives each product as bits. Rows without times take longer than --limit by their forecast.\n"
		"paper: its figures were not available to us (docs/performance.md).\n",
	.run = run,
};
