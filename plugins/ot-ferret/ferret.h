/* SPDX-License-Identifier: Apache-2.0 */
/* An instance of ot/ferret: its component and schedule (ferret.c), and the leaves and rows of an iteration (rows.c). */
#ifndef FERRET_FERRET_H
#define FERRET_FERRET_H

#include "kernels.h"
#include "params.h"
#include "trees.h"

/* Rows of a batch of trees: half a MiB of leaves, which the next steps find in cache. */
#define LOG_BATCH 15
#define BATCH ((size_t)1 << LOG_BATCH)

struct ferret_config;

struct ferret {
	const struct ferret_config *config;
	quo_instance *setup; /* until open has taken from it what it needs */
	const ferret_kernels *kernels;
	bool dry; /* a forecast: everything but the work, and no memory */
	int sender;
	bool is_sender;
	quo_block hash_start, delta;
	quo_block
		*cots; /* that this iteration takes: the secret, then the base COTs of the trees */
	quo_block *kept;   /* the same of the next */
	unsigned lanes;    /* batches expanded at a time, one a thread */
	quo_block *leaves; /* of that many batches */
	quo_block *sums;   /* of theirs, at the sender */
	uint64_t *bits;    /* choices of the leaves' rows */
	quo_block *trees;  /* of this iteration: the sender's roots, the receiver's sums */
	size_t cots_room, kept_room, trees_room; /* blocks */
	uint64_t tweak;                          /* the iteration's first */
	quo_block code;                          /* key of this iteration's rows */

	/* Where the schedule is; equal at both parties. */
	uint64_t iteration;
	const ferret_params *now, *next;
	const ferret_params *top; /* `set`; for auto, the largest to be used */
	size_t row;               /* the next one to come out */
	size_t first;             /* row of leaves[0] */
	size_t made;              /* rows whose leaves exist, or existed */
	size_t told;              /* trees of this iteration whose sums have been sent */
};

/* No leaf is left: expand the next batches. */
quo_status ferret_make_leaves(struct ferret *f, quo_session *s, quo_err *err);

/*
 * The sums of an iteration travel within one request, so that it costs one flight. Those of trees
 * that no row was asked of yet are all that is kept of them: the sender expands these trees again when
 * their rows come out.
 */
quo_status ferret_tell_rest(struct ferret *f, quo_session *s, quo_err *err);

/* The code of this iteration. */
void ferret_set_code_key(struct ferret *f);

/*
 * The next n rows, whose leaves exist. publish: for the caller, as the contract has them; else for
 * the next iteration, in the inner form. choices: a plane that holds 0 from bit `at` on, or NULL.
 */
void ferret_encode(struct ferret *f, quo_session *s, size_t n, bool publish, quo_block *out,
		   uint64_t *choices, size_t at);

#endif
