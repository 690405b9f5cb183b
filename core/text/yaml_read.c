/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Text to tree. libyaml delivers events; everything that an experiment file does not need is
 * refused here.
 */
#include "text/yaml_read.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <yaml.h>

struct reader {
	yaml_parser_t parser;
	quo_arena *arena;
	const char *file;
	bool has_lines; /* false for the text of an option */
	const unsigned char *text;
	size_t size;
	uint32_t n_nodes;
	quo_err *err;
};

static quo_status refuse(struct reader *r, size_t line, const char *what)
{
	if (!r->has_lines)
		return quo_fail(r->err, QUO_USAGE, "%s: %s", r->file, what);
	return quo_fail(r->err, QUO_USAGE, "%s:%zu: %s", r->file, line, what);
}

/* Length of the UTF-8 sequence at p (n bytes left); 0 if there is none. Overlong forms and
 * surrogates are none. */
static size_t utf8_length(const unsigned char *p, size_t n)
{
	size_t length = p[0] < 0x80                   ? 1
			: p[0] >= 0xc2 && p[0] < 0xe0 ? 2
			: (p[0] & 0xf0) == 0xe0       ? 3
			: p[0] >= 0xf0 && p[0] < 0xf5 ? 4
						      : 0;
	if (length > n)
		return 0;
	for (size_t i = 1; i < length; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] >= 0xa0) ||
	    (p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] >= 0x90))
		return 0;
	return length;
}

/* What libyaml would say less clearly: bytes that are no text, and tabs in the indentation. */
static quo_status check_text(struct reader *r)
{
	size_t line = 1, length;
	bool indentation = true;

	for (size_t i = 0; i < r->size; i += length) {
		unsigned char c = r->text[i];
		length = utf8_length(r->text + i, r->size - i);
		if (!length || c == 0)
			return refuse(r, line, "not UTF-8 text; is this a YAML file?");
		if (c == '\t' && indentation)
			return refuse(r, line,
				      "a tab in the indentation; YAML indents with spaces");
		if (c < ' ' && c != '\n' && c != '\t' && c != '\r')
			return refuse(r, line, "a control character; is this a YAML file?");
		if (c == '\n') {
			line++;
			indentation = true;
		} else if (c != ' ') {
			indentation = false;
		}
	}
	return QUO_OK;
}

static quo_status next_event(struct reader *r, yaml_event_t *event)
{
	if (yaml_parser_parse(&r->parser, event))
		return QUO_OK;
	const yaml_parser_t *p = &r->parser;
	if (p->error == YAML_MEMORY_ERROR)
		return quo_fail(r->err, QUO_FAILED, "%s: out of memory", r->file);
	const char *problem = p->problem ? p->problem : "cannot be read as YAML";
	size_t at = p->problem_mark.index;
	if (at < r->size && r->text[at] == '\t')
		problem = "a tab; YAML separates and indents with spaces";
	char text[300];
	snprintf(text, sizeof text, "bad YAML: %s%s%s", problem, p->context ? ", " : "",
		 p->context ? p->context : "");
	return refuse(r, p->problem_mark.line + 1, text);
}

static quo_status compose(struct reader *r, const yaml_event_t *event, unsigned depth,
			  quo_node **out);

/* The children of a map or a list, up to its end. */
static quo_status compose_children(struct reader *r, quo_node *parent, unsigned depth)
{
	bool map = parent->kind == QUO_NODE_MAP;
	yaml_event_type_t end = map ? YAML_MAPPING_END_EVENT : YAML_SEQUENCE_END_EVENT;

	for (;;) {
		yaml_event_t event;
		quo_node *key = NULL, *child = NULL;
		QUO_TRY(next_event(r, &event));
		if (event.type == end) {
			yaml_event_delete(&event);
			return QUO_OK;
		}
		quo_status status = compose(r, &event, depth + 1, map ? &key : &child);
		yaml_event_delete(&event);
		QUO_TRY(status);
		if (!map) {
			QUO_TRY(quo__node_append(r->arena, parent, child, r->err));
			continue;
		}
		if (key->kind != QUO_NODE_SCALAR || quo__node_is_null(key))
			return quo__node_fail(r->err, key, "a key must be a word");
		quo_node *twin = quo__node_get(parent, key->text);
		if (parent->n >= QUO__YAML_MAX_KEYS)
			return quo__node_fail(r->err, key, "more than %d keys in one map",
					      QUO__YAML_MAX_KEYS);
		if (twin)
			return quo__node_fail(r->err, key,
					      "key '%.64s' is here twice; the first is on line %d",
					      key->text, twin->key_line);
		QUO_TRY(next_event(r, &event));
		status = compose(r, &event, depth + 1, &child);
		yaml_event_delete(&event);
		QUO_TRY(status);
		child->key = key->text;
		child->key_line = key->line;
		QUO_TRY(quo__node_append(r->arena, parent, child, r->err));
	}
}

static quo_status compose(struct reader *r, const yaml_event_t *event, unsigned depth,
			  quo_node **out)
{
	size_t line = event->start_mark.line + 1;
	const yaml_char_t *anchor = NULL, *tag = NULL;
	quo_node_kind kind = QUO_NODE_SCALAR;

	if (event->type == YAML_ALIAS_EVENT)
		return refuse(r, line, "an alias (*name); write the value out, or use extends");
	if (event->type == YAML_SCALAR_EVENT) {
		anchor = event->data.scalar.anchor;
		tag = event->data.scalar.tag;
	} else if (event->type == YAML_MAPPING_START_EVENT) {
		kind = QUO_NODE_MAP;
		anchor = event->data.mapping_start.anchor;
		tag = event->data.mapping_start.tag;
	} else if (event->type == YAML_SEQUENCE_START_EVENT) {
		kind = QUO_NODE_LIST;
		anchor = event->data.sequence_start.anchor;
		tag = event->data.sequence_start.tag;
	} else {
		return refuse(r, line, "bad YAML: a value is missing");
	}
	if (anchor)
		return refuse(r, line, "an anchor (&name); write the value out, or use extends");
	if (tag)
		return refuse(r, line, "a tag (!name); values have no tags here");
	if (depth > QUO__YAML_MAX_DEPTH)
		return refuse(r, line, "nested more than 32 levels deep");
	if (++r->n_nodes > QUO__YAML_MAX_NODES)
		return refuse(r, line, "more than 100000 values; is this an experiment file?");

	quo_node *node = quo__node_new(r->arena, kind, NULL, r->err);
	if (!node)
		return QUO_FAILED;
	node->file = r->file;
	node->line = r->has_lines ? (int)line : 0;
	node->column = (int)event->start_mark.column + 1;
	if (kind == QUO_NODE_SCALAR) {
		const char *text = (const char *)event->data.scalar.value;
		if (strlen(text) != event->data.scalar.length)
			return refuse(r, line, "a zero byte inside a text");
		node->text = quo__strdup(r->arena, text, r->err);
		node->quoted = event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
		if (!node->text)
			return QUO_FAILED;
	} else {
		QUO_TRY(compose_children(r, node, depth));
	}
	*out = node;
	return QUO_OK;
}

/* Skip one event of a type that must come. */
static quo_status expect(struct reader *r, yaml_event_type_t type, const char *otherwise)
{
	yaml_event_t event;
	QUO_TRY(next_event(r, &event));
	bool right = event.type == type;
	size_t line = event.start_mark.line + 1;
	yaml_event_delete(&event);
	return right ? QUO_OK : refuse(r, line, otherwise);
}

static quo_status read_document(struct reader *r, quo_node **out)
{
	yaml_event_t event;
	QUO_TRY(expect(r, YAML_STREAM_START_EVENT, "bad YAML"));
	QUO_TRY(expect(r, YAML_DOCUMENT_START_EVENT,
		       "the file is empty; see configs/quickstart.yaml for a start"));
	QUO_TRY(next_event(r, &event));
	quo_status status = compose(r, &event, 1, out);
	yaml_event_delete(&event);
	QUO_TRY(status);
	QUO_TRY(expect(r, YAML_DOCUMENT_END_EVENT, "bad YAML: something after the end"));
	return expect(r, YAML_STREAM_END_EVENT,
		      "a second document (---); a file holds one experiment");
}

static quo_status read_text(quo_arena *arena, const char *file, bool has_lines, const void *text,
			    size_t size, quo_node **out, quo_err *err)
{
	struct reader r = { .arena = arena,
			    .file = file,
			    .has_lines = has_lines,
			    .text = text,
			    .size = size,
			    .err = err };
	quo_status status = check_text(&r);
	if (status != QUO_OK)
		return status;
	if (!yaml_parser_initialize(&r.parser))
		return quo_fail(err, QUO_FAILED, "%s: out of memory", file);
	yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&r.parser, text, size);
	status = read_document(&r, out);
	yaml_parser_delete(&r.parser);
	return status;
}

quo_status quo__yaml_text(quo_arena *arena, const char *text, const char *label, quo_node **out,
			  quo_err *err)
{
	char *file = quo__strdup(arena, label, err);
	size_t size = strlen(text);
	if (!file)
		return QUO_FAILED;
	if (size > QUO__YAML_MAX_BYTES)
		return quo_fail(err, QUO_USAGE, "%.100s: the value is longer than 1 MiB", label);
	if (strspn(text, " \t") == size) {
		quo_node here = { .file = file };
		*out = quo__scalar_new(arena, "", false, &here, err);
		return *out ? QUO_OK : QUO_FAILED;
	}
	return read_text(arena, file, false, text, size, out, err);
}

quo_status quo__yaml_file(quo_arena *arena, const char *path, quo_node **out, quo_err *err)
{
	char *file = quo__strdup(arena, path, err);
	if (!file)
		return QUO_FAILED;
	FILE *f = fopen(path, "rb");
	if (!f)
		return quo_fail(err, QUO_USAGE, "%s: cannot read the experiment: %s", path,
				strerror(errno));
	char *text = malloc(QUO__YAML_MAX_BYTES + 1);
	size_t size = text ? fread(text, 1, QUO__YAML_MAX_BYTES + 1, f) : 0;
	quo_status status = QUO_OK;
	if (!text)
		status = quo_fail(err, QUO_FAILED, "%s: out of memory", path);
	else if (ferror(f))
		status = quo_fail(err, QUO_USAGE, "%s: cannot read the experiment: %s", path,
				  strerror(errno));
	else if (size > QUO__YAML_MAX_BYTES)
		status = quo_fail(err, QUO_USAGE,
				  "%s: longer than 1 MiB; is this an experiment file?", path);
	fclose(f);
	if (status == QUO_OK)
		status = read_text(arena, file, true, text, size, out, err);
	free(text);
	return status;
}
