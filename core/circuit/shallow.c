/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Forms that trade AND gates for AND levels (QUO_SHALLOW): shifts.
 *
 * A shift by a scalar goes by groups of its bits, each decoded once for all instances while the
 * instances' own gates wait for nothing: z' = z ^ XOR_j [group = j] (z >> j ^ z), one level a
 * group. A shift by a length uses the thermometer bits that the length was counted from: z >> len =
 * z ^ XOR_v [len >= v] (z >> v ^ z >> (v-1)), one level.
 */
#include "builder.h"

#define W QUO_INT_MAX_WIDTH
#define MAX_GROUP_BITS 4

static bool all_scalar(const quo_builder *b, const quo_wire *x, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		if (x[i] >> 1 >= b->n_nodes || !b->nodes[x[i] >> 1].scalar)
			return false;
	return true;
}

/* is[j] = (the group's n bits spell j), j < 2^n. */
static void decode(quo_builder *b, const quo_wire *bits, unsigned n, quo_wire *is)
{
	if (n == 1) {
		is[0] = bits[0] ^ 1;
		is[1] = bits[0];
		return;
	}
	quo_wire low[1 << MAX_GROUP_BITS], high[1 << MAX_GROUP_BITS];
	unsigned half = n / 2;
	decode(b, bits, half, low);
	decode(b, bits + half, n - half, high);
	for (unsigned j = 0; j < 1u << n; j++)
		is[j] = quo_bit_and(b, low[j & ((1u << half) - 1)], high[j >> half]);
}

/* z ^ XOR_j when[j] (value[j] ^ z); equal values share a gate, so that shifts which leave the sign
 * cost one. */
static quo_wire choose(quo_builder *b, quo_wire z, const quo_wire *when, const quo_wire *value,
		       unsigned n)
{
	quo_wire sum = z;

	for (unsigned j = 0; j < n; j++) {
		quo_wire any = when[j];
		bool seen = false;
		for (unsigned i = 0; i < j; i++)
			seen |= value[i] == value[j];
		if (seen)
			continue;
		for (unsigned i = j + 1; i < n; i++)
			if (value[i] == value[j])
				any = quo_bit_xor(b, any, when[i]);
		sum = quo_bit_xor(b, sum, quo_bit_and(b, any, quo_bit_xor(b, value[j], z)));
	}
	return sum;
}

/* Bits of each group, lowest first; the top group is not decoded, the next one while the top one
 * selects, and so on. */
static unsigned split_groups(unsigned stages, unsigned *group)
{
	static const uint8_t groups[8][4] = { { 0 },       { 1 },       { 1, 1 },    { 2, 1 },
					      { 2, 1, 1 }, { 2, 2, 1 }, { 3, 2, 1 }, { 4, 2, 1 } };
	unsigned n = 0;

	for (; n < 4 && groups[stages][n]; n++)
		group[n] = groups[stages][n];
	return n;
}

/* The low `stages` bits of s, which is at most max. */
static void shift_by_scalar(quo_builder *b, quo_wire *z, quo_wire sign, const quo_int *s,
			    unsigned stages, unsigned max, unsigned width)
{
	unsigned group[4], n = split_groups(stages, group), k = stages, room = (1u << stages) - 1;
	quo_wire is[1 << MAX_GROUP_BITS], value[1 << MAX_GROUP_BITS], next[W];

	if (room > max)
		room = max;
	while (n-- > 0) {
		k -= group[n];
		decode(b, s->bit + k, group[n], is);
		for (unsigned i = 0; i < W; i++) {
			unsigned j = 1;
			for (; j < 1u << group[n] && j << k <= room; j++) {
				/* If this group is j, no more than `follow` comes after it. */
				unsigned rest = room - (j << k), low = (1u << k) - 1,
					 follow = rest < low ? rest : low;
				if (i >= width + follow)
					break;
				value[j] = i + (j << k) < W ? z[i + (j << k)] : sign;
			}
			next[i] = choose(b, z[i], is + 1, value + 1, j - 1);
		}
		for (unsigned i = 0; i < W; i++)
			z[i] = next[i];
		/* When the groups so far are not at their most, what follows may be anything. */
		room = (1u << k) - 1;
	}
}

static void shift_by_length(quo_builder *b, quo_wire *z, quo_wire sign, const quo_wire *at_least,
			    unsigned max, unsigned width)
{
	unsigned most = b->length.most < max ? b->length.most : max;

	for (unsigned i = 0; i < width; i++) {
		quo_wire sum = z[i], below = z[i];
		for (unsigned v = 1; v <= most; v++) {
			quo_wire here = i + v < W ? z[i + v] : sign;
			sum = quo_bit_xor(b, sum,
					  quo_bit_and(b, at_least[v], quo_bit_xor(b, here, below)));
			below = here;
		}
		/* Lower bits are not read again. */
		z[i] = sum;
	}
}

bool quo__shift_shallow(quo_builder *b, quo_wire *z, quo_wire sign, const quo_int *s,
			unsigned stages, unsigned max, unsigned width)
{
	const quo_wire *at_least = quo__length_steps(b, s);

	if (quo_builder_goal(b) != QUO_SHALLOW)
		return false;
	if (at_least)
		shift_by_length(b, z, sign, at_least, max, width);
	else if (all_scalar(b, s->bit, stages))
		shift_by_scalar(b, z, sign, s, stages, max, width);
	else
		return false;
	return true;
}
