/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parts of circuits/yao: the plan of a call (yao_plan.c) and the engine itself (yao.c). Party 0
 * garbles, party 1 evaluates; Delta is that of quo_session_cot(session, 0).
 */
#ifndef QUOTIENT_PLUGINS_YAO_H
#define QUOTIENT_PLUGINS_YAO_H

#include <quotient/quotient.h>

#define YAO_GARBLER 0

/* COTs in flight at a time: 32 MiB of labels. */
#define YAO_BATCH_COTS ((size_t)1 << 21)
/* Labels that a piece makes beside those COTs (its garbler's inputs and its outputs): 1 MiB, so
 * that they stay in cache. */
#define YAO_PIECE_LABELS ((size_t)1 << 16)

extern const quo_component yao_component;

/* One input port of the two-party form of a job's circuit. */
struct yao_port {
	const quo_tensor *tensor;
	const uint64_t
		*planes; /* this party's share; NULL: zero by construction, or no data (dry) */
	size_t words;    /* from plane to plane */
	unsigned width;
	bool scalar;
	bool cot; /* labels by COT: party 1 has a share of these bits; else only party 0 knows them
		   */
	bool additive; /* planes are made from words of an ARITH tensor */
};

struct yao_job {
	const quo_map_job *map;
	const quo_circuit *circuit; /* two-party form: BITS ports only */
	size_t n;
	struct yao_port *ports;         /* circuit->n_in */
	size_t cot_row, cot_scalar;     /* COTs per instance, and once */
	size_t local_row, local_scalar; /* bits known to the garbler: per instance, and once */
	size_t piece;       /* instances per call of the garbling scheme; a multiple of 64 */
	quo_block *scalars; /* labels of the scalar ports' wires, in order; not in dry sessions */
};

/* Instances first .. first+m-1 of a job, whose COTs are made together with those of the batch's
 * other parts. */
struct yao_part {
	struct yao_job *job;
	size_t first, m;
	bool with_scalars; /* the job's first part brings the scalar ports' labels */
};

/* Where the splitting into batches stands. Public shapes decide it alone, so that both parties and
 * a forecast agree. */
struct yao_cursor {
	size_t job, done;
};

/* Describe the job's ports for `party`; ports come from the arena. `split` is quo_split_arith() of
 * the job's circuit. */
quo_status yao_plan_job(struct yao_job *job, const quo_map_job *map, const quo_circuit *split,
			int party, quo_arena *arena, quo_err *err);
/* Make the planes of additive ports (and room for scalar labels) from the arena. */
quo_status yao_load_job(struct yao_job *job, quo_arena *arena, quo_err *err);
/* The next batch: its parts (room for n_jobs), their number to n_parts (0: all done); returns its
 * COTs. */
size_t yao_next_batch(struct yao_job *jobs, size_t n_jobs, struct yao_cursor *cursor,
		      struct yao_part *parts, size_t *n_parts);

#endif
