/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside of the circuit builder, shared by the files of core/circuit.
 *
 * A wire is a literal: twice the number of a node, plus one for its complement. Node 0 is the
 * constant 0, so that QUO_WIRE_0 and QUO_WIRE_1 are literals like any other, and NOT is free while
 * a circuit is built.
 */
#ifndef QUOTIENT_CORE_CIRCUIT_BUILDER_H
#define QUOTIENT_CORE_CIRCUIT_BUILDER_H

#include <quotient/circuit.h>

typedef enum quo__op { QUO__CONST, QUO__INPUT, QUO__XOR, QUO__AND } quo__op;

typedef struct quo__node {
	quo_wire a, b; /* AND: literals; XOR: positive literals; a < b. INPUT: a is the wire id. */
	uint8_t op;
	bool scalar;    /* depends on scalar ports alone */
	uint32_t level; /* AND gates on the longest way here */
} quo__node;

typedef struct quo__port {
	quo_port port; /* name is the builder's own copy */
	quo_int x;
} quo__port;

struct quo_builder {
	quo_goal goal;
	quo_err err;
	quo__node *nodes;
	uint32_t n_nodes, cap_nodes;
	uint32_t *table; /* open addressing; 0 is empty */
	uint32_t table_size;
	quo__port *in, *out;
	uint32_t n_in, n_out, cap_in, cap_out;
	uint32_t n_input_wires;
	/* The last length that quo_len() counted, and what it counted: at_least[v] = (n >= v), 1 <=
	 * v <= most. */
	struct {
		quo_int n;
		unsigned most;
		quo_wire at_least[QUO_INT_MAX_WIDTH + 1];
	} length;
};

/* A width that no integer has: what functions without a builder return when 64 bits are not enough.
 */
#define QUO__BAD_WIDTH 255

/* True while b can build; a NULL builder (out of memory at its birth) cannot. */
static inline bool quo__ok(const quo_builder *b)
{
	return b && b->err.status == QUO_OK;
}

/* Records the first failure. */
void quo__builder_fail(quo_builder *b, const char *what);

/* The next input wire. */
quo_wire quo__input_node(quo_builder *b, bool scalar);

/* True when b can build and x is an integer of at most 64 bits; else the failure is recorded. */
bool quo__check(quo_builder *b, const quo_int *x, const char *what);

/* Bit i of x extended without end. */
static inline quo_wire quo__bit(const quo_int *x, unsigned i)
{
	if (i < x->width)
		return x->bit[i];
	return x->is_signed && x->width ? x->bit[x->width - 1] : QUO_WIRE_0;
}

/* The width of x as a signed (or, when both are unsigned, an unsigned) operand beside y. */
static inline unsigned quo__operand_width(const quo_int *x, const quo_int *y)
{
	bool is_signed = x->is_signed || y->is_signed;
	unsigned wx = x->width + (unsigned)(is_signed && !x->is_signed);
	unsigned wy = y->width + (unsigned)(is_signed && !y->is_signed);

	return wx > wy ? wx : wy;
}

/* c[0] = carry in; c[i+1] = majority(x[i], y[i], c[i]) for i < n: a chain (small) or a prefix
 * network (shallow). */
void quo__carries(quo_builder *b, const quo_wire *x, const quo_wire *y, quo_wire carry, unsigned n,
		  quo_wire *c);

/* x + y + carry mod 2^width, y complemented when flip is 1. */
quo_int quo__adder(quo_builder *b, const quo_int *x, const quo_int *y, quo_wire flip,
		   quo_wire carry, unsigned width, bool is_signed);

/* OR of n wires as a tree of logarithmic depth, cut at powers of two so that equal
 * runs are shared. */
quo_wire quo__any(quo_builder *b, const quo_wire *x, unsigned n);

/*
 * The shallow form of a shift (shallow.c), where there is one: z (64 bits, `sign` above them) is
 * shifted right in place by the low `stages` (at most 7) bits of s <= max; only bits below width
 * are right. False: nothing done.
 */
bool quo__shift_shallow(quo_builder *b, quo_wire *z, quo_wire sign, const quo_int *s,
			unsigned stages, unsigned max, unsigned width);

/* The thermometer at_least[1] .. [b->length.most] when s is the last length counted (length.c); else
 * NULL. */
const quo_wire *quo__length_steps(const quo_builder *b, const quo_int *s);

/* What quo_circuit_finish() makes: the public circuit and the evaluator's program. */
typedef struct quo__insn {
	uint32_t is_and;    /* else XOR; NOT is an XOR with the slot of ones, number n_slots */
	uint32_t out, a, b; /* slots */
} quo__insn;

typedef struct quo__circuit {
	quo_circuit pub;
	quo__insn *program;
} quo__circuit;

#endif
