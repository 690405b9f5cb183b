/* SPDX-License-Identifier: Apache-2.0 */
/* table2: a ternary 128 x n matrix times a vector. */
#include "tools/bench/bench_products.h"

static const bench_column columns[] = {
	{ "n", "n", BENCH_COUNT, 6 },
	{ "method", "method", BENCH_WORD, 12 },
	{ "engine", "engine", BENCH_WORD, 26 },
	BENCH_COLUMNS,
	{ "paper_seconds", "paper", BENCH_SECONDS, 0 },
	{ 0 },
};

static quo_status run(bench *b, quo_err *err)
{
	static const uint32_t sizes[] = { 100, 500, 1000 };
	static const bench_method methods[] = { BENCH_COT, BENCH_GILBOA };

	for (size_t k = 0; k < (b->quick ? 1 : sizeof sizes / sizeof *sizes); k++)
		for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
			/* Gilboa on 32-bit integers, as SecureML's products; ours at the ring that
			 * the result needs. */
			unsigned width = methods[i] == BENCH_COT
						 ? quo_bit_length(127 * (uint64_t)sizes[k]) + 1
						 : 32;
			QUO_TRY(bench_put_products(
				b, &(bench_product){ methods[i], 128, sizes[k], width }, err));
		}
	return QUO_OK;
}

const bench_command bench_table2 = {
	.name = "table2",
	.help = "128 x n ternary matrix times a vector, n = 100, 500, 1000",
	.columns = columns,
	.note = "COT: 8-bit vector, exact ring. Gilboa: 32-bit integers throughout.\n"
		"paper: its figures were not available to us (docs/performance.md).\n",
	.run = run,
};
