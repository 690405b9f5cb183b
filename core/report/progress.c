/* SPDX-License-Identifier: Apache-2.0 */
#include "report/progress.h"
#include "base/clock.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <quotient/memory.h>

#include "text/units.h"

#define LINE_CHARS 80
#define LIVE_SECONDS 0.1
#define PLAIN_SECONDS 5.0
/* Weight of the newest step in the smoothed step time, once there are enough of them. */
#define SMOOTHING 0.05

struct quo_progress {
	quo_progress_config config;
	uint64_t step, epochs_done, bytes;
	double last_event; /* end of the last step or epoch */
	double last_line;
	double step_seconds;  /* smoothed */
	double epoch_seconds; /* what an epoch takes beside its steps: the evaluation */
	double accuracy;
	bool line_open; /* the cursor stands behind a live line */
	bool colour;
};

bool quo_progress_is_live(FILE *out)
{
	const char *term = getenv("TERM");
	int fd = fileno(out);

	return fd >= 0 && isatty(fd) && term && strcmp(term, "dumb") != 0;
}

static bool wants_colour(FILE *out)
{
	const char *no = getenv("NO_COLOR");

	return quo_progress_is_live(out) && !(no && *no);
}

quo_progress *quo_progress_new(const quo_progress_config *config, quo_err *err)
{
	quo_progress *p = quo_alloc(1, sizeof *p, err);

	if (!p)
		return NULL;
	p->config = *config;
	if (!p->config.now)
		p->config.now = quo_now_seconds;
	p->accuracy = NAN;
	p->last_event = p->config.now();
	p->last_line = p->last_event - PLAIN_SECONDS;
	p->colour = config->live && wants_colour(config->out);
	return p;
}

static void end_line(quo_progress *p)
{
	if (p->line_open)
		fputc('\n', p->config.out);
	p->line_open = false;
}

void quo_progress_free(quo_progress *p)
{
	if (!p)
		return;
	end_line(p);
	fflush(p->config.out);
	quo_free(p);
}

static double seconds_left(const quo_progress *p)
{
	const quo_progress_config *c = &p->config;
	uint64_t steps = c->steps > p->step ? c->steps - p->step : 0;
	uint64_t epochs = c->epochs > p->epochs_done ? c->epochs - p->epochs_done : 0;

	return (double)steps * p->step_seconds + (double)epochs * p->epoch_seconds;
}

/* Whole seconds, rounded up: an estimate has no more to say. */
static const char *format_left(char out[QUO_UNIT_CHARS], double seconds)
{
	if (!(seconds <= 59))
		return quo_format_seconds(out, seconds);
	snprintf(out, QUO_UNIT_CHARS, "%u s", (unsigned)ceil(seconds));
	return out;
}

static void format_line(const quo_progress *p, char *line, size_t size)
{
	const quo_progress_config *c = &p->config;
	char seconds[QUO_UNIT_CHARS], bytes[QUO_UNIT_CHARS], left[QUO_UNIT_CHARS],
		accuracy[32] = "";
	double remaining = seconds_left(p);
	uint64_t in_epoch =
		p->step && c->steps_per_epoch ? (p->step - 1) % c->steps_per_epoch + 1 : 0;
	uint64_t epoch = p->step && c->steps_per_epoch ? (p->step - 1) / c->steps_per_epoch + 1 : 1;

	if (!isnan(p->accuracy))
		snprintf(accuracy, sizeof accuracy, "  acc %.2f%%", 100 * p->accuracy);
	snprintf(line, size,
		 "epoch %" PRIu64 "/%" PRIu64 "  batch %" PRIu64 "/%" PRIu64 "%s  %s/batch%s%s%s%s",
		 epoch, c->epochs, in_epoch, c->steps_per_epoch, accuracy,
		 quo_format_seconds(seconds, p->step_seconds), p->bytes ? "  " : "",
		 p->bytes ? quo_format_bytes(bytes, p->bytes) : "", remaining > 0 ? "  ETA " : "",
		 remaining > 0 ? format_left(left, remaining) : "");
}

static void show(quo_progress *p, double now, bool at_once)
{
	/* One column less: some terminals wrap a full line. */
	char line[LINE_CHARS];

	if (!at_once && now - p->last_line < (p->config.live ? LIVE_SECONDS : PLAIN_SECONDS))
		return;
	p->last_line = now;
	format_line(p, line, sizeof line);
	if (p->config.live) {
		fprintf(p->config.out, "\r%s\033[K", line);
		p->line_open = true;
	} else {
		fprintf(p->config.out, "%s\n", line);
	}
	fflush(p->config.out);
}

void quo_progress_step(quo_progress *p, uint64_t step, uint64_t bytes)
{
	double now = p->config.now(), took = now - p->last_event;
	double weight = step > p->step ? 1.0 / (double)step : 1.0;

	/* The mean at first, then recent steps weigh more. */
	if (weight < SMOOTHING)
		weight = SMOOTHING;
	p->step_seconds += weight * (took - p->step_seconds);
	p->last_event = now;
	p->step = step;
	p->bytes = bytes;
	show(p, now, step == p->config.steps);
}

void quo_progress_epoch(quo_progress *p, uint64_t epoch, double accuracy)
{
	double now = p->config.now();
	char bytes[QUO_UNIT_CHARS];

	p->epoch_seconds = now - p->last_event;
	p->last_event = now;
	p->epochs_done = epoch;
	if (!isnan(accuracy))
		p->accuracy = accuracy;
	if (isnan(accuracy))
		quo_progress_note(p, "epoch %" PRIu64 "/%" PRIu64 " done%s%s", epoch,
				  p->config.epochs, p->bytes ? ", sent " : "",
				  p->bytes ? quo_format_bytes(bytes, p->bytes) : "");
	else
		quo_progress_note(p, "epoch %" PRIu64 "/%" PRIu64 ": test accuracy %s%.2f%%%s%s%s",
				  epoch, p->config.epochs, p->colour ? "\033[1m" : "",
				  100 * accuracy, p->colour ? "\033[0m" : "",
				  p->bytes ? ", sent " : "",
				  p->bytes ? quo_format_bytes(bytes, p->bytes) : "");
}

void quo_progress_note(quo_progress *p, const char *format, ...)
{
	va_list args;

	if (p->line_open)
		fputs("\r\033[K", p->config.out);
	p->line_open = false;
	va_start(args, format);
	vfprintf(p->config.out, format, args);
	va_end(args);
	fputc('\n', p->config.out);
	fflush(p->config.out);
}

static void table_row(FILE *out, int name_chars, const quo_phase *phase, double total_seconds)
{
	char seconds[QUO_UNIT_CHARS], bytes[QUO_UNIT_CHARS], rounds[QUO_UNIT_CHARS];
	double share = total_seconds > 0 ? 100 * phase->seconds / total_seconds : 0;

	fprintf(out, "  %-*s  %9s  %6.1f%%  %10s  %12s\n", name_chars, phase->name,
		quo_format_seconds(seconds, phase->seconds), share,
		quo_format_bytes(bytes, phase->bytes), quo_format_count(rounds, phase->rounds));
}

void quo_progress_table(FILE *out, const quo_phase *phases, size_t n)
{
	quo_phase total = { .name = "total" };
	int name_chars = 12;
	bool colour = wants_colour(out);

	for (size_t i = 0; i < n; i++) {
		size_t length = strlen(phases[i].name);
		if (length > (size_t)name_chars)
			name_chars = length < 30 ? (int)length : 30;
		total.seconds += phases[i].seconds;
		total.bytes += phases[i].bytes;
		total.rounds += phases[i].rounds;
	}
	fprintf(out, "%s  %-*s  %9s  %7s  %10s  %12s%s\n", colour ? "\033[1m" : "", name_chars,
		"phase", "time", "share", "sent", "rounds", colour ? "\033[0m" : "");
	for (size_t i = 0; i < n; i++)
		table_row(out, name_chars, &phases[i], total.seconds);
	table_row(out, name_chars, &total, total.seconds);
	fflush(out);
}
