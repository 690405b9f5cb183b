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

/* What a COT costs on average, in a dry session. */
static quo_status extend_average(const quo_cot *cot, quo_session *s, size_t n, quo_err *err)
{
	uint64_t bytes[2];

	for (int party = 0; party < 2; party++) {
		bytes[party] = (uint64_t)((double)n * cot->sent_bytes[party] + 0.5);
		quo_session_work(s, party, (double)n * cot->cpu_s[party]);
	}
	QUO_TRY(quo_send(s, 1 - s->party, NULL, bytes[s->party], err));
	return quo_recv(s, 1 - s->party, NULL, bytes[1 - s->party], err);
}

static quo_status extend(quo_cot *cot, quo_session *s, size_t n, quo_block *out, uint64_t *choices,
			 quo_err *err)
{
	return cot->is_average ? extend_average(cot, s, n, err)
			       : cot->ops->extend(cot->ot->self, s, n, out, choices, err);
}

static quo_status chosen_sender(quo_cot *cot, quo_session *s, size_t n, quo_block *out,
				uint64_t *flips, quo_err *err)
{
	quo_block delta;

	QUO_TRY(extend(cot, s, n, out, NULL, err));
	QUO_TRY(quo_recv(s, 1 - s->party, flips, packed_bytes(n), err));
	if (s->dry)
		return QUO_OK;
	delta = quo_cot_delta(cot);
	quo_xor_if_bits(out, delta, flips, n);
	quo_wipe(&delta, sizeof delta);
	return QUO_OK;
}

static quo_status chosen_receiver(quo_cot *cot, quo_session *s, size_t n, const uint64_t *choices,
				  quo_block *out, uint64_t *flips, quo_err *err)
{
	size_t words = s->dry ? 0 : quo_words(n);

	QUO_TRY(extend(cot, s, n, out, flips, err));
	for (size_t i = 0; i < words; i++)
		flips[i] ^= choices[i];
	if (words && n % 64)
		flips[words - 1] &= (UINT64_C(1) << n % 64) - 1;
	return quo_send(s, 1 - s->party, flips, packed_bytes(n), err);
}

static size_t piece(size_t n, size_t at)
{
	return n - at < PIECE ? n - at : PIECE;
}

static void count(quo_session *s, size_t n)
{
	if (s->dry)
		s->cost->cots += n;
}

quo_status quo_cot_chosen(quo_cot *cot, quo_session *s, size_t n, const uint64_t *choices,
			  quo_block *out, quo_err *err)
{
	quo_status status = QUO_OK;
	quo_arena_mark mark = { 0 };
	uint64_t *flips = NULL;

	if (!n)
		return QUO_OK;
	count(s, n);
	if (!s->dry) {
		mark = quo_arena_here(s->step);
		flips = quo_arena_alloc(s->step, quo_words(piece(n, 0)), sizeof *flips, err);
		if (!flips)
			return QUO_FAILED;
	}
	for (size_t at = 0; at < n && status == QUO_OK; at += PIECE) {
		const uint64_t *own = choices ? choices + at / 64 : NULL;
		quo_block *to = out ? out + at : NULL;
		status = s->party == cot->sender
				 ? chosen_sender(cot, s, piece(n, at), to, flips, err)
				 : chosen_receiver(cot, s, piece(n, at), own, to, flips, err);
	}
	if (!s->dry)
		quo_arena_release(s->step, mark);
	return status;
}

quo_status quo_cot_random(quo_cot *cot, quo_session *s, size_t n, quo_block *out, uint64_t *choices,
			  quo_err *err)
{
	if (!n)
		return QUO_OK;
	count(s, n);
	return extend(cot, s, n, out, choices, err);
}

/* The engine's set-up and a long run of it, each with a ledger of its own. */
static quo_status run_dry(const quo_instance *ot, int sender, quo_session *dry, quo_cost *cost,
			  quo_err *err)
{
	quo_cost setup = QUO_COST_INIT;

	dry->cost = &setup;
	QUO_TRY(quo_ot(ot)->open(ot->self, dry, sender, err));
	dry->cost = cost;
	return quo_ot(ot)->extend(ot->self, dry, LONG_RUN, NULL, NULL, err);
}

static quo_status average(quo_cot *cot, const quo_session *s, quo_err *err)
{
	quo_cost cost = QUO_COST_INIT;
	quo_session *dry = quo_session_dry(s, &cost, err);
	quo_instance *ot = NULL;
	quo_status status = dry ? quo_instance_clone(cot->ot, &ot, err) : QUO_FAILED;

	if (status == QUO_OK)
		status = run_dry(ot, cot->sender, dry, &cost, err);
	for (int party = 0; party < 2; party++) {
		cot->sent_bytes[party] = (double)cost.sent_bytes[party] / (double)LONG_RUN;
		cot->cpu_s[party] = cost.cpu_s[party] / (double)LONG_RUN;
	}
	cot->is_average = true;
	quo_instance_free(ot);
	quo_session_free(dry);
	return status;
}

quo_cot *quo_cot_average(const quo_cot *of, const quo_session *s, quo_err *err)
{
	quo_cot *cot = quo_cot_new(of->ot, of->sender, err);

	if (!cot || average(cot, s, err) == QUO_OK)
		return cot;
	quo_cot_free(cot);
	return NULL;
}
