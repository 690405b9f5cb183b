/* SPDX-License-Identifier: Apache-2.0 */
#include "text/quantity.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text/append.h"

struct unit {
	const char *name;
	double times, divided_by; /* exact powers of ten, so that 42ms is the double 0.042 */
};

static const struct unit times[] = {
	{ "s", 1, 1 }, { "ms", 1, 1e3 }, { "us", 1, 1e6 }, { NULL, 0, 0 }
};
/* Those up to the first in bits are also what is written. */
static const struct unit rates[] = { { "GB/s", 1e9, 1 },     { "MB/s", 1e6, 1 },
				     { "kB/s", 1e3, 1 },     { "B/s", 1, 1 },
				     { "Gbit/s", 125e6, 1 }, { "Mbit/s", 125e3, 1 },
				     { "kbit/s", 125, 1 },   { "bit/s", 1, 8 },
				     { NULL, 0, 0 } };

static const struct unit *units(const quo_option *o)
{
	return o->type == QUO_OPT_SECONDS ? times : rates;
}

bool quo__quantity_parse(const quo_option *o, const char *text, double *out)
{
	char *end;

	if (!((*text >= '0' && *text <= '9') || *text == '.') || strpbrk(text, "xXpP"))
		return false;
	double value = strtod(text, &end);
	while (*end == ' ')
		end++;
	const struct unit *u = units(o);
	while (*end && u->name && strcmp(u->name, end))
		u++;
	if (!u->name || (!*end && value != 0))
		return false;
	value = value * u->times / u->divided_by;
	if (!isfinite(value) ||
	    (o->min_real < o->max_real && (value < o->min_real || value > o->max_real)))
		return false;
	*out = value;
	return true;
}

/* In this unit with so many decimals, if it reads back the same. */
static bool write_in(const quo_option *o, const struct unit *u, double value, int decimals,
		     char out[QUO__QUANTITY_CHARS])
{
	double back;

	snprintf(out, QUO__QUANTITY_CHARS, "%.*f%s", decimals, value * u->divided_by / u->times,
		 u->name);
	return quo__quantity_parse(o, out, &back) && back == value;
}

void quo__quantity_write(const quo_option *o, double value, char out[QUO__QUANTITY_CHARS])
{
	const struct unit *list = units(o), *u = list;
	const struct unit *plain = o->type == QUO_OPT_SECONDS ? &times[0] : &rates[3];

	/* The largest unit of which there is at least one. */
	while (u->name && u != &rates[4] && value < u->times / u->divided_by)
		u++;
	if (value == 0 || !u->name || u == &rates[4])
		u = value == 0 ? plain : u - 1;
	for (int decimals = 0; decimals <= 15; decimals++)
		if (write_in(o, u, value, decimals, out))
			return;
	snprintf(out, QUO__QUANTITY_CHARS, "%.17g%s", value, plain->name);
}

void quo__quantity_wants(const quo_option *o, char *out, size_t n)
{
	const char *most = "", *example = "42ms";
	char range[QUO__QUANTITY_CHARS];

	if (o->min_real < o->max_real) {
		quo__quantity_write(o, o->max_real, range);
		most = range;
	}
	if (o->type == QUO_OPT_RATE)
		example = "24.3MB/s";
	quo__append(out, n, "%s with its unit (%s)%s%s, e.g. %s",
		    o->type == QUO_OPT_RATE ? "a rate" : "a time",
		    o->type == QUO_OPT_RATE ? "B/s, kB/s, MB/s, GB/s, kbit/s, Mbit/s, Gbit/s"
					    : "us, ms, s",
		    *most ? " up to " : "", most, example);
}
