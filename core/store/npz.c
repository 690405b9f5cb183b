/* SPDX-License-Identifier: Apache-2.0 */
/* Formats: PKWARE APPNOTE 6.3 sections 4.3.7, 4.3.12, 4.3.16; NumPy NEP 1 (npy version 1.0). */
#include "store/npz.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <zlib.h>

#define ZIP_VERSION 20
#define ZIP_DEFLATED 8
#define ZIP_DATE 0x21                /* 1980-01-01 */
#define ZIP_MAX UINT32_C(0xfffffffe) /* beyond, zip64 */

static void add_npy(quo_buffer *b, const int8_t *values, uint32_t rows, uint32_t cols)
{
	char header[118];
	size_t bytes = (size_t)rows * cols;

	/* Magic, version and length take 10 bytes; the whole header is 128. */
	int n = snprintf(header, sizeof header,
			 "{'descr': '|i1', 'fortran_order': False, 'shape': (%" PRIu32 ", %" PRIu32
			 "), }",
			 rows, cols);
	memset(header + n, ' ', sizeof header - (size_t)n);
	header[sizeof header - 1] = '\n';
	quo_buffer_add(b, "\x93NUMPY\x01\x00", 8);
	quo_buffer_u16(b, sizeof header);
	quo_buffer_add(b, header, sizeof header);
	quo_buffer_add(b, values, bytes);
}

/* Raw deflate of `in` to the end of `out`; the number of bytes in *n. */
static quo_status add_deflated(quo_buffer *out, const quo_buffer *in, size_t *n, quo_err *err)
{
	z_stream z = { .next_in = in->data, .avail_in = (uInt)in->n };

	if (deflateInit2(&z, 6, Z_DEFLATED, -15, 9, Z_DEFAULT_STRATEGY) != Z_OK)
		return quo_fail(err, QUO_FAILED, "out of memory: model.npz");
	size_t bound = deflateBound(&z, (uLong)in->n), start = out->n;
	z.next_out = quo_buffer_grow(out, bound);
	if (!z.next_out) {
		deflateEnd(&z);
		return quo_buffer_status(out, err);
	}
	z.avail_out = (uInt)bound;
	int end = deflate(&z, Z_FINISH);
	*n = bound - z.avail_out;
	deflateEnd(&z);
	if (end != Z_STREAM_END)
		return quo_fail(err, QUO_BUG, "model.npz: zlib did not finish (%d)", end);
	out->n = start + *n;
	return QUO_OK;
}

/* What local header and directory entry share, from "version needed" to "extra field length". */
static void add_common(quo_buffer *b, uint32_t crc, size_t packed, size_t plain, size_t name_length)
{
	quo_buffer_u16(b, ZIP_VERSION);
	quo_buffer_u16(b, 0);
	quo_buffer_u16(b, ZIP_DEFLATED);
	quo_buffer_u16(b, 0);
	quo_buffer_u16(b, ZIP_DATE);
	quo_buffer_u32(b, crc);
	quo_buffer_u32(b, (uint32_t)packed);
	quo_buffer_u32(b, (uint32_t)plain);
	quo_buffer_u16(b, (uint32_t)name_length);
	quo_buffer_u16(b, 0);
}

static quo_status add_member(quo_npz *z, const char *file, const quo_buffer *npy,
			     const quo_buffer *packed, quo_err *err)
{
	size_t length = strlen(file), offset = z->out.n;
	uint32_t crc = (uint32_t)crc32(0, npy->data, (uInt)npy->n);

	if (offset + packed->n + length > ZIP_MAX - 1024 || z->members == UINT16_MAX)
		return quo_fail(err, QUO_FAILED,
				"model.npz: the model does not fit a 4 GB archive");
	quo_buffer_add(&z->out, "PK\x03\x04", 4);
	add_common(&z->out, crc, packed->n, npy->n, length);
	quo_buffer_add(&z->out, file, length);
	quo_buffer_add(&z->out, packed->data, packed->n);

	quo_buffer_add(&z->directory, "PK\x01\x02", 4);
	quo_buffer_u16(&z->directory, ZIP_VERSION);
	add_common(&z->directory, crc, packed->n, npy->n, length);
	quo_buffer_u16(&z->directory, 0); /* comment, disk, attributes */
	quo_buffer_u16(&z->directory, 0);
	quo_buffer_u16(&z->directory, 0);
	quo_buffer_u32(&z->directory, 0);
	quo_buffer_u32(&z->directory, (uint32_t)offset);
	quo_buffer_add(&z->directory, file, length);
	z->members++;
	QUO_TRY(quo_buffer_status(&z->out, err));
	return quo_buffer_status(&z->directory, err);
}

quo_status quo_npz_add(quo_npz *z, const char *name, const int8_t *values, uint32_t rows,
		       uint32_t cols, quo_err *err)
{
	char file[256];
	size_t n;
	int length = snprintf(file, sizeof file, "%s.npy", name);

	if (length < 0 || (size_t)length >= sizeof file)
		return quo_fail(err, QUO_BUG, "model.npz: array name '%s' is too long", name);
	if (__builtin_mul_overflow((size_t)rows, (size_t)cols, &n) || n > ZIP_MAX / 2)
		return quo_fail(err, QUO_FAILED,
				"model.npz: %s of %" PRIu32 " x %" PRIu32 " is too large", name,
				rows, cols);
	quo_buffer npy = QUO_BUFFER_INIT, packed = QUO_BUFFER_INIT;
	add_npy(&npy, values, rows, cols);
	quo_status status = quo_buffer_status(&npy, err);
	if (status == QUO_OK)
		status = add_deflated(&packed, &npy, &n, err);
	if (status == QUO_OK)
		status = add_member(z, file, &npy, &packed, err);
	quo_buffer_free(&npy);
	quo_buffer_free(&packed);
	return status;
}

quo_status quo_npz_finish(quo_npz *z, quo_err *err)
{
	size_t offset = z->out.n;

	quo_buffer_add(&z->out, z->directory.data, z->directory.n);
	quo_buffer_add(&z->out, "PK\x05\x06", 4);
	quo_buffer_u32(&z->out, 0); /* disk numbers */
	quo_buffer_u16(&z->out, z->members);
	quo_buffer_u16(&z->out, z->members);
	quo_buffer_u32(&z->out, (uint32_t)z->directory.n);
	quo_buffer_u32(&z->out, (uint32_t)offset);
	quo_buffer_u16(&z->out, 0); /* comment */
	return quo_buffer_status(&z->out, err);
}

void quo_npz_free(quo_npz *z)
{
	quo_buffer_free(&z->out);
	quo_buffer_free(&z->directory);
	z->members = 0;
}
