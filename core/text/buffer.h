/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A growing byte buffer for what is written to files. Sticky: after a failed growth additions do
 * nothing and quo_buffer_status() reports it. Wiped on free.
 */
#ifndef QUOTIENT_CORE_BUFFER_H
#define QUOTIENT_CORE_BUFFER_H

#include <quotient/status.h>

typedef struct quo_buffer {
	uint8_t *data; /* NULL while empty */
	size_t n, capacity;
	quo_err err;
} quo_buffer;

#define QUO_BUFFER_INIT \
	{ \
		NULL, 0, 0, QUO_ERR_INIT \
	}

void quo_buffer_add(quo_buffer *b, const void *data, size_t n);
/* n bytes at the end for the caller to fill, NULL on failure; valid until the next addition. */
void *quo_buffer_grow(quo_buffer *b, size_t n);
void quo_buffer_u16(quo_buffer *b, uint32_t v); /* little-endian, like the next two */
void quo_buffer_u32(quo_buffer *b, uint32_t v);
void quo_buffer_u64(quo_buffer *b, uint64_t v);
quo_status quo_buffer_status(const quo_buffer *b, quo_err *err);
void quo_buffer_free(quo_buffer *b);

#endif
