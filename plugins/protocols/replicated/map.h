/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parts of map: a circuit's levels (program.c), the plan of a call (plan.c), inputs (ports.c), levels (stages.c) and
 * the call itself (map.c).
 *
 * A value of a circuit is a row: one bit of every instance, or of a scalar one word that repeats its bit; both of this
 * party's pieces of it, which for rows of their own lie behind each other.
 */
#ifndef QUOTIENT_PLUGINS_REPLICATED_MAP_H
#define QUOTIENT_PLUGINS_REPLICATED_MAP_H

#include "replicated.h"

/* Memory of a wave: rows and messages. */
#ifndef REP_WAVE_BYTES
#define REP_WAVE_BYTES ((size_t)64 << 20)
#endif
/* What a thread should have to do: words of a row, and words of all rows of a level together. */
#ifndef REP_SHARE_WORDS
#define REP_SHARE_WORDS ((size_t)64)
#define REP_SHARE_WORK ((size_t)1 << 15)
#endif

/* ---- program.c ---- */

/* Arith ports have become two ports of bits, the summand that the dealer knows and the one that the others know, with
 * an adder behind them (quo_split_arith). */
struct rep_program {
	uint64_t id;   /* of the circuit as the caller gave it */
	quo_goal goal; /* of its adders behind arith ports */
	quo_levels *levels;
	uint32_t most_rows;    /* AND gates of the largest level */
	uint32_t arith_planes; /* of arith ports */
};
quo_status rep_program_of(struct replicated *r, const quo_circuit *c, quo_goal goal,
			  const struct rep_program **out, quo_err *err);
void rep_programs_free(struct replicated *r);

/* ---- plan.c ---- */

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

/* ---- ports.c ---- */

/* Rows of a wave's inputs; deals what comes through arith ports, one round for all of them, if there are any. */
quo_status rep_load_inputs(struct replicated *r, quo_session *s, struct rep_part *parts,
			   size_t n_parts, quo_err *err);

/* ---- stages.c ---- */

/* One level of a wave: local gates, AND gates, one exchange. `round` has buffers for the largest level. */
quo_status rep_level_run(struct replicated *r, quo_session *s, struct rep_part *parts,
			 size_t n_parts, uint32_t level, struct rep_round *round, quo_err *err);

#endif
