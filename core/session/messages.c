/* SPDX-License-Identifier: Apache-2.0 */
/* What sessions send: to a channel, or to the ledger of a forecast. */
#include "net/mesh.h"
#include "session/session_core.h"

/* The run's number of a session's party. */
static int number(const quo_session *s, int party)
{
	if (!s->borrows || s->parties != 2 || s->borrows->parties == 2)
		return party;
	return party == 0 ? s->first : s->second;
}

static quo_channel *channel_to(const quo_session *s, int party)
{
	return s->mesh ? quo_mesh_to(s->mesh, party) : s->peer;
}

quo_status quo_send(quo_session *s, int to, const void *data, size_t n, quo_err *err)
{
	quo_assert(to != s->party && to >= 0 && to < s->parties);
	if (s->dry) {
		quo_cost_send(s->cost, number(s, s->party), n);
		return QUO_OK;
	}
	return quo_channel_send(channel_to(s, to), data, n, err);
}

quo_status quo_recv(quo_session *s, int from, void *data, size_t n, quo_err *err)
{
	quo_assert(from != s->party && from >= 0 && from < s->parties);
	if (s->dry) {
		quo_cost_send(s->cost, number(s, from), n);
		return QUO_OK;
	}
	return quo_channel_recv(channel_to(s, from), data, n, err);
}

void quo_session_work(quo_session *s, int party, double seconds)
{
	if (s->dry)
		quo_cost_work(s->cost, number(s, party), seconds);
}

quo_status quo_flush(quo_session *s, quo_err *err)
{
	if (s->dry || s->parties == 1)
		return QUO_OK;
	for (int i = 0; i < s->parties; i++)
		if (i != s->party)
			QUO_TRY(quo_channel_flush(channel_to(s, i), err));
	return QUO_OK;
}

void quo_round(quo_session *s, bool on)
{
	if (s->dry)
		quo_cost_round(s->cost, on);
	else if (s->mesh)
		quo_mesh_round(s->mesh, on);
	else if (s->peer)
		quo_channel_duplex(s->peer, on);
}

static void forecast(quo_session *s, const quo_message_round *r)
{
	quo_cost_round(s->cost, true);
	for (int i = 0; i < s->parties; i++)
		for (int j = 0; j < s->parties; j++)
			quo_cost_send(s->cost, number(s, i), r->bytes[i][j]);
	quo_cost_round(s->cost, false);
}

/* Two parties: both send, then both receive; a send that would block takes in what comes. */
static quo_status exchange_two(quo_session *s, const quo_message_round *r, quo_err *err)
{
	int me = s->party, other = 1 - me;

	if (r->bytes[me][other])
		QUO_TRY(quo_channel_send(s->peer, r->out[other], r->bytes[me][other], err));
	if (r->bytes[other][me])
		QUO_TRY(quo_channel_recv(s->peer, r->in[other], r->bytes[other][me], err));
	return QUO_OK;
}

static quo_status exchange_many(quo_session *s, const quo_message_round *r, quo_err *err)
{
	size_t out[QUO_MAX_PARTIES], in[QUO_MAX_PARTIES];

	for (int i = 0; i < s->parties; i++) {
		out[i] = r->bytes[s->party][i];
		in[i] = r->bytes[i][s->party];
		for (int j = 0; s->parties > 2 && j < s->parties; j++)
			s->stated_bytes[i] += r->bytes[i][j];
	}
	return quo_mesh_exchange(s->mesh, r->out, out, r->in, in, true, err);
}

quo_status quo_exchange(quo_session *s, const quo_message_round *r, quo_err *err)
{
	uint64_t any = 0;

	for (int i = 0; i < s->parties; i++)
		for (int j = 0; j < s->parties; j++)
			any |= r->bytes[i][j];
	if (!any)
		return QUO_OK;
	if (s->dry) {
		forecast(s, r);
		return QUO_OK;
	}
	if (s->mesh)
		return exchange_many(s, r, err);
	quo_round(s, true);
	quo_status status = exchange_two(s, r, err);
	quo_round(s, false);
	return status;
}

quo_status quo_exchange_two(quo_session *s, const void *out, uint64_t n_out, void *in,
			    uint64_t n_in, quo_err *err)
{
	const int me = s->party, other = 1 - me;
	quo_message_round r = { 0 };

	quo_assert(s->parties == 2);
	r.bytes[me][other] = n_out;
	r.bytes[other][me] = n_in;
	r.out[other] = out;
	r.in[other] = in;
	return quo_exchange(s, &r, err);
}
