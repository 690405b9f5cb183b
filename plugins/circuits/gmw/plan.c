/* SPDX-License-Identifier: Apache-2.0 */
/* How a call is cut into waves, and what a stage sends. */
#include "plan.h"

#include "waves.h"

/* Bits that an instance takes while its wave runs; both parties' messages are held. */
static size_t rows_of(const struct gmw_program *p)
{
	return (size_t)p->levels->n_vectors + p->n_planes + p->input_planes +
	       2 * (size_t)p->most_rows + 1;
}

size_t gmw_next_wave(const struct gmw_job *jobs, size_t n_jobs, struct gmw_cursor *cursor,
		     struct gmw_part *parts)
{
	size_t n_parts = 0, room = GMW_WAVE_BYTES;

	for (; cursor->job < n_jobs; cursor->job++, cursor->done = 0) {
		const struct gmw_job *job = &jobs[cursor->job];
		size_t left = job->map->n - cursor->done;
		if (!left)
			continue;
		size_t m = wave_take(&room, left, GMW_GRAIN,
				     rows_of(job->program) * (GMW_GRAIN / 8), !n_parts);
		if (!m)
			return n_parts;
		parts[n_parts++] = (struct gmw_part){
			.job = job, .first = cursor->done, .m = m, .words = quo_words(m)
		};
		cursor->done += m;
		if (m < left)
			return n_parts;
	}
	return n_parts;
}

size_t gmw_stage_bytes(const struct gmw_part *part, uint32_t stage, int party)
{
	const struct gmw_program *p = part->job->program;
	size_t row = gmw_row_bytes(part->m), bytes = 0;

	if (stage >= p->levels->n_levels)
		return 0;
	for (uint32_t i = p->stages[stage].stars; i < p->stages[stage].stars_end; i++)
		if (gmw_opens_centre(&p->stars[i], party))
			bytes += gmw_wide(&p->stars[i]) ? row : 1;
	const quo_level *level = &p->levels->levels[stage];
	for (uint32_t i = level->ands; i < level->ands_end; i++) {
		const struct gmw_star *star = &p->stars[p->ands[i].star];
		if (gmw_opens_leaves(star, party))
			bytes += star->kind == GMW_ONE ? 1 : row;
	}
	return bytes;
}
