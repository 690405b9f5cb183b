/* SPDX-License-Identifier: Apache-2.0 */
#include "report/results.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "store/output.h"
#include "text/value.h"
#include "text/yaml_read.h"

#define MAX_EPOCHS 100000
#define MAX_PHASES 64

/* ---- summary.json ---- */

static double number_of(const quo_node *node)
{
	char *end;

	if (!node || node->kind != QUO_NODE_SCALAR || node->quoted || !*node->text)
		return NAN;
	double value = strtod(node->text, &end);
	return *end ? NAN : value;
}

static uint64_t count_of(const quo_node *node)
{
	if (!node || node->kind != QUO_NODE_SCALAR || node->quoted ||
	    node->text[strspn(node->text, "0123456789")])
		return 0;
	return strtoull(node->text, NULL, 10);
}

static const char *text_of(const quo_node *node)
{
	return node && node->kind == QUO_NODE_SCALAR && node->quoted ? node->text : NULL;
}

/* NULL in *out, and no error, when there is no such list. */
static quo_status read_numbers(quo_arena *arena, const quo_node *list, const double **out,
			       quo_err *err)
{
	if (!list || list->kind != QUO_NODE_LIST || list->n > MAX_EPOCHS)
		return QUO_OK;
	double *value = quo_arena_alloc(arena, list->n + 1, sizeof *value, err);
	if (!value)
		return QUO_FAILED;
	for (uint32_t i = 0; i < list->n; i++)
		value[i] = number_of(list->item[i]);
	*out = value;
	return QUO_OK;
}

static quo_status read_epochs(quo_arena *arena, const quo_node *root, quo_record *out, quo_err *err)
{
	const quo_node *list = quo__node_get(root, "test_accuracy_per_epoch"),
		       *seconds = quo__node_get(root, "seconds_at_epoch"),
		       *bytes = quo__node_get(root, "bytes_sent_at_epoch");

	QUO_TRY(read_numbers(arena, list, &out->per_epoch, err));
	out->n_epochs = out->per_epoch ? list->n : 0;
	if (seconds && seconds->n == out->n_epochs)
		QUO_TRY(read_numbers(arena, seconds, &out->seconds_at, err));
	if (bytes && bytes->n == out->n_epochs)
		QUO_TRY(read_numbers(arena, bytes, &out->bytes_at, err));
	return QUO_OK;
}

static quo_status read_phases(quo_arena *arena, const quo_node *list, quo_record *out, quo_err *err)
{
	if (!list || list->kind != QUO_NODE_LIST || list->n > MAX_PHASES)
		return QUO_OK;
	quo_phase *phase = quo_arena_alloc(arena, list->n + 1, sizeof *phase, err);
	if (!phase)
		return QUO_FAILED;
	for (uint32_t i = 0; i < list->n; i++) {
		const quo_node *p = list->item[i];
		const char *name = text_of(quo__node_get(p, "name"));
		double seconds = number_of(quo__node_get(p, "seconds"));
		phase[i] = (quo_phase){ name ? name : "?", isnan(seconds) ? 0 : seconds,
					count_of(quo__node_get(p, "bytes")),
					count_of(quo__node_get(p, "rounds")) };
		out->seconds += phase[i].seconds;
	}
	out->n_phases = list->n;
	out->phase = phase;
	return QUO_OK;
}

quo_status quo_record_read(quo_arena *arena, const char *folder, quo_record *out, quo_err *err)
{
	char path[PATH_MAX];
	quo_err why = QUO_ERR_INIT;
	quo_node *root;

	int n = snprintf(path, sizeof path, "%s/summary.json", folder);
	if (n < 0 || (size_t)n >= sizeof path)
		return quo_fail(err, QUO_FAILED, "a path of %zu characters is too long",
				strlen(folder));
	/* JSON as we write it is YAML. */
	if (quo__yaml_file(arena, path, &root, &why) != QUO_OK)
		return quo_fail(err, QUO_FAILED, "%s", why.text);
	const quo_node *steps = quo__node_get(root, "steps");
	if (root->kind != QUO_NODE_MAP || !steps)
		return quo_fail(err, QUO_FAILED, "%s is not the summary of a run", path);
	out->protocol = text_of(quo__node_get(root, "protocol"));
	out->seed = count_of(quo__node_get(root, "seed"));
	out->epochs = count_of(quo__node_get(root, "epochs"));
	out->steps = count_of(steps);
	out->batch = count_of(quo__node_get(root, "batch"));
	out->accuracy = number_of(quo__node_get(root, "test_accuracy"));
	out->train_seconds = number_of(quo__node_get(root, "train_seconds"));
	out->setup_seconds = number_of(quo__node_get(root, "setup_seconds"));
	out->bytes = count_of(quo__node_get(root, "bytes_sent"));
	out->rounds = count_of(quo__node_get(root, "rounds"));
	out->rss_bytes = count_of(quo__node_get(root, "peak_rss_bytes"));
	out->weights = text_of(quo__node_get(root, "weights_sha256"));
	out->manifest = quo__node_get(root, "manifest");
	if (out->manifest && out->manifest->kind != QUO_NODE_MAP)
		out->manifest = NULL;
	out->seconds = 0;
	QUO_TRY(read_epochs(arena, root, out, err));
	QUO_TRY(read_phases(arena, quo__node_get(root, "phases"), out, err));
	out->done = true;
	out->failure = NULL;
	return QUO_OK;
}

/* ---- together ---- */

static const quo_sweep alone = { .n_points = 1, .seeds = -1 };

quo_status quo_results_init(quo_results *r, quo_arena *arena, const char *name,
			    const quo_sweep *sweep, quo_err *err)
{
	*r = (quo_results){ .sweep = sweep ? sweep : &alone };
	r->n_records = r->sweep->n_points;
	r->n_groups = r->n_records / (r->sweep->seeds < 0 ? 1 : r->sweep->axis[r->sweep->seeds].n);
	r->record = quo_arena_alloc(arena, r->n_records, sizeof *r->record, err);
	r->group = quo_arena_alloc(arena, r->n_groups, sizeof *r->group, err);
	if (!r->record || !r->group || !(r->name = quo__strdup(arena, name, err)))
		return QUO_FAILED;
	for (uint32_t i = 0; i < r->n_records; i++) {
		r->record[i].folder = ".";
		r->record[i].accuracy = NAN;
		r->record[i].title = sweep ? quo_sweep_title(arena, sweep, i, err) : r->name;
		if (!r->record[i].title)
			return QUO_FAILED;
	}
	return QUO_OK;
}

quo_stat quo_stat_of(const double *value, size_t n)
{
	quo_stat s = { 0, NAN, NAN, NAN, NAN };
	double sum = 0, squares = 0;

	for (size_t i = 0; i < n; i++) {
		if (isnan(value[i]))
			continue;
		if (!s.n || value[i] < s.min)
			s.min = value[i];
		if (!s.n || value[i] > s.max)
			s.max = value[i];
		sum += value[i];
		s.n++;
	}
	if (!s.n)
		return s;
	s.mean = sum / s.n;
	for (size_t i = 0; i < n; i++)
		if (!isnan(value[i]))
			squares += (value[i] - s.mean) * (value[i] - s.mean);
	if (s.n > 1)
		s.sd = sqrt(squares / (s.n - 1));
	return s;
}

typedef double (*field)(const quo_record *);

static double f_accuracy(const quo_record *r)
{
	return r->accuracy;
}
static double f_seconds(const quo_record *r)
{
	return r->seconds;
}
static double f_train(const quo_record *r)
{
	return r->train_seconds;
}
static double f_bytes(const quo_record *r)
{
	return (double)r->bytes;
}
static double f_rounds(const quo_record *r)
{
	return (double)r->rounds;
}
static double f_rss(const quo_record *r)
{
	return (double)r->rss_bytes;
}

static quo_stat stat_of(const quo_results *r, uint32_t group, double *scratch, field f)
{
	size_t n = 0;

	for (uint32_t i = group; i < r->n_records; i += r->n_groups)
		if (r->record[i].done)
			scratch[n++] = f(&r->record[i]);
	return quo_stat_of(scratch, n);
}

static const double *at_seconds(const quo_record *r)
{
	return r->seconds_at;
}
static const double *at_bytes(const quo_record *r)
{
	return r->bytes_at;
}

static double mean_at(const quo_results *r, uint32_t group, uint32_t epoch, double *scratch,
		      const double *(*list)(const quo_record *))
{
	size_t n = 0;

	for (uint32_t i = group; i < r->n_records; i += r->n_groups)
		if (r->record[i].done && epoch < r->record[i].n_epochs && list(&r->record[i]))
			scratch[n++] = list(&r->record[i])[epoch];
	return quo_stat_of(scratch, n).mean;
}

static quo_status group_epochs(const quo_results *r, uint32_t group, quo_arena *arena,
			       double *scratch, quo_err *err)
{
	quo_group *g = &r->group[group];

	for (uint32_t i = group; i < r->n_records; i += r->n_groups)
		if (r->record[i].done && r->record[i].n_epochs > g->n_epochs)
			g->n_epochs = r->record[i].n_epochs;
	g->per_epoch = quo_arena_alloc(arena, g->n_epochs + 1, sizeof *g->per_epoch, err);
	g->seconds_at = quo_arena_alloc(arena, g->n_epochs + 1, sizeof *g->seconds_at, err);
	g->bytes_at = quo_arena_alloc(arena, g->n_epochs + 1, sizeof *g->bytes_at, err);
	if (!g->per_epoch || !g->seconds_at || !g->bytes_at)
		return QUO_FAILED;
	for (uint32_t e = 0; e < g->n_epochs; e++) {
		size_t n = 0;
		for (uint32_t i = group; i < r->n_records; i += r->n_groups)
			if (r->record[i].done && e < r->record[i].n_epochs)
				scratch[n++] = r->record[i].per_epoch[e];
		g->per_epoch[e] = quo_stat_of(scratch, n);
		g->seconds_at[e] = mean_at(r, group, e, scratch, at_seconds);
		g->bytes_at[e] = mean_at(r, group, e, scratch, at_bytes);
	}
	return QUO_OK;
}

static quo_status group_phases(const quo_results *r, uint32_t group, quo_arena *arena, quo_err *err)
{
	quo_group *g = &r->group[group];
	const quo_record *first = NULL;
	uint32_t n = 0;

	for (uint32_t i = group; i < r->n_records; i += r->n_groups)
		first = first ? first : r->record[i].done ? &r->record[i] : NULL;
	if (!first)
		return QUO_OK;
	g->phase = quo_arena_alloc(arena, first->n_phases + 1, sizeof *g->phase, err);
	if (!g->phase)
		return QUO_FAILED;
	g->n_phases = first->n_phases;
	for (uint32_t k = 0; k < g->n_phases; k++)
		g->phase[k].name = first->phase[k].name;
	for (uint32_t i = group; i < r->n_records; i += r->n_groups) {
		if (!r->record[i].done || r->record[i].n_phases != g->n_phases)
			continue;
		n++;
		for (uint32_t k = 0; k < g->n_phases; k++) {
			g->phase[k].seconds += r->record[i].phase[k].seconds;
			g->phase[k].bytes += r->record[i].phase[k].bytes;
			g->phase[k].rounds += r->record[i].phase[k].rounds;
		}
	}
	for (uint32_t k = 0; k < g->n_phases; k++) {
		g->phase[k].seconds /= n;
		g->phase[k].bytes /= n;
		g->phase[k].rounds /= n;
	}
	return QUO_OK;
}

/* A title without the seed, which is the last axis of the order of running. */
static const char *group_title(const quo_results *r, uint32_t group, quo_arena *arena, quo_err *err)
{
	quo_sweep others = *r->sweep;

	if (others.seeds >= 0) {
		for (uint32_t i = (uint32_t)others.seeds; i + 1 < others.n_axes; i++)
			others.axis[i] = others.axis[i + 1];
		others.n_axes--;
		others.seeds = -1;
	}
	return others.n_axes ? quo_sweep_title(arena, &others, group, err) : r->name;
}

static double paper_of(const quo_sweep *sweep, const uint32_t *index)
{
	double paper = NAN;

	for (uint32_t i = 0; i < sweep->n_axes; i++)
		if (!isnan(sweep->axis[i].paper[index[i]]))
			paper = sweep->axis[i].paper[index[i]];
	return paper;
}

quo_status quo_results_group(quo_results *r, quo_arena *arena, quo_err *err)
{
	double *scratch = quo_arena_alloc(arena, r->n_records, sizeof *scratch, err);

	if (!scratch)
		return QUO_FAILED;
	r->done = r->failed = 0;
	for (uint32_t k = 0; k < r->n_groups; k++) {
		quo_group *g = &r->group[k];
		*g = (quo_group){ .title = group_title(r, k, arena, err) };
		if (!g->title)
			return QUO_FAILED;
		quo_sweep_at(r->sweep, k, g->index);
		g->paper = paper_of(r->sweep, g->index);
		for (uint32_t i = k; i < r->n_records; i += r->n_groups) {
			g->done += r->record[i].done;
			g->failed += r->record[i].failure != NULL;
		}
		r->done += g->done;
		r->failed += g->failed;
		g->accuracy = stat_of(r, k, scratch, f_accuracy);
		g->seconds = stat_of(r, k, scratch, f_seconds);
		g->train_seconds = stat_of(r, k, scratch, f_train);
		g->bytes = stat_of(r, k, scratch, f_bytes);
		g->rounds = stat_of(r, k, scratch, f_rounds);
		g->rss_bytes = stat_of(r, k, scratch, f_rss);
		QUO_TRY(group_epochs(r, k, arena, scratch, err));
		QUO_TRY(group_phases(r, k, arena, err));
	}
	return QUO_OK;
}

static quo_status write_file(const char *folder, const char *file, const quo_buffer *b,
			     quo_err *err)
{
	char path[PATH_MAX];

	int n = snprintf(path, sizeof path, "%s/%s", folder, file);
	if (n < 0 || (size_t)n >= sizeof path)
		return quo_fail(err, QUO_FAILED, "a path of %zu characters is too long",
				strlen(folder));
	return quo_file_write(path, b->data, b->n, false, err);
}

quo_status quo_results_write(const quo_results *r, const char *folder, quo_err *err)
{
	quo_buffer results = QUO_BUFFER_INIT, curves = QUO_BUFFER_INIT, page = QUO_BUFFER_INIT;

	quo_results_csv(&results, r);
	quo_curves_csv(&curves, r);
	quo_status status = quo_results_page(&page, r, err);
	if (status == QUO_OK)
		status = quo_buffer_status(&results, err);
	if (status == QUO_OK)
		status = quo_buffer_status(&curves, err);
	if (status == QUO_OK)
		status = write_file(folder, "results.csv", &results, err);
	if (status == QUO_OK)
		status = write_file(folder, "curves.csv", &curves, err);
	if (status == QUO_OK)
		status = write_file(folder, "report.html", &page, err);
	quo_buffer_free(&results);
	quo_buffer_free(&curves);
	quo_buffer_free(&page);
	return status;
}
