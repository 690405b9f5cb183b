/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Forecasts: what a call would send, without sending it.
 *
 * Every engine has a `cost` method beside the method that does the work; it reports the same sends, in the same
 * order, to a quo_cost. `quotient-check` runs the trainer itself with such a ledger in place of a peer, so a
 * forecast follows the program instead of a second description of it.
 */
#ifndef QUOTIENT_COST_H
#define QUOTIENT_COST_H

#include <quotient/status.h>

typedef struct quo_cost {
	uint64_t sent_bytes[2]; /* by party */
	uint64_t rounds;        /* flights, as quo_traffic counts them */
	uint64_t cots;          /* correlated OTs consumed, both directions */
	uint64_t and_gates;     /* AND gates evaluated under encryption */
	int direction;          /* private: last sender (0, 1), 2 after a duplex exchange, -1 at the start */
} quo_cost;

#define QUO_COST_INIT \
	{ { 0, 0 }, 0, 0, 0, -1 }

/* Party `from` sends bytes. Nothing for bytes = 0. */
void quo_cost_send(quo_cost *cost, int from, uint64_t bytes);
/* Both send within one quo_channel_duplex() bracket; always a flight of its own unless both are 0. */
void quo_cost_duplex(quo_cost *cost, uint64_t bytes0, uint64_t bytes1);

#endif
