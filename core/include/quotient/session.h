/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The session: what one party knows of a run, handed to every engine.
 *
 * Live, dry or paired. A *live* session has channels to the other parties. A *dry* one forecasts:
 * no peer, no data; every message goes to a ledger (cost.h) in place of a channel. With two parties
 * it is party 0's view, which sees both directions. A *pair* is a two-party session inside a run of
 * more parties, for engines that know two.
 *
 * Messages are stated once. quo_send(), quo_recv() and quo_exchange() travel in a live session and
 * are counted in a dry one, so a forecast follows the program. What an engine computes between them
 * it skips when quo_is_dry(), where it says quo_session_work() instead.
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

typedef struct quo_session quo_session;
struct quo_cot;
struct quo_tensor;

/* This party's number, 0 .. parties - 1, and how many there are (1 under clear). */
int quo_me(const quo_session *s);
int quo_parties(const quo_session *s);
/* A forecast: no peer, no data. */
bool quo_is_dry(const quo_session *s);
/* Shares of each element of a shared tensor that this party holds (tensor.h); 0 in a dry session. */
unsigned quo_parts(const quo_session *s);

quo_rng *quo_session_rng(const quo_session *s); /* this party's own randomness; NULL when dry */
/* This party's threads; NULL: one. Nothing on the wire depends on them. */
quo_pool *quo_session_pool(const quo_session *s);
quo_arena *quo_run_arena(const quo_session *s);   /* lives as long as the session */
quo_arena *quo_step_arena(const quo_session *s);  /* reset by the trainer after every step */
quo_link quo_session_link(const quo_session *s);  /* what engines plan with; equal at all parties */
quo_cost *quo_session_cost(const quo_session *s); /* the ledger of a dry session; else NULL */
/* In a dry session, a party computes for so long (quo_cost_work()); live, nothing. */
void quo_session_work(quo_session *s, int party, double seconds);
const quo_instance *quo_session_protocol(const quo_session *s);
quo_block quo_hash_start(const quo_session *s); /* quo_tccr() start, agreed at the handshake */

/* ---- messages ---- */

/* n bytes to or from another party. In a dry session they are counted and data may be NULL. Sends
 * are buffered as channel.h says. */
quo_status quo_send(quo_session *s, int to, const void *data, size_t n, quo_err *err) QUO_NODISCARD;
quo_status quo_recv(quo_session *s, int from, void *data, size_t n, quo_err *err) QUO_NODISCARD;
quo_status quo_flush(quo_session *s, quo_err *err) QUO_NODISCARD;
/* Between on and off, what a party sends does not depend on what it receives: one round, however
 * the messages cross. Brackets do not nest. */
void quo_round(quo_session *s, bool on);

/* One round of any number of parties, stated whole: every party fills in the public sizes of all
 * messages, and where its own are. */
typedef struct quo_message_round {
	uint64_t bytes[QUO_MAX_PARTIES][QUO_MAX_PARTIES]; /* [from][to]; the diagonal is 0 */
	const void *out[QUO_MAX_PARTIES];                 /* by receiver; NULL when dry */
	void *in[QUO_MAX_PARTIES];                        /* by sender; NULL when dry */
} quo_message_round;
/* All of them at once, without deadlock. A round if any party sends anything. */
quo_status quo_exchange(quo_session *s, const quo_message_round *r, quo_err *err) QUO_NODISCARD;
/* The same with two parties: n_out bytes to the other one against n_in from it. */
quo_status quo_exchange_two(quo_session *s, const void *out, uint64_t n_out, void *in,
			    uint64_t n_in, quo_err *err) QUO_NODISCARD;

/* The channel of a two-party session, for engines that stream from threads of their own and account
 * for it otherwise; NULL when dry, or when there is one party or more than two. */
quo_channel *quo_session_peer(const quo_session *s);

/* ---- two parties ---- */

/* Correlated OT with party `sender` as the sender (ot.h). NULL until the protocol has opened it. */
struct quo_cot *quo_session_cot(const quo_session *s, int sender);
void quo_session_set_cot(quo_session *s, int sender, struct quo_cot *cot);

/*
 * A two-party session with party `other` inside a run of more: the smaller number is party 0 of it.
 * It has tweaks, COTs and a hash_start of its own (SHA-256 of "QUOTIENT pair 1", the run's
 * hash_start and both numbers), and shares randomness, threads, arenas and ledger. The first call
 * makes it; s keeps it until it ends. With two parties it is s itself. NULL with a message.
 */
quo_session *quo_pair(quo_session *s, int other, quo_err *err);

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

/* ---- forecasts inside a run ---- */

/* A dry session like `of` that reports to `cost`, to weigh a call before it is made; of the same
 * arenas, link and parties, without COTs. NULL with a message. */
quo_session *quo_session_dry(const quo_session *of, quo_cost *cost, quo_err *err);
/* Ends a dry session. NULL is fine. */
void quo_session_free(quo_session *s);
QUO_END_DECLS

#endif
