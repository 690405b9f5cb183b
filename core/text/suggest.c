/* SPDX-License-Identifier: Apache-2.0 */
#include "text/suggest.h"

#include <string.h>

#define MAX 64

static unsigned least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

unsigned quo__edit_distance(const char *a, const char *b)
{
	/* Optimal string alignment with three rows. */
	unsigned rows[3][MAX + 1], *before = rows[0], *last = rows[1], *now = rows[2];
	size_t n = strnlen(a, MAX), m = strnlen(b, MAX);

	for (size_t j = 0; j <= m; j++)
		last[j] = (unsigned)j;
	for (size_t i = 1; i <= n; i++) {
		now[0] = (unsigned)i;
		for (size_t j = 1; j <= m; j++) {
			unsigned d = last[j - 1] + (a[i - 1] != b[j - 1]);
			d = least(d, least(last[j], now[j - 1]) + 1);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				d = least(d, before[j - 2] + 1);
			now[j] = d;
		}
		unsigned *spare = before;
		before = last;
		last = now;
		now = spare;
	}
	return last[m];
}

void quo__suggest(quo_suggest *s, const char *candidate)
{
	unsigned distance = quo__edit_distance(s->wanted, candidate);
	size_t length = strnlen(s->wanted, MAX);
	unsigned limit = length < 3 ? 1 : length < 6 ? 2 : (unsigned)(length / 3);

	if (distance <= limit && distance < length && (!s->best || distance < s->distance)) {
		s->best = candidate;
		s->distance = distance;
	}
}
