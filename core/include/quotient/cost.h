/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Forecasts: what a call would send, without sending it.
 *
 * Every engine has a `cost` method beside the method that does the work; it reports the same sends,
 * in the same order, to a quo_cost. `quotient-check` runs the trainer itself with such a ledger in
 * place of a peer, so a forecast follows the program instead of a second description of it.
 */
#ifndef QUOTIENT_COST_H
#define QUOTIENT_COST_H

#include <quotient/status.h>

QUO_BEGIN_DECLS

typedef struct quo_cost {
	uint64_t sent_bytes[2]; /* by party */
	uint64_t rounds;        /* flights, as quo_traffic counts them */
	uint64_t cots;          /* correlated OTs consumed, both directions */
	uint64_t and_gates;     /* AND gates evaluated under encryption */
	int direction; /* private: last sender (0, 1), 2 after a duplex exchange, -1 at the start */
	double cpu_s[2]; /* seconds of one core, by party, as far as engines say; an estimate */
} quo_cost;

/* clang-format off */
#define QUO_COST_INIT \
	{ { 0, 0 }, 0, 0, 0, -1, { 0, 0 } }
/* clang-format on */

/* Party `from` sends bytes. Nothing for bytes = 0. */
void quo_cost_send(quo_cost *cost, int from, uint64_t bytes);
/* Both send within one quo_channel_duplex() bracket; always a flight of its own unless
 * both are 0. */
void quo_cost_duplex(quo_cost *cost, uint64_t bytes0, uint64_t bytes1);
/* `party` computes for so long on one core of a machine with VAES; rates stand beside the code they
 * were measured on. */
void quo_cost_work(quo_cost *cost, int party, double seconds);

/* The link between two parties: one-way latency, and what each direction takes. 0: not known; plans
 * then take the figure of QUO_LINK_LOOPBACK. */
typedef struct quo_link {
	double latency_s;
	double bytes_per_s;
} quo_link;

/* clang-format off */
#define QUO_LINK_LOOPBACK \
	{ 15e-6, 2e9 }
/* clang-format on */

/*
 * How long it takes over this link: the busier of the two cores, or of the two directions,
 * whichever is longer, and a latency for every round. A function of its arguments alone, by
 * additions, multiplications and comparisons of doubles: two parties that ask the same get the same
 * bits, so that they may decide by it.
 */
double quo_cost_seconds(const quo_cost *cost, quo_link link);

QUO_END_DECLS

#endif
