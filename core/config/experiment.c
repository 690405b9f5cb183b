/* SPDX-License-Identifier: Apache-2.0 */
#include "config/experiment.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <quotient/crypto.h>

#include "config/merge.h"
#include "config/resolve.h"
#include "config/schema.h"
#include "config/sweep.h"
#include "text/kind.h"
#include "text/yaml_read.h"
#include "text/yaml_write.h"

struct quo_experiment {
	quo_arena *arena;
	quo_resolver resolver;
	quo_experiment_config config;
	quo_node *resolved;
	quo_agreement agreement;
};

static quo_experiment *experiment_new(const quo_registry *registry, quo_err *err)
{
	quo_experiment *e = quo_alloc(1, sizeof *e, err);
	if (!e)
		return NULL;
	e->arena = quo_arena_new(err);
	if (!e->arena) {
		quo_free(e);
		return NULL;
	}
	e->resolver = (quo_resolver){ .registry = registry, .arena = e->arena };
	return e;
}

void quo_experiment_free(quo_experiment *experiment)
{
	if (!experiment)
		return;
	quo__resolver_free_instances(&experiment->resolver);
	quo_arena_free(experiment->arena);
	quo_free(experiment);
}

/* "configs/mnist.yaml" -> "mnist" */
static char *name_of_file(quo_arena *arena, const char *path, quo_err *err)
{
	const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;
	const char *dot = strrchr(base, '.');
	return quo__printf(arena, err, "%.*s",
			   dot && dot > base ? (int)(dot - base) : (int)strlen(base), base);
}

/* The name becomes part of a folder's name. */
static quo_status check_name(const char *name, const quo_node *at, quo_err *err)
{
	size_t n =
		strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.");
	if (!n || name[n] || n > 100 || name[0] == '.')
		return quo__node_fail(
			err, at,
			"name '%.100s' is not 1..100 letters, digits, '-', '_' and '.'; it names "
			"the run's folder",
			name);
	return QUO_OK;
}

/* "file:line" of a node; NULL only with an error. */
static const char *place_of(quo_experiment *e, const quo_node *node)
{
	quo_err *err = e->resolver.err;
	const char *file = node->file ? node->file : "the experiment";
	return node->line ? quo__printf(e->arena, err, "%s:%d", file, node->line)
			  : quo__strdup(e->arena, file, err);
}

static quo_status resolve_layers(quo_experiment *e, const quo_node *model, const quo_node *root)
{
	quo_resolver *r = &e->resolver;
	char what[80];

	if (!model)
		return quo__node_fail(
			r->err, root,
			"model is missing: a list of layers, e.g. [{use: fc, out: 10}]");
	if (model->kind != QUO_NODE_LIST)
		return quo__node_fail(
			r->err, model,
			"model wants a list of layers, e.g. [{use: fc, out: 10}], not %s",
			quo__node_describe(model, what, sizeof what));
	if (model->n < 1 || model->n > QUO__MAX_LAYERS)
		return quo__node_fail(r->err, model, "model has %u layers; a network has 1..%d",
				      model->n, QUO__MAX_LAYERS);
	quo_instance **layers = quo_arena_alloc(e->arena, model->n, sizeof *layers, r->err);
	const char **where = quo_arena_alloc(e->arena, model->n, sizeof *where, r->err);
	quo_node *list = quo__node_new(e->arena, QUO_NODE_LIST, model, r->err);
	if (!layers || !where || !list)
		return QUO_FAILED;
	for (uint32_t i = 0; i < model->n; i++) {
		quo_node *node = model->item[i], *resolved;
		char *path = quo__printf(e->arena, r->err, "model.%u", i);
		where[i] = place_of(e, node);
		if (!path || !where[i])
			return QUO_FAILED;
		QUO_TRY(quo__resolve_component(r, QUO_KIND_LAYER, node, path, &layers[i],
					       &resolved));
		QUO_TRY(quo__node_append(e->arena, list, resolved, r->err));
	}
	e->config.n_layers = model->n;
	e->config.layers = layers;
	e->config.layer_where = where;
	return quo__node_put(e->arena, e->resolved, "model", list, r->err);
}

#define MAX_INNER_SECTIONS 8

/* `config` is the struct that the section's offset counts from; `path`
 * its own ("network.shape"). */
static quo_status resolve_section(quo_experiment *e, const quo__section *section, void *config,
				  const char *path, const quo_node *outer, const quo_node *at,
				  quo_node *resolved_outer)
{
	quo_resolver *r = &e->resolver;
	quo_node *map = outer ? quo__node_get(outer, section->name) : NULL;
	const char *inner[MAX_INNER_SECTIONS + 1] = { NULL };
	char what[80];

	if (map && map->kind != QUO_NODE_MAP)
		return quo__node_fail(r->err, map, "%s wants a map of options, not %s", path,
				      quo__node_describe(map, what, sizeof what));
	quo_node *resolved = quo__node_new(e->arena, QUO_NODE_MAP, map ? map : at, r->err);
	if (!resolved)
		return QUO_FAILED;
	resolved->local = section->local;
	at = map ? map : at;
	for (size_t i = 0; section->sections && section->sections[i].name; i++)
		inner[i] = section->sections[i].name;
	config = (char *)config + section->offset;
	QUO_TRY(quo__resolve_table(r, section->options, config, map, at, path, path, inner,
				   resolved));
	for (size_t i = 0; inner[i]; i++) {
		char *own = quo__printf(e->arena, r->err, "%s.%s", path, inner[i]);
		if (!own)
			return QUO_FAILED;
		QUO_TRY(resolve_section(e, &section->sections[i], config, own, map, at, resolved));
	}
	return quo__node_put(e->arena, resolved_outer, section->name, resolved, r->err);
}

/* Where to send people whose mistake only shows once the data is there. */
static quo_status remember_places(quo_experiment *e)
{
	const quo_node *train = quo__node_get(e->resolved, "train");
	e->config.train.batch_where = place_of(e, quo__node_get(train, "batch"));
	e->config.train.optimizer_where = place_of(e, quo__node_get(train, "optimizer"));
	return e->config.train.batch_where && e->config.train.optimizer_where ? QUO_OK : QUO_FAILED;
}

static quo_status check_whole(const quo_experiment *e, const quo_node *root, quo_err *err)
{
	const quo_experiment_config *c = &e->config;
	const quo_node *reveal = quo__node_get(e->resolved, "reveal");

	for (uint32_t i = 0; i < c->reveal.n; i++)
		if (strcmp(c->reveal.item[i], "accuracy"))
			return quo__node_fail(err, reveal->item[i],
					      "reveal: '%.64s' is not known; this version reveals "
					      "'accuracy', or nothing with []",
					      c->reveal.item[i]);
	const quo_node *network = quo__node_get(root, "network");
	if (c->network.mode != QUO_MODE_LOCAL && !*c->network.address)
		return quo__node_fail(err, network ? network : root,
				      "network.address is missing: in this mode say host:port, "
				      "e.g. 127.0.0.1:4000");
	const quo_node *output = quo__node_get(e->resolved, "output");
	if (!*c->output.dir)
		return quo__node_fail(err, quo__node_get(output, "dir"),
				      "output.dir is empty; name a folder, e.g. runs");
	if (c->network.bandwidth > 0 && c->network.bandwidth < 1000)
		return quo__node_fail(err, network,
				      "network.bandwidth is less than 1kB/s; 0B/s leaves it to "
				      "be measured");
	if (c->network.shape.bandwidth > 0 && c->network.shape.bandwidth < 1000)
		return quo__node_fail(err, network,
				      "network.shape.bandwidth is less than 1kB/s; 0B/s leaves the "
				      "link as it is");
	return check_name(c->name, quo__node_get(e->resolved, "name"), err);
}

static quo_status resolve_all(quo_experiment *e, const char *path, quo_node *root)
{
	quo_resolver *r = &e->resolver;
	quo_err *err = r->err;

	const quo_node *sweep = quo__node_get(root, "sweep");
	if (sweep && !quo__node_is_null(sweep))
		return quo__key_fail(
			err, sweep,
			"this is a sweep of several experiments, which quotient-run and "
			"quotient-check take; without it: --set sweep=null");
	if (sweep && !(root = quo__node_without(e->arena, root, "sweep", err)))
		return QUO_FAILED;
	QUO_TRY(quo__check_keys(quo__schema_top, quo__schema_keys, root, "the experiment", err));
	if (!quo__node_get(root, "name")) {
		char *name = name_of_file(e->arena, path, err);
		if (!name)
			return QUO_FAILED;
		QUO_TRY(quo__node_put(e->arena, root, "name",
				      quo__scalar_new(e->arena, name, true, root, err), err));
	}
	if (!(e->resolved = quo__node_new(e->arena, QUO_NODE_MAP, root, err)))
		return QUO_FAILED;

	/* The keys of quo__schema_top alone, then those that are no options. */
	quo_node *own = quo__node_new(e->arena, QUO_NODE_MAP, root, err);
	for (uint32_t i = 0; own && i < root->n; i++) {
		bool section = false;
		for (const char *const *k = quo__schema_keys; *k; k++)
			section = section || !strcmp(*k, root->item[i]->key);
		if (!section)
			QUO_TRY(quo__node_append(e->arena, own, root->item[i], err));
	}
	if (!own)
		return QUO_FAILED;
	QUO_TRY(quo__resolve_table(r, quo__schema_top, &e->config, own, root, "", "the experiment",
				   NULL, e->resolved));
	QUO_TRY(resolve_layers(e, quo__node_get(root, "model"), root));
	for (const quo__section *s = quo__schema_sections; s->name; s++)
		QUO_TRY(resolve_section(e, s, &e->config, s->name, root, root, e->resolved));
	QUO_TRY(remember_places(e));
	return check_whole(e, root, err);
}

/* ---- what both parties must agree on ---- */

struct pairs {
	quo_experiment *e;
	const char **key, **value;
	uint32_t n, capacity;
	quo_err *err;
};

static quo_status add_pair(struct pairs *p, const char *key, const char *value)
{
	if (!key || !value)
		return QUO_FAILED;
	if (p->n == p->capacity) {
		uint32_t capacity = p->capacity ? 2 * p->capacity : 64;
		const char **keys = quo_arena_alloc(p->e->arena, capacity, sizeof *keys, p->err);
		const char **values =
			quo_arena_alloc(p->e->arena, capacity, sizeof *values, p->err);
		if (!keys || !values)
			return QUO_FAILED;
		for (uint32_t i = 0; i < p->n; i++) {
			keys[i] = p->key[i];
			values[i] = p->value[i];
		}
		p->key = keys;
		p->value = values;
		p->capacity = capacity;
	}
	p->key[p->n] = key;
	p->value[p->n++] = value;
	return QUO_OK;
}

static quo_status add_wire(struct pairs *p, const char *path)
{
	const quo_resolver *r = &p->e->resolver;
	for (size_t i = 0; i < r->n_made; i++) {
		const quo_component *c = r->made[i].instance->component;
		if (!strcmp(r->made[i].path, path))
			return add_pair(p, quo__printf(p->e->arena, p->err, "%s.wire", path),
					quo__printf(p->e->arena, p->err, "%s/%u", c->name,
						    c->wire_version));
	}
	return QUO_OK;
}

static quo_status flatten(struct pairs *p, const quo_node *node, const char *path)
{
	quo_arena *arena = p->e->arena;
	if (node->local)
		return QUO_OK;
	if (node->kind == QUO_NODE_SCALAR)
		return add_pair(p, path, node->text);
	if (node->flow) /* a list of texts, a schedule, columns: one value */
		return add_pair(p, path, quo__yaml_write_flow(arena, node, p->err));
	for (uint32_t i = 0; i < node->n; i++) {
		const quo_node *child = node->item[i];
		char *own = node->kind == QUO_NODE_LIST
				    ? quo__printf(arena, p->err, "%s.%u", path, i)
				    : quo__printf(arena, p->err, "%s%s%s", path, *path ? "." : "",
						  child->key);
		if (!own)
			return QUO_FAILED;
		QUO_TRY(flatten(p, child, own));
		if (node->kind == QUO_NODE_MAP && !strcmp(child->key, "use"))
			QUO_TRY(add_wire(p, path));
	}
	return QUO_OK;
}

/* point < 0: the file itself, which then is no sweep. */
static quo_status load(quo_registry *registry, const char *path, const char *const *sets,
		       size_t n_sets, int64_t point, quo_experiment **out, quo_err *err)
{
	quo_err own = QUO_ERR_INIT;
	quo_experiment *e = experiment_new(registry, err);
	quo_node *root = NULL;
	quo_status status;
	if (!e)
		return QUO_FAILED;
	e->resolver.err = &own;
	if (point < 0) {
		status = quo__yaml_load(e->arena, path, &root, &own);
		for (size_t i = 0; status == QUO_OK && i < n_sets; i++)
			status = quo__node_set(e->arena, root, sets[i], &own);
	} else {
		status =
			quo__sweep_tree(e->arena, path, sets, n_sets, (uint32_t)point, &root, &own);
	}
	if (status == QUO_OK)
		status = resolve_all(e, path, root);
	struct pairs pairs = { .e = e, .err = &own };
	if (status == QUO_OK)
		status = flatten(&pairs, e->resolved, "");
	e->resolver.err = NULL;
	if (status != QUO_OK) {
		quo_experiment_free(e);
		return quo_fail(err, status, "%s", own.text);
	}
	e->agreement = (quo_agreement){ pairs.n, pairs.key, pairs.value };
	*out = e;
	return QUO_OK;
}

quo_status quo_experiment_load(quo_registry *registry, const char *path, const char *const *sets,
			       size_t n_sets, quo_experiment **out, quo_err *err)
{
	return load(registry, path, sets, n_sets, -1, out, err);
}

quo_status quo_experiment_load_point(quo_registry *registry, const char *path,
				     const char *const *sets, size_t n_sets, uint32_t point,
				     quo_experiment **out, quo_err *err)
{
	return load(registry, path, sets, n_sets, point, out, err);
}

quo_status quo_component_load(quo_registry *registry, quo_kind kind, const char *yaml,
			      quo_experiment **owner, quo_instance **out, quo_err *err)
{
	quo_err own = QUO_ERR_INIT;
	quo_experiment *e = experiment_new(registry, err);
	quo_node *node, *resolved;
	if (!e)
		return QUO_FAILED;
	e->resolver.err = &own;
	quo_status status = quo__yaml_text(e->arena, yaml, yaml, &node, &own);
	if (status == QUO_OK)
		status = quo__resolve_component(&e->resolver, kind, node, quo_kind_name(kind), out,
						&resolved);
	e->resolver.err = NULL;
	if (status != QUO_OK) {
		quo_experiment_free(e);
		return quo_fail(err, status, "%s", own.text);
	}
	e->resolved = resolved;
	*owner = e;
	return QUO_OK;
}

const quo_experiment_config *quo_experiment_config_of(const quo_experiment *experiment)
{
	return &experiment->config;
}

char *quo_experiment_yaml(const quo_experiment *experiment, quo_err *err)
{
	return quo__yaml_write(experiment->resolved, err);
}

quo_status quo_experiment_digest(const quo_experiment *experiment, uint8_t digest[32], quo_err *err)
{
	const quo_node *all = experiment->resolved;
	quo_node kept = *all;

	kept.item = quo_alloc(all->n, sizeof *kept.item, err);
	if (!kept.item)
		return QUO_FAILED;
	kept.n = 0;
	for (uint32_t i = 0; i < all->n; i++)
		if (strcmp(all->item[i]->key, "name") && strcmp(all->item[i]->key, "output"))
			kept.item[kept.n++] = all->item[i];
	char *yaml = quo__yaml_write(&kept, err);
	quo_free(kept.item);
	if (!yaml)
		return QUO_FAILED;
	quo_sha256(yaml, strlen(yaml), digest);
	free(yaml);
	return QUO_OK;
}

const quo_registry *quo_experiment_registry(const quo_experiment *experiment)
{
	return experiment->resolver.registry;
}

const quo_agreement *quo_experiment_agreement(const quo_experiment *experiment)
{
	return &experiment->agreement;
}

size_t quo_experiment_instances(const quo_experiment *experiment)
{
	return experiment->resolver.n_made;
}

const quo_instance *quo_experiment_instance_at(const quo_experiment *experiment, size_t i,
					       const char **path)
{
	if (i >= experiment->resolver.n_made)
		return NULL;
	if (path)
		*path = experiment->resolver.made[i].path;
	return experiment->resolver.made[i].instance;
}
