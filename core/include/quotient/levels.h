/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A circuit by levels of AND gates: for protocols in which XOR and NOT are local and all AND gates
 * of a level share one exchange (GMW, replicated sharing).
 *
 * A circuit of AND depth d has d + 1 levels. A level is a list of local gates, in an order in which
 * they can be evaluated, and a list of AND gates, which need no order: their operands are inputs,
 * results of levels below, and local gates up to here. The last level has no AND gates; any level
 * may have no local gates. NOT gates in front of an AND gate are folded into it.
 *
 * Rows. An evaluator keeps wires in rows: a vector row holds a value for every instance, a scalar
 * row one value for all. What depends on scalar ports alone is scalar. Row numbers are
 *
 *	0 .. n_inputs - 1               the circuit's input wires (scalar where the port is), which stay
 *	n_inputs ..                     n_vectors vector rows, used again when their value is dead
 *	n_inputs + n_vectors ..         n_scalars scalar rows, each written once
 *
 * so that memory follows from how many values live at a time. A local gate's result never lies in a
 * row that the gate reads. Results of AND gates may lie in rows that AND gates of the same level
 * read, so that an evaluator reads the operands of all of them before it writes the first result.
 * Because scalar rows are written once, a level's scalar gates may all run before the others.
 *
 * An evaluator in outline:
 *
 *	for (uint32_t i = 0; i < l->n_levels; i++) {
 *		const quo_level *level = &l->levels[i];
 *		for (uint32_t g = level->locals; g < level->locals_end; g++)
 *			...                     evaluate l->locals[g]
 *		if (level->ands == level->ands_end)
 *			continue;               (the last level)
 *		for (uint32_t g = level->ands; g < level->ands_end; g++)
 *			...                     read l->ands[g].a and .b, prepare the message
 *		...                             one exchange
 *		for (uint32_t g = level->ands; g < level->ands_end; g++)
 *			...                     write l->ands[g].out
 *	}
 *
 * Threads: a finished quo_levels is constant.
 */
#ifndef QUOTIENT_LEVELS_H
#define QUOTIENT_LEVELS_H

#include <quotient/circuit.h>

typedef enum quo_local_op {
	QUO_LOCAL_XOR,        /* out = a ^ b, all vectors or all scalars */
	QUO_LOCAL_XOR_SCALAR, /* out = a ^ b, b a scalar, out and a vectors */
	QUO_LOCAL_NOT,        /* out = ~a; ignore b */
} quo_local_op;

typedef struct quo_local_gate {
	uint32_t out, a, b; /* rows */
	uint8_t op;         /* quo_local_op */
	bool scalar;        /* out is a scalar, and so is all that the gate reads */
} quo_local_gate;

/* out = (a ^ not_a) & (b ^ not_b). When one operand alone is a scalar, it is a. */
typedef struct quo_and_gate {
	uint32_t out, a, b; /* rows; a and b differ */
	bool not_a, not_b;
	bool scalar_a, scalar_b; /* out is a scalar when both are */
	/* For quo_levels_allocate(): the evaluator does not read this operand's row for this gate,
	 * because it has the value already; the row may be in other use by then. */
	bool unread_a, unread_b;
	uint32_t gate; /* its number in the circuit */
} quo_and_gate;

/* Gates locals .. locals_end - 1 and ands .. ands_end - 1 of the lists. */
typedef struct quo_level {
	uint32_t locals, locals_end, ands, ands_end;
} quo_level;

typedef struct quo_levels {
	const quo_circuit *circuit; /* until the rows are allocated; then NULL */
	quo_level *levels;
	quo_local_gate *locals;
	quo_and_gate *ands; /* within a level in the order of the circuit */
	uint32_t n_levels;  /* circuit->depth + 1 */
	uint32_t n_locals, n_ands;
	uint32_t n_inputs, n_vectors, n_scalars; /* rows of each sort */
	uint32_t n_outputs;
	uint32_t *out_rows; /* of each output wire: a row, or QUO_OUT_ZERO or QUO_OUT_ONE */
	bool *out_scalar;   /* the row is scalar; false for a constant */
} quo_levels;

/* Order c by levels and allocate rows. c is a finished circuit, which may go afterwards; what its
 * ports' kinds mean is up to the evaluator. NULL and a message when memory is short. Free with
 * quo_levels_free(). */
quo_levels *quo_levels_new(const quo_circuit *c, quo_err *err);

/*
 * The two steps of quo_levels_new(), for an evaluator that shares operands between AND gates.
 * quo_levels_order() leaves out the rows. In their place stand wires of the circuit (of an AND
 * gate's operand, the wire in front of its NOT gates), and n_vectors and n_scalars are 0. The
 * caller may then set unread_a and unread_b. quo_levels_allocate(), called once, turns wires into
 * rows; the circuit must still be there.
 */
quo_levels *quo_levels_order(const quo_circuit *c, quo_err *err);
quo_status quo_levels_allocate(quo_levels *l, quo_err *err);

void quo_levels_free(quo_levels *l); /* NULL is fine */

/* The number of all rows. */
static inline uint32_t quo_levels_rows(const quo_levels *l)
{
	return l->n_inputs + l->n_vectors + l->n_scalars;
}

#endif
