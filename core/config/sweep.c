/* SPDX-License-Identifier: Apache-2.0 */
#include "config/sweep.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/merge.h"
#include "text/append.h"
#include "text/suggest.h"
#include "text/yaml_read.h"
#include "text/yaml_write.h"

/* A sweep while it is read. Values of `over` come from "--set sweep.<axis>=..". */
struct reader {
	quo_arena *arena;
	quo_sweep *sweep;
	const char *const *sets;
	size_t n_sets;
	quo_err *err;
};

/* ---- overrides ---- */

/* Whether an override assigns exactly this key. */
static bool assigns(const char *set, const char *key)
{
	size_t n = strlen(key);
	return !strncmp(set, key, n) && set[n] == '=';
}

static bool is_axis_set(const char *set)
{
	return !strncmp(set, "sweep.", 6);
}

bool quo__sweep_owns(const char *set)
{
	return is_axis_set(set) || assigns(set, "sweep");
}

/* The file with the overrides that concern the sweep as a whole. */
static quo_status load_root(quo_arena *arena, const char *path, const char *const *sets,
			    size_t n_sets, quo_node **root, quo_err *err)
{
	QUO_TRY(quo__yaml_load(arena, path, root, err));
	for (size_t i = 0; i < n_sets; i++)
		if (assigns(sets[i], "sweep"))
			QUO_TRY(quo__node_set(arena, *root, sets[i], err));
	return QUO_OK;
}

/* What the last "sweep.<axis>=[..]" says; NULL: nothing. */
static quo_status axis_set(struct reader *r, const char *axis, quo_node **out)
{
	char label[160], what[80];

	*out = NULL;
	for (size_t i = 0; i < r->n_sets; i++) {
		const char *set = r->sets[i];
		if (!is_axis_set(set) || !assigns(set + 6, axis))
			continue;
		snprintf(label, sizeof label, "--set %.140s", set);
		QUO_TRY(quo__yaml_text(r->arena, strchr(set, '=') + 1, label, out, r->err));
		if ((*out)->kind != QUO_NODE_LIST || !(*out)->n)
			return quo__node_fail(r->err, *out, "a list of values goes here, not %s",
					      quo__node_describe(*out, what, sizeof what));
	}
	return QUO_OK;
}

/* ---- labels ---- */

/* "sgd lr_shift=4" for {use: sgd, lr_shift: 4}. */
static char *label_of(quo_arena *arena, const quo_node *value, quo_err *err)
{
	const quo_node *use = value->kind == QUO_NODE_MAP ? quo__node_get(value, "use") : NULL;
	char text[QUO__SWEEP_MAX_LABEL + 1] = "";

	if (value->kind == QUO_NODE_SCALAR)
		return quo__strdup(arena, value->text, err);
	if (!use || use->kind != QUO_NODE_SCALAR)
		return quo__yaml_write_flow(arena, value, err);
	quo__append(text, sizeof text, "%s", use->text);
	for (uint32_t i = 0; i < value->n; i++) {
		const quo_node *option = value->item[i];
		if (option == use)
			continue;
		const char *of = label_of(arena, option, err);
		if (!of)
			return NULL;
		quo__append(text, sizeof text, " %s=%s", option->key, of);
	}
	return quo__strdup(arena, text, err);
}

/* One line of at most QUO__SWEEP_MAX_LABEL characters: labels go into tables. */
static char *tidy(quo_arena *arena, const char *label, quo_err *err)
{
	char *copy = quo__printf(arena, err, "%.*s", QUO__SWEEP_MAX_LABEL, label);
	size_t n = copy ? strlen(copy) : 0;

	/* No half of a UTF-8 sequence. */
	if (n == QUO__SWEEP_MAX_LABEL && strlen(label) > n) {
		while (n && ((unsigned char)label[n] & 0xc0) == 0x80)
			n--;
		copy[n] = 0;
	}
	for (char *c = copy; c && *c; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = ' ';
	return copy;
}

/* ---- variants ---- */

static const char *const variant_keys[] = { "name", "base", "set", "paper", NULL };

static bool is_variant(const quo_node *value)
{
	return value->kind == QUO_NODE_MAP && quo__node_get(value, "name") &&
	       !quo__node_get(value, "use");
}

static quo_status check_variant(struct reader *r, const char *axis, const quo_node *v)
{
	char what[80];

	if (!is_variant(v))
		return quo__node_fail(r->err, v,
				      "sweep.%s is a list of variants, each {name: .., set: {key: "
				      "value}}, not %s",
				      axis, quo__node_describe(v, what, sizeof what));
	for (uint32_t i = 0; i < v->n; i++) {
		quo_suggest s = { v->item[i]->key, NULL, 0 };
		bool known = false;
		for (const char *const *k = variant_keys; *k; k++) {
			known = known || !strcmp(*k, v->item[i]->key);
			quo__suggest(&s, *k);
		}
		if (!known)
			return quo__key_fail(r->err, v->item[i],
					     "unknown key '%.64s' in a variant of sweep.%s; %s%s%s",
					     v->item[i]->key, axis,
					     s.best ? "did you mean '" : "it has name, base, set",
					     s.best ? s.best : " and paper", s.best ? "'?" : "");
	}
	const quo_node *name = quo__node_get(v, "name"), *base = quo__node_get(v, "base"),
		       *set = quo__node_get(v, "set");
	if (name->kind != QUO_NODE_SCALAR || quo__node_is_null(name) || !*name->text)
		return quo__node_fail(r->err, name, "a variant's name is a text, not %s",
				      quo__node_describe(name, what, sizeof what));
	if (base && (base->kind != QUO_NODE_SCALAR || quo__node_is_null(base) || !*base->text))
		return quo__node_fail(r->err, base,
				      "base wants the path of one file, relative to this one");
	if (set && set->kind != QUO_NODE_MAP)
		return quo__node_fail(r->err, set,
				      "set wants a map of keys, e.g. {train.epochs: 3}, not %s",
				      quo__node_describe(set, what, sizeof what));
	return QUO_OK;
}

static quo_status paper_of(struct reader *r, const quo_node *value, double *out)
{
	const quo_node *paper = value->kind == QUO_NODE_MAP ? quo__node_get(value, "paper") : NULL;
	char what[80], *end;

	*out = NAN;
	if (!paper)
		return QUO_OK;
	if (paper->kind == QUO_NODE_SCALAR && *paper->text) {
		*out = strtod(paper->text, &end) / 100;
		if (!*end && *out >= 0 && *out <= 1)
			return QUO_OK;
	}
	return quo__node_fail(r->err, paper,
			      "paper wants an accuracy in percent, e.g. 95.04, not %s",
			      quo__node_describe(paper, what, sizeof what));
}

/* Names that variants have, as many as a message holds. */
static const char *names_of(const quo_node *variants, char out[200])
{
	*out = 0;
	for (uint32_t k = 0; k < variants->n; k++) {
		const quo_node *name = quo__node_get(variants->item[k], "name");
		if (!name || name->kind != QUO_NODE_SCALAR)
			continue;
		if (strlen(out) + strlen(name->text) + 8 > 200) {
			quo__append(out, 200, ", ..");
			break;
		}
		quo__append(out, 200, "%s'%s'", *out ? ", " : "", name->text);
	}
	return out;
}

/* Names of "--set sweep.<axis>=[..]" as the variants of the file. */
static quo_status pick(struct reader *r, const char *axis, const quo_node *all, quo_node *picked)
{
	char names[200];

	for (uint32_t i = 0; i < picked->n; i++) {
		quo_node *name = picked->item[i], *found = NULL;
		if (name->kind != QUO_NODE_SCALAR)
			continue;
		quo_suggest s = { name->text, NULL, 0 };
		for (uint32_t k = 0; k < all->n && !found; k++) {
			const quo_node *other = quo__node_get(all->item[k], "name");
			if (!other || other->kind != QUO_NODE_SCALAR)
				continue;
			quo__suggest(&s, other->text);
			if (!strcmp(other->text, name->text))
				found = all->item[k];
		}
		if (!found)
			return quo__node_fail(
				r->err, name,
				"sweep.%.64s has no variant named '%.64s'%s%.64s%s %s", axis,
				name->text, s.best ? "; did you mean '" : "", s.best ? s.best : "",
				s.best ? "'? It has" : "; it has", names_of(all, names));
		picked->item[i] = found;
	}
	return QUO_OK;
}

/* ---- axes ---- */

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Every point reads its sweep anew, so this sorts where comparing all pairs would be slow. */
static quo_status refuse_twice(struct reader *r, const char *axis, const quo_node *list,
			       const char *const *label)
{
	const char **sorted = quo_arena_alloc(r->arena, list->n, sizeof *sorted, r->err);

	if (!sorted)
		return QUO_FAILED;
	memcpy(sorted, label, list->n * sizeof *sorted);
	qsort(sorted, list->n, sizeof *sorted, by_text);
	for (uint32_t i = 1; i < list->n; i++) {
		if (strcmp(sorted[i - 1], sorted[i]) != 0)
			continue;
		uint32_t last = list->n - 1;
		while (strcmp(label[last], sorted[i]) != 0)
			last--;
		return quo__node_fail(r->err, list->item[last], "sweep.%s has '%s' twice", axis,
				      sorted[i]);
	}
	return QUO_OK;
}

static quo_status read_values(struct reader *r, quo_sweep_axis *axis, const quo_node *list)
{
	const char **label = quo_arena_alloc(r->arena, list->n, sizeof *label, r->err);
	double *paper = quo_arena_alloc(r->arena, list->n, sizeof *paper, r->err);

	if (!label || !paper)
		return QUO_FAILED;
	for (uint32_t i = 0; i < list->n; i++) {
		const quo_node *value = list->item[i];
		if (axis->variants)
			QUO_TRY(check_variant(r, axis->name, value));
		QUO_TRY(paper_of(r, axis->variants ? value : list, &paper[i]));
		const char *text = axis->variants ? quo__node_get(value, "name")->text
						  : label_of(r->arena, value, r->err);
		if (!text || !(label[i] = tidy(r->arena, text, r->err)))
			return QUO_FAILED;
		axis->bases = axis->bases || (axis->variants && quo__node_get(value, "base"));
	}
	QUO_TRY(refuse_twice(r, axis->name, list, label));
	axis->n = list->n;
	axis->label = label;
	axis->paper = paper;
	axis->value = list->item;
	return QUO_OK;
}

static quo_status read_axis(struct reader *r, quo_node *node)
{
	quo_sweep *sweep = r->sweep;
	quo_node *list = node, *over;
	char what[80];

	if (list->kind != QUO_NODE_LIST || !list->n)
		return quo__node_fail(
			r->err, node, "sweep.%s wants a list of values, not %s", node->key,
			list->kind == QUO_NODE_LIST ? "an empty one"
						    : quo__node_describe(node, what, sizeof what));
	bool variants = is_variant(list->item[0]);
	QUO_TRY(axis_set(r, node->key, &over));
	if (over && variants)
		QUO_TRY(pick(r, node->key, list, over));
	list = over ? over : list;
	for (size_t i = 0; i < r->n_sets && !variants; i++)
		if (assigns(r->sets[i], node->key))
			return QUO_OK;
	if (sweep->n_axes == QUO_SWEEP_MAX_AXES)
		return quo__key_fail(r->err, node, "a sweep has at most %d axes",
				     QUO_SWEEP_MAX_AXES);
	quo_sweep_axis *axis = &sweep->axis[sweep->n_axes];
	*axis = (quo_sweep_axis){ .name = node->key, .variants = variants };
	if ((uint64_t)sweep->n_points * list->n > QUO_SWEEP_MAX_POINTS)
		return quo__node_fail(r->err, list, "the sweep has more than %d points",
				      QUO_SWEEP_MAX_POINTS);
	QUO_TRY(read_values(r, axis, list));
	if (!variants) /* messages about the key point to it */
		for (uint32_t i = 0; i < list->n; i++)
			list->item[i]->key_line = over ? 0 : node->key_line;
	if (!strcmp(axis->name, "train.seed"))
		sweep->seeds = (int)sweep->n_axes;
	sweep->n_axes++;
	sweep->n_points *= list->n;
	return QUO_OK;
}

/* Overrides of axes that are not there. */
static quo_status check_axis_sets(struct reader *r, const quo_node *map)
{
	for (size_t i = 0; i < r->n_sets; i++) {
		const char *set = r->sets[i];
		if (!is_axis_set(set) || !strchr(set, '='))
			continue;
		char *key =
			quo__printf(r->arena, r->err, "%.*s", (int)strcspn(set + 6, "="), set + 6);
		if (!key)
			return QUO_FAILED;
		if (quo__node_get(map, key))
			continue;
		quo_suggest s = { key, NULL, 0 };
		for (uint32_t k = 0; k < map->n; k++)
			quo__suggest(&s, map->item[k]->key);
		return quo_fail(r->err, QUO_USAGE,
				"--set %.140s: the sweep has no axis '%.64s'%s%s%s", set, key,
				s.best ? "; did you mean '" : "", s.best ? s.best : "",
				s.best ? "'?" : "");
	}
	return QUO_OK;
}

static quo_status read_sweep(struct reader *r, const quo_node *root)
{
	const quo_node *map = quo__node_get(root, "sweep");
	char what[80];

	if (map->kind != QUO_NODE_MAP || !map->n)
		return quo__node_fail(
			r->err, map,
			"sweep wants a map of keys, each with a list of values, e.g. {train.seed: "
			"[1, 2]}, not %s",
			map->kind == QUO_NODE_MAP ? "an empty one"
						  : quo__node_describe(map, what, sizeof what));
	*r->sweep = (quo_sweep){ .n_points = 1, .seeds = -1 };
	for (uint32_t i = 0; i < map->n; i++)
		QUO_TRY(read_axis(r, map->item[i]));
	return check_axis_sets(r, map);
}

quo_status quo__sweep_load(quo_arena *arena, const char *path, const char *const *sets,
			   size_t n_sets, quo_node **root, quo_sweep **out, quo_err *err)
{
	*out = NULL;
	QUO_TRY(load_root(arena, path, sets, n_sets, root, err));
	const quo_node *map = quo__node_get(*root, "sweep");
	if (!map || quo__node_is_null(map)) {
		for (size_t i = 0; i < n_sets; i++)
			if (is_axis_set(sets[i]))
				return quo_fail(err, QUO_USAGE, "--set %.140s: %.200s has no sweep",
						sets[i], path);
		return QUO_OK;
	}
	quo_sweep *sweep = quo_arena_alloc(arena, 1, sizeof *sweep, err);
	if (!sweep)
		return QUO_FAILED;
	struct reader r = { arena, sweep, sets, n_sets, err };
	QUO_TRY(read_sweep(&r, *root));
	*out = sweep;
	return QUO_OK;
}

quo_status quo_sweep_load(quo_arena *arena, const char *path, const char *const *sets,
			  size_t n_sets, const quo_sweep **out, quo_err *err)
{
	quo_node *root;
	quo_sweep *sweep;

	quo_status status = quo__sweep_load(arena, path, sets, n_sets, &root, &sweep, err);
	*out = status == QUO_OK ? sweep : NULL;
	return status;
}
