/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the readers share: common options, limits, and the last check of what they made. Files are
 * read through source.h, numbers scaled by scale.h.
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
		"who brings the data: dealer (outside owners share it to all parties), or the number of the party that has it", \
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

#endif
