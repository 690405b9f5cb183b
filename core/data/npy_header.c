/* SPDX-License-Identifier: Apache-2.0 */
#include "data/npy_header.h"

#include <stdio.h>
#include <string.h>

#include "data/source.h"

#define MAX_HEADER 65536u

/* The header is a Python dict literal: {'descr': '<f4', 'fortran_order': False, 'shape':
 * (60, 28), } */
struct parser {
	const char *p, *path;
	quo_err *err;
};

static quo_status bad(struct parser *in, const char *what)
{
	return quo_fail(in->err, QUO_USAGE, "%s: %s; save it again with numpy.save", in->path,
			what);
}

static void skip_blanks(struct parser *in)
{
	in->p += strspn(in->p, " \t\n\r");
}

static bool take(struct parser *in, const char *text)
{
	size_t n = strlen(text);

	skip_blanks(in);
	if (strncmp(in->p, text, n) != 0)
		return false;
	in->p += n;
	return true;
}

/* '...' or "...", without escapes. */
static bool take_string(struct parser *in, char *out, size_t size)
{
	skip_blanks(in);
	char quote = *in->p;
	if (quote != '\'' && quote != '"')
		return false;
	const char *end = strchr(in->p + 1, quote);
	if (!end || (size_t)(end - in->p) > size)
		return false;
	size_t n = (size_t)(end - in->p) - 1;
	memcpy(out, in->p + 1, n);
	out[n] = 0;
	in->p = end + 1;
	return true;
}

static quo_status parse_type(struct parser *in, quo__npy *npy)
{
	static const char known[] = "i1 i2 i4 i8 u1 u2 u4 u8 f4 f8 ";
	char descr[16];

	if (!take_string(in, descr, sizeof descr))
		return bad(in, "its header has no simple 'descr'");
	char item[] = { descr[0] ? descr[1] : '\0', descr[0] && descr[1] ? descr[2] : '\0', ' ',
			0 };
	bool one_byte = item[1] == '1';
	if (strlen(descr) != 3 || !strstr(known, item) ||
	    !(descr[0] == '<' || (one_byte && descr[0] == '|')))
		return quo_fail(
			in->err, QUO_USAGE,
			"%s: dtype '%s' is not little-endian i1, i2, i4, i8, u1, u2, u4, u8, f4 or f8; convert it with "
			"x.astype('<f4')",
			in->path, descr);
	npy->type = item[0];
	npy->item_bytes = (uint8_t)(item[1] - '0');
	return QUO_OK;
}

static quo_status parse_shape(struct parser *in, quo__npy *npy)
{
	if (!take(in, "("))
		return bad(in, "its header has no 'shape' tuple");
	npy->bytes = npy->item_bytes;
	npy->n_dims = 0;
	while (!take(in, ")")) {
		uint64_t value = 0;
		if (npy->n_dims == 4)
			return bad(in, "it has more than 4 dimensions");
		skip_blanks(in);
		if (*in->p < '0' || *in->p > '9')
			return bad(in, "its header has a broken 'shape'");
		for (; *in->p >= '0' && *in->p <= '9'; in->p++)
			if (__builtin_mul_overflow(value, 10u, &value) ||
			    __builtin_add_overflow(value, (uint64_t)(*in->p - '0'), &value))
				return bad(in, "its header promises a dimension over 2^64");
		npy->dim[npy->n_dims++] = value;
		if (!take(in, ",")) {
			if (!take(in, ")"))
				return bad(in, "its header has a broken 'shape'");
			break;
		}
	}
	return QUO_OK;
}

static quo_status parse_dict(struct parser *in, quo__npy *npy)
{
	bool have_type = false, have_order = false, have_shape = false;
	char key[32];

	if (!take(in, "{"))
		return bad(in, "its header is not a dict");
	while (!take(in, "}")) {
		if (!take_string(in, key, sizeof key) || !take(in, ":"))
			return bad(in,
				   "its header is not a dict of descr, fortran_order and shape");
		if (strcmp(key, "descr") == 0) {
			QUO_TRY(parse_type(in, npy));
			have_type = true;
		} else if (strcmp(key, "fortran_order") == 0) {
			if (take(in, "True"))
				return quo_fail(
					in->err, QUO_USAGE,
					"%s: is in Fortran order; save numpy.ascontiguousarray(x)",
					in->path);
			if (!take(in, "False"))
				return bad(in, "its header has a broken 'fortran_order'");
			have_order = true;
		} else if (strcmp(key, "shape") == 0) {
			QUO_TRY(parse_shape(in, npy));
			have_shape = true;
		} else {
			return bad(in, "its header has an unknown key");
		}
		if (!take(in, ",")) {
			if (!take(in, "}"))
				return bad(
					in,
					"its header is not a dict of descr, fortran_order and shape");
			break;
		}
	}
	if (!have_type || !have_order || !have_shape)
		return bad(in, "its header lacks descr, fortran_order or shape");
	skip_blanks(in);
	return *in->p ? bad(in, "its header goes on after the dict") : QUO_OK;
}

static quo_status check_size(const char *path, quo__npy *npy, quo_err *err)
{
	if (npy->n_dims == 0)
		return quo_fail(err, QUO_USAGE, "%s: holds one number, not an array", path);
	npy->bytes = npy->item_bytes;
	for (unsigned i = 0; i < npy->n_dims; i++) {
		if (npy->dim[i] == 0)
			return quo_fail(err, QUO_USAGE,
					"%s: dimension %u is 0; the file holds no data", path, i);
		if (__builtin_mul_overflow(npy->bytes, npy->dim[i], &npy->bytes))
			return quo_fail(err, QUO_USAGE,
					"%s: its dimensions promise over 2^64 bytes; it is damaged",
					path);
	}
	return QUO_OK;
}

static quo_status check_magic(const char *path, const uint8_t head[8], quo_err *err)
{
	if (memcmp(head, "\x93NUMPY", 6) != 0)
		return quo_fail(
			err, QUO_USAGE,
			"%s: does not start like a .npy file; is it the right file? (.npz is not read)",
			path);
	if (head[6] < 1 || head[6] > 3)
		return quo_fail(err, QUO_USAGE, "%s: .npy format %u.%u is unknown", path, head[6],
				head[7]);
	return QUO_OK;
}

static quo_status check_length(const char *path, uint32_t n, quo_err *err)
{
	if (n <= MAX_HEADER)
		return QUO_OK;
	return quo_fail(err, QUO_USAGE, "%s: a header of %u bytes, over %u; it is damaged", path, n,
			MAX_HEADER);
}

static uint32_t length_of(const uint8_t length[4])
{
	return (uint32_t)length[3] << 24 | (uint32_t)length[2] << 16 | (uint32_t)length[1] << 8 |
	       length[0];
}

/* text[n] is 0 */
static quo_status parse_text(const char *path, const char *text, size_t n, quo__npy *npy,
			     quo_err *err)
{
	struct parser in = { text, path, err };

	QUO_TRY(memchr(text, 0, n) ? bad(&in, "its header holds a 0 byte") : parse_dict(&in, npy));
	return check_size(path, npy, err);
}

quo_status quo__npy_read_header(quo__source *source, quo__npy *npy, quo_err *err)
{
	uint8_t head[8], length[4] = { 0 };
	char *text;

	*npy = (quo__npy){ 0 };
	QUO_TRY(quo__source_read(source, "header", head, sizeof head, err));
	QUO_TRY(check_magic(source->path, head, err));
	QUO_TRY(quo__source_read(source, "header", length, head[6] == 1 ? 2 : 4, err));
	uint32_t n = length_of(length);
	QUO_TRY(check_length(source->path, n, err));
	text = quo_alloc((size_t)n + 1, 1, err);
	if (!text)
		return QUO_FAILED;
	quo_status status = quo__source_read(source, "header", text, n, err);
	if (status == QUO_OK)
		status = parse_text(source->path, text, n, npy, err);
	quo_free(text);
	return status;
}

quo_status quo__npy_parse(const char *path, const uint8_t *data, size_t n, quo__npy *npy,
			  size_t *items_at, quo_err *err)
{
	uint8_t length[4] = { 0 };

	*npy = (quo__npy){ 0 };
	if (n < 12)
		return quo_fail(err, QUO_USAGE, "%s: too short for a .npy file", path);
	QUO_TRY(check_magic(path, data, err));
	size_t length_bytes = data[6] == 1 ? 2 : 4, start = 8 + length_bytes;
	memcpy(length, data + 8, length_bytes);
	uint32_t header = length_of(length);
	QUO_TRY(check_length(path, header, err));
	if (header > n - start)
		return quo_fail(err, QUO_USAGE, "%s: ends inside its header", path);
	char *text = quo_alloc((size_t)header + 1, 1, err);
	if (!text)
		return QUO_FAILED;
	memcpy(text, data + start, header);
	quo_status status = parse_text(path, text, header, npy, err);
	quo_free(text);
	QUO_TRY(status);
	*items_at = start + header;
	if (npy->bytes != n - *items_at)
		return quo_fail(err, QUO_USAGE,
				"%s: its header promises %llu bytes of items, %zu are there", path,
				(unsigned long long)npy->bytes, n - *items_at);
	return QUO_OK;
}

double quo__npy_item(const quo__npy *npy, const uint8_t *items, size_t i)
{
	const uint8_t *p = items + i * npy->item_bytes;
	uint64_t bits = 0;

	for (unsigned k = 0; k < npy->item_bytes; k++)
		bits |= (uint64_t)p[k] << (8 * k);
	if (npy->type == 'f' && npy->item_bytes == 4) {
		uint32_t narrow = (uint32_t)bits;
		float value;
		memcpy(&value, &narrow, sizeof value);
		return (double)value;
	}
	if (npy->type == 'f') {
		double value;
		memcpy(&value, &bits, sizeof value);
		return value;
	}
	if (npy->type == 'u')
		return (double)bits;
	unsigned unused = 64 - 8u * npy->item_bytes;
	return (double)((int64_t)(bits << unused) >> unused);
}
