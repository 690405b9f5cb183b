/* SPDX-License-Identifier: Apache-2.0 */
/* Results on a terminal. */
#include <math.h>
#include <string.h>

#include "report/progress.h"
#include "report/results.h"
#include "text/units.h"

#define MAX_TITLE 44
#define MAX_COLUMNS 8

/* Characters of UTF-8. */
static int width_of(const char *s)
{
	int n = 0;

	for (; *s; s++)
		n += ((unsigned char)*s & 0xc0) != 0x80;
	return n;
}

/* The title in `width` columns, its end cut. */
static void print_title(FILE *out, const char *title, int width)
{
	int n = width_of(title);

	if (n <= width) {
		fprintf(out, "  %s%*s", title, width - n, "");
		return;
	}
	const char *end = title;
	for (int i = 0; i < width - 1; i++)
		do
			end++;
		while (((unsigned char)*end & 0xc0) == 0x80);
	fprintf(out, "  %.*s~", (int)(end - title), title);
}

static int title_width(const quo_results *r)
{
	int width = 8;

	for (uint32_t k = 0; k < r->n_groups; k++) {
		int n = width_of(r->group[k].title);
		width = n > width ? n : width;
	}
	return width < MAX_TITLE ? width : MAX_TITLE;
}

static void print_percent(FILE *out, int width, double value)
{
	if (isnan(value))
		fprintf(out, "  %*s", width, "-");
	else
		fprintf(out, "  %*.2f", width, 100 * value);
}

struct wants {
	bool runs, spread, paper, accuracy, traffic;
};

static void print_header(FILE *out, int width, const struct wants *w)
{
	print_title(out, "", width);
	if (w->runs)
		fprintf(out, "  %5s", "runs");
	if (w->accuracy)
		fprintf(out, "  %6s", "acc %");
	if (w->spread)
		fprintf(out, "  %5s  %6s  %6s", "sd", "min", "max");
	if (w->paper)
		fprintf(out, "  %6s", "paper");
	fprintf(out, "  %8s", "time");
	if (w->traffic)
		fprintf(out, "  %8s  %9s", "sent", "rounds");
	fputc('\n', out);
}

static void print_group(FILE *out, int width, const struct wants *w, const quo_group *g,
			uint32_t runs)
{
	char a[QUO_UNIT_CHARS], b[QUO_UNIT_CHARS];

	print_title(out, g->title, width);
	if (w->runs) {
		snprintf(a, sizeof a, g->done == runs ? "%u" : "%u/%u", g->done, runs);
		fprintf(out, "  %5s", a);
	}
	if (!g->done) {
		fprintf(out, "  %s\n", g->failed ? "failed" : "not run");
		return;
	}
	if (w->accuracy)
		print_percent(out, 6, g->accuracy.mean);
	if (w->spread) {
		print_percent(out, 5, g->accuracy.sd);
		print_percent(out, 6, g->accuracy.min);
		print_percent(out, 6, g->accuracy.max);
	}
	if (w->paper)
		print_percent(out, 6, g->paper);
	fprintf(out, "  %8s", quo_format_seconds(a, g->seconds.mean));
	if (w->traffic)
		fprintf(out, "  %8s  %9s", quo_format_bytes(a, (uint64_t)(g->bytes.mean + 0.5)),
			quo_format_count(b, (uint64_t)(g->rounds.mean + 0.5)));
	fputc('\n', out);
}

/* Epochs 1, 2, 3, 5, 10, 20, 30, 50, .. as columns, and the last. */
static uint32_t choose_epochs(uint32_t n, uint32_t *epoch)
{
	uint32_t count = 0, decade = 1;
	static const uint32_t steps[] = { 1, 2, 3, 5 };

	for (uint32_t i = 0; n > MAX_COLUMNS && count < MAX_COLUMNS - 1; i++) {
		uint32_t e = steps[i % 4] * decade;
		decade *= i % 4 == 3 ? 10 : 1;
		if (e >= n)
			break;
		epoch[count++] = e;
	}
	if (n > MAX_COLUMNS)
		epoch[count++] = n;
	for (uint32_t e = 1; n <= MAX_COLUMNS && e <= n; e++)
		epoch[count++] = e;
	return count;
}

static void print_epochs(FILE *out, const quo_results *r, int width)
{
	uint32_t epoch[MAX_COLUMNS], n = 0;

	for (uint32_t k = 0; k < r->n_groups; k++)
		n = r->group[k].n_epochs > n ? r->group[k].n_epochs : n;
	if (n < 2)
		return;
	n = choose_epochs(n, epoch);
	fputc('\n', out);
	print_title(out, "accuracy in %, by epoch", width);
	for (uint32_t i = 0; i < n; i++)
		fprintf(out, "  %6u", epoch[i]);
	fputc('\n', out);
	for (uint32_t k = 0; k < r->n_groups; k++) {
		const quo_group *g = &r->group[k];
		if (!g->done)
			continue;
		print_title(out, g->title, width);
		for (uint32_t i = 0; i < n; i++)
			print_percent(out, 6,
				      epoch[i] <= g->n_epochs ? g->per_epoch[epoch[i] - 1].mean
							      : NAN);
		fputc('\n', out);
	}
}

void quo_results_print(FILE *out, const quo_results *r)
{
	int width = title_width(r);
	uint32_t runs = r->n_records / r->n_groups;
	struct wants w = { .runs = r->n_records > r->n_groups };

	for (uint32_t k = 0; k < r->n_groups; k++) {
		const quo_group *g = &r->group[k];
		w.spread = w.spread || g->accuracy.n > 1;
		w.accuracy = w.accuracy || g->accuracy.n > 0;
		w.paper = w.paper || !isnan(g->paper);
		w.traffic = w.traffic || g->bytes.mean > 0;
		if (g->n_epochs > 1 && width < 23 && r->n_groups > 1)
			width = 23; /* "accuracy in %, by epoch" */
	}
	print_header(out, width, &w);
	for (uint32_t k = 0; k < r->n_groups; k++)
		print_group(out, width, &w, &r->group[k], runs);
	print_epochs(out, r, width);
	fflush(out);
}
