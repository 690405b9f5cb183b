/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sums of many integers. Shallow: all their bits in columns by weight, three bits of a column become a sum and a carry
 * (one AND, one level; Wallace 1964), the three that are known first (Stelling, Martel, Oklobdzija, Ravi 1998) until
 * two rows are left for one prefix adder. Small: one adder after the other.
 */
#include "builder.h"

#define W QUO_INT_MAX_WIDTH
#define MAX_ROWS (2 * QUO_SUM_MAX_TERMS + 4)

static const quo_int nothing = { .width = 0 };

struct heap {
	quo_builder *b;
	quo_wire bit[W][MAX_ROWS];
	unsigned n[W];
	unsigned width;
	uint64_t constant;
};

/* x * 2^at. */
static void put(struct heap *h, quo_wire x, unsigned at)
{
	if (at < h->width && x != QUO_WIRE_0)
		h->bit[at][h->n[at]++] = x;
}

static uint64_t power(unsigned at)
{
	return at < 64 ? UINT64_C(1) << at : 0;
}

/*
 * A bit of weight -w is its complement of weight w, and -w. So a sign needs no extension; and -x is what all bits' signs
 * changed make.
 */
static void put_term(struct heap *h, const quo_term *t)
{
	unsigned w = t->x.width;

	for (unsigned i = 0; i < w; i++) {
		bool negative = (t->x.is_signed && i == w - 1) != t->minus;
		quo_wire x = t->x.bit[i] ^ negative;
		if (x == QUO_WIRE_1)
			h->constant += power(t->by + i);
		else
			put(h, x, t->by + i);
		if (negative)
			h->constant -= power(t->by + i);
	}
}

static uint32_t level(const quo_builder *b, quo_wire x)
{
	return b->nodes[x >> 1].level;
}

/* Remove the bit of a column that is known first. */
static quo_wire take_first(struct heap *h, unsigned column)
{
	quo_wire *bits = h->bit[column];
	unsigned first = 0;

	for (unsigned i = 1; i < h->n[column]; i++)
		if (level(h->b, bits[i]) < level(h->b, bits[first]))
			first = i;
	quo_wire x = bits[first];
	bits[first] = bits[--h->n[column]];
	return x;
}

static void full_adder(struct heap *h, unsigned column)
{
	quo_wire x = take_first(h, column), y = take_first(h, column), z = take_first(h, column);
	quo_wire xz = quo_bit_xor(h->b, x, z), yz = quo_bit_xor(h->b, y, z);

	put(h, quo_bit_xor(h->b, xz, y), column);
	put(h, quo_bit_xor(h->b, z, quo_bit_and(h->b, xz, yz)), column + 1);
}

static quo_int add_in_columns(quo_builder *b, const quo_term *terms, unsigned n, int64_t constant,
			      unsigned width)
{
	struct heap h = { .b = b, .width = width, .constant = (uint64_t)constant };
	quo_wire x[W], y[W], carry = QUO_WIRE_0, c[W + 1];
	quo_int z = { .width = (uint8_t)width };

	for (unsigned i = 0; i < n; i++)
		put_term(&h, &terms[i]);
	for (unsigned i = 0; i < width; i++)
		put(&h, (quo_wire)(h.constant >> i & 1), i);
	for (unsigned i = 0; i < width; i++) {
		/* The adder takes a carry, for nothing. */
		while (h.n[i] > (i ? 2u : 3u) && quo__ok(b))
			full_adder(&h, i);
		x[i] = h.n[i] > 0 ? h.bit[i][0] : QUO_WIRE_0;
		y[i] = h.n[i] > 1 ? h.bit[i][1] : QUO_WIRE_0;
		if (h.n[i] > 2)
			carry = h.bit[i][2];
	}
	if (!width)
		return z;
	quo__carries(b, x, y, carry, width - 1, c);
	for (unsigned i = 0; i < width; i++)
		z.bit[i] = quo_bit_xor(b, quo_bit_xor(b, x[i], y[i]), c[i]);
	return z;
}

static quo_int add_in_turn(quo_builder *b, const quo_term *terms, unsigned n, int64_t constant,
			   unsigned width)
{
	quo_int sum = quo_const(constant, width, true);

	for (unsigned i = 0; i < n; i++) {
		const quo_term *t = &terms[i];
		quo_int x = { .width = (uint8_t)width, .is_signed = true };
		for (unsigned k = 0; k < width; k++)
			x.bit[k] = k < t->by ? QUO_WIRE_0 : quo__bit(&t->x, k - t->by);
		if (t->minus)
			x = quo_not_int(b, x, width);
		sum = quo_add_carry(b, sum, x, t->minus, width);
	}
	return sum;
}

quo_int quo_sum(quo_builder *b, const quo_term *terms, unsigned n, int64_t constant, unsigned width,
		bool is_signed)
{
	quo_int z;

	if (n > QUO_SUM_MAX_TERMS || width > W) {
		quo__builder_fail(b, "a sum of more than 24 integers or 64 bits");
		return nothing;
	}
	for (unsigned i = 0; i < n; i++)
		if (!quo__check(b, &terms[i].x, "an operand wider than 64 bits"))
			return nothing;
	if (!quo__ok(b))
		return nothing;
	if (quo_builder_goal(b) == QUO_SHALLOW)
		z = add_in_columns(b, terms, n, constant, width);
	else
		z = add_in_turn(b, terms, n, constant, width);
	z.is_signed = is_signed;
	return z;
}
