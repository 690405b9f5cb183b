/* SPDX-License-Identifier: Apache-2.0 */
/* One fully connected layer, n inputs and n outputs, in the middle of a network: what fig5 and fig6
 * measure. */
#ifndef QUOTIENT_TOOLS_BENCH_LAYER_H
#define QUOTIENT_TOOLS_BENCH_LAYER_H

#include "tools/bench/bench_network.h"

#define BENCH_LAYER_COLUMNS \
	{ "n", "n", BENCH_COUNT, 5 }, { "engine", "engine", BENCH_WORD, 28 }, \
		{ "phase", "phase", BENCH_WORD, 16 }, BENCH_COLUMNS, \
		{ "paper_seconds", "paper", BENCH_SECONDS, 0 }, \
	{ \
		0 \
	}

/* Every size and protocol; a row for each phase and one for their sum. */
quo_status bench_put_layers(bench *b, bool backward, quo_err *err);

#endif
