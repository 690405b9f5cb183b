/* SPDX-License-Identifier: Apache-2.0 */
#include <quotient/cost.h>

#define DUPLEX 2

/* Of each party's core, for a byte through a loopback socket, sent or received (docs/performance.md). */
#define COPY_S 0.1e-9

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

void quo_cost_work(quo_cost *cost, int party, double seconds)
{
	cost->cpu_s[party] += seconds;
}

static double larger(double a, double b)
{
	return a > b ? a : b;
}

double quo_cost_seconds(const quo_cost *cost, quo_link link)
{
	const quo_link loopback = QUO_LINK_LOOPBACK;
	double latency = link.latency_s > 0 ? link.latency_s : loopback.latency_s;
	double rate = link.bytes_per_s > 0 ? link.bytes_per_s : loopback.bytes_per_s;
	double sent[2] = { (double)cost->sent_bytes[0], (double)cost->sent_bytes[1] };
	double wire = larger(sent[0], sent[1]) / rate;
	double work = larger(cost->cpu_s[0], cost->cpu_s[1]) + (sent[0] + sent[1]) * COPY_S;

	return larger(work, wire) + (double)cost->rounds * latency;
}
