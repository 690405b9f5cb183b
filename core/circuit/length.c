/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bit lengths, and the thermometers that they are counted from: a length's thermometer is known
 * levels before the length, and what follows may use it instead (QUO_SHALLOW).
 */
#include "builder.h"

#include <quotient/bits.h>

#define W QUO_INT_MAX_WIDTH

static const quo_int nothing = { .width = 0 };

/*
 * Bit k of a count v is the XOR of the thermometer over the places where that bit changes while one
 * counts: every multiple of 2^k up to v.
 */
static quo_int count_thermometer(quo_builder *b, const quo_wire *at_least, unsigned most)
{
	quo_int n = { .width = (uint8_t)quo_bit_length(most) };

	for (unsigned k = 0; k < n.width; k++) {
		n.bit[k] = QUO_WIRE_0;
		for (unsigned v = 1u << k; v <= most; v += 1u << k)
			n.bit[k] = quo_bit_xor(b, n.bit[k], at_least[v]);
	}
	return n;
}

quo_int quo_len(quo_builder *b, quo_int x)
{
	quo_wire rev[W], ones[W], seen[W + 1];

	if (!quo__check(b, &x, "an operand wider than 64 bits"))
		return nothing;
	for (unsigned i = 0; i < x.width; i++) {
		rev[i] = x.bit[x.width - 1 - i];
		ones[i] = QUO_WIRE_1;
	}
	/* seen[j]: one of the j top bits is set. From the top, OR so far is a carry of x + 11..1.
	 */
	quo__carries(b, rev, ones, QUO_WIRE_0, x.width, seen);
	/* The length is the number of i for which x >= 2^i. */
	b->length.most = x.width;
	for (unsigned v = 1; v <= x.width; v++)
		b->length.at_least[v] = seen[x.width - v + 1];
	b->length.n = count_thermometer(b, b->length.at_least, x.width);
	return b->length.n;
}

const quo_wire *quo__length_steps(const quo_builder *b, const quo_int *s)
{
	if (!b->length.n.width || s->width < b->length.n.width)
		return NULL;
	for (unsigned i = 0; i < s->width; i++)
		if (s->bit[i] != (i < b->length.n.width ? b->length.n.bit[i] : QUO_WIRE_0))
			return NULL;
	return b->length.at_least;
}

/* Thermometers longer than this cost more gates than they save levels. */
#define MAX_THERMOMETER 16

/*
 * max(x, len) one level after the thermometer of len, when `len` is the last length counted, and
 * with a thermometer of its own. False: nothing done.
 */
static bool max_shallow(quo_builder *b, const quo_int *x, const quo_int *len, quo_int *max)
{
	if (!quo__ok(b) || quo_builder_goal(b) != QUO_SHALLOW || x->is_signed || len->is_signed ||
	    !x->width || x->width > 4 || !quo__length_steps(b, len))
		return false;
	unsigned of_x = (1u << x->width) - 1, of_len = b->length.most;
	if (of_len > MAX_THERMOMETER)
		return false;
	quo_wire *at_least = b->length.at_least;
	b->length.most = of_x > of_len ? of_x : of_len;
	for (unsigned v = 1; v <= b->length.most; v++) {
		quo_wire here = v <= of_len ? at_least[v] : QUO_WIRE_0;
		quo_wire there =
			v <= of_x ? quo_less(b, quo_const(v - 1, 4, false), *x) : QUO_WIRE_0;
		at_least[v] = quo_bit_or(b, here, there);
	}
	b->length.n = count_thermometer(b, at_least, b->length.most);
	*max = quo_resize(b->length.n, x->width > len->width ? x->width : len->width, false);
	return true;
}

quo_int quo_max(quo_builder *b, quo_int x, quo_int y)
{
	quo_int z;

	if (max_shallow(b, &x, &y, &z) || max_shallow(b, &y, &x, &z))
		return z;
	return quo_mux(b, quo_less(b, x, y), y, x);
}
