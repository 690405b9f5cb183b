/* SPDX-License-Identifier: Apache-2.0 */
#include "text/buffer.h"
#include "base/bytes.h"

#include <string.h>

#include <quotient/memory.h>

void *quo_buffer_grow(quo_buffer *b, size_t n)
{
	size_t total;

	if (b->err.status != QUO_OK)
		return NULL;
	if (__builtin_add_overflow(b->n, n, &total) || total > SIZE_MAX / 4) {
		quo_fail(&b->err, QUO_FAILED, "a file of more than %zu bytes does not fit memory",
			 b->n);
		return NULL;
	}
	if (total > b->capacity || !b->data) {
		size_t capacity = total < 2048 ? 4096 : total * 2;
		uint8_t *data = quo_alloc(1, capacity, &b->err);
		if (!data)
			return NULL;
		if (b->n)
			memcpy(data, b->data, b->n);
		quo_free(b->data);
		b->data = data;
		b->capacity = capacity;
	}
	void *end = b->data + b->n;
	b->n = total;
	return end;
}

void quo_buffer_add(quo_buffer *b, const void *data, size_t n)
{
	void *end = n ? quo_buffer_grow(b, n) : NULL;

	if (end)
		memcpy(end, data, n);
}

static void add_little_endian(quo_buffer *b, uint64_t v, unsigned bytes)
{
	uint8_t out[8];

	quo_put_little_endian(out, v, bytes);
	quo_buffer_add(b, out, bytes);
}

void quo_buffer_u16(quo_buffer *b, uint32_t v)
{
	add_little_endian(b, v, 2);
}

void quo_buffer_u32(quo_buffer *b, uint32_t v)
{
	add_little_endian(b, v, 4);
}

void quo_buffer_u64(quo_buffer *b, uint64_t v)
{
	add_little_endian(b, v, 8);
}

quo_status quo_buffer_status(const quo_buffer *b, quo_err *err)
{
	return b->err.status == QUO_OK ? QUO_OK : quo_fail(err, b->err.status, "%s", b->err.text);
}

void quo_buffer_free(quo_buffer *b)
{
	quo_free(b->data);
	*b = (quo_buffer)QUO_BUFFER_INIT;
}
