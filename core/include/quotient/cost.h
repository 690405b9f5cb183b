/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ledger: what a run would send, without sending it.
 *
 * A dry session (session.h) counts every message here in place of sending it. `quotient-check` runs
 * the trainer itself with such a ledger, so a forecast follows the program instead of a second
 * description of it.
 */
#ifndef QUOTIENT_COST_H
#define QUOTIENT_COST_H

#include <quotient/status.h>

#define QUO_MAX_PARTIES 16
QUO_BEGIN_DECLS

typedef struct quo_cost {
	uint64_t sent_bytes[QUO_MAX_PARTIES]; /* by party */
	uint64_t rounds;                      /* flights, as quo_traffic counts them */
	uint64_t cots;      /* correlated OTs consumed, all directions of all pairs */
	uint64_t and_gates; /* AND gates evaluated under encryption */
	/* Seconds of one core, by party, as far as engines say; an estimate. */
	double cpu_s[QUO_MAX_PARTIES];
	/* private: */
	int direction;   /* last sender, -1 at the start, -2 after a bracket or an exchange */
	bool in_bracket; /* between on and off of quo_cost_round() */
	bool bracket_counted;
} quo_cost;

/* clang-format off */
#define QUO_COST_INIT { .direction = -1 }
/* clang-format on */

/* Party `from` sends bytes. Nothing for bytes = 0. */
void quo_cost_send(quo_cost *cost, int from, uint64_t bytes);
/* Sends between on and off are one round, if there are any. */
void quo_cost_round(quo_cost *cost, bool on);
/* What all parties send together. */
uint64_t quo_cost_bytes(const quo_cost *cost);
/* What was added to a ledger since it was as `before`. */
quo_cost quo_cost_since(const quo_cost *cost, const quo_cost *before);
/* `party` computes for so long on one core of a machine with VAES; rates stand beside the code they
 * were measured on. */
void quo_cost_work(quo_cost *cost, int party, double seconds);

/* The link between parties: one-way latency, and what each direction takes. 0: not known; plans
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
 * How long it takes over this link: the busiest of the cores, or of the parties' outgoing links,
 * whichever is longer, and a latency for every round. A function of its arguments alone, by
 * additions, multiplications and comparisons of doubles: parties that ask the same get the same
 * bits, so that they may decide by it.
 */
double quo_cost_seconds(const quo_cost *cost, quo_link link);

/*
 * Whether the shallow form of a circuit of n instances is done sooner than the small one, where a level costs a latency and
 * an AND gate and_s seconds of a core and and_bytes on the busier direction of the link. The forms of this project's
 * circuits are about 20 levels and 100 AND gates an instance apart (docs/circuit-costs.md). A function of its arguments
 * alone, as quo_cost_seconds().
 */
bool quo_shallow_pays(quo_link link, size_t n, double and_s, double and_bytes);

QUO_END_DECLS

#endif
