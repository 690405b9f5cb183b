/* SPDX-License-Identifier: Apache-2.0 */
/* Circuits to measure. The caller frees them. */
#ifndef QUOTIENT_TOOLS_BENCH_CIRCUITS_H
#define QUOTIENT_TOOLS_BENCH_CIRCUITS_H

#include "tools/bench/bench.h"

/* 64 AND gates a level, 16 levels: nothing but AND and XOR on two 64-bit inputs. */
quo_circuit *bench_wide_circuit(quo_goal goal, quo_err *err);
/* A weight's update from a 22-bit gradient: 784-128-128-10 with a batch of 128. */
quo_circuit *bench_update_circuit(const bench *b, quo_goal goal, const char *optimizer,
				  quo_err *err);
#define BENCH_GRADIENT_WIDTH 22
/* w x for ternary w (two planes, + and -) and an additively shared x, as bits. */
quo_circuit *bench_ternary_circuit(quo_goal goal, unsigned width, quo_err *err);

#endif
