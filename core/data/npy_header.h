/* SPDX-License-Identifier: Apache-2.0 */
/* The header of a NumPy .npy file (format 1.0 and 2.0), read without trust. */
#ifndef QUOTIENT_CORE_NPY_HEADER_H
#define QUOTIENT_CORE_NPY_HEADER_H

#include "data/reader.h"
#include "data/source.h"

typedef struct quo__npy {
	char type;          /* 'i', 'u' or 'f' */
	uint8_t item_bytes; /* 1, 2, 4 or 8 */
	uint8_t n_dims;     /* 1..4 */
	uint64_t dim[4];    /* none is 0 */
	uint64_t bytes;     /* of all items */
} quo__npy;

/* From the start of the source; leaves it at the first item. QUO_USAGE for anything but
 * little-endian C-order integers of 1, 2, 4, 8 bytes or floats of 4, 8 in 1 to 4 dimensions. */
quo_status quo__npy_read_header(quo__source *source, quo__npy *npy, quo_err *err);

/* The same from a whole file in memory: n bytes, items from *items_at to the end. `path` is for
 * messages. */
quo_status quo__npy_parse(const char *path, const uint8_t *data, size_t n, quo__npy *npy,
			  size_t *items_at, quo_err *err);

/* Item i of the array as a double (8-byte integers beyond 2^53 are rounded). */
double quo__npy_item(const quo__npy *npy, const uint8_t *items, size_t i);

#endif
