/* SPDX-License-Identifier: Apache-2.0 */
#include "session/session_core.h"

#include <stdio.h>
#include <string.h>

#include <quotient/protocol.h>

#include "net/mesh.h"

int quo_me(const quo_session *s)
{
	return s->party;
}

int quo_parties(const quo_session *s)
{
	return s->parties;
}

bool quo_is_dry(const quo_session *s)
{
	return s->dry;
}

unsigned quo_parts(const quo_session *s)
{
	return s->parts;
}

quo_rng *quo_session_rng(const quo_session *s)
{
	return s->rng;
}

quo_pool *quo_session_pool(const quo_session *s)
{
	return s->pool;
}

quo_arena *quo_run_arena(const quo_session *s)
{
	return s->run;
}

quo_arena *quo_step_arena(const quo_session *s)
{
	return s->step;
}

quo_link quo_session_link(const quo_session *s)
{
	return s->link;
}

quo_cost *quo_session_cost(const quo_session *s)
{
	return s->cost;
}

const quo_instance *quo_session_protocol(const quo_session *s)
{
	return s->protocol;
}

quo_block quo_hash_start(const quo_session *s)
{
	return s->hash_start;
}

quo_channel *quo_session_peer(const quo_session *s)
{
	return s->peer;
}

struct quo_cot *quo_session_cot(const quo_session *s, int sender)
{
	return s->cot[sender];
}

void quo_session_set_cot(quo_session *s, int sender, struct quo_cot *cot)
{
	s->cot[sender] = cot;
}

uint64_t quo_session_tweaks(quo_session *s, quo_domain domain, uint64_t n)
{
	uint64_t first = s->tweak_next[domain];

	s->tweak_next[domain] += n;
	quo_assert(s->tweak_next[domain] < UINT64_C(1) << 56);
	return (uint64_t)domain << 56 | first;
}

void quo_session_trace(quo_session *s, quo_trace_fn *trace, void *arg)
{
	s->trace = trace;
	s->trace_arg = arg;
}

uint64_t quo_session_run_bytes(const quo_session *s)
{
	return s->dry_run_bytes;
}

uint64_t quo_session_end_step(quo_session *s)
{
	uint64_t peak = s->dry_step_peak > s->dry_step_bytes ? s->dry_step_peak : s->dry_step_bytes;

	s->dry_step_bytes = s->dry_step_peak = 0;
	quo_arena_reset(s->step);
	return peak;
}

quo_traffic quo_session_traffic(const quo_session *s)
{
	quo_traffic t = { 0 };

	if (s->dry) {
		t.sent_bytes = s->cost->sent_bytes[s->party];
		t.received_bytes = quo_cost_bytes(s->cost) - t.sent_bytes;
		t.rounds = s->cost->rounds;
	} else if (s->mesh) {
		t = quo_mesh_traffic(s->mesh);
	} else if (s->peer) {
		t = quo_channel_traffic(s->peer);
	}
	if (!s->dry && s->parties > 2) {
		t.received_bytes = 0;
		for (int i = 0; i < s->parties; i++)
			if (i != s->party)
				t.received_bytes += s->stated_bytes[i];
	}
	return t;
}

static bool has_pairs(const quo_session *s)
{
	for (int i = 0; i < s->parties; i++)
		if (s->pair[i])
			return true;
	return false;
}

/* What pairs send is known to their two parties alone: each tells the others its count, which this does not change. */
static quo_status tell_counts(quo_session *s, uint64_t *bytes_sent, quo_err *err)
{
	quo_message_round r = { .bytes = { { 0 } } };

	for (int i = 0; i < s->parties; i++) {
		for (int j = 0; j < s->parties; j++)
			r.bytes[i][j] = i == j ? 0 : sizeof *bytes_sent;
		r.out[i] = &bytes_sent[s->party];
		r.in[i] = &bytes_sent[i];
	}
	return quo_exchange(s, &r, err);
}

quo_status quo_session_bytes(quo_session *s, uint64_t *bytes_sent, quo_err *err)
{
	const quo_traffic t = quo_session_traffic(s);

	bytes_sent[s->party] = t.sent_bytes;
	if (s->parties == 2)
		bytes_sent[1 - s->party] = t.received_bytes;
	if (s->parties <= 2)
		return QUO_OK;
	if (!s->dry && has_pairs(s))
		return tell_counts(s, bytes_sent, err);
	for (int i = 0; i < s->parties; i++)
		bytes_sent[i] = s->dry ? s->cost->sent_bytes[i] : s->stated_bytes[i];
	if (bytes_sent[s->party] == t.sent_bytes)
		return QUO_OK;
	return quo_fail(err, QUO_BUG, "party %d has sent %llu bytes, and its rounds say %llu",
			s->party, (unsigned long long)t.sent_bytes,
			(unsigned long long)bytes_sent[s->party]);
}

/* ---- life ---- */

static unsigned parts_of(const quo_session *s)
{
	return quo_protocol_sharing(s->protocol, s->parties).parts[s->party];
}

static quo_status furnish(quo_session *s, const quo_session_config *config, quo_err *err)
{
	s->rng = quo_rng_new(err);
	s->run = quo_arena_new(err);
	s->step = quo_arena_new(err);
	if (!s->rng || !s->run || !s->step)
		return QUO_FAILED;
	if (config->threads > 1 && !(s->pool = quo_pool_new(config->threads, err)))
		return QUO_FAILED;
	s->parts = parts_of(s);
	return QUO_OK;
}

quo_session *quo_session_live(const quo_session_config *config, quo_err *err)
{
	quo_session *s = quo_alloc(1, sizeof *s, err);

	if (!s) {
		quo_channel_close(config->peer);
		quo_mesh_close(config->mesh);
		return NULL;
	}
	*s = (quo_session){ .party = config->party,
			    .parties = config->parties,
			    .peer = config->peer,
			    .mesh = config->mesh,
			    .hash_start = config->hash_start,
			    .link = config->link,
			    .protocol = config->protocol };
	if (s->mesh && s->parties == 2)
		s->peer = quo_mesh_to(s->mesh, 1 - s->party);
	if (furnish(s, config, err) == QUO_OK)
		return s;
	quo_session_free(s);
	return NULL;
}

quo_session *quo_session_forecast(const quo_instance *protocol, quo_link link, quo_cost *cost,
				  quo_err *err)
{
	const quo_protocol_ops *ops = protocol ? quo_protocol(protocol) : NULL;
	quo_session *s = quo_alloc(1, sizeof *s, err);

	if (!s)
		return NULL;
	*s = (quo_session){ .parties = ops ? ops->parties : 2,
			    .dry = true,
			    .protocol = protocol,
			    .link = link,
			    .cost = cost,
			    .run = quo_arena_new(err),
			    .step = quo_arena_new(err) };
	s->dry_parts = parts_of(s);
	if (s->run && s->step)
		return s;
	quo_session_free(s);
	return NULL;
}

quo_session *quo_session_dry(const quo_session *of, quo_cost *cost, quo_err *err)
{
	quo_session *s = quo_alloc(1, sizeof *s, err);

	if (!s)
		return NULL;
	*s = (quo_session){ .party = of->parties == 2 ? 0 : of->party,
			    .parties = of->parties,
			    .dry = true,
			    .hash_start = of->hash_start,
			    .protocol = of->protocol,
			    .link = of->link,
			    .cost = cost,
			    .run = of->run,
			    .step = of->step,
			    .borrows = of };
	return s;
}

void quo_session_free(quo_session *s)
{
	if (!s)
		return;
	for (int i = 0; i < QUO_MAX_PARTIES; i++)
		quo_session_free(s->pair[i]);
	if (!s->borrows) {
		quo_pool_free(s->pool);
		if (!s->mesh)
			quo_channel_close(s->peer);
		quo_mesh_close(s->mesh);
		quo_arena_free(s->run);
		quo_arena_free(s->step);
		quo_rng_free(s->rng);
	}
	quo_free(s);
}

quo_session *quo_pair(quo_session *s, int other, quo_err *err)
{
	if (s->parties == 2)
		return s;
	quo_assert(other != s->party && other >= 0 && other < s->parties);
	if (s->pair[other])
		return s->pair[other];
	quo_session *p = quo_alloc(1, sizeof *p, err);
	if (!p)
		return NULL;
	int first = s->party < other ? s->party : other, second = s->party + other - first;
	char text[96];
	uint8_t digest[32];
	int n = snprintf(text, sizeof text, "QUOTIENT pair 1 %016llx%016llx %d %d",
			 (unsigned long long)s->hash_start.w[1],
			 (unsigned long long)s->hash_start.w[0], first, second);
	quo_sha256(text, (size_t)n, digest);
	*p = (quo_session){ .party = s->party == first ? 0 : 1,
			    .parties = 2,
			    .dry = s->dry,
			    .parts = s->dry ? 0 : 1,
			    .peer = s->mesh ? quo_mesh_to(s->mesh, other) : NULL,
			    .rng = s->rng,
			    .run = s->run,
			    .step = s->step,
			    .cost = s->cost,
			    .link = s->link,
			    .pool = s->pool,
			    .borrows = s,
			    .first = first,
			    .second = second };
	memcpy(&p->hash_start, digest, sizeof p->hash_start);
	s->pair[other] = p;
	return p;
}
