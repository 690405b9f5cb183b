/* SPDX-License-Identifier: Apache-2.0 */
/* A text file as rows of fields, every row as long as the first thing that says so:
 * the declared columns. */
#ifndef QUOTIENT_CORE_TABLE_H
#define QUOTIENT_CORE_TABLE_H

#include "data/reader.h"
#include "data/source.h"

#define QUO_TABLE_MAX_BYTES (UINT64_C(1) << 32)
#define QUO_TABLE_MAX_LINE ((size_t)1 << 20)

typedef struct quo__table {
	char path[QUO_SOURCE_PATH];
	char *text; /* the file, cut into fields by 0 bytes */
	uint32_t rows, cols;
	const char **cell; /* rows x cols, row-major */
	uint32_t *line;    /* of each row, from 1 */
} quo__table;

/*
 * Fields are cut at `separator`, or at runs of blanks and tabs when it is 0 (blanks at line ends do
 * not count). Blanks around a field are dropped; "..." keeps separators and blanks, "" inside it is
 * one quote. Empty lines are skipped; LF and CR LF end a line. QUO_USAGE with file and line for a
 * row without exactly `cols` fields, a line over QUO_TABLE_MAX_LINE bytes, a 0 byte, an open quote,
 * and a file without rows. Free after failure too.
 */
quo_status quo__table_read(quo__table *table, const quo_data_common *common, const char *name,
			   char separator, bool header, uint32_t cols, quo_err *err);
void quo__table_free(quo__table *table);

#endif
