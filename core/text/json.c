/* SPDX-License-Identifier: Apache-2.0 */
#include "text/json.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void add_text(quo_json *j, const char *text)
{
	quo_buffer_add(&j->out, text, strlen(text));
}

static void add_newline(quo_json *j)
{
	if (!j->pretty)
		return;
	add_text(j, "\n");
	for (unsigned i = 0; i < j->depth; i++)
		add_text(j, "  ");
}

/* Length of the well-formed UTF-8 sequence at s, 0 if there is none (RFC 3629: no overlong forms,
 * no surrogates). */
static size_t utf8_length(const unsigned char *s)
{
	size_t n = s[0] < 0x80                   ? 1
		   : s[0] >= 0xc2 && s[0] < 0xe0 ? 2
		   : (s[0] & 0xf0) == 0xe0       ? 3
		   : s[0] >= 0xf0 && s[0] < 0xf5 ? 4
						 : 0;

	for (size_t i = 1; i < n; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] >= 0xa0) ||
	    (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] >= 0x90))
		return 0;
	return n;
}

static void add_quoted(quo_json *j, const char *value)
{
	add_text(j, "\"");
	for (const unsigned char *s = (const unsigned char *)value; *s;) {
		size_t n = utf8_length(s);
		char escape[8];
		if (n == 0) {
			add_text(j, "\xef\xbf\xbd");
			s++;
			continue;
		}
		if (*s == '"' || *s == '\\') {
			snprintf(escape, sizeof escape, "\\%c", *s);
			add_text(j, escape);
		} else if (*s == '\n') {
			add_text(j, "\\n");
		} else if (*s == '\t') {
			add_text(j, "\\t");
		} else if (*s < 0x20 || *s == 0x7f) {
			snprintf(escape, sizeof escape, "\\u%04x", (unsigned)*s);
			add_text(j, escape);
		} else {
			quo_buffer_add(&j->out, s, n);
		}
		s += n;
	}
	add_text(j, "\"");
}

/* What comes before a value: comma, line, key. */
static void begin(quo_json *j, const char *key)
{
	if (j->depth) {
		bool *any = &j->any[j->depth - 1];
		if (*any)
			add_text(j, j->pretty ? "," : ", ");
		*any = true;
		add_newline(j);
	}
	if (key) {
		add_quoted(j, key);
		add_text(j, ": ");
	}
}

static void open_level(quo_json *j, const char *key, const char *text, char close)
{
	begin(j, key);
	add_text(j, text);
	if (j->depth == QUO_JSON_MAX_DEPTH) {
		quo_fail(&j->out.err, QUO_BUG, "JSON nested deeper than %d levels",
			 QUO_JSON_MAX_DEPTH);
		return;
	}
	j->close[j->depth] = close;
	j->any[j->depth++] = false;
}

void quo_json_object(quo_json *j, const char *key)
{
	open_level(j, key, "{", '}');
}

void quo_json_array(quo_json *j, const char *key)
{
	open_level(j, key, "[", ']');
}

void quo_json_end(quo_json *j)
{
	if (j->depth == 0) {
		quo_fail(&j->out.err, QUO_BUG, "JSON closed more often than opened");
		return;
	}
	j->depth--;
	if (j->any[j->depth])
		add_newline(j);
	quo_buffer_add(&j->out, &j->close[j->depth], 1);
}

void quo_json_string(quo_json *j, const char *key, const char *value)
{
	begin(j, key);
	if (value)
		add_quoted(j, value);
	else
		add_text(j, "null");
}

void quo_json_int(quo_json *j, const char *key, int64_t value)
{
	char text[32];

	begin(j, key);
	snprintf(text, sizeof text, "%" PRId64, value);
	add_text(j, text);
}

void quo_json_uint(quo_json *j, const char *key, uint64_t value)
{
	char text[32];

	begin(j, key);
	snprintf(text, sizeof text, "%" PRIu64, value);
	add_text(j, text);
}

void quo_json_real(quo_json *j, const char *key, double value)
{
	char text[40];

	if (!isfinite(value)) {
		quo_json_null(j, key);
		return;
	}
	begin(j, key);
	for (int digits = 1; digits <= 17; digits++) {
		snprintf(text, sizeof text, "%.*g", digits, value);
		if (!(strtod(text, NULL) < value || strtod(text, NULL) > value))
			break;
	}
	/* A locale may write a comma. */
	for (char *s = text; *s; s++)
		if (*s == ',')
			*s = '.';
	add_text(j, text);
}

void quo_json_bool(quo_json *j, const char *key, bool value)
{
	begin(j, key);
	add_text(j, value ? "true" : "false");
}

void quo_json_null(quo_json *j, const char *key)
{
	begin(j, key);
	add_text(j, "null");
}

quo_status quo_json_status(const quo_json *j, quo_err *err)
{
	QUO_TRY(quo_buffer_status(&j->out, err));
	if (j->depth)
		return quo_fail(err, QUO_BUG, "JSON with %u levels left open", j->depth);
	return QUO_OK;
}

void quo_json_free(quo_json *j)
{
	quo_buffer_free(&j->out);
}
