/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Quantisers: how errors and gradients are normalised by a power of two, and how an SGD step is rounded.
 *
 * The exponent s of a tensor is found by a reduction: lift() every element to an unsigned magnitude, combine() all
 * of them pairwise in any order, exponent() of the result. Then x is replaced by rs(x, s - 7).
 */
#ifndef QUOTIENT_QUANT_H
#define QUOTIENT_QUANT_H

#include <quotient/circuit.h>
#include <quotient/plugin.h>

QUO_BEGIN_DECLS

typedef struct quo_quant_ops {
	quo_lifecycle life;
	/* -bound <= x * 2^(7 - s) < bound for every x of a tensor with exponent s, hence |rs(x, s - 7)| <= bound; at
	 * most 255. Optimisers cut their circuits to it. */
	uint32_t bound;
	/* Public random bits per element that step() wants; 0 or 8. */
	uint32_t random_bits;
	/* Required. Of a signed x: an unsigned integer at most as wide. lift(0) = 0. */
	quo_int (*lift)(void *self, quo_builder *b, quo_int x);
	/* Required. Associative, commutative, 0 neutral; as wide as its wider operand. */
	quo_int (*combine)(void *self, quo_builder *b, quo_int x, quo_int y);
	/* Required. The exponent, unsigned, of the combined magnitude; below the width of x. */
	quo_int (*exponent)(void *self, quo_builder *b, quo_int m);
	/* Required. The step of SGD with rate 2^-r: rs(g, s - 7 + r), or the quantiser's own rounding of it with the
	 * public bits u (width random_bits). Signed; exact. */
	quo_int (*step)(void *self, quo_builder *b, quo_int g, quo_int s, int r, quo_int u);
} quo_quant_ops;
typedef quo_quant_ops QUO_KIND_QUANT_ops;

/* The vtable of an instance, which must be a quantiser. */
static inline const quo_quant_ops *quo_quant(const quo_instance *quant)
{
	return QUO_OPS(QUO_KIND_QUANT, quant->component);
}

QUO_END_DECLS

#endif
