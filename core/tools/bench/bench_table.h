/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One table as text, CSV or JSON. Rows of text and CSV are printed as they are complete.
 */
#ifndef QUOTIENT_TOOLS_BENCH_TABLE_H
#define QUOTIENT_TOOLS_BENCH_TABLE_H

#include <stdio.h>

#include <quotient/status.h>

typedef enum bench_format { BENCH_TEXT, BENCH_CSV, BENCH_JSON } bench_format;

typedef enum bench_kind {
	BENCH_WORD,    /* text of at most `width` characters, left-justified */
	BENCH_COUNT,   /* an integer */
	BENCH_SECONDS, /* all others: a real number in base units, shown with a prefix */
	BENCH_BYTES,
	BENCH_RATE,    /* per second */
	BENCH_PERCENT, /* of 1 */
	BENCH_REAL,
} bench_kind;

typedef struct bench_column {
	const char *key;  /* in CSV and JSON; NULL ends a list */
	const char *head; /* in text */
	bench_kind kind;
	int width; /* in text; 0: the kind's */
} bench_column;

/* What is said of the run as a whole. */
typedef struct bench_about {
	const char *command, *version, *cpu, *tier, *note;
	int cores, runs;
	bool quick;
	double latency_s, rate;
} bench_about;

typedef struct bench_table bench_table;
bench_table *bench_table_new(FILE *out, bench_format format, const bench_column *columns,
			     const bench_about *about, quo_err *err);
/* Values of the current row by column key; what is not set stays blank (null). */
void bench_set(bench_table *t, const char *key, double value);
void bench_set_word(bench_table *t, const char *key, const char *word);
void bench_end_row(bench_table *t);
/* Prints what is left; QUO_FAILED when something could not be written. Frees the table. */
quo_status bench_table_end(bench_table *t, quo_err *err);
/* Frees the table only. NULL is fine. */
void bench_table_free(bench_table *t);

#endif
