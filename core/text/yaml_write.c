/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tree to text.
 */
#include "text/yaml_write.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <yaml.h>

static int write_to_stream(void *data, unsigned char *buffer, size_t size)
{
	return fwrite(buffer, 1, size, data) == size;
}

static bool emit_scalar(yaml_emitter_t *emitter, const char *text, bool quoted)
{
	yaml_event_t event;
	/* A text that would read back as nothing. */
	bool force = quoted && (!*text || !strcmp(text, "~") || !strcmp(text, "null"));
	return yaml_scalar_event_initialize(
		       &event, NULL, NULL, (const yaml_char_t *)text, (int)strlen(text), 1, 1,
		       force ? YAML_DOUBLE_QUOTED_SCALAR_STYLE : YAML_ANY_SCALAR_STYLE) &&
	       yaml_emitter_emit(emitter, &event);
}

static bool emit(yaml_emitter_t *emitter, const quo_node *node, bool flow)
{
	yaml_event_t event;
	bool map = node->kind == QUO_NODE_MAP;

	if (node->kind == QUO_NODE_SCALAR)
		return emit_scalar(emitter, node->text, node->quoted);
	flow = flow || node->flow;
	int made = map ? yaml_mapping_start_event_initialize(&event, NULL, NULL, 1,
							     flow ? YAML_FLOW_MAPPING_STYLE
								  : YAML_BLOCK_MAPPING_STYLE)
		       : yaml_sequence_start_event_initialize(&event, NULL, NULL, 1,
							      flow ? YAML_FLOW_SEQUENCE_STYLE
								   : YAML_BLOCK_SEQUENCE_STYLE);
	if (!made || !yaml_emitter_emit(emitter, &event))
		return false;
	for (uint32_t i = 0; i < node->n; i++) {
		if (map && !emit_scalar(emitter, node->item[i]->key, false))
			return false;
		if (!emit(emitter, node->item[i], flow))
			return false;
	}
	made = map ? yaml_mapping_end_event_initialize(&event)
		   : yaml_sequence_end_event_initialize(&event);
	return made && yaml_emitter_emit(emitter, &event);
}

static bool emit_document(yaml_emitter_t *emitter, const quo_node *node, bool flow)
{
	yaml_event_t event;
	return yaml_stream_start_event_initialize(&event, YAML_UTF8_ENCODING) &&
	       yaml_emitter_emit(emitter, &event) &&
	       yaml_document_start_event_initialize(&event, NULL, NULL, NULL, 1) &&
	       yaml_emitter_emit(emitter, &event) && emit(emitter, node, flow) &&
	       yaml_document_end_event_initialize(&event, 1) &&
	       yaml_emitter_emit(emitter, &event) && yaml_stream_end_event_initialize(&event) &&
	       yaml_emitter_emit(emitter, &event);
}

static char *write_text(const quo_node *node, bool flow, quo_err *err)
{
	char *text = NULL;
	size_t size = 0;
	yaml_emitter_t emitter;
	FILE *stream = open_memstream(&text, &size);
	bool done = false;

	if (stream && yaml_emitter_initialize(&emitter)) {
		yaml_emitter_set_output(&emitter, write_to_stream, stream);
		yaml_emitter_set_width(&emitter, -1);
		yaml_emitter_set_unicode(&emitter, 1);
		done = emit_document(&emitter, node, flow);
		yaml_emitter_delete(&emitter);
	}
	if (stream && fclose(stream))
		done = false;
	if (done)
		return text;
	free(text);
	quo_fail(err, QUO_FAILED, "out of memory: the text of the experiment");
	return NULL;
}

char *quo__yaml_write(const quo_node *node, quo_err *err)
{
	return write_text(node, false, err);
}

char *quo__yaml_write_flow(quo_arena *arena, const quo_node *node, quo_err *err)
{
	char *text = write_text(node, true, err);
	if (!text)
		return NULL;
	text[strcspn(text, "\n")] = 0;
	char *copy = quo__strdup(arena, text, err);
	free(text);
	return copy;
}
