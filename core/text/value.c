/* SPDX-License-Identifier: Apache-2.0 */
#include "text/value.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text/append.h"
#include "text/columns.h"
#include "text/kind.h"
#include "text/quantity.h"
#include "text/suggest.h"
#include "text/yaml_read.h"

#define MAX_ITEMS 4096

static bool has_range(const quo_option *o)
{
	return o->min != 0 || o->max != 0;
}

static void append_integer_range(const quo_option *o, char *out, size_t n)
{
	if (!has_range(o))
		return;
	if (o->max == INT64_MAX)
		quo__append(out, n, " of at least %lld", (long long)o->min);
	else
		quo__append(out, n, " in %lld..%lld", (long long)o->min, (long long)o->max);
}

const char *quo__value_wants(const quo_option *o, char *out, size_t n)
{
	*out = 0;
	switch (o->type) {
	case QUO_OPT_INT:
		quo__append(out, n, "an integer");
		append_integer_range(o, out, n);
		break;
	case QUO_OPT_REAL:
		quo__append(out, n, "a number");
		if (o->min_real < o->max_real)
			quo__append(out, n, " in %g..%g", o->min_real, o->max_real);
		break;
	case QUO_OPT_BOOL:
		quo__append(out, n, "true or false");
		break;
	case QUO_OPT_STRING:
		quo__append(out, n, "a text");
		break;
	case QUO_OPT_ENUM:
		for (size_t i = 0; o->choices[i]; i++)
			quo__append(out, n, "%s%s",
				    !i                  ? ""
				    : o->choices[i + 1] ? ", "
							: " or ",
				    o->choices[i]);
		break;
	case QUO_OPT_STRINGS:
		quo__append(out, n, "a list of texts, or one text");
		break;
	case QUO_OPT_SCHEDULE:
		quo__append(out, n, "an integer");
		append_integer_range(o, out, n);
		quo__append(out, n, ", or a map {epoch: integer} that starts at epoch 0");
		break;
	case QUO_OPT_COLUMNS:
		quo__append(out, n,
			    "a list of columns, e.g. [{numeric: 3}, one_hot, {ignore: 2}, label]");
		break;
	case QUO_OPT_COMPONENT:
		quo__append(out, n, "a component {use: name} of kind %s",
			    quo_kind_name((quo_kind)o->component_kind));
		break;
	case QUO_OPT_SECONDS:
	case QUO_OPT_RATE:
		quo__quantity_wants(o, out, n);
		break;
	}
	return out;
}

static quo_status unwanted(const quo_option *o, const quo_node *node, const char *path,
			   quo_err *err)
{
	char what[80], wants[300];
	return quo__node_fail(err, node, "%s wants %s, not %s", path,
			      quo__value_wants(o, wants, sizeof wants),
			      quo__node_describe(node, what, sizeof what));
}

/* A plain decimal integer and nothing else. */
static bool integer_of(const char *text, int64_t *out)
{
	char *end;
	size_t sign = *text == '-' || *text == '+';
	if (text[sign] < '0' || text[sign] > '9')
		return false;
	errno = 0;
	long long value = strtoll(text, &end, 10);
	*out = value;
	return !*end && !errno;
}

static bool parse_integer(const quo_option *o, const quo_node *node, int64_t *out)
{
	if (node->kind != QUO_NODE_SCALAR || node->quoted || !integer_of(node->text, out))
		return false;
	return !has_range(o) || (*out >= o->min && *out <= o->max);
}

static quo_node *integer_node(quo_arena *arena, int64_t value, const quo_node *at, quo_err *err)
{
	char text[32];
	snprintf(text, sizeof text, "%lld", (long long)value);
	return quo__scalar_new(arena, text, false, at, err);
}

static quo_status parse_real(quo_arena *arena, const quo_option *o, const quo_node *node,
			     const char *path, double *out, quo_node **resolved, quo_err *err)
{
	char *end = NULL, text[40];
	bool plain = node->kind == QUO_NODE_SCALAR && !node->quoted && *node->text;
	if (plain && strspn(node->text, "0123456789+-.eE") == strlen(node->text))
		*out = strtod(node->text, &end);
	if (!end || *end || !isfinite(*out) ||
	    (o->min_real < o->max_real && (*out < o->min_real || *out > o->max_real)))
		return unwanted(o, node, path, err);
	for (int digits = 15; digits <= 17; digits++) {
		snprintf(text, sizeof text, "%.*g", digits, *out);
		if (strtod(text, NULL) == *out)
			break;
	}
	*resolved = quo__scalar_new(arena, text, false, node, err);
	return *resolved ? QUO_OK : QUO_FAILED;
}

static quo_status parse_enum(quo_arena *arena, const quo_option *o, const quo_node *node,
			     const char *path, int *out, quo_node **resolved, quo_err *err)
{
	if (node->kind != QUO_NODE_SCALAR || quo__node_is_null(node))
		return unwanted(o, node, path, err);
	quo_suggest near = { node->text, NULL, 0 };
	for (int i = 0; o->choices[i]; i++) {
		if (!strcmp(o->choices[i], node->text)) {
			*out = i;
			*resolved = quo__scalar_new(arena, node->text, false, node, err);
			return *resolved ? QUO_OK : QUO_FAILED;
		}
		quo__suggest(&near, o->choices[i]);
	}
	char wants[300];
	if (near.best)
		return quo__node_fail(err, node, "%s: there is no '%.64s'; did you mean '%s'?",
				      path, node->text, near.best);
	return quo__node_fail(err, node, "%s wants %s, not '%.64s'", path,
			      quo__value_wants(o, wants, sizeof wants), node->text);
}

static quo_status parse_strings(quo_arena *arena, const quo_option *o, const quo_node *node,
				const char *path, quo_strings *out, quo_node **resolved,
				quo_err *err)
{
	bool one = node->kind == QUO_NODE_SCALAR && !quo__node_is_null(node);
	if (!one && node->kind != QUO_NODE_LIST)
		return unwanted(o, node, path, err);
	uint32_t n = one ? 1 : node->n;
	if (n > MAX_ITEMS)
		return quo__node_fail(err, node, "%s has %u entries; at most %d", path, n,
				      MAX_ITEMS);
	const char **item = quo_arena_alloc(arena, n, sizeof *item, err);
	quo_node *list = quo__node_new(arena, QUO_NODE_LIST, node, err);
	if (!item || !list)
		return QUO_FAILED;
	list->flow = true;
	for (uint32_t i = 0; i < n; i++) {
		const quo_node *entry = one ? node : node->item[i];
		if (entry->kind != QUO_NODE_SCALAR || quo__node_is_null(entry))
			return unwanted(o, entry, path, err);
		quo_node *copy = quo__scalar_new(arena, entry->text, true, entry, err);
		QUO_TRY(quo__node_append(arena, list, copy, err));
		item[i] = copy->text;
	}
	*out = (quo_strings){ n, item };
	*resolved = list;
	return QUO_OK;
}

static quo_status parse_schedule(quo_arena *arena, const quo_option *o, const quo_node *node,
				 const char *path, quo_schedule *out, quo_node **resolved,
				 quo_err *err)
{
	int64_t value, epoch;
	memset(out, 0, sizeof *out);
	if (node->kind == QUO_NODE_SCALAR) {
		if (!parse_integer(o, node, &value) || value < INT32_MIN || value > INT32_MAX)
			return unwanted(o, node, path, err);
		out->n = 1;
		out->value[0] = (int32_t)value;
		*resolved = integer_node(arena, value, node, err);
		return *resolved ? QUO_OK : QUO_FAILED;
	}
	if (node->kind != QUO_NODE_MAP || !node->n)
		return unwanted(o, node, path, err);
	if (node->n > QUO_SCHEDULE_MAX)
		return quo__node_fail(err, node, "%s has %u steps; at most %d", path, node->n,
				      QUO_SCHEDULE_MAX);
	quo_node *map = quo__node_new(arena, QUO_NODE_MAP, node, err);
	if (!map)
		return QUO_FAILED;
	map->flow = true;
	for (uint32_t i = 0; i < node->n; i++) {
		const quo_node *entry = node->item[i];
		if (!integer_of(entry->key, &epoch) || epoch < 0 || epoch > INT32_MAX)
			return quo__key_fail(err, entry, "%s: '%.40s' is not an epoch (0, 1, ..)",
					     path, entry->key);
		if (i == 0 && epoch != 0)
			return quo__key_fail(err, entry,
					     "%s: the schedule starts at epoch %lld; start it at 0",
					     path, (long long)epoch);
		if (i > 0 && epoch <= out->from[i - 1])
			return quo__key_fail(
				err, entry,
				"%s: epoch %lld comes after epoch %d; write them in order", path,
				(long long)epoch, out->from[i - 1]);
		if (!parse_integer(o, entry, &value) || value < INT32_MIN || value > INT32_MAX)
			return unwanted(o, entry, path, err);
		out->from[i] = (int32_t)epoch;
		out->value[i] = (int32_t)value;
		out->n = i + 1;
		quo_node *copy = integer_node(arena, value, entry, err);
		char *key = quo__printf(arena, err, "%lld", (long long)epoch);
		if (!key)
			return QUO_FAILED;
		QUO_TRY(quo__node_put(arena, map, key, copy, err));
	}
	*resolved = map;
	return QUO_OK;
}

quo_status quo__value_parse(quo_arena *arena, const quo_option *o, const quo_node *node,
			    const char *path, void *member, quo_node **resolved, quo_err *err)
{
	switch (o->type) {
	case QUO_OPT_INT:
		if (!parse_integer(o, node, member))
			return unwanted(o, node, path, err);
		*resolved = integer_node(arena, *(int64_t *)member, node, err);
		break;
	case QUO_OPT_REAL:
		return parse_real(arena, o, node, path, member, resolved, err);
	case QUO_OPT_BOOL: {
		bool plain = node->kind == QUO_NODE_SCALAR && !node->quoted;
		bool yes = plain && !strcmp(node->text, "true");
		if (!yes && (!plain || strcmp(node->text, "false")))
			return unwanted(o, node, path, err);
		*(bool *)member = yes;
		*resolved = quo__scalar_new(arena, node->text, false, node, err);
		break;
	}
	case QUO_OPT_STRING:
		if (node->kind != QUO_NODE_SCALAR || quo__node_is_null(node))
			return unwanted(o, node, path, err);
		*resolved = quo__scalar_new(arena, node->text, true, node, err);
		if (*resolved)
			*(const char **)member = (*resolved)->text;
		break;
	case QUO_OPT_ENUM:
		return parse_enum(arena, o, node, path, member, resolved, err);
	case QUO_OPT_STRINGS:
		return parse_strings(arena, o, node, path, member, resolved, err);
	case QUO_OPT_SCHEDULE:
		return parse_schedule(arena, o, node, path, member, resolved, err);
	case QUO_OPT_COLUMNS:
		return quo__columns_parse(arena, node, path, member, resolved, err);
	case QUO_OPT_SECONDS:
	case QUO_OPT_RATE: {
		char text[QUO__QUANTITY_CHARS];
		if (node->kind != QUO_NODE_SCALAR || !quo__quantity_parse(o, node->text, member))
			return unwanted(o, node, path, err);
		quo__quantity_write(o, *(double *)member, text);
		*resolved = quo__scalar_new(arena, text, false, node, err);
		break;
	}
	case QUO_OPT_COMPONENT:
		return quo_fail(err, QUO_BUG, "%s: a component is not a plain value", path);
	}
	return *resolved ? QUO_OK : QUO_FAILED;
}

static quo_status check_default(quo_arena *arena, const quo_option *o, const char *label,
				quo_err *err)
{
	union {
		int64_t integer;
		double real;
		bool yes;
		const char *text;
		int choice;
		quo_strings strings;
		quo_schedule schedule;
		quo_columns columns;
	} scratch;
	quo_node *node, *resolved = NULL;

	QUO_TRY(quo__yaml_text(arena, o->default_yaml, label, &node, err));
	if (o->type != QUO_OPT_COMPONENT)
		return quo__value_parse(arena, o, node, "the default", &scratch, &resolved, err);
	const quo_node *use = quo__node_get(node, "use");
	if (!use || use->kind != QUO_NODE_SCALAR || !*use->text)
		return unwanted(o, node, "the default", err);
	return QUO_OK;
}

quo_status quo__defaults_check(const quo_option *options, const char *where, quo_err *err)
{
	quo_status status = QUO_OK;
	if (!options || !options[0].name)
		return QUO_OK;
	quo_arena *arena = quo_arena_new(err);
	if (!arena)
		return QUO_FAILED;
	for (size_t i = 0; status == QUO_OK && options[i].name; i++) {
		char label[500];
		snprintf(label, sizeof label, "%s: option '%s'", where, options[i].name);
		if (options[i].default_yaml)
			status = check_default(arena, &options[i], label, err);
	}
	quo_arena_free(arena);
	return status;
}
