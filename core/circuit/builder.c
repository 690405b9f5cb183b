/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Gates while they are added: constants folded, common subexpressions shared.
 *
 * An AND is looked up by its two nodes alone. When the same nodes were already multiplied in
 * another polarity, the result follows from that gate by XORs: ~x & y = y ^ (x & y), and so on.
 * XORs are free, ANDs are not.
 */
#include "builder.h"

#include <stdlib.h>
#include <string.h>

#include <quotient/memory.h>

#define MAX_NODES (UINT32_C(1) << 26)

void quo__builder_fail(quo_builder *b, const char *what)
{
	if (b)
		quo_fail(&b->err, QUO_BUG, "circuit builder: %s", what);
}

bool quo__check(quo_builder *b, const quo_int *x, const char *what)
{
	if (!quo__ok(b))
		return false;
	if (x->width > QUO_INT_MAX_WIDTH) {
		quo__builder_fail(b, what);
		return false;
	}
	for (unsigned i = 0; i < x->width; i++) {
		if (x->bit[i] >> 1 >= b->n_nodes) {
			quo__builder_fail(
				b, "an integer with a wire that this builder never gave out");
			return false;
		}
	}
	return true;
}

static bool grow_table(quo_builder *b, uint32_t size);

quo_builder *quo_builder_new(quo_goal goal)
{
	quo_builder *b = calloc(1, sizeof *b);

	if (!b)
		return NULL;
	b->goal = goal;
	b->cap_nodes = 256;
	b->nodes = calloc(b->cap_nodes, sizeof *b->nodes);
	if (!b->nodes || !grow_table(b, 1024)) {
		quo_builder_free(b);
		return NULL;
	}
	b->n_nodes = 1; /* node 0: the constant 0 */
	b->nodes[0].scalar = true;
	return b;
}

quo_goal quo_builder_goal(const quo_builder *b)
{
	return b ? b->goal : QUO_SMALL;
}

void quo_builder_free(quo_builder *b)
{
	if (!b)
		return;
	for (uint32_t p = 0; p < b->n_in; p++)
		free((char *)(uintptr_t)b->in[p].port.name);
	for (uint32_t p = 0; p < b->n_out; p++)
		free((char *)(uintptr_t)b->out[p].port.name);
	free(b->in);
	free(b->out);
	free(b->table);
	free(b->nodes);
	free(b);
}

/* ---- the table of gates ---- */
static uint32_t hash_of(uint8_t op, quo_wire a, quo_wire b)
{
	uint64_t h = ((uint64_t)(a >> 1) << 32 | (b >> 1)) * UINT64_C(0x9E3779B97F4A7C15);

	return (uint32_t)((h ^ (h >> 29) ^ op) * UINT64_C(0xBF58476D1CE4E5B9) >> 32);
}

/* The position of the gate op on the nodes of a and b, or of the hole where it belongs. */
static uint32_t find(const quo_builder *b, uint8_t op, quo_wire x, quo_wire y)
{
	uint32_t i = hash_of(op, x, y) & (b->table_size - 1);

	for (; b->table[i]; i = (i + 1) & (b->table_size - 1)) {
		const quo__node *g = &b->nodes[b->table[i]];
		if (g->op == op && g->a >> 1 == x >> 1 && g->b >> 1 == y >> 1)
			break;
	}
	return i;
}

static bool grow_table(quo_builder *b, uint32_t size)
{
	uint32_t *table = calloc(size, sizeof *table);

	if (!table)
		return false;
	free(b->table);
	b->table = table;
	b->table_size = size;
	for (uint32_t n = 1; n < b->n_nodes; n++) {
		const quo__node *g = &b->nodes[n];
		if (g->op == QUO__XOR || g->op == QUO__AND)
			b->table[find(b, g->op, g->a, g->b)] = n;
	}
	return true;
}

/* A new node; its positive literal, or 0 after a failure. */
static quo_wire add_node(quo_builder *b, quo__op op, quo_wire x, quo_wire y)
{
	if (b->n_nodes >= MAX_NODES) {
		quo__builder_fail(b, "more gates than a circuit may have (2^26)");
		return QUO_WIRE_0;
	}
	if (b->n_nodes == b->cap_nodes) {
		quo__node *nodes = realloc(b->nodes, 2 * (size_t)b->cap_nodes * sizeof *nodes);
		if (!nodes) {
			quo_fail(&b->err, QUO_FAILED, "out of memory: %u gates of a circuit",
				 b->n_nodes);
			return QUO_WIRE_0;
		}
		b->nodes = nodes;
		b->cap_nodes *= 2;
	}
	quo__node *node = &b->nodes[b->n_nodes];
	*node = (quo__node){ .a = x, .b = y, .op = (uint8_t)op };
	if (op != QUO__INPUT) {
		const quo__node *gx = &b->nodes[x >> 1], *gy = &b->nodes[y >> 1];
		node->scalar = gx->scalar && gy->scalar;
		node->level = (gx->level > gy->level ? gx->level : gy->level) + (op == QUO__AND);
	}
	return b->n_nodes++ << 1;
}

static quo_wire add_gate(quo_builder *b, quo__op op, quo_wire x, quo_wire y)
{
	if (b->n_nodes >= b->table_size / 2 && !grow_table(b, b->table_size * 2)) {
		quo_fail(&b->err, QUO_FAILED, "out of memory: %u gates of a circuit", b->n_nodes);
		return QUO_WIRE_0;
	}
	uint32_t i = find(b, (uint8_t)op, x, y);
	quo_wire w = add_node(b, op, x, y);
	if (w)
		b->table[i] = w >> 1;
	return w;
}

static bool valid(quo_builder *b, quo_wire x, quo_wire y)
{
	if (!quo__ok(b))
		return false;
	if (x >> 1 >= b->n_nodes || y >> 1 >= b->n_nodes) {
		quo__builder_fail(b, "a wire that this builder never gave out");
		return false;
	}
	return true;
}

/* ---- wires ---- */
quo_wire quo_bit_not(quo_builder *b, quo_wire x)
{
	return valid(b, x, x) ? x ^ 1 : QUO_WIRE_0;
}

/* The other operand when XOR node `gate` has operand `of`; else QUO_OUT_ZERO, which is no wire. */
static quo_wire other_operand(const quo__node *gate, quo_wire of)
{
	if (gate->op == QUO__XOR && gate->a == of)
		return gate->b;
	if (gate->op == QUO__XOR && gate->b == of)
		return gate->a;
	return QUO_OUT_ZERO;
}

quo_wire quo_bit_xor(quo_builder *b, quo_wire x, quo_wire y)
{
	if (!valid(b, x, y))
		return QUO_WIRE_0;

	quo_wire flip = (x ^ y) & 1, rest;
	x &= ~UINT32_C(1);
	y &= ~UINT32_C(1);
	if (x > y) {
		quo_wire t = x;
		x = y;
		y = t;
	}
	if (x == y)
		return flip;
	if (x == QUO_WIRE_0)
		return y ^ flip;

	/* (p ^ q) ^ p = q; (p ^ q) ^ (p ^ r) = q ^ r. */
	const quo__node *gx = &b->nodes[x >> 1], *gy = &b->nodes[y >> 1];
	if ((rest = other_operand(gy, x)) != QUO_OUT_ZERO ||
	    (rest = other_operand(gx, y)) != QUO_OUT_ZERO)
		return rest ^ flip;
	if (gx->op == QUO__XOR && gy->op == QUO__XOR) {
		quo_wire ax = gx->a, bx = gx->b;
		if ((rest = other_operand(gy, ax)) != QUO_OUT_ZERO)
			return quo_bit_xor(b, rest, bx) ^ flip;
		if ((rest = other_operand(gy, bx)) != QUO_OUT_ZERO)
			return quo_bit_xor(b, rest, ax) ^ flip;
	}

	uint32_t found = b->table[find(b, QUO__XOR, x, y)];
	return (found ? found << 1 : add_gate(b, QUO__XOR, x, y)) ^ flip;
}

/* x & y where y is a gate that knows x. */
static bool fold_and(quo_builder *b, quo_wire x, quo_wire y, quo_wire *out)
{
	const quo__node *g = &b->nodes[y >> 1];
	quo_wire flip = y & 1, rest;

	/* x & (x ^ r) = x & ~r */
	if ((rest = other_operand(g, x & ~UINT32_C(1))) != QUO_OUT_ZERO) {
		*out = quo_bit_and(b, x, rest ^ (x & 1) ^ flip ^ 1);
		return true;
	}
	if (g->op != QUO__AND)
		return false;
	if (x == (g->a ^ 1) || x == (g->b ^ 1)) {
		*out = flip ? x : QUO_WIRE_0;
		return true;
	}
	if (x == g->a || x == g->b) {
		rest = x == g->a ? g->b : g->a;
		*out = flip ? quo_bit_and(b, x, rest ^ 1) : y;
		return true;
	}
	return false;
}

quo_wire quo_bit_and(quo_builder *b, quo_wire x, quo_wire y)
{
	quo_wire out;

	if (!valid(b, x, y))
		return QUO_WIRE_0;
	if (x > y) {
		quo_wire t = x;
		x = y;
		y = t;
	}
	if (x == QUO_WIRE_0 || x == (y ^ 1))
		return QUO_WIRE_0;
	if (x == QUO_WIRE_1 || x == y)
		return y;
	if (fold_and(b, x, y, &out) || fold_and(b, y, x, &out))
		return out;

	uint32_t found = b->table[find(b, QUO__AND, x, y)];
	if (!found)
		return add_gate(b, QUO__AND, x, y);

	/* The gate is (x ^ p) & (y ^ q): x & y = gate ^ p (y ^ q) ^ q (x ^ p) ^ p q. */
	quo_wire p = b->nodes[found].a ^ x, q = b->nodes[found].b ^ y;
	out = found << 1;
	if (p)
		out = quo_bit_xor(b, out, y ^ q);
	if (q)
		out = quo_bit_xor(b, out, x ^ p);
	return out ^ (p & q);
}

quo_wire quo_bit_or(quo_builder *b, quo_wire x, quo_wire y)
{
	return valid(b, x, y) ? quo_bit_and(b, x ^ 1, y ^ 1) ^ 1 : QUO_WIRE_0;
}

quo_wire quo_bit_mux(quo_builder *b, quo_wire select, quo_wire if_one, quo_wire if_zero)
{
	return quo_bit_xor(b, if_zero, quo_bit_and(b, select, quo_bit_xor(b, if_one, if_zero)));
}

/* ---- inputs of the node table ---- */
quo_wire quo__input_node(quo_builder *b, bool scalar)
{
	quo_wire w = add_node(b, QUO__INPUT, b->n_input_wires, 0);

	b->n_input_wires += w != 0;
	if (w)
		b->nodes[w >> 1].scalar = scalar;
	return w;
}
