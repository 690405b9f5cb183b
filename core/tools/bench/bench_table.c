/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/bench/bench_table.h"

#include <math.h>
#include <string.h>

#include <quotient/memory.h>

#include "text/json.h"

#define MAX_COLUMNS 32
#define WORD_CHARS 80

struct cell {
	bool is_set;
	double value;
	char word[WORD_CHARS];
};

struct bench_table {
	FILE *out;
	bench_format format;
	const bench_column *columns;
	size_t n;
	bench_about about;
	bool started;
	struct cell row[MAX_COLUMNS];
	quo_json json;
};

static int width_of(const bench_column *c)
{
	static const int widths[] = { 16, 8, 9, 9, 9, 6, 9 };
	int head = (int)strlen(c->head), width = c->width ? c->width : widths[c->kind];

	return width > head ? width : head;
}

/* Three significant digits with a prefix of 1000^k. */
static void prefixed(char *out, size_t n, double v, const char *unit)
{
	static const char *const prefix[] = { "n", "u", "m", "", "k", "M", "G", "T", "P" };
	int k = 3;

	if (!isfinite(v) || v == 0) {
		snprintf(out, n, "0 %s", unit);
		return;
	}
	while (fabs(v) >= 999.5 && k < 8) {
		v /= 1000;
		k++;
	}
	while (fabs(v) < 0.9995 && k > 0) {
		v *= 1000;
		k--;
	}
	int decimals = fabs(v) < 9.995 ? 2 : fabs(v) < 99.95 ? 1 : 0;
	snprintf(out, n, "%.*f %s%s", decimals, v, prefix[k], unit);
}

static void show(const bench_column *c, const struct cell *cell, char *out, size_t n)
{
	*out = 0;
	if (!cell->is_set)
		return;
	switch (c->kind) {
	case BENCH_WORD:
		snprintf(out, n, "%s", cell->word);
		break;
	case BENCH_COUNT:
		snprintf(out, n, "%.0f", cell->value);
		break;
	case BENCH_SECONDS:
		prefixed(out, n, cell->value, "s");
		break;
	case BENCH_BYTES:
		prefixed(out, n, cell->value, "B");
		break;
	case BENCH_RATE:
		prefixed(out, n, cell->value, "");
		break;
	case BENCH_PERCENT:
		snprintf(out, n, "%.0f%%", 100 * cell->value);
		break;
	case BENCH_REAL:
		snprintf(out, n, "%.3g", cell->value);
		break;
	}
}

static void link_text(const bench_about *a, char *out, size_t n)
{
	char latency[40], rate[40];

	if (a->latency_s == 0 && a->rate == 0) {
		snprintf(out, n, "loopback");
		return;
	}
	prefixed(latency, sizeof latency, a->latency_s, "s");
	prefixed(rate, sizeof rate, a->rate, "B/s");
	snprintf(out, n, "shaped: %s one way, %s each way", latency,
		 a->rate > 0 ? rate : "no limit");
}

static void start_text(bench_table *t)
{
	const bench_about *a = &t->about;
	char link[120];

	link_text(a, link, sizeof link);
	fprintf(t->out, "quotient-bench %s %s: %s, %d cores, tier %s; link: %s; %d run%s%s\n\n",
		a->command, a->version, a->cpu, a->cores, a->tier, link, a->runs,
		a->runs == 1 ? "" : "s", a->quick ? ", quick" : "");
	for (size_t i = 0; i < t->n; i++) {
		const bench_column *c = &t->columns[i];
		fprintf(t->out, c->kind == BENCH_WORD ? "%s%-*s" : "%s%*s", i ? "  " : "",
			width_of(c), c->head);
	}
	fputc('\n', t->out);
}

static void start_csv(bench_table *t)
{
	for (size_t i = 0; i < t->n; i++)
		fprintf(t->out, "%s%s", i ? "," : "", t->columns[i].key);
	fputc('\n', t->out);
}

static void start_json(bench_table *t)
{
	const bench_about *a = &t->about;
	quo_json *j = &t->json;

	quo_json_object(j, NULL);
	quo_json_string(j, "bench", a->command);
	quo_json_string(j, "version", a->version);
	quo_json_string(j, "cpu", a->cpu);
	quo_json_string(j, "tier", a->tier);
	quo_json_int(j, "cores", a->cores);
	quo_json_int(j, "runs", a->runs);
	quo_json_bool(j, "quick", a->quick);
	quo_json_object(j, "link");
	quo_json_real(j, "latency_seconds", a->latency_s);
	quo_json_real(j, "bytes_per_second", a->rate > 0 ? a->rate : NAN);
	quo_json_end(j);
	quo_json_array(j, "rows");
}

static void start(bench_table *t)
{
	if (t->started)
		return;
	t->started = true;
	if (t->format == BENCH_TEXT)
		start_text(t);
	else if (t->format == BENCH_CSV)
		start_csv(t);
	else
		start_json(t);
}

static void row_text(bench_table *t)
{
	char line[1024] = "", text[WORD_CHARS + 40];
	size_t used = 0;

	for (size_t i = 0; i < t->n; i++) {
		const bench_column *c = &t->columns[i];
		show(c, &t->row[i], text, sizeof text);
		int k = snprintf(line + used, sizeof line - used,
				 c->kind == BENCH_WORD ? "%s%-*s" : "%s%*s", i ? "  " : "",
				 width_of(c), text);
		if (k < 0 || (size_t)k >= sizeof line - used)
			break;
		used += (size_t)k;
	}
	while (used && line[used - 1] == ' ')
		line[--used] = 0;
	fprintf(t->out, "%s\n", line);
}

static void row_csv(bench_table *t)
{
	for (size_t i = 0; i < t->n; i++) {
		const struct cell *cell = &t->row[i];
		if (i)
			fputc(',', t->out);
		if (!cell->is_set)
			continue;
		if (t->columns[i].kind != BENCH_WORD) {
			fprintf(t->out, "%.9g", cell->value);
			continue;
		}
		fputc('"', t->out);
		for (const char *p = cell->word; *p; p++) {
			if (*p == '"')
				fputc('"', t->out);
			fputc(*p, t->out);
		}
		fputc('"', t->out);
	}
	fputc('\n', t->out);
}

static void row_json(bench_table *t)
{
	quo_json_object(&t->json, NULL);
	for (size_t i = 0; i < t->n; i++) {
		const bench_column *c = &t->columns[i];
		const struct cell *cell = &t->row[i];
		if (!cell->is_set)
			quo_json_null(&t->json, c->key);
		else if (c->kind == BENCH_WORD)
			quo_json_string(&t->json, c->key, cell->word);
		else if (c->kind == BENCH_COUNT)
			quo_json_uint(&t->json, c->key, (uint64_t)cell->value);
		else
			quo_json_real(&t->json, c->key, cell->value);
	}
	quo_json_end(&t->json);
}

bench_table *bench_table_new(FILE *out, bench_format format, const bench_column *columns,
			     const bench_about *about, quo_err *err)
{
	bench_table *t = quo_alloc(1, sizeof *t, err);

	if (!t)
		return NULL;
	t->out = out;
	t->format = format;
	t->columns = columns;
	t->about = *about;
	t->json = (quo_json)QUO_JSON_INIT(true);
	while (columns[t->n].key && t->n < MAX_COLUMNS)
		t->n++;
	return t;
}

static struct cell *cell_of(bench_table *t, const char *key)
{
	static struct cell nowhere;

	for (size_t i = 0; i < t->n; i++)
		if (!strcmp(t->columns[i].key, key))
			return &t->row[i];
	return &nowhere;
}

void bench_set(bench_table *t, const char *key, double value)
{
	struct cell *cell = cell_of(t, key);

	cell->value = value;
	cell->is_set = isfinite(value);
}

void bench_set_word(bench_table *t, const char *key, const char *word)
{
	struct cell *cell = cell_of(t, key);

	snprintf(cell->word, sizeof cell->word, "%s", word);
	cell->is_set = true;
}

void bench_end_row(bench_table *t)
{
	start(t);
	if (t->format == BENCH_TEXT)
		row_text(t);
	else if (t->format == BENCH_CSV)
		row_csv(t);
	else
		row_json(t);
	memset(t->row, 0, sizeof t->row);
	fflush(t->out);
}

void bench_table_free(bench_table *t)
{
	if (!t)
		return;
	quo_json_free(&t->json);
	quo_free(t);
}

quo_status bench_table_end(bench_table *t, quo_err *err)
{
	quo_status status = QUO_OK;

	start(t);
	if (t->format == BENCH_TEXT && t->about.note)
		fprintf(t->out, "\n%s", t->about.note);
	if (t->format == BENCH_JSON) {
		quo_json_end(&t->json);
		quo_json_end(&t->json);
		status = quo_json_status(&t->json, err);
		if (status == QUO_OK)
			fprintf(t->out, "%.*s\n", (int)t->json.out.n,
				(const char *)t->json.out.data);
	}
	if (status == QUO_OK && (fflush(t->out) != 0 || ferror(t->out)))
		status = quo_fail(err, QUO_FAILED, "cannot write the table");
	bench_table_free(t);
	return status;
}
