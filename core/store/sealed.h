/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files that end with their length and their SHA-256: share files (modelshare.h, datashare.h).
 *
 *     u64       bytes before this field
 *     32 bytes  SHA-256 of everything before it
 *
 * The digest finds damage, not malice: anybody who can write the file can write its digest.
 */
#ifndef QUOTIENT_CORE_SEALED_H
#define QUOTIENT_CORE_SEALED_H

#include "text/buffer.h"

#define QUO_SEAL_BYTES 40

/* Add the seal and write the file atomically, readable by its owner alone. Frees the buffer. */
quo_status quo_sealed_write(const char *path, quo_buffer *b, quo_err *err);
/* QUO_USAGE unless a file of n bytes is sealed, and its header and contents take `promised` of them. */
quo_status quo_sealed_check(const char *path, const uint8_t *data, size_t n, uint64_t promised,
			    quo_err *err);

#endif
