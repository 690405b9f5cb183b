/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One file of a reader, plain or gzip, read with care: its promises (dimensions, lengths) are checked
 * against what the file can hold before memory is taken, and memory grows with the bytes that really
 * arrive. Messages start with the path and say what to do.
 */
#ifndef QUOTIENT_CORE_SOURCE_H
#define QUOTIENT_CORE_SOURCE_H

#include "data/dataset.h"

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

#endif
