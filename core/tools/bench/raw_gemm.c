/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/bench/raw_gemm.h"
#include "base/clock.h"

#include "kit/gemm_kernel.h"

#define OUT 512
#define IN 512
#define BATCH 128
#define GROUPS 128 /* of a panel */
#define TILES 64   /* at a time */

struct work {
	quo_gemm *gemm;
	const quo__gemm_kernel *kernel;
	const quo__gemm_method *method;
	uint32_t *a, *b, *c;
	unsigned bits;
};

/* As a layer's forward pass: weights on the left, the batch as rows on the right. */
static double product(struct work *w)
{
	quo_gemm_operand weights = { .data = w->a, .row_stride = 1, .col_stride = OUT },
			 batch = { .data = w->b, .row_stride = 1, .col_stride = IN };

	weights.width = batch.width = w->bits;
	quo_gemm_run(w->gemm, OUT, BATCH, IN, &weights, &batch, w->c, 1, OUT, 32);
	return (double)OUT * IN * BATCH;
}

static double tile(struct work *w)
{
	for (int i = 0; i < TILES; i++)
		w->method->tile(GROUPS, w->a, w->b, w->c);
	return (double)TILES * GROUPS * w->method->group * w->kernel->rows * w->kernel->cols;
}

static bench_stat rate_of(const bench *b, double (*piece)(struct work *), struct work *w)
{
	double rates[BENCH_MAX_RUNS];

	piece(w);
	for (int run = 0; run < b->runs; run++) {
		double start = quo_cpu_seconds(), seconds, done = 0;
		do {
			done += piece(w);
			seconds = quo_cpu_seconds() - start;
		} while (seconds < bench_rate_seconds(b));
		rates[run] = done / seconds;
	}
	return bench_stat_of(rates, b->runs);
}

quo_status bench_measure_raw_gemm(const bench *b, unsigned bits, bench_raw_gemm *out, quo_err *err)
{
	quo_arena *arena = quo_arena_new(err);
	struct work w = { .kernel = quo__gemm_kernel_here(), .bits = bits };
	quo_status status = QUO_FAILED;

	if (!arena)
		return QUO_FAILED;
	w.method = bits == 8 && w.kernel->bytes.group ? &w.kernel->bytes : &w.kernel->limbs;
	w.gemm = quo_gemm_new(err);
	w.a = quo_arena_alloc(arena, OUT * IN, sizeof *w.a, err);
	w.b = quo_arena_alloc(arena, IN * BATCH, sizeof *w.b, err);
	w.c = quo_arena_alloc(arena, OUT * BATCH, sizeof *w.c, err);
	if (w.gemm && w.a && w.b && w.c) {
		for (uint32_t i = 0; i < OUT * IN; i++)
			w.a[i] = i * 0x9e3779b9u >> 7;
		for (uint32_t i = 0; i < IN * BATCH; i++)
			w.b[i] = i * 0x85ebca6bu >> 7;
		out->product = rate_of(b, product, &w);
		out->tile = rate_of(b, tile, &w);
		status = QUO_OK;
	}
	quo_gemm_free(w.gemm);
	quo_arena_free(arena);
	return status;
}
