/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The integer rules of docs/numerics.md as circuits: activation, output error, normalisation,
 * update, prediction.
 *
 * Each function returns a finished circuit that the caller frees, or NULL with a message. Port
 * names are those of docs/numerics.md.
 */
#ifndef QUOTIENT_CORE_RULES_H
#define QUOTIENT_CORE_RULES_H

#include <quotient/circuit.h>
#include <quotient/optim.h>

/* Shift of the forward pass for n inputs per output (docs/numerics.md, "Forward"). */
int quo_alpha(uint32_t fan_in);

/*
 * Z (arith) -> A (7 bits) and, with_mask, m (1 bit). With a window layer (NULL: none): Z.0 .. Z.(n-1),
 * its elements -> A and m.0 .. m.(n-1), the mask at those that the error goes to.
 */
quo_circuit *quo_rule_activate(quo_goal goal, unsigned z_width, int alpha,
			       const quo_instance *window, uint32_t n, bool with_mask,
			       quo_err *err);
/* Z (arith), y (1 bit: the true class) -> A (7 bits), E = A - 127 y (8 bits). */
quo_circuit *quo_rule_output_error(quo_goal goal, unsigned z_width, int alpha, quo_err *err);
/* x (arith) -> x (bits of the same width). */
quo_circuit *quo_rule_to_bits(quo_goal goal, unsigned width, quo_err *err);
/*
 * The error that reaches an activation: x (arith, from the product above) and terms of skips -> x (bits of `width`).
 * A term is rs(E.k * 2^scale, S.k): E.k (8 bits, or arith of e_width), S.k (scalar; none if s_width is 0). Without
 * terms `width` is e_width and this is quo_rule_to_bits().
 */
#define QUO_RULE_MAX_TERMS 16
typedef struct quo_rule_term {
	uint8_t e_width;
	bool is_arith;
	unsigned scale;
	uint8_t s_width;
} quo_rule_term;
quo_circuit *quo_rule_error(quo_goal goal, unsigned e_width, const quo_rule_term *term, unsigned n,
			    unsigned width, quo_err *err);
/* s.0 .. s.(n-1) (unsigned, of these widths) -> S, their sum. */
quo_circuit *quo_rule_sum(quo_goal goal, const uint8_t *width, uint32_t n, quo_err *err);
/* E, s (scalar)[, m] -> E = sat(rs(E, s - 7)) [* m] (8 bits); bound is the quantiser's. masks: 0 or 1, or the
 * elements of a window: m.0 .. -> E.0 .. */
quo_circuit *quo_rule_normalise(quo_goal goal, unsigned width, unsigned s_width, uint32_t bound,
				uint32_t masks, quo_err *err);
/* V, G, s (scalar)[, u], states -> V, T (two planes, + and -), states. Ports in this order. */
quo_circuit *quo_rule_update(quo_goal goal, const quo_instance *optim, const quo_instance *quant,
			     unsigned g_width, unsigned s_width, int epoch, quo_err *err);
/* A.0 .. A.(classes-1) (7 bits), y.0 .. (1 bit) -> right (1 bit): the largest A, first wins, is
 * where y is 1. */
quo_circuit *quo_rule_right(quo_goal goal, unsigned classes, quo_err *err);

#define QUO_TERNARY_THRESHOLD 32
#define QUO_LABEL_VALUE 127

#endif
