/* SPDX-License-Identifier: Apache-2.0 */
/* The points of a sweep: what they are called, and the experiment of each. */
#include "config/merge.h"
#include "config/sweep.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "text/append.h"

#define MAX_SLUG 100

void quo_sweep_at(const quo_sweep *sweep, uint32_t point, uint32_t index[QUO_SWEEP_MAX_AXES])
{
	for (uint32_t i = sweep->n_axes; i-- > 0;) {
		if ((int)i == sweep->seeds)
			continue;
		index[i] = point % sweep->axis[i].n;
		point /= sweep->axis[i].n;
	}
	if (sweep->seeds >= 0)
		index[sweep->seeds] = point;
}

char *quo_sweep_title(quo_arena *arena, const quo_sweep *sweep, uint32_t point, quo_err *err)
{
	uint32_t index[QUO_SWEEP_MAX_AXES];
	char text[QUO_SWEEP_MAX_AXES * 2 * (QUO__SWEEP_MAX_LABEL + 4)] = "";

	quo_sweep_at(sweep, point, index);
	for (uint32_t i = 0; i < sweep->n_axes; i++) {
		const quo_sweep_axis *axis = &sweep->axis[i];
		const char *dot = strrchr(axis->name, '.'), *key = dot ? dot + 1 : axis->name;
		/* A component says by itself what it is; a number does not. */
		bool bare = axis->variants || !strcmp(key, "use") ||
			    quo__node_get(axis->value[index[i]], "use");
		quo__append(text, sizeof text, "%s%s%s%s", i ? ", " : "", bare ? "" : key,
			    bare ? "" : " ", axis->label[index[i]]);
	}
	return quo__strdup(arena, text, err);
}

char *quo_sweep_slug(quo_arena *arena, const quo_sweep *sweep, uint32_t point, quo_err *err)
{
	char slug[MAX_SLUG + 1];
	const char *title = quo_sweep_title(arena, sweep, point, err);
	size_t n = 0;

	if (!title)
		return NULL;
	for (; *title && n < MAX_SLUG; title++) {
		unsigned char c = (unsigned char)*title;
		bool fine = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			    (c >= '0' && c <= '9') || c == '_' || c == '.';
		if (c == ',' && title[1] == ' ') {
			slug[n++] = '_';
			title++;
		} else if (fine && !(c == '.' && n == 0)) {
			slug[n++] = (char)c;
		} else if (n && slug[n - 1] != '-') {
			slug[n++] = '-';
		}
	}
	slug[n] = 0;
	return quo__strdup(arena, slug, err);
}

/* The file at `base`, relative to the file that names it, under what the sweep's file says. */
static quo_status lay_upon(quo_arena *arena, const quo_node *base, quo_node **root, quo_err *err)
{
	const quo_node *data = quo__node_get(*root, "data");
	const char *slash = base->file && base->line ? strrchr(base->file, '/') : NULL;
	int folder = base->text[0] == '/' || !slash ? 0 : (int)(slash - base->file + 1);
	quo_node *under;

	if (data)
		return quo__key_fail(err, data,
				     "data is said here and again in a variant's base; a sweep "
				     "over bases extends none itself");
	char *path = quo__printf(arena, err, "%.*s%s", folder, base->file, base->text);
	if (!path)
		return QUO_FAILED;
	FILE *f = fopen(path, "r");
	if (!f)
		return quo__node_fail(err, base,
				      "base: cannot read %s: %s; the path is relative to this file",
				      path, strerror(errno));
	fclose(f);
	QUO_TRY(quo__yaml_load(arena, path, &under, err));
	under = quo__node_without(arena, under, "sweep", err);
	return under ? quo__node_merge(arena, under, *root, root, err) : QUO_FAILED;
}

static quo_status apply_bases(quo_arena *arena, const quo_sweep *sweep, const uint32_t *index,
			      quo_node **root, quo_err *err)
{
	const char *first = NULL;

	for (uint32_t i = 0; i < sweep->n_axes; i++) {
		const quo_sweep_axis *axis = &sweep->axis[i];
		const quo_node *value = axis->value[index[i]];
		const quo_node *base = axis->variants ? quo__node_get(value, "base") : NULL;
		if (!base)
			continue;
		if (first)
			return quo__node_fail(err, base,
					      "sweep.%s and sweep.%s both name a base; an "
					      "experiment has one",
					      first, axis->name);
		first = axis->name;
		QUO_TRY(lay_upon(arena, base, root, err));
	}
	return QUO_OK;
}

static quo_status assign(quo_arena *arena, quo_node *root, const char *key, quo_node *value,
			 quo_err *err)
{
	static const char *const fixed[] = { "extends", "sweep", "name", "output" };

	for (size_t i = 0; i < sizeof fixed / sizeof *fixed; i++) {
		size_t n = strlen(fixed[i]);
		if (!strncmp(key, fixed[i], n) && (!key[n] || key[n] == '.'))
			return quo__key_fail(err, value,
					     "a sweep cannot set '%.64s'; all its runs share it",
					     key);
	}
	return quo__node_assign(arena, root, key, value, err);
}

static quo_status apply_values(quo_arena *arena, const quo_sweep *sweep, const uint32_t *index,
			       quo_node *root, quo_err *err)
{
	for (uint32_t i = 0; i < sweep->n_axes; i++) {
		const quo_sweep_axis *axis = &sweep->axis[i];
		quo_node *value = axis->value[index[i]];
		if (!axis->variants) {
			QUO_TRY(assign(arena, root, axis->name, value, err));
			continue;
		}
		quo_node *set = quo__node_get(value, "set");
		for (uint32_t k = 0; set && k < set->n; k++) {
			/* Assigning gives the value a new key. */
			const char *key = set->item[k]->key;
			QUO_TRY(assign(arena, root, key, set->item[k], err));
		}
	}
	return QUO_OK;
}

quo_status quo__sweep_tree(quo_arena *arena, const char *path, const char *const *sets,
			   size_t n_sets, uint32_t point, quo_node **out, quo_err *err)
{
	uint32_t index[QUO_SWEEP_MAX_AXES];
	quo_node *root;
	quo_sweep *sweep;

	QUO_TRY(quo__sweep_load(arena, path, sets, n_sets, &root, &sweep, err));
	if (!sweep || point >= sweep->n_points)
		return quo_fail(err, QUO_BUG, "%.200s has no point %u", path, point);
	root = quo__node_without(arena, root, "sweep", err);
	if (!root)
		return QUO_FAILED;
	if (!quo__node_get(root,
			   "name")) { /* all points have one, whatever their bases are called */
		const char *slash = strrchr(path, '/'), *stem = slash ? slash + 1 : path;
		const char *dot = strrchr(stem, '.');
		char *name = quo__printf(arena, err, "%.*s",
					 dot && dot > stem ? (int)(dot - stem) : (int)strlen(stem),
					 stem);
		if (!name)
			return QUO_FAILED;
		QUO_TRY(quo__node_put(arena, root, "name",
				      quo__scalar_new(arena, name, true, root, err), err));
	}
	quo_sweep_at(sweep, point, index);
	QUO_TRY(apply_bases(arena, sweep, index, &root, err));
	QUO_TRY(apply_values(arena, sweep, index, root, err));
	for (size_t i = 0; i < n_sets; i++)
		if (!quo__sweep_owns(sets[i]))
			QUO_TRY(quo__node_set(arena, root, sets[i], err));
	*out = root;
	return QUO_OK;
}
