/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The runs of a sweep and what they say together. A run by itself is a sweep of one point without
 * axes.
 *
 * The contract between a run and this is its summary.json; nothing else of its folder is read.
 * Everything lives in the caller's arena.
 */
#ifndef QUOTIENT_CORE_RESULTS_H
#define QUOTIENT_CORE_RESULTS_H

#include <stdio.h>

#include "config/sweep.h"
#include "store/summary.h"

typedef struct quo_record {
	const char *title;   /* "MNIST, amsgrad, seed 2" */
	const char *folder;  /* below the sweep's; "." for a run by itself */
	bool done;           /* the rest is there */
	const char *failure; /* one line; NULL: it did not fail, or has not run */
	const char *protocol;
	uint64_t seed, epochs, steps, batch;
	double accuracy; /* NaN: not evaluated */
	uint32_t n_epochs;
	const double *per_epoch;                      /* NaN where not evaluated */
	const double *seconds_at, *bytes_at;          /* of the run until then; NULL: not known */
	double train_seconds, setup_seconds, seconds; /* the last: all phases */
	uint64_t bytes, rounds, rss_bytes;
	const char *weights; /* hexadecimal SHA-256; NULL: not revealed */
	uint32_t n_phases;
	const quo_phase *phase;
	const quo_node *manifest; /* NULL: none */
} quo_record;

/* Of n values; all NaN when n is 0, sd NaN below 2 values. */
typedef struct quo_stat {
	uint32_t n;
	double mean, sd /* of the sample */, min, max;
} quo_stat;

/* The runs that differ in nothing but their seed. */
typedef struct quo_group {
	const char *title;                  /* "MNIST, amsgrad" */
	uint32_t index[QUO_SWEEP_MAX_AXES]; /* of every axis; that of seeds is 0 */
	uint32_t done, failed;
	double paper; /* a published accuracy; NaN: none */
	quo_stat accuracy, seconds, train_seconds, bytes, rounds, rss_bytes;
	uint32_t n_epochs;
	quo_stat *per_epoch;
	double *seconds_at, *bytes_at; /* means; NaN: not known */
	uint32_t n_phases;
	quo_phase *phase; /* means */
} quo_group;

typedef struct quo_results {
	const char *name;   /* of the experiment */
	const char *source; /* the text of its file; NULL: not to be shown */
	const quo_sweep *sweep;
	uint32_t n_records, n_groups; /* record i belongs to group i % n_groups */
	quo_record *record;
	quo_group *group;
	uint32_t done, failed;
} quo_results;

/* Read <folder>/summary.json into the fields from `done` on. QUO_FAILED when it is not there or is
 * no summary. */
quo_status quo_record_read(quo_arena *arena, const char *folder, quo_record *out, quo_err *err);

/* Records by point, with titles; nothing is done yet. sweep NULL: a run by itself. */
quo_status quo_results_init(quo_results *r, quo_arena *arena, const char *name,
			    const quo_sweep *sweep, quo_err *err);
/* Make the groups of what the records hold now. */
quo_status quo_results_group(quo_results *r, quo_arena *arena, quo_err *err);

quo_stat quo_stat_of(const double *value, size_t n); /* NaN are left out */

/* ---- table.c ---- */
/* A line for each group: accuracy and cost; then accuracy by epoch. 80 columns where titles allow. */
void quo_results_print(FILE *out, const quo_results *r);

/* ---- csv.c ---- */
/* A text as a cell, quoted where it has to be, and the comma behind it. */
void quo_csv_cell(quo_buffer *out, const char *text);
/* results.csv: a line for each run. */
void quo_results_csv(quo_buffer *out, const quo_results *r);
/* curves.csv: a line for each run and epoch that was evaluated. */
void quo_curves_csv(quo_buffer *out, const quo_results *r);

/* ---- page.c ---- */
/* The results as one JSON object: what the page shows. */
void quo_results_json(quo_json *j, const quo_results *r);
/* report.html. */
quo_status quo_results_page(quo_buffer *out, const quo_results *r, quo_err *err);

/* results.csv, curves.csv and report.html into a folder. */
quo_status quo_results_write(const quo_results *r, const char *folder, quo_err *err);

#endif
