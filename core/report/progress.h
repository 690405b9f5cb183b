/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a person sees of a run: a live line, notes above it, and the table of costs at the end; 80
 * columns.
 *
 * On a terminal the line is rewritten at most ten times a second; elsewhere a plain line appears
 * every five seconds at most, and one per epoch. Bold and dim only on a terminal without NO_COLOR.
 * A write that fails is forgotten: a run does not end because nobody watches.
 */
#ifndef QUOTIENT_CORE_PROGRESS_H
#define QUOTIENT_CORE_PROGRESS_H

#include <stdio.h>

#include "store/summary.h"

typedef struct quo_progress_config {
	FILE *out;                        /* stderr */
	bool live;                        /* rewrite a line; quo_progress_is_live(out) */
	uint64_t epochs, steps_per_epoch; /* max_steps: the last epoch may be cut by `steps` */
	uint64_t steps;                   /* of the whole run */
	double (*now)(void);              /* seconds of a steady clock; NULL: the system's */
} quo_progress_config;

typedef struct quo_progress quo_progress;
quo_progress *quo_progress_new(const quo_progress_config *config, quo_err *err);
void quo_progress_free(quo_progress *p); /* ends the live line; NULL is fine */
/* A terminal that can move its cursor. */
bool quo_progress_is_live(FILE *out);

/* After every step; `step` counts from 1 over the whole run; bytes: sent so far, by all parties (0:
 * not shown). */
void quo_progress_step(quo_progress *p, uint64_t step, uint64_t bytes);
/* After every epoch (1, 2, ..) and its evaluation; accuracy 0..1, NaN when not evaluated. */
void quo_progress_epoch(quo_progress *p, uint64_t epoch, double accuracy);
/* A full line of text above the live line. */
void quo_progress_note(quo_progress *p, const char *format, ...) QUO_PRINTF(2, 3);

/* Phase, time, share of time, bytes, rounds, and their totals. */
void quo_progress_table(FILE *out, const quo_phase *phases, size_t n);

#endif
