/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The session: what one party knows of a run, handed to every engine.
 *
 * hash_start and the tweak counters are equal at all parties: every call that hashes reserves its
 * tweaks in the same order at both sides, and no tweak is handed out twice in a session (a resumed
 * run is a new session).
 */
#ifndef QUOTIENT_SESSION_H
#define QUOTIENT_SESSION_H

#include <quotient/channel.h>
#include <quotient/cost.h>
#include <quotient/crypto.h>
#include <quotient/memory.h>
#include <quotient/plugin.h>
#include <quotient/pool.h>

QUO_BEGIN_DECLS

/* Disjoint tweak spaces of quo_tccr(): Delta_i serves COT payloads sent by party i and circuits
 * garbled by i. */
typedef enum quo_domain {
	QUO_DOMAIN_COT_0, /* COT pads, party 0 sends */
	QUO_DOMAIN_COT_1,
	QUO_DOMAIN_GC_0, /* circuits that party 0 garbles */
	QUO_DOMAIN_GC_1,
	QUO_DOMAIN_OT_0, /* hashes inside an OT extension, party 0 sends */
	QUO_DOMAIN_OT_1,
	QUO_DOMAINS,
} quo_domain;

struct quo_cot;
struct quo_tensor;

typedef struct quo_session {
	int party;            /* 0 .. parties-1 */
	int parties;          /* 1 under clear */
	bool dry;             /* a forecast: no peer, no data; engines report to `cost` */
	quo_channel *peer;    /* the other party; NULL when parties == 1 or dry */
	quo_rng *rng;         /* this party's own randomness */
	quo_block hash_start; /* quo_tccr() start, agreed at the handshake */
	uint64_t tweak_next[QUO_DOMAINS];
	struct quo_cot *cot[2]; /* cot[i]: party i is the sender (ot.h); NULL when parties == 1 */
	const quo_instance *protocol;
	quo_arena *run;  /* lives as long as the session */
	quo_arena *step; /* reset by the trainer after every step */
	quo_cost *cost;  /* dry runs */
	uint64_t dry_run_bytes,
		dry_step_bytes; /* dry runs: what tensors of either arena would take */
	/* Called with every named tensor when a run is traced (--verify); NULL otherwise. */
	quo_status (*trace)(void *arg, struct quo_session *s, const char *where, const char *name,
			    const struct quo_tensor *t, quo_err *err);
	void *trace_arg;
	quo_link link;  /* what engines plan with; the same at all parties */
	quo_pool *pool; /* this party's threads; NULL: one. Nothing on the wire depends on it */
	uint64_t
		dry_step_peak; /* dry runs: dry_step_bytes before temporaries were given back, at most */
} quo_session;

/* Reserve n tweaks of a domain; the first of them. The domain is in the top byte. */
uint64_t quo_session_tweaks(quo_session *s, quo_domain domain, uint64_t n);

/*
 * Where the key stream of a hashed COT payload begins, as a counter of quo_prg(): of COT `number` of those that are
 * hashed, QUO_TCCR_PER_KEY to a tweak, from `tweak` of QUO_DOMAIN_COT_<sender> on. Streams of all COTs of a session are
 * 2^QUO_STREAM_LOG_BLOCKS blocks apart, so that a search over keys finds one of them and not any of them.
 */
#define QUO_STREAM_LOG_BLOCKS 20
static inline uint64_t quo_cot_stream(int sender, uint64_t tweak, uint64_t number)
{
	return (uint64_t)sender << 63 ^ (tweak * QUO_TCCR_PER_KEY + number)
						<< QUO_STREAM_LOG_BLOCKS;
}

QUO_END_DECLS

#endif
