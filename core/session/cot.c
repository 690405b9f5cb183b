/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the core derives from random correlated OT: choices of the receiver's own. Random ones pass
 * through.
 *
 * Beaver 1995 ("Precomputing oblivious transfer"): for a random COT (q; c, t = q ^ c*Delta) the
 * receiver sends d = c ^ choice and the sender takes q' = q ^ d*Delta; then t = q' ^ choice*Delta.
 * d is uniform because c is, and a random COT is used once.
 */
#include <quotient/bits.h>
#include <quotient/ot.h>

#include <string.h>

#include "session/session_core.h"

/* COTs are corrected in pieces while they are in the second-level cache; a multiple of 64. */
#define PIECE ((size_t)1 << 15)

/* An average is taken over so many COTs. */
#define LONG_RUN ((size_t)1 << 23)

struct quo_cot {
	const quo_instance *ot;
	const quo_ot_ops *ops;
	int sender;
	bool is_average;
	double sent_bytes[2], cpu_s[2]; /* averages: of a COT, by party */
};

quo_cot *quo_cot_new(const quo_instance *ot, int sender, quo_err *err)
{
	quo_cot *cot = quo_alloc(1, sizeof *cot, err);

	if (cot)
		*cot = (quo_cot){ .ot = ot, .ops = quo_ot(ot), .sender = sender };
	return cot;
}

void quo_cot_free(quo_cot *cot)
{
	quo_free(cot);
}

quo_status quo_cot_open(quo_cot *cot, quo_session *s, quo_err *err)
{
	if (s->dry) {
		cot->ops->cost_open(cot->ot->self, s, cot->sender, s->cost);
		return QUO_OK;
	}
	return cot->ops->open(cot->ot->self, s, cot->sender, err);
}

quo_block quo_cot_delta(const quo_cot *cot)
{
	return cot->ops->delta(cot->ot->self);
}

int quo_cot_sender(const quo_cot *cot)
{
	return cot->sender;
}

static size_t packed_bytes(size_t n)
{
	return n / 8 + (n % 8 != 0);
}

static quo_status chosen_sender(quo_cot *cot, quo_session *s, size_t n, quo_block *out,
				uint64_t *flips, quo_err *err)
{
	quo_block delta;

	QUO_TRY(cot->ops->extend(cot->ot->self, s, n, out, NULL, err));
	QUO_TRY(quo_channel_recv(s->peer, flips, packed_bytes(n), err));
	delta = quo_cot_delta(cot);
	quo_xor_if_bits(out, delta, flips, n);
	quo_wipe(&delta, sizeof delta);
	return QUO_OK;
}

static quo_status chosen_receiver(quo_cot *cot, quo_session *s, size_t n, const uint64_t *choices,
				  quo_block *out, uint64_t *flips, quo_err *err)
{
	size_t words = quo_words(n);

	QUO_TRY(cot->ops->extend(cot->ot->self, s, n, out, flips, err));
	for (size_t i = 0; i < words; i++)
		flips[i] ^= choices[i];
	if (n % 64)
		flips[words - 1] &= (UINT64_C(1) << n % 64) - 1;
	return quo_channel_send(s->peer, flips, packed_bytes(n), err);
}

static size_t piece(size_t n, size_t at)
{
	return n - at < PIECE ? n - at : PIECE;
}

quo_status quo_cot_chosen(quo_cot *cot, quo_session *s, size_t n, const uint64_t *choices,
			  quo_block *out, quo_err *err)
{
	quo_status status = QUO_OK;
	quo_arena_mark mark;
	uint64_t *flips;

	if (s->dry) {
		quo_cot_chosen_cost(cot, n, s->cost);
		return QUO_OK;
	}
	if (!n)
		return QUO_OK;
	mark = quo_arena_here(s->step);
	flips = quo_arena_alloc(s->step, quo_words(piece(n, 0)), sizeof *flips, err);
	if (!flips)
		return QUO_FAILED;
	for (size_t at = 0; at < n && status == QUO_OK; at += PIECE)
		if (s->party == cot->sender)
			status = chosen_sender(cot, s, piece(n, at), out + at, flips, err);
		else
			status = chosen_receiver(cot, s, piece(n, at), choices + at / 64, out + at,
						 flips, err);
	quo_arena_release(s->step, mark);
	return status;
}

static void extend_cost(const quo_cot *cot, size_t n, quo_cost *cost)
{
	if (!cot->is_average) {
		cot->ops->cost_extend(cot->ot->self, cot->sender, n, cost);
		return;
	}
	for (int party = 0; party < 2; party++) {
		quo_cost_send(cost, party, (uint64_t)((double)n * cot->sent_bytes[party] + 0.5));
		quo_cost_work(cost, party, (double)n * cot->cpu_s[party]);
	}
}

void quo_cot_chosen_cost(quo_cot *cot, size_t n, quo_cost *cost)
{
	for (size_t at = 0; at < n; at += PIECE) {
		extend_cost(cot, piece(n, at), cost);
		quo_cost_send(cost, 1 - cot->sender, packed_bytes(piece(n, at)));
	}
	cost->cots += n;
}

quo_status quo_cot_random(quo_cot *cot, quo_session *s, size_t n, quo_block *out, uint64_t *choices,
			  quo_err *err)
{
	if (s->dry) {
		quo_cot_random_cost(cot, n, s->cost);
		return QUO_OK;
	}
	if (!n)
		return QUO_OK;
	return cot->ops->extend(cot->ot->self, s, n, out, choices, err);
}

void quo_cot_random_cost(quo_cot *cot, size_t n, quo_cost *cost)
{
	if (!n)
		return;
	extend_cost(cot, n, cost);
	cost->cots += n;
}

quo_cot *quo_cot_average(const quo_cot *of, const quo_session *s, quo_err *err)
{
	quo_cost setup = QUO_COST_INIT, cost = QUO_COST_INIT;
	quo_cot *cot = quo_cot_new(of->ot, of->sender, err);
	quo_instance *ot;

	if (!cot)
		return NULL;
	if (quo_instance_clone(of->ot, &ot, err) != QUO_OK) {
		quo_cot_free(cot);
		return NULL;
	}
	cot->ops->cost_open(ot->self, s, of->sender, &setup);
	cot->ops->cost_extend(ot->self, of->sender, LONG_RUN, &cost);
	quo_instance_free(ot);
	cot->is_average = true;
	for (int party = 0; party < 2; party++) {
		cot->sent_bytes[party] = (double)cost.sent_bytes[party] / (double)LONG_RUN;
		cot->cpu_s[party] = cost.cpu_s[party] / (double)LONG_RUN;
	}
	return cot;
}
