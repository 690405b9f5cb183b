/* SPDX-License-Identifier: Apache-2.0 */
#include "report/page.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report/results.h"

/* ---- the data ---- */

static void add_stat(quo_json *j, const char *key, const quo_stat *s)
{
	quo_json_object(j, key);
	quo_json_uint(j, "n", s->n);
	quo_json_real(j, "mean", s->mean);
	quo_json_real(j, "sd", s->sd);
	quo_json_real(j, "min", s->min);
	quo_json_real(j, "max", s->max);
	quo_json_end(j);
}

static void add_axes(quo_json *j, const quo_sweep *sweep)
{
	quo_json_array(j, "axes");
	for (uint32_t i = 0; i < sweep->n_axes; i++) {
		const quo_sweep_axis *axis = &sweep->axis[i];
		quo_json_object(j, NULL);
		quo_json_string(j, "name", axis->name);
		quo_json_bool(j, "variants", axis->variants);
		quo_json_bool(j, "bases", axis->bases);
		quo_json_bool(j, "seeds", (int)i == sweep->seeds);
		quo_json_array(j, "labels");
		for (uint32_t k = 0; k < axis->n; k++)
			quo_json_string(j, NULL, axis->label[k]);
		quo_json_end(j);
		quo_json_end(j);
	}
	quo_json_end(j);
}

static void add_index(quo_json *j, const quo_sweep *sweep, const uint32_t *index)
{
	quo_json_array(j, "index");
	for (uint32_t i = 0; i < sweep->n_axes; i++)
		quo_json_uint(j, NULL, index[i]);
	quo_json_end(j);
}

static void add_group(quo_json *j, const quo_results *r, const quo_group *g)
{
	quo_json_object(j, NULL);
	quo_json_string(j, "title", g->title);
	add_index(j, r->sweep, g->index);
	quo_json_uint(j, "runs", r->n_records / r->n_groups);
	quo_json_uint(j, "done", g->done);
	quo_json_uint(j, "failed", g->failed);
	quo_json_real(j, "paper", g->paper);
	add_stat(j, "accuracy", &g->accuracy);
	add_stat(j, "seconds", &g->seconds);
	add_stat(j, "train_seconds", &g->train_seconds);
	add_stat(j, "bytes", &g->bytes);
	add_stat(j, "rounds", &g->rounds);
	add_stat(j, "memory", &g->rss_bytes);
	quo_json_array(j, "epochs");
	for (uint32_t e = 0; e < g->n_epochs; e++)
		add_stat(j, NULL, &g->per_epoch[e]);
	quo_json_end(j);
	quo_json_array(j, "seconds_at");
	for (uint32_t e = 0; e < g->n_epochs; e++)
		quo_json_real(j, NULL, g->seconds_at[e]);
	quo_json_end(j);
	quo_json_array(j, "bytes_at");
	for (uint32_t e = 0; e < g->n_epochs; e++)
		quo_json_real(j, NULL, g->bytes_at[e]);
	quo_json_end(j);
	quo_summary_phases_json(g->phase, g->n_phases, j);
	quo_json_end(j);
}

static void add_run(quo_json *j, const quo_results *r, uint32_t i)
{
	const quo_record *x = &r->record[i];

	quo_json_object(j, NULL);
	quo_json_string(j, "title", x->title);
	quo_json_string(j, "folder", x->folder);
	quo_json_uint(j, "group", i % r->n_groups);
	quo_json_bool(j, "done", x->done);
	quo_json_string(j, "failure", x->failure);
	if (x->done) {
		quo_json_string(j, "protocol", x->protocol);
		quo_json_uint(j, "seed", x->seed);
		quo_json_uint(j, "steps", x->steps);
		quo_json_uint(j, "batch", x->batch);
		quo_json_real(j, "accuracy", x->accuracy);
		quo_json_real(j, "seconds", x->seconds);
		quo_json_uint(j, "bytes", x->bytes);
		quo_json_uint(j, "rounds", x->rounds);
		quo_json_string(j, "weights", x->weights);
		quo_json_array(j, "epochs");
		for (uint32_t e = 0; e < x->n_epochs; e++)
			quo_json_real(j, NULL, x->per_epoch[e]);
		quo_json_end(j);
	}
	quo_json_end(j);
}

/* ---- manifests ---- */

/* YAML that was JSON, with every scalar as a text; what is deep is left out. */
static void add_node(quo_json *j, const char *key, const quo_node *node, unsigned depth)
{
	if (node->kind == QUO_NODE_SCALAR) {
		quo_json_string(j, key, quo__node_is_null(node) ? NULL : node->text);
		return;
	}
	bool map = node->kind == QUO_NODE_MAP;
	if (map)
		quo_json_object(j, key);
	else
		quo_json_array(j, key);
	for (uint32_t i = 0; i < node->n && depth < 6; i++)
		add_node(j, map ? node->item[i]->key : NULL, node->item[i], depth + 1);
	quo_json_end(j);
}

static bool same(const quo_node *a, const quo_node *b)
{
	if (a->kind != b->kind)
		return false;
	if (a->kind == QUO_NODE_SCALAR)
		return !strcmp(a->text, b->text);
	if (a->n != b->n)
		return false;
	for (uint32_t i = 0; i < a->n; i++) {
		const char *key = a->item[i]->key, *other = b->item[i]->key;
		if (key && (!other || strcmp(key, other) != 0))
			return false;
		/* Runs differ in when they ended, and in what they need. */
		bool either = key && (!strcmp(key, "finished") || !strcmp(key, "plugins"));
		if (!either && !same(a->item[i], b->item[i]))
			return false;
	}
	return true;
}

/* One entry for each build and machine, with how many runs it made. */
static void add_manifests(quo_json *j, const quo_results *r)
{
	quo_json_array(j, "manifests");
	for (uint32_t i = 0; i < r->n_records; i++) {
		const quo_node *m = r->record[i].done ? r->record[i].manifest : NULL;
		uint32_t runs = 0, first = i;
		for (uint32_t k = 0; m && k < r->n_records; k++) {
			const quo_node *other = r->record[k].done ? r->record[k].manifest : NULL;
			if (!other || !same(m, other))
				continue;
			first = k < first ? k : first;
			runs++;
		}
		if (!m || first != i)
			continue;
		quo_json_object(j, NULL);
		quo_json_uint(j, "runs", runs);
		add_node(j, "manifest", m, 0);
		quo_json_end(j);
	}
	quo_json_end(j);
}

struct plugin {
	const char *file, *sha256;
};

/* Every plugin file of any run, once for each content. */
static void add_plugins(quo_json *j, const quo_results *r)
{
	struct plugin seen[256];
	size_t n = 0;

	quo_json_array(j, "plugins");
	for (uint32_t i = 0; i < r->n_records; i++) {
		const quo_node *m = r->record[i].done ? r->record[i].manifest : NULL;
		const quo_node *list = quo__node_get(m, "plugins");
		for (uint32_t k = 0; list && list->kind == QUO_NODE_LIST && k < list->n; k++) {
			const quo_node *file = quo__node_get(list->item[k], "file"),
				       *sha = quo__node_get(list->item[k], "sha256");
			bool again = !file || !sha || file->kind != QUO_NODE_SCALAR ||
				     sha->kind != QUO_NODE_SCALAR || n == 256;
			for (size_t s = 0; s < n && !again; s++)
				again = !strcmp(seen[s].file, file->text) &&
					!strcmp(seen[s].sha256, sha->text);
			if (again)
				continue;
			seen[n++] = (struct plugin){ file->text, sha->text };
			quo_json_object(j, NULL);
			quo_json_string(j, "file", file->text);
			quo_json_string(j, "sha256", sha->text);
			quo_json_end(j);
		}
	}
	quo_json_end(j);
}

void quo_results_json(quo_json *j, const quo_results *r)
{
	quo_json_object(j, NULL);
	quo_json_string(j, "name", r->name);
	quo_json_uint(j, "runs_total", r->n_records);
	quo_json_uint(j, "runs_done", r->done);
	quo_json_uint(j, "runs_failed", r->failed);
	add_axes(j, r->sweep);
	quo_json_array(j, "groups");
	for (uint32_t k = 0; k < r->n_groups; k++)
		add_group(j, r, &r->group[k]);
	quo_json_end(j);
	quo_json_array(j, "runs");
	for (uint32_t i = 0; i < r->n_records; i++)
		add_run(j, r, i);
	quo_json_end(j);
	add_manifests(j, r);
	add_plugins(j, r);
	quo_json_string(j, "source", r->source);
	quo_json_end(j);
}

/* ---- the page ---- */

/* Texts of others: no character that HTML gives a meaning. In JSON those stand in strings only. */
static void add_escaped(quo_buffer *out, const char *text, size_t n, bool json)
{
	for (size_t i = 0; i < n; i++) {
		const char *entity = NULL;
		switch (text[i]) {
		case '<':
			entity = json ? "\\u003c" : "&lt;";
			break;
		case '>':
			entity = json ? "\\u003e" : "&gt;";
			break;
		case '&':
			entity = json ? "\\u0026" : "&amp;";
			break;
		default:
			break;
		}
		if (entity)
			quo_buffer_add(out, entity, strlen(entity));
		else
			quo_buffer_add(out, &text[i], 1);
	}
}

quo_status quo_results_page(quo_buffer *out, const quo_results *r, quo_err *err)
{
	quo_json j = QUO_JSON_INIT(false);

	quo_results_json(&j, r);
	quo_status status = quo_json_status(&j, err);
	if (status == QUO_OK) {
		quo_buffer_add(out, quo__page[0], strlen(quo__page[0]));
		add_escaped(out, r->name, strlen(r->name), false);
		quo_buffer_add(out, quo__page[1], strlen(quo__page[1]));
		add_escaped(out, (const char *)j.out.data, j.out.n, true);
		quo_buffer_add(out, quo__page[2], strlen(quo__page[2]));
		status = quo_buffer_status(out, err);
	}
	quo_json_free(&j);
	return status;
}
