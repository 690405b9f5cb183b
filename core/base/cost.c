/* SPDX-License-Identifier: Apache-2.0 */
#include <quotient/cost.h>

#define DUPLEX 2

void quo_cost_send(quo_cost *cost, int from, uint64_t bytes)
{
	if (!bytes)
		return;
	cost->sent_bytes[from] += bytes;
	cost->rounds += cost->direction != from;
	cost->direction = from;
}

void quo_cost_duplex(quo_cost *cost, uint64_t bytes0, uint64_t bytes1)
{
	if (!bytes0 && !bytes1)
		return;
	cost->sent_bytes[0] += bytes0;
	cost->sent_bytes[1] += bytes1;
	cost->rounds++;
	cost->direction = DUPLEX;
}
