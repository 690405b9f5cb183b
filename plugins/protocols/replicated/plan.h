/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a call is cut into waves.
 *
 * A value of a circuit is a row: one bit of every instance, or of a scalar one word that repeats its bit; both of this
 * party's pieces of it, which for rows of their own lie behind each other.
 */
#ifndef QUOTIENT_PLUGINS_REPLICATED_PLAN_H
#define QUOTIENT_PLUGINS_REPLICATED_PLAN_H

#include "program.h"

/* Memory of a wave: rows and messages. */
#ifndef REP_WAVE_BYTES
#define REP_WAVE_BYTES ((size_t)64 << 20)
#endif

struct rep_job {
	const quo_map_job *map;
	const struct rep_program *program;
	size_t number; /* in its call */
};

struct rep_row {
	uint64_t *piece[2];
};

/* Instances first .. first + m - 1 of a job, on their way through the levels. */
struct rep_part {
	const struct rep_job *job;
	size_t first, m, words;
	struct rep_row *rows;
	uint8_t *mine;         /* where its message of this level begins */
	const uint8_t *theirs; /* the same of party me + 1 */
};

struct rep_cursor {
	size_t job, done;
};

/*
 * The next wave: parts that advance level by level together (room for n_jobs of them) within REP_WAVE_BYTES, cut at
 * multiples of REP_BLOCK. Their number; 0: all done. Public shapes decide alone.
 */
size_t rep_next_wave(const struct rep_job *jobs, size_t n_jobs, struct rep_cursor *cursor,
		     struct rep_part *parts);
/* Bytes that every party sends for the part in the exchange of a level. */
size_t rep_level_bytes(const struct rep_part *part, uint32_t level);

#endif
