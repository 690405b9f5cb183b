/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The folder of a run, <dir>/<name>-<YYYYMMDD-HHMMSS>[-N], and the files in it.
 *
 * Whole files appear complete or not at all (temporary file, fsync, rename). metrics.jsonl grows by
 * whole lines: a line that does not fit the disk is taken back. Every failure is QUO_FAILED with
 * one line that names the path.
 */
#ifndef QUOTIENT_CORE_OUTPUT_H
#define QUOTIENT_CORE_OUTPUT_H

#include <quotient/status.h>

typedef struct quo_folder quo_folder;

/* Make `dir` (and its parents) where missing, and a new folder in it. Characters of `name` other
 * than letters, digits, '.', '_' and '-' become '-'. */
quo_folder *quo_folder_open(const char *dir, const char *name, quo_err *err);
/* <dir>/<name> itself, made where missing: a run of a sweep, which knows its folder. */
quo_folder *quo_folder_at(const char *dir, const char *name, quo_err *err);
/* The folder that another process opened: for the other parties of a local run. */
quo_folder *quo_folder_join(const char *folder, quo_err *err);
void quo_folder_close(quo_folder *out); /* NULL is fine */
const char *quo_folder_name(const quo_folder *out);
/* The path of a file in the folder; valid until the next call. */
const char *quo_folder_path(quo_folder *out, const char *file, quo_err *err);

/* Append n bytes and a newline to metrics.jsonl. */
quo_status quo_folder_metrics(quo_folder *out, const char *line, size_t n, quo_err *err);
/* A whole file. is_secret: readable by its owner alone. */
quo_status quo_folder_write(quo_folder *out, const char *file, const void *data, size_t n,
			    bool is_secret, quo_err *err);

/* The same for any path. */
quo_status quo_file_write(const char *path, const void *data, size_t n, bool is_secret,
			  quo_err *err);

#endif
