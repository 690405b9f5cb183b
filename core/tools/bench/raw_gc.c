/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/bench/raw_gc.h"
#include "base/clock.h"
#include "session/session_core.h"

#include <stdio.h>
#include <string.h>

#include "tools/bench/bench_circuits.h"

/* A channel into memory: what is garbled can be evaluated again and again. */
struct tape {
	quo_channel base;
	uint8_t *bytes;
	size_t n, at;
	bool keep; /* else sends are only counted */
};

static quo_status tape_send(quo_channel *ch, const void *data, size_t n, quo_err *err)
{
	struct tape *t = (struct tape *)ch;

	if (t->keep) {
		if (n > t->n - t->at)
			return quo_fail(err, QUO_BUG,
					"a garbling scheme sends more than its table_bytes() says");
		memcpy(t->bytes + t->at, data, n);
	}
	t->at += n;
	return QUO_OK;
}

static quo_status tape_recv(quo_channel *ch, void *data, size_t n, quo_err *err)
{
	struct tape *t = (struct tape *)ch;

	if (n > t->n - t->at)
		return quo_fail(err, QUO_BUG,
				"a garbling scheme receives more than its table_bytes() says");
	memcpy(data, t->bytes + t->at, n);
	t->at += n;
	return QUO_OK;
}

static quo_status tape_flush(quo_channel *ch, quo_err *err)
{
	(void)ch;
	(void)err;
	return QUO_OK;
}

static void tape_close(quo_channel *ch)
{
	(void)ch;
}

static const quo_channel_ops tape_ops = { .name = "tape",
					  .send = tape_send,
					  .recv = tape_recv,
					  .flush = tape_flush,
					  .close = tape_close };

struct raw {
	const quo_gc_ops *ops;
	quo_instance *gc;
	quo_circuit *c;
	size_t n; /* instances */
	quo_session *s[2];
	struct tape tape;
	quo_block delta, *labels, **zero, **active, **out;
};

static quo_status garble(struct raw *r, bool keep, quo_err *err)
{
	r->tape.at = 0;
	r->tape.keep = keep;
	return r->ops->garble(r->gc->self, r->s[0], r->c, r->n, r->delta,
			      (const quo_block *const *)r->zero, r->out, err);
}

static quo_status evaluate(struct raw *r, quo_err *err)
{
	r->tape.at = 0;
	return r->ops->evaluate(r->gc->self, r->s[1], r->c, r->n,
				(const quo_block *const *)r->active, r->out, err);
}

static quo_status rate_of(const bench *b, struct raw *r, bool evaluates, bench_stat *out,
			  quo_err *err)
{
	double rates[BENCH_MAX_RUNS];

	for (int run = 0; run < b->runs; run++) {
		double start = quo_cpu_seconds(), seconds;
		size_t done = 0;
		do {
			/* Tweaks move on at the evaluator while its tables do not: same work, other
			 * outputs. */
			QUO_TRY(evaluates ? evaluate(r, err) : garble(r, false, err));
			done += (size_t)r->c->n_and * r->n;
			seconds = quo_cpu_seconds() - start;
		} while (seconds < bench_rate_seconds(b));
		rates[run] = (double)done / seconds;
	}
	*out = bench_stat_of(rates, b->runs);
	return QUO_OK;
}

static quo_status allocate(struct raw *r, quo_arena *arena, quo_rng *rng, quo_err *err)
{
	uint32_t in = r->c->n_input_wires, outs = r->c->n_output_wires;

	r->labels = quo_arena_alloc(arena, (in + outs) * r->n, sizeof *r->labels, err);
	r->zero = quo_arena_alloc(arena, in, sizeof *r->zero, err);
	r->active = quo_arena_alloc(arena, in, sizeof *r->active, err);
	r->out = quo_arena_alloc(arena, outs, sizeof *r->out, err);
	r->tape.n = r->ops->table_bytes(r->gc->self, r->c, r->n);
	r->tape.bytes = quo_arena_alloc(arena, r->tape.n, 1, err);
	if (!r->labels || !r->zero || !r->active || !r->out || !r->tape.bytes)
		return QUO_FAILED;
	quo_rng_bytes(rng, r->labels, in * r->n * sizeof *r->labels);
	r->delta = quo_rng_block(rng);
	r->delta.w[0] |= 1;
	for (uint32_t w = 0; w < in; w++)
		r->zero[w] = r->active[w] = r->labels + w * r->n;
	for (uint32_t w = 0; w < outs; w++)
		r->out[w] = r->labels + (in + w) * r->n;
	return QUO_OK;
}

static quo_status measure(const bench *b, struct raw *r, bench_raw_gc *out, quo_err *err)
{
	for (int i = 0; i < 2; i++) {
		r->s[i] = quo_session_live(
			&(quo_session_config){ .party = i, .parties = 2, .peer = &r->tape.base },
			err);
		if (!r->s[i])
			return QUO_FAILED;
	}
	QUO_TRY(allocate(r, quo_run_arena(r->s[0]), quo_session_rng(r->s[0]), err));
	QUO_TRY(garble(r, true, err));
	out->bytes_per_and = (double)r->tape.at / ((double)r->c->n_and * (double)r->n);
	QUO_TRY(rate_of(b, r, true, &out->evaluate, err));
	return rate_of(b, r, false, &out->garble, err);
}

quo_status bench_measure_raw_gc(const bench *b, const quo_registered *gc, bench_raw_gc *out,
				quo_err *err)
{
	char yaml[100];
	quo_experiment *owner = NULL;
	struct raw r = { .n = b->quick ? 64 : 1024, .tape = { .base = { .ops = &tape_ops } } };

	*out = (bench_raw_gc){ .bytes_per_and = 0 };
	r.c = bench_wide_circuit(QUO_SMALL, err);
	if (!r.c)
		return QUO_FAILED;
	snprintf(yaml, sizeof yaml, "{use: %s}", gc->component.name);
	quo_status status = quo_component_load(b->registry, QUO_KIND_GC, yaml, &owner, &r.gc, err);
	if (status == QUO_OK) {
		r.ops = quo_gc(r.gc);
		status = measure(b, &r, out, err);
	}
	for (int i = 0; i < 2; i++)
		quo_session_free(r.s[i]);
	quo_experiment_free(owner);
	quo_circuit_free(r.c);
	return status;
}
