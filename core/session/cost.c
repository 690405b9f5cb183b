/* SPDX-License-Identifier: Apache-2.0 */
#include <quotient/cost.h>

#define TOGETHER (-2)

/* Of each party's core, for a byte through a loopback socket, sent or received (docs/performance.md). */
#define COPY_S 0.1e-9

static void count_round(quo_cost *cost, int direction)
{
	if (cost->in_bracket) {
		cost->rounds += !cost->bracket_counted;
		cost->bracket_counted = true;
		cost->direction = TOGETHER;
	} else {
		cost->rounds += cost->direction != direction;
		cost->direction = direction;
	}
}

void quo_cost_send(quo_cost *cost, int from, uint64_t bytes)
{
	if (!bytes)
		return;
	cost->sent_bytes[from] += bytes;
	count_round(cost, from);
}

void quo_cost_round(quo_cost *cost, bool on)
{
	cost->in_bracket = on;
	cost->bracket_counted = false;
}

uint64_t quo_cost_bytes(const quo_cost *cost)
{
	uint64_t bytes = 0;

	for (int i = 0; i < QUO_MAX_PARTIES; i++)
		bytes += cost->sent_bytes[i];
	return bytes;
}

quo_cost quo_cost_since(const quo_cost *cost, const quo_cost *before)
{
	quo_cost d = *cost;

	for (int i = 0; i < QUO_MAX_PARTIES; i++) {
		d.sent_bytes[i] -= before->sent_bytes[i];
		d.cpu_s[i] -= before->cpu_s[i];
	}
	d.rounds -= before->rounds;
	d.cots -= before->cots;
	d.and_gates -= before->and_gates;
	return d;
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
	double most = 0, all = 0, cpu = 0;

	for (int i = 0; i < QUO_MAX_PARTIES; i++) {
		most = larger(most, (double)cost->sent_bytes[i]);
		cpu = larger(cpu, cost->cpu_s[i]);
		all += (double)cost->sent_bytes[i];
	}
	return larger(cpu + all * COPY_S, most / rate) + (double)cost->rounds * latency;
}

#define LESS_LEVELS 20.0
#define MORE_ANDS 100.0

bool quo_shallow_pays(quo_link link, size_t n, double and_s, double and_bytes)
{
	const quo_link loopback = QUO_LINK_LOOPBACK;
	double latency = link.latency_s > 0 ? link.latency_s : loopback.latency_s;
	double rate = link.bytes_per_s > 0 ? link.bytes_per_s : loopback.bytes_per_s;

	return LESS_LEVELS * latency > MORE_ANDS * (double)n * (and_s + and_bytes / rate);
}
