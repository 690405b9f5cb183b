/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a call of map is cut into waves: instances that advance through their circuits together, within a bound of
 * memory. circuits/gmw and protocol/replicated cut alike. Public shapes decide it alone, so that all parties and a
 * forecast agree.
 */
#ifndef QUOTIENT_PLUGINS_WAVES_H
#define QUOTIENT_PLUGINS_WAVES_H

#include <stdbool.h>
#include <stddef.h>

/*
 * How many of a job's next `left` instances join a wave with *room bytes left; 0: it is full. Jobs are cut at multiples of
 * `grain` instances, which take `grain_bytes`; *room goes down by what was taken. The first part of a wave has at least one
 * grain; if that alone is more than the room, nothing else joins.
 */
static inline size_t wave_take(size_t *room, size_t left, size_t grain, size_t grain_bytes,
			       bool first)
{
	size_t grains = *room / grain_bytes;

	if (!grains && first)
		grains = 1;
	size_t m = left / grain < grains ? left : grains * grain;
	size_t taken = (m + grain - 1) / grain * grain_bytes;
	*room -= taken < *room ? taken : *room;
	return m;
}

#endif
