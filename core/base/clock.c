/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"

#include <time.h>

static int64_t nanoseconds(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

int64_t quo_now_ns(void)
{
	return nanoseconds(CLOCK_MONOTONIC);
}

double quo_now_seconds(void)
{
	return (double)quo_now_ns() * 1e-9;
}

double quo_cpu_seconds(void)
{
	return (double)nanoseconds(CLOCK_PROCESS_CPUTIME_ID) * 1e-9;
}
