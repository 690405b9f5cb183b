/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the readers share: common options, files (plain or .gz) read with care, and numeric scaling.
 *
 * A file's promises (dimensions, lengths) are checked against what the file can hold before memory
 * is taken, and memory grows with the bytes that really arrive. Messages start with the path and
 * say what to do.
 */
#ifndef QUOTIENT_CORE_READER_H
#define QUOTIENT_CORE_READER_H

#include <quotient/memory.h>

#include "data/dataset.h"

/* The first rows of every reader's option table; its config struct starts
 * with `quo_data_common common`. */
/* clang-format off */
#define QUO_DATA_COMMON_OPTIONS(type_) \
	QUO_OPTION_AS("root", type_, common.root, QUO_OPT_STRING, "''", \
		"folder that relative paths start from; empty: the variable QUOTIENT_DATA, else data", \
		.local = true), \
	QUO_OPTION_AS("classes", type_, common.classes, QUO_OPT_INT, NULL, "number of classes", \
		.min = 2, .max = 256), \
	QUO_OPTION_AS("owner", type_, common.owner, QUO_OPT_ENUM, "dealer", \
		"who brings the data: dealer (outside owners share it to both parties), or party 0 or 1", \
		.choices = quo__data_owners), \
	QUO_OPTION_AS("train_limit", type_, common.train_limit, QUO_OPT_INT, "0", \
		"use the first training rows only; 0: all", .min = 0, .max = UINT32_MAX), \
	QUO_OPTION_AS("test_limit", type_, common.test_limit, QUO_OPT_INT, "0", \
		"use the first test rows only; 0: all", .min = 0, .max = UINT32_MAX)
/* clang-format on */

extern const char *const quo__data_owners[]; /* in the order of quo_data_owner */

/* What every reader keeps: its config. */
typedef struct quo__reader {
	const void *config;
} quo__reader;
quo_status quo__reader_init(void *self, const void *config, quo_err *err);

extern const quo_component quo__data_idx, quo__data_csv, quo__data_npy, quo__data_records,
	quo__data_windows, quo__data_digits, quo__data_shares;

/* The smaller of rows and a limit, where 0 means no limit. */
uint32_t quo__limit_rows(uint32_t rows, int64_t limit);

/*
 * Move a finished dataset to *out after a last check (at least one feature, one training row and
 * one test row, labels below classes are the reader's own business); on failure free it. `what`
 * names it in messages.
 */
quo_status quo__dataset_finish(quo_dataset *made, const char *what, quo_dataset *out, quo_err *err);

/* Most features of an example, and most bytes of one array, that a reader accepts. */
#define QUO_DATA_MAX_FEATURES (UINT32_C(1) << 24)
#define QUO_DATA_MAX_BYTES (UINT64_C(1) << 36)

/* One file, plain or gzip (told by its first bytes, not by its name). */
#define QUO_SOURCE_PATH 4096
typedef struct quo__source {
	char path[QUO_SOURCE_PATH];
	void *file;          /* gzFile */
	uint64_t file_bytes; /* on disk */
	bool compressed;
	uint64_t at; /* decompressed bytes read so far */
} quo__source;

/* Where a name of the data section points to. */
quo_status quo__data_path(const quo_data_common *common, const char *name, char *out, size_t size,
			  quo_err *err);

/* QUO_USAGE when there is no such regular file; says where it looked and what to do. Close
 * in any case. */
quo_status quo__source_open(quo__source *source, const quo_data_common *common, const char *name,
			    quo_err *err);
void quo__source_close(quo__source *source);

/* Exactly n bytes of `what`. */
quo_status quo__source_read(quo__source *source, const char *what, void *out, size_t n,
			    quo_err *err);

/*
 * Exactly n bytes, that a header promised, to a new block; refused without allocating when the file
 * cannot hold them (deflate never beats 1032 : 1), and grown as bytes arrive. Bytes after them are
 * an error.
 */
quo_status quo__source_rest(quo__source *source, const char *what, uint64_t n, uint8_t **out,
			    quo_err *err);

/* Everything there is, at most max bytes, with a 0 byte behind it. An empty file is an error. */
quo_status quo__source_all(quo__source *source, uint64_t max, char **out, size_t *n, quo_err *err);

/*
 * Numeric scaling of one column, docs/numerics.md "Input and labels": fit on the training rows, in
 * row order, in double with + - * / and sqrt alone, so that every machine gets the same integers.
 */
typedef struct quo__scaler {
	quo_column_scale scale;
	double from, width; /* minimum and range, or mean and deviation */
} quo__scaler;

/* x for which the scale is defined: finite, and x + 1e-4 > 0 for log_z. */
bool quo__scale_accepts(quo_column_scale scale, double x);
/* What quo__scale_accepts() wants, in words. */
const char *quo__scale_wants(quo_column_scale scale);
quo__scaler quo__scaler_fit(quo_column_scale scale, const double *x, size_t n);
/* min_max: 0..127, clipped at the training range; z and log_z: -127..127. */
int8_t quo__scaler_apply(const quo__scaler *scaler, double x);

/* Natural logarithm of a positive finite x, the same bits on every IEEE 754 machine; error
 * below 2 ulp. */
double quo__ln(double x);

#endif
