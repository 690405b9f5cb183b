/* SPDX-License-Identifier: Apache-2.0 */
/* Networks of fully connected layers with random data, for the commands that measure layers and
 * steps. */
#ifndef QUOTIENT_TOOLS_BENCH_NETWORK_H
#define QUOTIENT_TOOLS_BENCH_NETWORK_H

#include "numerics/network.h"
#include "tools/bench/bench.h"

#define BENCH_MAX_LAYERS 4

/* Sizes from the input up; batch rows; the last size is the number of classes. */
typedef struct bench_shape {
	uint32_t n_layers, size[BENCH_MAX_LAYERS + 1], batch;
} bench_shape;

typedef struct bench_network {
	quo_network net;
	quo_experiment *owner[BENCH_MAX_LAYERS + 2];
	bool built;
} bench_network;

quo_status bench_network_init(bench_network *n, const bench *b, quo_session *s,
			      const bench_shape *shape, quo_err *err);
void bench_network_fini(bench_network *n);

/* What the commands of whole networks share: the protocols of --protocols, and circuit engines with
 * OT engines where one has them. `put` measures one of these. */
typedef quo_status bench_put_protocol(bench *b, const char *protocol, const char *label,
				      const void *arg, quo_err *err);
quo_status bench_every_protocol(bench *b, bench_put_protocol *put, const void *arg, quo_err *err);
/* `run` once for each optimiser that --optimizer says. */
quo_status bench_every_optimizer(bench *b, quo_status (*run)(bench *b, quo_err *err), quo_err *err);

/* Whether the link stands for the paper's LAN (loopback) or WAN (42 ms, 24.3 MB/s). */
bool bench_is_lan(const bench *b);
bool bench_is_paper_wan(const bench *b);

#endif
