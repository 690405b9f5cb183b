/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/sweep_progress.h"

#include <math.h>
#include <string.h>

#include "report/progress.h"
#include "text/units.h"

#define LIVE_COLUMNS 79 /* a line that wraps cannot be rewritten */
#define MAX_TITLE 200

static uint32_t likeness(const quo_sweep_progress *p, uint32_t a, uint32_t b)
{
	uint32_t x[QUO_SWEEP_MAX_AXES], y[QUO_SWEEP_MAX_AXES], n = 0;

	quo_sweep_at(p->axes, a, x);
	quo_sweep_at(p->axes, b, y);
	for (uint32_t i = 0; i < p->axes->n_axes; i++)
		if ((int)i != p->axes->seeds)
			n += x[i] == y[i];
	return n;
}

/* Seconds of a run, as the done one that is most like it took; NaN without any. */
static double expected(const quo_sweep_progress *p, uint32_t point)
{
	uint32_t best = 0;
	double seconds = NAN;

	for (uint32_t i = 0; i < p->axes->n_points; i++) {
		const quo_record *r = &p->results->record[i];
		if (!r->done || (!isnan(seconds) && likeness(p, i, point) <= best))
			continue;
		best = likeness(p, i, point);
		seconds = r->seconds;
	}
	return seconds;
}

/* What the present run needs in all, as its steps so far say; NaN before the first. */
static double projected(const quo_sweep_progress *p, double elapsed)
{
	const volatile quo_watch *w = p->watch;

	return w->steps && w->step ? elapsed * (double)w->steps / (double)w->step : NAN;
}

/* Seconds that the points from `first` on need; NaN when nothing is known. `like`: of a run whose
 * likes have not ended; may be NaN. */
static double seconds_from(const quo_sweep_progress *p, uint32_t first, double like)
{
	double left = 0;

	for (uint32_t i = first; i < p->axes->n_points; i++) {
		const quo_record *r = &p->results->record[i];
		double one = expected(p, i);
		if (!r->done && !r->failure)
			left += isnan(one) ? like : one;
	}
	return left;
}

static double seconds_left(const quo_sweep_progress *p, uint32_t running, double elapsed)
{
	double own = projected(p, elapsed), whole = isnan(own) ? expected(p, running) : own;

	return fmax(0, whole - elapsed) + seconds_from(p, running + 1, own);
}

static void clear_line(quo_sweep_progress *p)
{
	if (p->line_open)
		fputs("\r\033[K", p->out);
	p->line_open = false;
}

/* Bytes of a text that fit into so many columns, no half of a UTF-8 sequence among them. */
static int fitting(const char *text, int columns)
{
	int n = 0;

	for (int seen = 0; text[n]; n++)
		if (((unsigned char)text[n] & 0xc0) != 0x80 && ++seen > columns)
			break;
	return n;
}

void quo_sweep_show_running(quo_sweep_progress *p, uint32_t point, double elapsed)
{
	char a[QUO_UNIT_CHARS], accuracy[32] = "", eta[48] = "", epoch[64] = "starting", at[32];
	char rest[200];
	const volatile quo_watch *w = p->watch;
	double left = seconds_left(p, point, elapsed);

	if (w->accuracy >= 0)
		snprintf(accuracy, sizeof accuracy, "  acc %.2f%%", 100 * w->accuracy);
	if (left >= 0.5)
		snprintf(eta, sizeof eta, "  ETA %s", quo_format_seconds(a, left));
	if (w->steps)
		snprintf(epoch, sizeof epoch, "epoch %lld/%lld", (long long)w->epoch,
			 (long long)w->epochs);
	snprintf(at, sizeof at, "[%u/%u]", point + 1, p->axes->n_points);
	snprintf(rest, sizeof rest, "%s%s%s", epoch, accuracy, eta);
	int room = p->live ? LIVE_COLUMNS - (int)(strlen(at) + strlen(rest) + 3) : MAX_TITLE;
	fprintf(p->out, "%s%s %.*s  %s%s", p->live ? "\r" : "", at,
		fitting(p->results->record[point].title, room), p->results->record[point].title,
		rest, p->live ? "\033[K" : "\n");
	fflush(p->out);
	p->line_open = p->live;
}

void quo_sweep_show_ended(quo_sweep_progress *p, uint32_t point)
{
	const quo_record *r = &p->results->record[point];
	char a[QUO_UNIT_CHARS], b[QUO_UNIT_CHARS], accuracy[32] = "", sent[48] = "", eta[48] = "";
	double left = seconds_from(p, point + 1, NAN);

	clear_line(p);
	if (r->failure) {
		fprintf(p->out, "[%u/%u] %s  FAILED: %s\n", point + 1, p->axes->n_points, r->title,
			r->failure);
		return;
	}
	if (!isnan(r->accuracy))
		snprintf(accuracy, sizeof accuracy, "  %.2f%%", 100 * r->accuracy);
	if (r->bytes)
		snprintf(sent, sizeof sent, "  %s", quo_format_bytes(b, r->bytes));
	if (left >= 0.5)
		snprintf(eta, sizeof eta, "  ETA %s", quo_format_seconds(b, left));
	fprintf(p->out, "[%u/%u] %s%s  %s%s%s\n", point + 1, p->axes->n_points, r->title, accuracy,
		quo_format_seconds(a, r->seconds), sent, eta);
	fflush(p->out);
}
