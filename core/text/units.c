/* SPDX-License-Identifier: Apache-2.0 */
/* Quantities as people read them. */
#include "text/units.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

const char *quo_format_bytes(char out[QUO_UNIT_CHARS], uint64_t bytes)
{
	static const char *const unit[] = { "B", "kB", "MB", "GB", "TB", "PB", "EB" };
	double v = (double)bytes;
	unsigned k = 0;

	if (bytes < 1000) {
		snprintf(out, QUO_UNIT_CHARS, "%u B", (unsigned)bytes);
		return out;
	}
	/* 999.5 would print as 1000 of the smaller unit. */
	while (v >= 999.5 && k + 1 < sizeof unit / sizeof *unit) {
		v /= 1000;
		k++;
	}
	snprintf(out, QUO_UNIT_CHARS, "%.*f %s", v < 9.995 ? 2 : v < 99.95 ? 1 : 0, v, unit[k]);
	return out;
}

const char *quo_format_seconds(char out[QUO_UNIT_CHARS], double seconds)
{
	if (!isfinite(seconds) || seconds < 0) {
		snprintf(out, QUO_UNIT_CHARS, "?");
	} else if (seconds <= 0) {
		snprintf(out, QUO_UNIT_CHARS, "0 s");
	} else if (seconds < 0.9995e-3) {
		snprintf(out, QUO_UNIT_CHARS, "%.0f us", seconds * 1e6);
	} else if (seconds < 0.9995) {
		snprintf(out, QUO_UNIT_CHARS, "%.*f ms", seconds < 9.95e-3 ? 1 : 0, seconds * 1e3);
	} else if (seconds < 59.95) {
		snprintf(out, QUO_UNIT_CHARS, "%.*f s", seconds < 9.995 ? 2 : 1, seconds);
	} else if (seconds < 3599.5) {
		unsigned s = (unsigned)(seconds + 0.5);
		snprintf(out, QUO_UNIT_CHARS, "%um%02us", s / 60, s % 60);
	} else if (seconds < 100 * 86400.0) {
		unsigned m = (unsigned)(seconds / 60 + 0.5);
		if (m < 1440)
			snprintf(out, QUO_UNIT_CHARS, "%uh%02um", m / 60, m % 60);
		else
			snprintf(out, QUO_UNIT_CHARS, "%ud%02uh", m / 1440, m % 1440 / 60);
	} else {
		snprintf(out, QUO_UNIT_CHARS, "> 100 days");
	}
	return out;
}

const char *quo_format_count(char out[QUO_UNIT_CHARS], uint64_t n)
{
	char digits[QUO_UNIT_CHARS];
	size_t length = (size_t)snprintf(digits, sizeof digits, "%" PRIu64, n), at = 0;

	/* 20 digits would not fit with their spaces. */
	if (length > 17) {
		memcpy(out, digits, length + 1);
		return out;
	}
	for (size_t i = 0; i < length; i++) {
		if (i && (length - i) % 3 == 0)
			out[at++] = ' ';
		out[at++] = digits[i];
	}
	out[at] = 0;
	return out;
}
