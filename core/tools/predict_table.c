/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/predict_table.h"
#include "tools/cli.h"

#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "config/merge.h"
#include "config/resolve.h"
#include "data/dataset.h"
#include "report/results.h"
#include "text/node.h"

enum { LAN_ONE, LAN_BATCH, WAN_ONE, WAN_BATCH, COLUMNS };

static const char *const column_names[COLUMNS] = { "lan_one", "lan_batch", "wan_one", "wan_batch" };

struct table_config {
	const char *name, *title, *output;
	int64_t batch, repeat;
	double latency, bandwidth;
	int links;
	quo_strings set;
};

struct row_config {
	const char *dataset, *network, *experiment;
	int64_t batch;
	double paper_lan_one, paper_lan_batch, paper_wan_one,
		paper_wan_batch; /* seconds; 0: unknown */
};

static const char *const link_choices[] = { "both", "lan", "wan", NULL };

static const quo_option table_options[] = {
	QUO_OPTION(struct table_config, name, QUO_OPT_STRING, "table", "names the results' folder"),
	QUO_OPTION(struct table_config, title, QUO_OPT_STRING, "''", "printed above the table"),
	QUO_OPTION(struct table_config, output, QUO_OPT_STRING, "runs",
		   "folder that gets the results' folder"),
	QUO_OPTION(struct table_config, batch, QUO_OPT_INT, "128", "examples of a batch", .min = 1,
		   .max = 65536),
	QUO_OPTION(struct table_config, repeat, QUO_OPT_INT, "5",
		   "times of which the median is shown", .min = 1, .max = 1000),
	QUO_OPTION(struct table_config, latency, QUO_OPT_SECONDS, "42ms", "of the WAN, one way",
		   .max_real = 60),
	QUO_OPTION(struct table_config, bandwidth, QUO_OPT_RATE, "24.3MB/s", "of the WAN, each way",
		   .max_real = 1e12),
	QUO_OPTION(struct table_config, links, QUO_OPT_ENUM, "both", "which columns",
		   .choices = link_choices),
	QUO_OPTION(struct table_config, set, QUO_OPT_STRINGS, "[]",
		   "overrides of every experiment, as with --set"),
	{ 0 },
};

static const quo_option row_options[] = {
	QUO_OPTION(struct row_config, dataset, QUO_OPT_STRING, NULL, "first column"),
	QUO_OPTION(struct row_config, network, QUO_OPT_STRING, NULL, "second column"),
	QUO_OPTION(struct row_config, experiment, QUO_OPT_STRING, NULL,
		   "file, relative to the table's"),
	QUO_OPTION(struct row_config, batch, QUO_OPT_INT, "-1",
		   "instead of the table's; 0: single examples only", .min = -1, .max = 65536),
	QUO_OPTION(struct row_config, paper_lan_one, QUO_OPT_REAL, "0",
		   "the paper's seconds of this column; 0: unknown", .max_real = 1e9),
	QUO_OPTION(struct row_config, paper_lan_batch, QUO_OPT_REAL, "0",
		   "the paper's seconds of this column; 0: unknown", .max_real = 1e9),
	QUO_OPTION(struct row_config, paper_wan_one, QUO_OPT_REAL, "0",
		   "the paper's seconds of this column; 0: unknown", .max_real = 1e9),
	QUO_OPTION(struct row_config, paper_wan_batch, QUO_OPT_REAL, "0",
		   "the paper's seconds of this column; 0: unknown", .max_real = 1e9),
	{ 0 },
};

struct cell {
	bool measured;
	char why_not[200];
	quo_predicted result;
};

struct row {
	struct row_config config;
	char path[PATH_MAX];
	uint32_t batch;
	struct cell cell[COLUMNS];
};

struct table {
	const quo_cli *cli;
	FILE *ui;
	quo_arena *arena;
	struct table_config config;
	uint32_t n;
	struct row *row;
	quo_predicted *shared; /* where the leading party leaves what it measured */
	bool failed;
};

static double paper_of(const struct row *r, int column)
{
	const double paper[COLUMNS] = { r->config.paper_lan_one, r->config.paper_lan_batch,
					r->config.paper_wan_one, r->config.paper_wan_batch };

	return paper[column];
}

/* ---- reading ---- */

bool quo_predict_table_is(const char *path)
{
	quo_err err = QUO_ERR_INIT;
	quo_arena *arena = quo_arena_new(&err);
	quo_node *root = NULL;
	bool is = arena && quo__yaml_load(arena, path, &root, &err) == QUO_OK &&
		  root->kind == QUO_NODE_MAP && quo__node_get(root, "table");

	quo_arena_free(arena);
	return is;
}

/* Experiments are named from the table's own folder. */
static quo_status find_experiment(const struct table *t, struct row *r, const quo_node *at,
				  quo_err *err)
{
	const char *file = t->cli->run.file, *slash = strrchr(file, '/'),
		   *experiment = r->config.experiment;
	int folder = slash && *experiment != '/' ? (int)(slash - file) + 1 : 0;
	int n = snprintf(r->path, sizeof r->path, "%.*s%s", folder, file, experiment);

	if (n < 0 || (size_t)n >= sizeof r->path)
		return quo__node_fail(err, at, "experiment: the path is too long");
	r->batch = (uint32_t)(r->config.batch < 0 ? t->config.batch : r->config.batch);
	return QUO_OK;
}

static quo_status read_rows(struct table *t, quo_resolver *resolver, const quo_node *list,
			    quo_err *err)
{
	if (list->kind != QUO_NODE_LIST || !list->n)
		return quo__node_fail(err, list,
				      "table wants a list of {dataset, network, experiment}");
	t->row = quo_arena_alloc(t->arena, list->n, sizeof *t->row, err);
	if (!t->row)
		return QUO_FAILED;
	t->n = list->n;
	for (uint32_t i = 0; i < list->n; i++) {
		const quo_node *node = list->item[i];
		char *path = quo__printf(t->arena, err, "table.%u", i);
		quo_node *resolved = quo__node_new(t->arena, QUO_NODE_MAP, node, err);
		if (!path || !resolved)
			return QUO_FAILED;
		if (node->kind != QUO_NODE_MAP)
			return quo__node_fail(
				err, node, "%s wants a map {dataset, network, experiment}", path);
		QUO_TRY(quo__resolve_table(resolver, row_options, &t->row[i].config, node, node,
					   path, path, NULL, resolved));
		QUO_TRY(find_experiment(t, &t->row[i], node, err));
	}
	return QUO_OK;
}

/* An override of the table itself ("links=lan"), not of its experiments. */
static bool is_own(const char *set)
{
	size_t n = strcspn(set, "=");

	for (const quo_option *o = table_options; o->name; o++)
		if (strlen(o->name) == n && strncmp(o->name, set, n) == 0)
			return true;
	return false;
}

static quo_status read_table(struct table *t, quo_err *err)
{
	static const char *const also[] = { "table", NULL };
	quo_resolver resolver = { .arena = t->arena, .err = err };
	quo_node *root, *own;

	QUO_TRY(quo__yaml_load(t->arena, t->cli->run.file, &root, err));
	for (size_t i = 0; i < t->cli->run.n_sets; i++)
		if (is_own(t->cli->run.sets[i]))
			QUO_TRY(quo__node_set(t->arena, root, t->cli->run.sets[i], err));
	if (!(own = quo__node_new(t->arena, QUO_NODE_MAP, root, err)))
		return QUO_FAILED;
	QUO_TRY(quo__resolve_table(&resolver, table_options, &t->config, root, root, "",
				   "the table", also, own));
	return read_rows(t, &resolver, quo__node_get(root, "table"), err);
}

/* ---- measuring ---- */

static quo_status measure(struct table *t, quo_cli *cli, quo_predicted *out, quo_err *err)
{
	quo_predicting predicting = { .result = t->shared };
	quo_run run = { .options = &cli->run,
			.work = &quo_prediction,
			.arg = &predicting,
			.silent = true,
			.ui = fopen("/dev/null", "w") };
	quo_registry *registry = quo_registry_new(quo_data_components, err);
	quo_status status = registry && run.ui ? quo_run_open(&run, registry, err) : QUO_FAILED;

	if (status == QUO_OK)
		status = quo_predicting_load(&predicting, &run, err);
	if (status == QUO_OK && run.config->network.mode != QUO_MODE_LOCAL)
		status = quo_fail(
			err, QUO_USAGE,
			"a table runs all parties on this machine; leave network.mode local");
	if (status == QUO_OK)
		status = quo_run_local(&run, registry, err);
	*out = *t->shared;
	quo_predicting_free(&predicting);
	quo_run_close(&run);
	quo_registry_free(registry);
	if (run.ui)
		fclose(run.ui);
	return status;
}

static quo_status add_set(quo_cli *cli, struct table *t, quo_err *err, const char *format, ...)
	QUO_PRINTF(4, 5);
static quo_status add_set(quo_cli *cli, struct table *t, quo_err *err, const char *format, ...)
{
	char text[600];
	va_list args;

	va_start(args, format);
	int n = vsnprintf(text, sizeof text, format, args);
	va_end(args);
	if (n < 0 || (size_t)n >= sizeof text)
		return quo_fail(err, QUO_USAGE, "an override of %d bytes, over %zu: %.60s", n,
				sizeof text - 1, text);
	if (cli->run.n_sets == QUO_RUN_MAX_SETS)
		return quo_fail(err, QUO_USAGE, "more than %d overrides", QUO_RUN_MAX_SETS);
	cli->run.sets[cli->run.n_sets] = quo__strdup(t->arena, text, err);
	return cli->run.sets[cli->run.n_sets++] ? QUO_OK : QUO_FAILED;
}

static quo_status measure_cell(struct table *t, struct row *r, int column, quo_err *err)
{
	quo_cli cli = *t->cli;
	uint32_t rows = column == LAN_ONE || column == WAN_ONE ? 1 : r->batch;

	cli.run.file = r->path;
	cli.run.n_sets = cli.n_owned = 0;
	for (uint32_t i = 0; i < t->config.set.n; i++)
		QUO_TRY(add_set(&cli, t, err, "%s", t->config.set.item[i]));
	QUO_TRY(add_set(&cli, t, err, "predict.model=initial"));
	QUO_TRY(add_set(&cli, t, err, "predict.batch=%u", rows));
	QUO_TRY(add_set(&cli, t, err, "predict.rows=%u", rows));
	QUO_TRY(add_set(&cli, t, err, "predict.repeat=%lld", (long long)t->config.repeat));
	if (column == WAN_ONE || column == WAN_BATCH)
		QUO_TRY(add_set(&cli, t, err,
				"network.shape={latency: %.3fms, bandwidth: %.6fMB/s}",
				1e3 * t->config.latency, 1e-6 * t->config.bandwidth));
	for (size_t i = 0; i < t->cli->run.n_sets; i++)
		if (!is_own(t->cli->run.sets[i]))
			QUO_TRY(add_set(&cli, t, err, "%s", t->cli->run.sets[i]));
	return measure(t, &cli, &r->cell[column].result, err);
}

static bool wanted(const struct table *t, const struct row *r, int column)
{
	bool wan = column == WAN_ONE || column == WAN_BATCH;

	if ((column == LAN_BATCH || column == WAN_BATCH) && !r->batch)
		return false;
	return t->config.links == 0 || (t->config.links == 2) == wan;
}

/* ---- showing ---- */

static void print_head(const struct table *t)
{
	char one[32] = "1", link[64];

	if (*t->config.title)
		fprintf(t->ui, "%s\n", t->config.title);
	snprintf(link, sizeof link, "WAN (%.4g ms, %.4g MB/s)", 1e3 * t->config.latency,
		 1e-6 * t->config.bandwidth);
	fprintf(t->ui,
		"seconds of a prediction after set-up, medians of %lld; in brackets the paper's\n\n",
		(long long)t->config.repeat);
	fprintf(t->ui, "%-14s %-24s %5s | %-35s | %s\n", "", "", "", "LAN (this machine)", link);
	fprintf(t->ui, "%-14s %-24s %5s | %-17s %-17s | %-17s %-17s\n", "dataset", "network",
		"batch", one, "batch", one, "batch");
	fflush(t->ui);
}

static void print_cell(const struct table *t, const struct row *r, int column)
{
	const struct cell *cell = &r->cell[column];
	char ours[24] = "-", paper[24] = "";

	if (cell->measured)
		snprintf(ours, sizeof ours, "%.4g", cell->result.batch.seconds);
	else if (*cell->why_not)
		snprintf(ours, sizeof ours, "failed");
	if (paper_of(r, column) > 0)
		snprintf(paper, sizeof paper, "(%.4g)", paper_of(r, column));
	fprintf(t->ui, " %-8s %-8s%s", ours, paper, column == LAN_BATCH ? " |" : "");
}

static void print_row(const struct table *t, const struct row *r)
{
	fprintf(t->ui, "%-14s %-24s %5u |", r->config.dataset, r->config.network, r->batch);
	for (int c = 0; c < COLUMNS; c++)
		print_cell(t, r, c);
	fputc('\n', t->ui);
	for (int c = 0; c < COLUMNS; c++)
		if (*r->cell[c].why_not) {
			fprintf(t->ui, "    %s\n", r->cell[c].why_not);
			break;
		}
	fflush(t->ui);
}

static void json_cell(quo_json *j, const struct row *r, int column)
{
	const struct cell *cell = &r->cell[column];
	const quo_predicted *p = &cell->result;

	quo_json_object(j, column_names[column]);
	if (cell->measured) {
		quo_json_real(j, "seconds", p->batch.seconds);
		quo_json_real(j, "cpu_seconds", p->batch.cpu_seconds);
		quo_json_uint(j, "bytes", p->batch.bytes);
		quo_json_uint(j, "rounds", p->batch.rounds);
		quo_json_real(j, "setup_seconds", p->setup.seconds);
		quo_json_uint(j, "setup_bytes", p->setup.bytes);
	}
	if (paper_of(r, column) > 0)
		quo_json_real(j, "paper_seconds", paper_of(r, column));
	quo_json_end(j);
}

static void make_json(const struct table *t, quo_json *j)
{
	quo_json_object(j, NULL);
	quo_json_string(j, "name", t->config.name);
	quo_json_string(j, "title", t->config.title);
	quo_json_real(j, "wan_latency_seconds", t->config.latency);
	quo_json_real(j, "wan_bytes_per_second", t->config.bandwidth);
	quo_json_array(j, "rows");
	for (uint32_t i = 0; i < t->n; i++) {
		const struct row *r = &t->row[i];
		quo_json_object(j, NULL);
		quo_json_string(j, "dataset", r->config.dataset);
		quo_json_string(j, "network", r->config.network);
		quo_json_uint(j, "batch", r->batch);
		for (int c = 0; c < COLUMNS; c++)
			json_cell(j, r, c);
		quo_json_end(j);
	}
	quo_json_end(j);
	quo_json_end(j);
}

static void add_text(quo_buffer *b, const char *format, ...) QUO_PRINTF(2, 3);
static void add_text(quo_buffer *b, const char *format, ...)
{
	char text[600];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	quo_buffer_add(b, text, strlen(text));
}

static void make_csv(const struct table *t, quo_buffer *b)
{
	add_text(b, "dataset,network,batch");
	for (int c = 0; c < COLUMNS; c++)
		add_text(b, ",%s_seconds,%s_bytes,%s_rounds,paper_%s_seconds", column_names[c],
			 column_names[c], column_names[c], column_names[c]);
	add_text(b, "\n");
	for (uint32_t i = 0; i < t->n; i++) {
		const struct row *r = &t->row[i];
		quo_csv_cell(b, r->config.dataset);
		quo_csv_cell(b, r->config.network);
		add_text(b, "%u", r->batch);
		for (int c = 0; c < COLUMNS; c++) {
			const struct cell *cell = &r->cell[c];
			if (cell->measured)
				add_text(b, ",%.9g,%llu,%llu,", cell->result.batch.seconds,
					 (unsigned long long)cell->result.batch.bytes,
					 (unsigned long long)cell->result.batch.rounds);
			else
				add_text(b, ",,,,");
			if (paper_of(r, c) > 0)
				add_text(b, "%.9g", paper_of(r, c));
		}
		add_text(b, "\n");
	}
}

/* The table's own, or what --set says of every row. */
static const char *output_dir(const struct table *t)
{
	static const char key[] = "output.dir=";
	const char *dir = t->config.output;

	for (size_t i = 0; i < t->cli->run.n_sets; i++)
		if (strncmp(t->cli->run.sets[i], key, sizeof key - 1) == 0)
			dir = t->cli->run.sets[i] + sizeof key - 1;
	return dir;
}

static quo_status write_files(const struct table *t, quo_err *err)
{
	quo_folder *folder = quo_folder_open(output_dir(t), t->config.name, err);
	quo_buffer csv = QUO_BUFFER_INIT;
	quo_json j = QUO_JSON_INIT(true);

	if (!folder)
		return QUO_FAILED;
	make_csv(t, &csv);
	make_json(t, &j);
	quo_status status = quo_buffer_status(&csv, err);
	if (status == QUO_OK)
		status = quo_json_status(&j, err);
	if (status == QUO_OK)
		status = quo_folder_write(folder, "table.csv", csv.data, csv.n, false, err);
	if (status == QUO_OK)
		status = quo_folder_write(folder, "table.json", j.out.data, j.out.n, false, err);
	if (status == QUO_OK)
		fprintf(t->ui, "results in %s\n", quo_folder_name(folder));
	if (status == QUO_OK && t->cli->run.json)
		printf("%.*s\n", (int)j.out.n, (const char *)j.out.data);
	quo_buffer_free(&csv);
	quo_json_free(&j);
	quo_folder_close(folder);
	return status == QUO_OK ? quo_run_printed(err) : status;
}

/* ---- the whole ---- */

static void measure_row(struct table *t, struct row *r)
{
	for (int c = 0; c < COLUMNS; c++) {
		quo_err own = QUO_ERR_INIT;
		if (!wanted(t, r, c))
			continue;
		if (measure_cell(t, r, c, &own) == QUO_OK) {
			r->cell[c].measured = true;
			continue;
		}
		t->failed = true;
		snprintf(r->cell[c].why_not, sizeof r->cell[c].why_not, "%.190s", own.text);
		break; /* the others of the row would fail alike */
	}
}

static quo_status run_table(struct table *t, quo_err *err)
{
	QUO_TRY(read_table(t, err));
	t->shared = mmap(NULL, sizeof *t->shared, PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (t->shared == MAP_FAILED)
		return quo_fail(err, QUO_FAILED, "out of memory");
	print_head(t);
	for (uint32_t i = 0; i < t->n; i++) {
		measure_row(t, &t->row[i]);
		print_row(t, &t->row[i]);
	}
	munmap(t->shared, sizeof *t->shared);
	QUO_TRY(write_files(t, err));
	if (t->failed)
		return quo_fail(err, QUO_FAILED, "%s: rows failed; the table says why",
				t->cli->run.file);
	return QUO_OK;
}

quo_status quo_predict_table(const quo_cli *cli, FILE *ui, quo_err *err)
{
	struct table t = { .cli = cli, .ui = ui, .arena = quo_arena_new(err) };
	quo_status status = t.arena ? run_table(&t, err) : QUO_FAILED;

	quo_arena_free(t.arena);
	return status;
}
