/* SPDX-License-Identifier: Apache-2.0 */
/*
 * OT engines: random correlated OT, the one thing that a COT extension must deliver.
 *
 * For instance number i the sender gets q_i and holds one global Delta (lsb 1); the receiver gets a
 * random choice bit c_i and t_i = q_i ^ c_i * Delta. Everything else (chosen bits, garbling labels,
 * payloads) is derived from that once, in the core. An instance serves one direction: a run has
 * two, with independent Deltas.
 */
#ifndef QUOTIENT_OT_H
#define QUOTIENT_OT_H

#include <quotient/session.h>

QUO_BEGIN_DECLS

typedef enum quo_ot_role { QUO_OT_SENDER, QUO_OT_RECEIVER } quo_ot_role;

typedef struct quo_ot_ops {
	quo_lifecycle life;
	/* Required. Set-up with the peer (base OTs). The sender draws Delta with lsb 1. `sender` is
	 * the sender's party number; this party's role follows from quo_me(). In a dry session
	 * (session.h): what it sends is counted, and there is no Delta. */
	quo_status (*open)(void *self, quo_session *s, int sender, quo_err *err);
	/* Required. The next n COTs, any n >= 0. Sender: out[i] = q_i, choices NULL. Receiver:
	 * out[i] = t_i and the random choice bits as a plane of quo_words(n)
	 * words, tail cleared. In a dry session: what it sends and computes (quo_session_work()) is
	 * counted; out and choices are NULL. */
	quo_status (*extend)(void *self, quo_session *s, size_t n, quo_block *out,
			     uint64_t *choices, quo_err *err);
	/* Required. The sender's Delta after open; not called in a dry session. */
	quo_block (*delta)(void *self);
} quo_ot_ops;
typedef quo_ot_ops QUO_KIND_OT_ops;

/* The vtable of an instance, which must be an OT engine. */
static inline const quo_ot_ops *quo_ot(const quo_instance *ot)
{
	return QUO_OPS(QUO_KIND_OT, ot->component);
}

/* ---- derived in the core (core/session/cot.c) ---- */

/* One direction of COT: an OT engine instance and who sends. */
typedef struct quo_cot quo_cot;
quo_cot *quo_cot_new(const quo_instance *ot, int sender, quo_err *err);
void quo_cot_free(quo_cot *cot); /* does not free the instance */
/* Run the engine's set-up. In a dry session this and all that follow count; blocks and choices are
 * then NULL. */
quo_status quo_cot_open(quo_cot *cot, quo_session *s, quo_err *err);
quo_block quo_cot_delta(const quo_cot *cot); /* sender only */
int quo_cot_sender(const quo_cot *cot);
/*
 * A stand-in for `of` in dry sessions that weigh single calls: every COT costs its share of what a long run of
 * the engine sends and computes, however the engine batches. It is open, and for dry sessions alone. `s` is the
 * session that `of` belongs to.
 */
quo_cot *quo_cot_average(const quo_cot *of, const quo_session *s, quo_err *err);
/*
 * n COTs with the receiver's chosen bits: receiver gets t_i = q_i ^ choice_i * Delta. The receiver
 * sends, on top of the engine's traffic, n bits rounded up to bytes that correct its random choices
 * (Beaver 1995). Called by both: the sender passes choices = NULL. out has n blocks. A random COT
 * is consumed once, by one use.
 */
quo_status quo_cot_chosen(quo_cot *cot, quo_session *s, size_t n, const uint64_t *choices,
			  quo_block *out, quo_err *err);
/*
 * n COTs with random choice bits, as the engine makes them: nothing is sent on top of its own
 * traffic. The receiver gets its choices as a plane of quo_words(n) words, tail cleared; the sender
 * passes choices = NULL.
 */
quo_status quo_cot_random(quo_cot *cot, quo_session *s, size_t n, quo_block *out, uint64_t *choices,
			  quo_err *err);

QUO_END_DECLS

#endif
