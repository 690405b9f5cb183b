/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Garbling schemes: garble and evaluate one circuit over many instances.
 *
 * Free-XOR labels: a wire's label for value v is L ^ v * Delta, lsb(Delta) = 1, so the lsb is the colour bit. The
 * garbler holds zero labels, the evaluator active labels. Label arrays are wire-major: wire w of instance i at
 * [w * n + i]; a scalar input port has one label per wire, whose slot is [w * n] all the same (only element 0 of
 * the row is read). Outputs have n labels per output wire; a constant output's active label is 0 for the
 * evaluator, and v * Delta for the garbler's zero label of constant v, so that colours are XOR shares of it.
 * Tables stream in large chunks, garbler ahead of evaluator.
 */
#ifndef QUOTIENT_GC_H
#define QUOTIENT_GC_H

#include <quotient/circuit.h>
#include <quotient/session.h>

typedef struct quo_gc_ops {
	quo_lifecycle life;
	/* Required. Garbler: zero labels in, zero labels out; sends the tables. Tweaks come from the session. */
	quo_status (*garble)(void *self, quo_session *s, const quo_circuit *c, size_t n, quo_block delta,
	                     const quo_block *in, quo_block *out, quo_err *err);
	/* Required. Evaluator: active labels in, active labels out; receives the tables. */
	quo_status (*evaluate)(void *self, quo_session *s, const quo_circuit *c, size_t n, const quo_block *in,
	                       quo_block *out, quo_err *err);
	/* Required. Bytes that garble() sends. */
	uint64_t (*table_bytes)(void *self, const quo_circuit *c, size_t n);
} quo_gc_ops;

#endif
