/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A session from inside the core: what it is made of, and who makes it.
 *
 * Plugins see quotient/session.h alone; the fields may change with every release.
 */
#ifndef QUOTIENT_CORE_SESSION_H
#define QUOTIENT_CORE_SESSION_H

#include <quotient/protocol.h>

/* What a tracer is called with: `where` and `name` as in quo_trace(). */
typedef quo_status quo_trace_fn(void *arg, quo_session *s, const char *where, const char *name,
				const struct quo_tensor *t, quo_err *err);

struct quo_session {
	int party, parties;
	bool dry;
	unsigned parts;
	unsigned dry_parts;    /* dry: what `parts` would be */
	struct quo_mesh *mesh; /* the channels; owned */
	quo_channel *peer;     /* two parties: the channel; owned where there is no mesh */
	quo_rng *rng;
	quo_block hash_start;
	uint64_t tweak_next[QUO_DOMAINS];
	/* Live, more than two parties: what all have sent in rounds. */
	uint64_t stated_bytes[QUO_MAX_PARTIES];
	struct quo_cot *cot[2];
	const quo_instance *protocol;
	quo_arena *run, *step;
	quo_cost *cost;
	uint64_t dry_run_bytes, dry_step_bytes; /* dry: what tensors of either arena would take */
	/* Dry: dry_step_bytes before temporaries were given back, at most. */
	uint64_t dry_step_peak;
	quo_trace_fn *trace;
	void *trace_arg;
	quo_link link;
	quo_pool *pool;
	quo_session *pair[QUO_MAX_PARTIES]; /* made by quo_pair() */
	const quo_session *borrows; /* a pair or a forecast inside a run: whose services it uses */
	int first, second;          /* a pair: the run's numbers of its parties 0 and 1 */
};

typedef struct quo_session_config {
	int party, parties;
	/* With more than one party, one of them; taken over, also on failure. A channel alone is for
	 * two parties. */
	quo_channel *peer;
	struct quo_mesh *mesh;
	quo_block hash_start;
	quo_link link;
	const quo_instance *protocol; /* may be NULL: engines are tested without one */
	unsigned threads;             /* 0 and 1: this thread alone */
} quo_session_config;

/* A live session. Ends with quo_session_free(), which closes the channels and wipes. */
quo_session *quo_session_live(const quo_session_config *config, quo_err *err);
/* A forecast of a whole run as party 0 sees it; `cost` is the caller's. */
quo_session *quo_session_forecast(const quo_instance *protocol, quo_link link, quo_cost *cost,
				  quo_err *err);

/* Bytes and rounds until now, live or dry: what this party has sent, and what all others have. With more than two
 * parties, others' bytes are those that rounds have stated (sizes are public). */
quo_traffic quo_session_traffic(const quo_session *s);
/* The same by party; all parties call it, at the end. QUO_BUG when this party's channels have carried something else than was stated. */
quo_status quo_session_bytes(quo_session *s, uint64_t *bytes_sent, quo_err *err);

/* A forecast: what tensors of the run arena would take. */
uint64_t quo_session_run_bytes(const quo_session *s);
/* The end of a step: temporaries go. In a forecast, what they took at most since the last end. */
uint64_t quo_session_end_step(quo_session *s);

/* The protocol's product of plain matrices: shapes are checked, then it is asked. quo_product()
 * (kit/lower.c) comes here. */
quo_status quo__multiply(quo_session *s, const quo_matrix_job *jobs, size_t n_jobs, quo_err *err);

void quo_session_trace(quo_session *s, quo_trace_fn *trace, void *arg);

#endif
