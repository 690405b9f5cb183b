/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Garbling schemes: garble and evaluate one circuit over many instances.
 *
 * Free-XOR labels: a wire's label for value v is L ^ v * Delta, lsb(Delta) = 1, so the lsb is the
 * colour bit. The garbler holds zero labels, the evaluator active labels.
 *
 * Labels are handed over as rows, one pointer per wire, so that a caller can pass parts of larger
 * arrays: in[w] points to the n labels of input wire w (ports in order, bits upwards), or to one
 * label when the wire's port is scalar; out[o] points to room for the n labels of output wire o.
 * Rows need no alignment beyond quo_block's; in and out do not overlap. A constant output's active
 * label is 0 for the evaluator, and v * Delta is the garbler's zero label of the constant v, so
 * that colours are XOR shares of it.
 *
 * Both parties call with the same circuit and n, in the same order. Tables stream in large chunks,
 * garbler ahead of evaluator; garble() does not flush the channel. Nothing is sent for n = 0 or
 * without AND gates.
 */
#ifndef QUOTIENT_GC_H
#define QUOTIENT_GC_H

#include <quotient/circuit.h>
#include <quotient/session.h>

QUO_BEGIN_DECLS

typedef struct quo_gc_ops {
	quo_lifecycle life;
	/* Required. Garbler: zero labels in, zero labels out; sends the tables. Tweaks come from
	 * the session's domain QUO_DOMAIN_GC_<garbler>, as do the evaluator's. lsb(delta) must
	 * be 1. */
	quo_status (*garble)(void *self, quo_session *s, const quo_circuit *c, size_t n,
			     quo_block delta, const quo_block *const *in, quo_block *const *out,
			     quo_err *err);
	/* Required. Evaluator: active labels in, active labels out; receives the tables. */
	quo_status (*evaluate)(void *self, quo_session *s, const quo_circuit *c, size_t n,
			       const quo_block *const *in, quo_block *const *out, quo_err *err);
	/* Required. Bytes that garble() sends. */
	uint64_t (*table_bytes)(void *self, const quo_circuit *c, size_t n);
	/* Optional. Seconds of one core to garble, and to evaluate, an AND gate of many instances; for forecasts. */
	double garble_s, evaluate_s;
} quo_gc_ops;
typedef quo_gc_ops QUO_KIND_GC_ops;

/* The vtable of an instance, which must be a garbling scheme. */
static inline const quo_gc_ops *quo_gc(const quo_instance *gc)
{
	return QUO_OPS(QUO_KIND_GC, gc->component);
}

QUO_END_DECLS

#endif
