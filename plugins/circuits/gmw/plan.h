/* SPDX-License-Identifier: Apache-2.0 */
/* How a call is cut into waves of parts, and what a stage of a part sends. */
#ifndef QUOTIENT_GMW_PLAN_H
#define QUOTIENT_GMW_PLAN_H

#include "program.h"
#include "rows.h"

/* Memory of a wave: wires, triples and messages. */
#ifndef GMW_WAVE_BYTES
#define GMW_WAVE_BYTES ((size_t)64 << 20)
#endif
/* Instances of a job are cut at multiples of this; itself a multiple of 64. */
#ifndef GMW_GRAIN
#define GMW_GRAIN ((size_t)512)
#endif

struct gmw_job {
	const quo_map_job *map;
	const struct gmw_program *program;
};

/* Instances first .. first+m-1 of a job. */
struct gmw_part {
	const struct gmw_job *job;
	size_t first, m, words;
	uint64_t **rows;   /* by number */
	uint64_t *planes;  /* triples, `words` a plane */
	uint64_t *scalars; /* triples of scalars */
	uint64_t *zeros;   /* a row */
	const struct gmw_kernels *k;
	/* Where its messages of the present stage begin. */
	uint8_t *mine;
	const uint8_t *theirs;
};

struct gmw_cursor {
	size_t job, done;
};

/*
 * The next wave: parts that advance stage by stage together (room for n_jobs of them) within
 * GMW_WAVE_BYTES. Their number; 0: all done. Public shapes decide it alone, so that both parties
 * and a forecast agree.
 */
size_t gmw_next_wave(const struct gmw_job *jobs, size_t n_jobs, struct gmw_cursor *cursor,
		     struct gmw_part *parts);
/* Bytes that a party sends for the part in the exchange of a stage. */
size_t gmw_stage_bytes(const struct gmw_part *part, uint32_t stage, int party);

#endif
