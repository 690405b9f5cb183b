/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Circuit engines: evaluate circuits over XOR-shared tensors. The second verb, `map`.
 *
 * A call takes a list of independent jobs, so that an engine can share rounds between them.
 */
#ifndef QUOTIENT_CIRCUITS_H
#define QUOTIENT_CIRCUITS_H

#include <quotient/circuit.h>
#include <quotient/session.h>
#include <quotient/tensor.h>

QUO_BEGIN_DECLS

#define QUO_MAX_PORTS 512

/* One circuit over n instances. in[p] fits port p: BITS of the port's width, or ARITH for an arith
 * port; n elements, or 1 for a scalar port. out[p] is a BITS tensor of n elements; outputs never
 * alias inputs. */
typedef struct quo_map_job {
	const quo_circuit *circuit;
	size_t n;
	const quo_tensor *in[QUO_MAX_PORTS];
	quo_tensor *out[QUO_MAX_PORTS];
} quo_map_job;

typedef struct quo_circuits_ops {
	quo_lifecycle life;
	/* Required. Once, before the first map, when the session's COTs are open (not in dry
	 * sessions). */
	quo_status (*open)(void *self, quo_session *s, quo_err *err);
	/* Required. In a dry session its messages are counted, and it touches no data. Arith
	 * ports arrive as ARITH tensors: quo_split_arith() gives the circuit with the adder in
	 * front. */
	quo_status (*map)(void *self, quo_session *s, const quo_map_job *jobs, size_t n_jobs,
			  quo_err *err);
	/* Required. The form of a circuit that this engine wants over the session's link for n
	 * instances. Asked before open. */
	quo_goal (*goal)(void *self, const quo_session *s, size_t n);
} quo_circuits_ops;
typedef quo_circuits_ops QUO_KIND_CIRCUITS_ops;

/* The vtable of an instance, which must be a circuit engine. */
static inline const quo_circuits_ops *quo_circuits(const quo_instance *circuits)
{
	return QUO_OPS(QUO_KIND_CIRCUITS, circuits->component);
}

/*
 * The two-party form of c: every ARITH port x becomes two BITS ports "x.0" and "x.1" (party 0's and
 * party 1's additive share) with an adder mod 2^width. Other ports keep their order. NULL-safe; the
 * caller frees.
 */
quo_circuit *quo_split_arith(const quo_circuit *c, quo_goal goal, quo_err *err);

QUO_END_DECLS

#endif
