/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Boolean circuits: the builder, what it yields, and the evaluator in the clear.
 *
 * A circuit is a list of AND, XOR and NOT gates in topological order, with named input and output
 * ports. It says nothing about who evaluates it. Integers are two's complement, least significant
 * bit first, at most 64 bits. The builder folds constants, shares common subexpressions while gates
 * are added, and drops dead gates at the end; only AND gates cost anything under encryption.
 *
 * A builder is sticky: after the first error every call is harmless and quo_circuit_finish()
 * reports it.
 */
#ifndef QUOTIENT_CIRCUIT_H
#define QUOTIENT_CIRCUIT_H

#include <quotient/crypto.h>
#include <quotient/pool.h>

QUO_BEGIN_DECLS

/* A wire of a builder. 0 and 1 are the constants. */
typedef uint32_t quo_wire;
#define QUO_WIRE_0 ((quo_wire)0)
#define QUO_WIRE_1 ((quo_wire)1)

/* An integer made of wires: width bits, signed or not. Passed by value. */
#define QUO_INT_MAX_WIDTH 64
typedef struct quo_int {
	quo_wire bit[QUO_INT_MAX_WIDTH];
	uint8_t width; /* 0..64; 0 is the integer 0 */
	bool is_signed;
} quo_int;

typedef enum quo_port_kind {
	QUO_PORT_BITS, /* XOR-shared bit planes */
	QUO_PORT_ARITH, /* additive shares mod 2^width; the protocol puts the adder in front. Inputs only. */
} quo_port_kind;

typedef struct quo_port {
	const char *name; /* owned by the circuit */
	quo_port_kind kind;
	uint8_t width;
	bool is_signed;
	bool scalar; /* inputs: one value for all instances */
} quo_port;

typedef enum quo_gate_op { QUO_GATE_XOR, QUO_GATE_AND, QUO_GATE_NOT } quo_gate_op;

/* Wire ids of a finished circuit: inputs are 0 .. n_input_wires-1 (ports in order, bits upwards),
 * the output of gate g is n_input_wires + g (single assignment). NOT ignores b. */
typedef struct quo_gate {
	uint32_t a, b;
	uint8_t op;    /* quo_gate_op */
	uint32_t slot; /* where an evaluator may keep the output; see n_slots */
} quo_gate;

/* In `outputs`: an output that is a constant. */
#define QUO_OUT_ZERO UINT32_MAX
#define QUO_OUT_ONE (UINT32_MAX - 1)

typedef struct quo_circuit {
	const quo_port *in, *out;
	uint32_t n_in, n_out; /* ports */
	uint32_t n_input_wires, n_output_wires, n_gates, n_and, depth /* in AND levels */;
	const quo_gate *gates;
	const uint32_t *outputs; /* wire id, or QUO_OUT_ZERO/ONE, of each output wire */
	/*
	 * A register allocation: input wire w starts in slot w; gate g reads slots slot_of(a),
	 * slot_of(b) and may overwrite a slot whose wire is dead, but never one it reads itself.
	 * Output wires stay live to the end.
	 */
	uint32_t n_slots;
	uint64_t id; /* unique in this process: a key for engines' caches */
} quo_circuit;

static inline uint32_t quo_circuit_slot(const quo_circuit *c, uint32_t wire)
{
	return wire < c->n_input_wires ? wire : c->gates[wire - c->n_input_wires].slot;
}

/* ---- building ---- */
typedef struct quo_builder quo_builder;

typedef enum quo_goal {
	QUO_SMALL,   /* fewest AND gates (Yao) */
	QUO_SHALLOW, /* fewest AND levels (GMW) */
} quo_goal;

quo_builder *quo_builder_new(quo_goal goal);
quo_goal quo_builder_goal(const quo_builder *b);
void quo_builder_free(quo_builder *b); /* NULL is fine; not needed after finish */

quo_int quo_input(quo_builder *b, const char *name, quo_port_kind kind, unsigned width,
		  bool is_signed, bool scalar);
/* The port has x's width and sign. */
void quo_output(quo_builder *b, const char *name, quo_int x);
/* Frees the builder in any case. */
quo_circuit *quo_circuit_finish(quo_builder *b, quo_err *err);
void quo_circuit_free(quo_circuit *c);
/* Splice circuit c into b: inputs[p] feeds port p (resized to its width); results
 * go to outputs[port]. */
void quo_inline(quo_builder *b, const quo_circuit *c, const quo_int *inputs, quo_int *outputs);

/* ---- wires ---- */
quo_wire quo_bit_xor(quo_builder *b, quo_wire x, quo_wire y);
quo_wire quo_bit_and(quo_builder *b, quo_wire x, quo_wire y);
quo_wire quo_bit_or(quo_builder *b, quo_wire x, quo_wire y);
quo_wire quo_bit_not(quo_builder *b, quo_wire x);
/* 1 AND */
quo_wire quo_bit_mux(quo_builder *b, quo_wire select, quo_wire if_one, quo_wire if_zero);

/* ---- integers ---- (widths of results in comments; "exact" means that no value is lost) */
quo_int quo_const(int64_t value, unsigned width, bool is_signed);
quo_int quo_int_from_bit(quo_wire x); /* unsigned, width 1 */
/* truncate, or extend by x's own sign */
quo_int quo_resize(quo_int x, unsigned width, bool is_signed);
/* bits low .. low+width-1, extended */
quo_int quo_slice(quo_int x, unsigned low, unsigned width, bool is_signed);
quo_int quo_shl(quo_int x, unsigned by);                    /* exact: width + by */
quo_wire quo_sign(quo_int x);                               /* top bit; 0 for unsigned or width 0 */
quo_int quo_xor_int(quo_builder *b, quo_int x, quo_int y);  /* max width, zero-extended */
quo_int quo_and_bit(quo_builder *b, quo_int x, quo_wire m); /* x & m on every bit: m ? x : 0 */
quo_int quo_or_int(quo_builder *b, quo_int x, quo_int y);
quo_int quo_mux(quo_builder *b, quo_wire select, quo_int if_one, quo_int if_zero); /* exact */
quo_int quo_add(quo_builder *b, quo_int x, quo_int y); /* exact: max + 1, signed if either is */
quo_int quo_sub(quo_builder *b, quo_int x, quo_int y); /* exact: max + 1, signed */
/* mod 2^width, width-1 ANDs, signed as x */
quo_int quo_add_mod(quo_builder *b, quo_int x, quo_int y, unsigned width);
/* x + y + carry mod 2^width, signed as x: the carry is free. -y = ~y + 1, so x - y - 1 + carry is
 * as cheap. */
quo_int quo_add_carry(quo_builder *b, quo_int x, quo_int y, quo_wire carry, unsigned width);
/* ~x at `width` bits, signed; free */
quo_int quo_not_int(quo_builder *b, quo_int x, unsigned width);
quo_int quo_neg(quo_builder *b, quo_int x); /* exact: width + 1, signed */
quo_int quo_abs(quo_builder *b, quo_int x); /* exact, unsigned, x's width */
/* x >= 0 ? x : ~x; unsigned, width - 1 if signed; free */
quo_int quo_mag(quo_builder *b, quo_int x);
/* exact; shift-and-add in signed-digit form */
quo_int quo_mul_const(quo_builder *b, quo_int x, uint32_t c);
/* A part of quo_sum(): x * 2^by, subtracted when minus. */
#define QUO_SUM_MAX_TERMS 24
typedef struct quo_term {
	quo_int x;
	uint8_t by;
	bool minus;
} quo_term;
/* The sum of n terms and a constant mod 2^width, signed as told. Shallow: carry-save and one adder; small: adders in
 * turn. */
quo_int quo_sum(quo_builder *b, const quo_term *terms, unsigned n, int64_t constant, unsigned width,
		bool is_signed);
quo_wire quo_less(quo_builder *b, quo_int x, quo_int y); /* x < y, signs respected */
quo_wire quo_equal(quo_builder *b, quo_int x, quo_int y);
quo_wire quo_nonzero(quo_builder *b, quo_int x);
quo_int quo_max(quo_builder *b, quo_int x, quo_int y); /* exact */
/* narrowest exact result */
quo_int quo_clamp(quo_builder *b, quo_int x, int32_t low, int32_t high);
quo_int quo_len(quo_builder *b, quo_int x); /* bit length of an unsigned x, unsigned */
/* rs(x, s) of docs/numerics.md with a public shift, s > 0: floor((x + 2^(s-1)) / 2^s); s <= 0:
 * x * 2^-s. Exact. */
quo_int quo_round_shift(quo_builder *b, quo_int x, int s);
/*
 * rs with a shift made of wires: floor((x + 2^(s-1)) / 2^s) for s >= 1 and x for s = 0, s unsigned.
 * The result is taken mod 2^width (signed as x): give a width that holds every value that can
 * occur, and gates that only serve bits beyond it are dropped.
 */
quo_int quo_round_shift_by(quo_builder *b, quo_int x, quo_int s, unsigned width);
/* floor(x / 2^s), s unsigned wires, result mod 2^width: the same without the rounding. */
quo_int quo_shift_right_by(quo_builder *b, quo_int x, quo_int s, unsigned width);
/* The same for a caller that knows s <= max: bits that only larger shifts would move cost
 * nothing. */
quo_int quo_shift_right_upto(quo_builder *b, quo_int x, quo_int s, unsigned max, unsigned width);

/* x * y. Exact: width is the sum of both, signed if either is. Small: wx * wy gates for the products of bits and about
 * as many for the adders. */
quo_int quo_mul(quo_builder *b, quo_int x, quo_int y);
/* x * x at about half the gates. Exact, unsigned, twice x's width (less 1 for a signed x). */
quo_int quo_square(quo_builder *b, quo_int x);
/*
 * floor(x / (y + carry)) for an unsigned y; x may be signed (floored towards -infinity, remainder >= 0). width holds
 * every quotient that can occur, signed as x: a row of gates as wide as y is spent on each of its bits, and a quotient
 * that does not fit, as any by 0, gives unspecified bits. The carry is free: y + 1 with QUO_WIRE_1 is never 0.
 */
quo_int quo_div(quo_builder *b, quo_int x, quo_int y, quo_wire carry, unsigned width);
/* floor(sqrt(x)) of an unsigned x; half x's width, rounded up. About x.width^2 / 8 gates. */
quo_int quo_isqrt(quo_builder *b, quo_int x);

/* ---- evaluating in the clear, bit-sliced over SIMD words ---- */
/*
 * n instances. in[p] points to the planes of input port p (plane k at in[p] + k * quo_words(n)); a
 * scalar port has one word per plane, the value in bit 0. out[p] likewise, bits beyond n cleared.
 * in and out do not overlap.
 */
quo_status quo_circuit_eval(const quo_circuit *c, size_t n, const uint64_t *const *in,
			    uint64_t *const *out, quo_err *err);
/* The same on a pool's threads; NULL: one. */
quo_status quo_circuit_eval_on(quo_pool *pool, const quo_circuit *c, size_t n,
			       const uint64_t *const *in, uint64_t *const *out, quo_err *err);
/* The same where some ports take integers: words[p], where it is not NULL, holds the n values (a
 * scalar's one) of port p, which is no wider than 32 bits, instead of in[p]. Higher bits do not
 * count. */
quo_status quo_circuit_eval_words(quo_pool *pool, const quo_circuit *c, size_t n,
				  const uint64_t *const *in, const uint32_t *const *words,
				  uint64_t *const *out, quo_err *err);

QUO_END_DECLS

#endif
