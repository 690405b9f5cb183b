/* SPDX-License-Identifier: Apache-2.0 */
/* How a call is cut into waves, and what a level sends. */
#include "plan.h"

#include "parties.h"
#include "rows.h"
#include "waves.h"

/* Bits that an instance takes while its wave runs: two pieces a row, both summands of an arith port, both messages. */
static size_t bits_of(const struct rep_program *p)
{
	return 2 * ((size_t)p->levels->n_vectors + 2 * (size_t)p->arith_planes + p->most_rows) + 1;
}

size_t rep_next_wave(const struct rep_job *jobs, size_t n_jobs, struct rep_cursor *cursor,
		     struct rep_part *parts)
{
	size_t n_parts = 0, room = REP_WAVE_BYTES;

	for (; cursor->job < n_jobs; cursor->job++, cursor->done = 0) {
		const struct rep_job *job = &jobs[cursor->job];
		size_t left = job->map->n - cursor->done;
		if (!left)
			continue;
		size_t m = wave_take(&room, left, REP_BLOCK,
				     bits_of(job->program) * (REP_BLOCK / 8), !n_parts);
		if (!m)
			return n_parts;
		parts[n_parts++] = (struct rep_part){
			.job = job, .first = cursor->done, .m = m, .words = quo_words(m)
		};
		cursor->done += m;
		if (m < left)
			return n_parts;
	}
	return n_parts;
}

size_t rep_level_bytes(const struct rep_part *part, uint32_t level)
{
	const quo_levels *l = part->job->program->levels;
	size_t bytes = 0;

	if (level >= l->n_levels)
		return 0;
	for (uint32_t g = l->levels[level].ands; g < l->levels[level].ands_end; g++)
		bytes += rep_row_bytes(l->ands[g].scalar_a && l->ands[g].scalar_b ? 1 : part->m);
	return bytes;
}
