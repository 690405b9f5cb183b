/* SPDX-License-Identifier: Apache-2.0 */
#include "net_support.h"

#include <time.h>

quo_mesh *net_mesh(int n, int me, quo_channel *channel[])
{
	quo_err err = QUO_ERR_INIT;
	quo_mesh *mesh = quo_mesh_new(n, me, channel, &err);

	if (!mesh)
		fail_msg("%s", err.text);
	return mesh;
}

void net_fill(uint8_t *p, size_t n, uint64_t seed)
{
	for (size_t i = 0; i + 8 <= n; i += 8) {
		uint64_t v = quo_test_random(&seed);
		memcpy(p + i, &v, 8);
	}
	for (size_t i = n & ~(size_t)7; i < n; i++)
		p[i] = (uint8_t)quo_test_random(&seed);
}

double net_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}
