/* SPDX-License-Identifier: Apache-2.0 */
#include "ranges.h"

#include <quotient/bits.h>

static int next_m(int m, int g)
{
	return m + ((26 * (g - m) + 128) >> 8);
}

static int64_t next_u(int64_t u, int64_t a)
{
	return u + ((3 * (a - u) + 128) >> 8);
}

int64_t amsgrad_average_end(int64_t x)
{
	int64_t u = 0;

	while (next_u(u, x) != u)
		u = next_u(u, x);
	return u;
}

unsigned amsgrad_signed_width(int64_t low, int64_t high)
{
	unsigned a = quo_bit_length((uint64_t)(low < 0 ? ~low : low));
	unsigned b = quo_bit_length((uint64_t)(high < 0 ? ~high : high));

	return (a > b ? a : b) + 1;
}

/*
 * The ends of M while U never exceeds h, as H <= h says: U and M are driven by the same gradients,
 * and a small U keeps them small. low[u], high[u] are the ends over all histories that lead to U =
 * u; both maps are monotone, so it is enough to follow the ends.
 */
static void ends_below(int bound, int h, int *m_min, int *m_max)
{
	int low[AMSGRAD_MAX_BOUND + 1] = { 0 }, high[AMSGRAD_MAX_BOUND + 1] = { 0 };
	bool seen[AMSGRAD_MAX_BOUND + 1] = { true }, changed = true;

	while (changed) {
		changed = false;
		for (int u = 0; u <= h; u++) {
			for (int a = 0; seen[u] && a <= bound; a++) {
				int v = (int)next_u(u, a);
				if (v > h)
					break;
				int l = next_m(low[u], -a), m = next_m(high[u], a);
				if (seen[v] && l >= low[v] && m <= high[v])
					continue;
				low[v] = seen[v] && low[v] < l ? low[v] : l;
				high[v] = seen[v] && high[v] > m ? high[v] : m;
				seen[v] = changed = true;
			}
		}
	}
	*m_min = *m_max = 0;
	for (int u = 0; u <= h; u++) {
		if (seen[u] && low[u] < *m_min)
			*m_min = low[u];
		if (seen[u] && high[u] > *m_max)
			*m_max = high[u];
	}
}

void amsgrad_find_ranges(uint32_t bound, amsgrad_ranges *out)
{
	*out = (amsgrad_ranges){ .bound = bound };
	for (int i = 0; i < 1000; i++) {
		out->m_max = next_m(out->m_max, (int)bound);
		out->m_min = next_m(out->m_min, -(int)bound);
	}
	out->u_max = (int)amsgrad_average_end((int64_t)bound);
	unsigned lengths = quo_bit_length((uint64_t)out->u_max);
	for (unsigned len = 0; len <= lengths; len++) {
		int m_min, m_max, h = (1 << len) - 1;
		ends_below((int)bound, h < out->u_max ? h : out->u_max, &m_min, &m_max);
		for (unsigned r = 0; r <= AMSGRAD_MAX_SHIFT; r++) {
			unsigned bits =
				amsgrad_signed_width(m_min >> (len + r), m_max >> (len + r)) - 1;
			if (out->step_bits[r] < bits)
				out->step_bits[r] = bits;
		}
	}
}
