/* SPDX-License-Identifier: Apache-2.0 */
/* fig5: the forward pass of one layer, by phase. */
#include "tools/bench/bench_layer.h"

static const bench_column columns[] = { BENCH_LAYER_COLUMNS };

static quo_status run(bench *b, quo_err *err)
{
	return bench_put_layers(b, false, err);
}

const bench_command bench_fig5 = {
	.name = "fig5",
	.help = "forward pass of an n x n layer, batch 128, n = 128 .. 2048, by phase",
	.columns = columns,
	.note = "Rows without times take longer than --limit by their forecast.\n"
		"paper: its figures were not available to us (docs/performance.md).\n",
	.run = run,
};
