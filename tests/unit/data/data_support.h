/* SPDX-License-Identifier: Apache-2.0 */
/* For the tests of readers: files in a scratch folder, and readers configured by option name. */
#ifndef QUOTIENT_TESTS_DATA_SUPPORT_H
#define QUOTIENT_TESTS_DATA_SUPPORT_H

#include "support.h"

#include "data/reader.h"

/* A scratch folder, made on first use; remove_scratch() empties and removes it
 * (a group teardown). */
const char *scratch(void);
int remove_scratch(void **state);
/* Write a file there, plain or gzip. */
void put(const char *name, const void *bytes, size_t n);
void put_text(const char *name, const char *text);
void put_gz(const char *name, const void *bytes, size_t n);

/* A reader with its options at their defaults, data.root the scratch folder, classes 2. */
typedef struct reader {
	const quo_component *component;
	uint64_t config[64];
	quo_strings strings[4];
	const char *file[8];
	unsigned n_strings, n_files;
	quo_dataset data;
	quo_err err;
} reader;

void reader_make(reader *r, const char *name);
void set_int(reader *r, const char *option, int64_t value);
void set_real(reader *r, const char *option, double value);
void set_bool(reader *r, const char *option, bool value);
void set_enum(reader *r, const char *option, const char *choice);
void set_text(reader *r, const char *option, const char *value);
void set_pair(reader *r, const char *option, const char *a, const char *b);
/* `item` must outlive the reader. */
void set_strings(reader *r, const char *option, const char *const *item, uint32_t n);
void set_columns(reader *r, const quo_column *column, uint32_t n);

/* Load into r->data (freed first) and r->err (emptied first). */
quo_status reader_load(reader *r, uint64_t seed);
/* It must fail with QUO_USAGE, one line that has `part`, and leave the dataset untouched. */
void assert_refused(reader *r, const char *part);
void assert_loads(reader *r);
void reader_done(reader *r);

/* QUOTIENT_DATA, else ../shared/data beside the sources, if `file` is there; else
 * skips, saying so. */
const char *real_data(const char *file);

#endif
