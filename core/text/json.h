/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A JSON writer into a growing buffer. One line when not pretty (metrics.jsonl), indented with two
 * spaces when pretty (summary.json). Inside an object every value has a key; inside an array, and
 * for the outermost value, key is NULL. Sticky: quo_json_status() reports the first failure
 * (memory, nesting).
 *
 *     quo_json j = QUO_JSON_INIT(true);
 *     quo_json_object(&j, NULL);
 *     quo_json_int(&j, "epoch", 3);
 *     quo_json_end(&j);
 */
#ifndef QUOTIENT_CORE_JSON_H
#define QUOTIENT_CORE_JSON_H

#include "text/buffer.h"

#define QUO_JSON_MAX_DEPTH 16

typedef struct quo_json {
	quo_buffer out; /* the text, without a final NUL or newline */
	bool pretty;
	unsigned depth;
	char close[QUO_JSON_MAX_DEPTH]; /* '}' or ']' of each open level */
	bool any[QUO_JSON_MAX_DEPTH];   /* it has a value already */
} quo_json;

#define QUO_JSON_INIT(pretty_) \
	{ \
		.out = QUO_BUFFER_INIT, .pretty = (pretty_) \
	}

void quo_json_object(quo_json *j, const char *key);
void quo_json_array(quo_json *j, const char *key);
void quo_json_end(quo_json *j); /* of the innermost object or array */

/* UTF-8; bytes that are not become U+FFFD. NULL gives null. */
void quo_json_string(quo_json *j, const char *key, const char *value);
void quo_json_int(quo_json *j, const char *key, int64_t value);
void quo_json_uint(quo_json *j, const char *key, uint64_t value);
/* The shortest decimal that reads back as the same double; null for NaN and infinities. */
void quo_json_real(quo_json *j, const char *key, double value);
void quo_json_bool(quo_json *j, const char *key, bool value);
void quo_json_null(quo_json *j, const char *key);

/* QUO_OK when everything fits and every level is closed. */
quo_status quo_json_status(const quo_json *j, quo_err *err);
void quo_json_free(quo_json *j);

#endif
