/* SPDX-License-Identifier: Apache-2.0 */
/* What the machine does without protocols: the rates that bound every engine. */
#include <string.h>

#include "base/clock.h"
#include "tools/bench/bench.h"

#define TILE_BLOCKS 2048             /* 32 KiB: in cache, as engines work */
#define COPY_BYTES ((size_t)1 << 26) /* out of cache */

double bench_rate_seconds(const bench *b)
{
	return b->quick ? 0.01 : 0.3;
}

struct work {
	quo_block *in, *out;
	uint8_t *from, *to;
	uint64_t done;
};

static void aes_blocks(struct work *w)
{
	quo_prg(w->in[0], w->done, w->out, TILE_BLOCKS);
	w->done += TILE_BLOCKS;
}

static void aes_keys(struct work *w)
{
	quo_prg_many(w->in, TILE_BLOCKS, 0, 0, w->out, 1);
	w->done += TILE_BLOCKS;
}

static void hashes(struct work *w)
{
	quo_tccr(w->in[0], w->done, QUO_TCCR_PER_KEY, w->in, w->out, TILE_BLOCKS);
	w->done += TILE_BLOCKS;
}

static void copy(struct work *w)
{
	memcpy(w->to, w->from, COPY_BYTES);
	w->from[w->done % COPY_BYTES]++;
	w->done += COPY_BYTES;
}

static bench_stat rate_of(const bench *b, void (*piece)(struct work *), struct work *w)
{
	double rates[BENCH_MAX_RUNS];

	piece(w);
	for (int r = 0; r < b->runs; r++) {
		double start = quo_cpu_seconds(), seconds;
		w->done = 0;
		do {
			for (int i = 0; i < 4; i++)
				piece(w);
			seconds = quo_cpu_seconds() - start;
		} while (seconds < bench_rate_seconds(b));
		rates[r] = (double)w->done / seconds;
	}
	return bench_stat_of(rates, b->runs);
}

/* ---- the socket ---- */

#define SEND_BYTES ((size_t)1 << 18)

struct transfer {
	uint8_t *buffer;
};

static size_t transfer_bytes(const bench_job *job)
{
	return *(const bool *)job->arg ? (size_t)1 << 22 : (size_t)1 << 28;
}

static quo_status transfer_prepare(const bench_job *job, quo_session *s, void *state, quo_err *err)
{
	(void)job;
	((struct transfer *)state)->buffer = quo_arena_alloc(quo_run_arena(s), SEND_BYTES, 2, err);
	return ((struct transfer *)state)->buffer ? QUO_OK : QUO_FAILED;
}

/* Phase 0: party 0 to party 1; phase 1: both ways at once. */
static quo_status transfer_run(const bench_job *job, quo_session *s, void *state, unsigned phase,
			       quo_err *err)
{
	uint8_t *buffer = ((struct transfer *)state)->buffer;

	for (size_t i = 0; i < transfer_bytes(job); i += SEND_BYTES) {
		if (phase == 1 || quo_me(s) == 0)
			QUO_TRY(quo_channel_send(quo_session_peer(s), buffer, SEND_BYTES, err));
		if (phase == 1 || quo_me(s) == 1)
			QUO_TRY(quo_channel_recv(quo_session_peer(s), buffer + SEND_BYTES,
						 SEND_BYTES, err));
	}
	return QUO_OK;
}

static bench_stat bandwidth(const bench_job *job, const bench_phase *p)
{
	double n = (double)transfer_bytes(job);

	return (bench_stat){ n / p->seconds.median, n / p->seconds.max, n / p->seconds.min };
}

static quo_status socket_rates(const bench *b, bench_limits *out, quo_err *err)
{
	bench bare = *b;
	bench_result r;
	bench_job job = { .n_phases = 2,
			  .state_bytes = sizeof(struct transfer),
			  .arg = &b->quick,
			  .prepare = transfer_prepare,
			  .run = transfer_run };

	bare.latency_s = bare.rate = 0;
	QUO_TRY(bench_run(&bare, &job, &r, err));
	out->socket_bytes = bandwidth(&job, &r.phase[0]);
	out->socket_both_bytes = bandwidth(&job, &r.phase[1]);
	return QUO_OK;
}

quo_status bench_measure_limits(const bench *b, bench_limits *out, quo_err *err)
{
	quo_arena *arena = quo_arena_new(err);
	quo_status status = QUO_FAILED;

	if (!arena)
		return QUO_FAILED;
	struct work w = { .in = quo_arena_alloc(arena, TILE_BLOCKS, sizeof *w.in, err),
			  .out = quo_arena_alloc(arena, TILE_BLOCKS, sizeof *w.out, err),
			  .from = quo_arena_alloc(arena, COPY_BYTES, 1, err),
			  .to = quo_arena_alloc(arena, COPY_BYTES, 1, err) };
	if (w.in && w.out && w.from && w.to) {
		out->aes_blocks = rate_of(b, aes_blocks, &w);
		out->aes_keys = rate_of(b, aes_keys, &w);
		out->hashes = rate_of(b, hashes, &w);
		out->memcpy_bytes = rate_of(b, copy, &w);
		status = socket_rates(b, out, err);
	}
	quo_arena_free(arena);
	return status;
}
