/* SPDX-License-Identifier: Apache-2.0 */
/* Size of the last-level cache, as Linux lists it in sysfs. */
#include "base/kernels.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST_INDEXES 16
#define MOST_BYTES (UINT64_C(1) << 40) /* larger claims are not believed */

/* The first line of a file, "" without one. */
static void read_line(const char *folder, int index, const char *name, char *line, int n)
{
	char path[400];

	*line = 0;
	snprintf(path, sizeof path, "%.300s/index%d/%s", folder, index, name);
	FILE *f = fopen(path, "re");
	if (!f)
		return;
	if (!fgets(line, n, f))
		*line = 0;
	fclose(f);
}

/* "32768K", "32M" or bytes; 0 for what is none of these. */
static uint64_t parse_size(const char *text)
{
	char *end;
	uint64_t n = *text >= '0' && *text <= '9' ? strtoull(text, &end, 10) : 0;
	unsigned shift;

	if (!n || n > MOST_BYTES)
		return 0;
	shift = *end == 'K' ? 10 : *end == 'M' ? 20 : *end == 'G' ? 30 : 0;
	return n > MOST_BYTES >> shift ? 0 : n << shift;
}

uint64_t quo__cache_bytes(const char *folder)
{
	char line[64];
	uint64_t bytes = 0;
	long level = 0;

	for (int i = 0; i < MOST_INDEXES; i++) {
		read_line(folder, i, "type", line, sizeof line);
		if (strncmp(line, "Data", 4) != 0 && strncmp(line, "Unified", 7) != 0)
			continue;
		read_line(folder, i, "level", line, sizeof line);
		long at = strtol(line, NULL, 10);
		read_line(folder, i, "size", line, sizeof line);
		uint64_t size = parse_size(line);
		if (size && at > level) {
			level = at;
			bytes = size;
		}
	}
	return bytes;
}

static _Atomic uint64_t forced = UINT64_MAX;

void quo__cache_force(uint64_t bytes)
{
	atomic_store_explicit(&forced, bytes, memory_order_relaxed);
}

uint64_t quo_cpu_cache_bytes(void)
{
	uint64_t bytes = atomic_load_explicit(&forced, memory_order_relaxed);

	return bytes != UINT64_MAX ? bytes : quo__cache_bytes("/sys/devices/system/cpu/cpu0/cache");
}
