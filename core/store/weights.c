/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Formats: PKWARE APPNOTE 6.3 sections 4.3.7, 4.3.12, 4.3.16; NumPy NEP 1.
 *
 * The archive is believed as far as its central directory agrees with its bytes: every member must
 * lie in front of the directory, unpack to exactly the promised length, and have its CRC.
 */
#include "store/weights.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <zlib.h>

#include <quotient/memory.h>

#include "data/npy_header.h"
#include "store/input.h"

#define MAX_FILE_BYTES (UINT64_C(1) << 32)
#define END_BYTES 22
#define ENTRY_BYTES 46
#define LOCAL_BYTES 30
#define STORED 0
#define DEFLATED 8
#define DEFLATE_BEST 1032u /* bytes out of one byte in, at most */

struct archive {
	const char *path;
	const uint8_t *data;
	size_t n;
	size_t directory, directory_end; /* where the entries are */
	unsigned members;
};

struct member {
	char name[64]; /* longer names are none of ours */
	unsigned flags, method;
	uint32_t crc, packed, plain, local;
};

static quo_status damaged(const struct archive *z, const char *what, quo_err *err)
{
	return quo_fail(
		err, QUO_USAGE,
		"%s: %s; want an .npz as numpy.savez or quotient-run --reveal-model writes it",
		z->path, what);
}

/* The end record: the last of its signature that a comment does not run beyond. */
static quo_status find_directory(struct archive *z, quo_err *err)
{
	size_t lowest = z->n > END_BYTES + UINT16_MAX ? z->n - END_BYTES - UINT16_MAX : 0;

	if (z->n < END_BYTES || memcmp(z->data, "PK", 2) != 0)
		return damaged(z, "not a zip archive", err);
	for (size_t at = z->n - END_BYTES + 1; at-- > lowest;) {
		const uint8_t *end = z->data + at;
		if (memcmp(end, "PK\x05\x06", 4) != 0 ||
		    quo_little_endian(end + 20, 2) != z->n - at - END_BYTES)
			continue;
		uint64_t bytes = quo_little_endian(end + 12, 4),
			 start = quo_little_endian(end + 16, 4);
		if (start + bytes != at)
			return damaged(
				z, "its directory is not where its end says (zip64 is not read)",
				err);
		z->directory = (size_t)start;
		z->directory_end = at;
		z->members = (unsigned)quo_little_endian(end + 10, 2);
		return QUO_OK;
	}
	return damaged(z, "a zip archive without an end; it was cut off", err);
}

/* The entry at *at, and on to the next. */
static quo_status next_member(const struct archive *z, size_t *at, struct member *m, quo_err *err)
{
	const uint8_t *entry = z->data + *at;

	if (z->directory_end - *at < ENTRY_BYTES || memcmp(entry, "PK\x01\x02", 4) != 0)
		return damaged(z, "its directory is damaged", err);
	size_t name = (size_t)quo_little_endian(entry + 28, 2);
	size_t all = ENTRY_BYTES + name + (size_t)quo_little_endian(entry + 30, 2) +
		     (size_t)quo_little_endian(entry + 32, 2);
	if (z->directory_end - *at < all)
		return damaged(z, "its directory is damaged", err);
	*m = (struct member){ .flags = (unsigned)quo_little_endian(entry + 8, 2),
			      .method = (unsigned)quo_little_endian(entry + 10, 2),
			      .crc = (uint32_t)quo_little_endian(entry + 16, 4),
			      .packed = (uint32_t)quo_little_endian(entry + 20, 4),
			      .plain = (uint32_t)quo_little_endian(entry + 24, 4),
			      .local = (uint32_t)quo_little_endian(entry + 42, 4) };
	if (name < sizeof m->name && !memchr(entry + ENTRY_BYTES, 0, name))
		memcpy(m->name, entry + ENTRY_BYTES, name);
	*at += all;
	return QUO_OK;
}

static quo_status bad_member(const struct archive *z, const struct member *m, const char *what,
			     quo_err *err)
{
	return quo_fail(err, QUO_USAGE, "%s: %s: %s; save or fetch it again", z->path, m->name,
			what);
}

/* Where the bytes of a member start; all of them lie in front of the directory. */
static quo_status find_bytes(const struct archive *z, const struct member *m, const uint8_t **out,
			     quo_err *err)
{
	const uint8_t *local = z->data + m->local;

	if (m->local > z->directory || z->directory - m->local < LOCAL_BYTES ||
	    memcmp(local, "PK\x03\x04", 4) != 0)
		return bad_member(z, m, "the directory names a place where it is not", err);
	size_t head = LOCAL_BYTES + (size_t)quo_little_endian(local + 26, 2) +
		      (size_t)quo_little_endian(local + 28, 2);
	size_t room = z->directory - m->local;
	if (head > room || m->packed > room - head)
		return bad_member(z, m, "it does not fit the archive", err);
	if (m->flags & 1)
		return bad_member(z, m, "it is encrypted", err);
	if (m->method != STORED && m->method != DEFLATED)
		return bad_member(z, m, "it is neither stored nor deflated", err);
	if (m->method == STORED ? m->plain != m->packed : m->plain / DEFLATE_BEST > m->packed)
		return bad_member(z, m, "it promises more than its bytes can hold", err);
	*out = local + head;
	return QUO_OK;
}

static bool inflate_all(const uint8_t *in, uint32_t packed, uint8_t *out, uint32_t plain)
{
	z_stream stream = { .next_in = (Bytef *)(uintptr_t)in,
			    .avail_in = packed,
			    .next_out = out,
			    .avail_out = plain };

	if (inflateInit2(&stream, -15) != Z_OK)
		return false;
	int end = inflate(&stream, Z_FINISH);
	bool whole = end == Z_STREAM_END && stream.total_out == plain && stream.avail_in == 0;
	inflateEnd(&stream);
	return whole;
}

/* The bytes of a member (quo_free). */
static quo_status unpack(const struct archive *z, const struct member *m, uint8_t **out,
			 quo_err *err)
{
	const uint8_t *in = NULL;

	QUO_TRY(find_bytes(z, m, &in, err));
	uint8_t *plain = quo_alloc((size_t)m->plain + 1, 1, err);
	if (!plain)
		return QUO_FAILED;
	bool whole = true;
	if (m->method == STORED)
		memcpy(plain, in, m->plain);
	else
		whole = inflate_all(in, m->packed, plain, m->plain);
	if (!whole || crc32(0, plain, m->plain) != m->crc) {
		quo_free(plain);
		return bad_member(z, m, whole ? "its CRC does not match" : "it cannot be unpacked",
				  err);
	}
	*out = plain;
	return QUO_OK;
}

static quo_status take_values(const char *where, const quo__npy *npy, const uint8_t *items,
			      quo_weights_layer *layer, quo_err *err)
{
	if (npy->type != 'i' || npy->item_bytes != 1 || npy->n_dims != 2 ||
	    npy->dim[0] > UINT32_MAX || npy->dim[1] > UINT32_MAX)
		return quo_fail(
			err, QUO_USAGE,
			"%s: weights are a matrix of int8, [in, out]; this is another array",
			where);
	size_t n = (size_t)npy->bytes;
	layer->rows = (uint32_t)npy->dim[0];
	layer->cols = (uint32_t)npy->dim[1];
	layer->values = quo_alloc(n, 1, err);
	if (!layer->values)
		return QUO_FAILED;
	memcpy(layer->values, items, n);
	for (size_t i = 0; i < n; i++)
		if (layer->values[i] == INT8_MIN)
			return quo_fail(err, QUO_USAGE,
					"%s: row %zu, column %zu is -128; weights lie in -127..127",
					where, i / layer->cols, i % layer->cols);
	return QUO_OK;
}

static quo_status read_layer(const struct archive *z, const struct member *m,
			     quo_weights_layer *layer, quo_err *err)
{
	char where[600];
	uint8_t *bytes = NULL;
	quo__npy npy;
	size_t at;

	snprintf(where, sizeof where, "%.500s: %s", z->path, m->name);
	if (layer->values)
		return quo_fail(err, QUO_USAGE, "%s: it is there twice", where);
	QUO_TRY(unpack(z, m, &bytes, err));
	quo_status status = quo__npy_parse(where, bytes, m->plain, &npy, &at, err);
	if (status == QUO_OK)
		status = take_values(where, &npy, bytes + at, layer, err);
	quo_free(bytes);
	return status;
}

/* K of "layerK.weight.npy", from 1; 0 for any other name. */
static unsigned layer_number(const char *name)
{
	unsigned k = 0, digits = 0;

	if (strncmp(name, "layer", 5) != 0)
		return 0;
	for (name += 5; *name >= '0' && *name <= '9' && digits < 4; name++, digits++)
		k = 10 * k + (unsigned)(*name - '0');
	return k <= QUO_WEIGHTS_MAX_LAYERS && !strcmp(name, ".weight.npy") ? k : 0;
}

/* Members may share their bytes, so a small archive can promise any amount. */
static quo_status check_total(const struct archive *z, quo_err *err)
{
	size_t at = z->directory;
	uint64_t total = 0;

	for (unsigned i = 0; i < z->members; i++) {
		struct member m;
		QUO_TRY(next_member(z, &at, &m, err));
		total += layer_number(m.name) ? m.plain : 0;
	}
	return total > MAX_FILE_BYTES ? damaged(z, "its weights take over 4 GiB", err) : QUO_OK;
}

static quo_status read_layers(const struct archive *z, quo_weights *w, quo_err *err)
{
	size_t at = z->directory;
	unsigned found = 0;

	QUO_TRY(check_total(z, err));
	for (unsigned i = 0; i < z->members; i++) {
		struct member m;
		QUO_TRY(next_member(z, &at, &m, err));
		unsigned k = layer_number(m.name);
		if (!k)
			continue;
		QUO_TRY(read_layer(z, &m, &w->layers[k - 1], err));
		w->n_layers = k > w->n_layers ? k : w->n_layers;
		found++;
	}
	if (!found)
		return damaged(z, "it holds no layer1.weight", err);
	for (unsigned k = 0; k < w->n_layers; k++)
		if (!w->layers[k].values)
			return quo_fail(err, QUO_USAGE,
					"%s: layer%u.weight is missing, layer%u.weight is there",
					z->path, k + 1, w->n_layers);
	return QUO_OK;
}

quo_status quo_weights_load(const char *path, quo_weights *out, quo_err *err)
{
	uint8_t *data = NULL;
	struct archive z = { .path = path };
	quo_weights w = { 0 };

	QUO_TRY(quo_file_read(path, "a model", MAX_FILE_BYTES, &data, &z.n, err));
	z.data = data;
	w.layers = quo_alloc(QUO_WEIGHTS_MAX_LAYERS, sizeof *w.layers, err);
	quo_status status = w.layers ? find_directory(&z, err) : QUO_FAILED;
	if (status == QUO_OK)
		status = read_layers(&z, &w, err);
	quo_free(data);
	if (status != QUO_OK) {
		w.n_layers = w.layers ? QUO_WEIGHTS_MAX_LAYERS : 0;
		quo_weights_free(&w);
		return status;
	}
	*out = w;
	return QUO_OK;
}

void quo_weights_free(quo_weights *w)
{
	for (uint32_t i = 0; w->layers && i < w->n_layers; i++)
		quo_free(w->layers[i].values);
	quo_free(w->layers);
	*w = (quo_weights){ 0 };
}
