/* SPDX-License-Identifier: Apache-2.0 */
/* Evaluation in the clear: blocks of instances through the circuit's slots, which stay in the
 * first-level cache. */
#include "eval.h"

#include <string.h>

#include <quotient/bits.h>
#include <quotient/memory.h>

#define L1_BYTES 32768u
/* Words of gates that are worth a thread's waking. */
#define PART_WORK ((size_t)1 << 17)

static unsigned words_per_slot(const quo_circuit *c, size_t words)
{
	unsigned most = QUO__EVAL_MAX_WORDS;

	while (most > 16 && (most / 2 >= words || (c->n_slots + 1) * (uint64_t)most * 8 > L1_BYTES))
		most /= 2;
	return most;
}

/* Where a pass stands: words first .. first+count-1 of planes of `words` words; slots of `stride`
 * words. */
typedef struct pass {
	size_t n, words, first, count;
	unsigned stride;
	uint64_t *slots;
} pass;

/* The integers of a port to the port's slots. */
static void load_words(const uint32_t *in, unsigned width, const pass *at, uint64_t *slot)
{
	size_t first = 64 * at->first, n = 64 * at->count;

	if (n > at->n - first)
		n = at->n - first;
	quo_planes_from_words(in + first, n, width, slot);
	/* Planes of fewer words than a slot's lie too close. */
	for (unsigned k = width; at->count < at->stride && k-- > 1;)
		memmove(slot + (size_t)k * at->stride, slot + k * at->count,
			at->count * sizeof *slot);
}

static void load(const quo_circuit *c, const uint64_t *const *in, const uint32_t *const *words,
		 const pass *at)
{
	uint64_t *slot = at->slots;

	for (uint32_t p = 0; p < c->n_in; p++) {
		if (words && words[p] && !c->in[p].scalar) {
			load_words(words[p], c->in[p].width, at, slot);
			slot += (size_t)c->in[p].width * at->stride;
			continue;
		}
		for (unsigned k = 0; k < c->in[p].width; k++, slot += at->stride) {
			if (c->in[p].scalar) {
				uint64_t bit = words && words[p] ? *words[p] >> k : in[p][k];
				uint64_t value = 0 - (bit & 1);
				for (unsigned i = 0; i < at->stride; i++)
					slot[i] = value;
			} else {
				memcpy(slot, in[p] + k * at->words + at->first,
				       at->count * sizeof *slot);
			}
		}
	}
}

static void store(const quo_circuit *c, uint64_t *const *out, const pass *at)
{
	const uint32_t *wire = c->outputs;
	size_t bytes = at->count * sizeof(uint64_t);

	for (uint32_t p = 0; p < c->n_out; p++) {
		for (unsigned k = 0; k < c->out[p].width; k++, wire++) {
			uint64_t *to = out[p] + k * at->words + at->first;
			if (*wire == QUO_OUT_ZERO)
				memset(to, 0, bytes);
			else if (*wire == QUO_OUT_ONE)
				memset(to, 0xff, bytes);
			else
				memcpy(to,
				       at->slots + (size_t)quo_circuit_slot(c, *wire) * at->stride,
				       bytes);
		}
	}
}

/* Blocks of `stride` words, dealt to parts that have slots of their own. */
struct evaluation {
	const quo_circuit *c;
	const uint64_t *const *in;
	const uint32_t *const *in_words;
	uint64_t *const *out;
	quo__eval_fn *run;
	uint64_t *slots;
	size_t n, words, parts, part_words;
	unsigned stride;
};

static void run_part(void *arg, size_t i)
{
	const struct evaluation *e = arg;
	const quo__circuit *full = (const quo__circuit *)(const void *)e->c;
	quo_range range = quo_range_of(e->words, e->parts, i, e->stride);
	pass at = { .n = e->n,
		    .words = e->words,
		    .first = range.first,
		    .stride = e->stride,
		    .slots = e->slots + i * e->part_words };

	memset(at.slots + (size_t)e->c->n_slots * at.stride, 0xff, at.stride * sizeof *at.slots);
	for (; at.first < range.end; at.first += at.stride) {
		at.count = range.end - at.first < at.stride ? range.end - at.first : at.stride;
		load(e->c, e->in, e->in_words, &at);
		e->run(full->program, e->c->n_gates, at.slots, at.stride);
		store(e->c, e->out, &at);
	}
}

quo_status quo_circuit_eval(const quo_circuit *c, size_t n, const uint64_t *const *in,
			    uint64_t *const *out, quo_err *err)
{
	return quo_circuit_eval_on(NULL, c, n, in, out, err);
}

quo_status quo_circuit_eval_on(quo_pool *pool, const quo_circuit *c, size_t n,
			       const uint64_t *const *in, uint64_t *const *out, quo_err *err)
{
	return quo_circuit_eval_words(pool, c, n, in, NULL, out, err);
}

quo_status quo_circuit_eval_words(quo_pool *pool, const quo_circuit *c, size_t n,
				  const uint64_t *const *in, const uint32_t *const *words,
				  uint64_t *const *out, quo_err *err)
{
	struct evaluation e = { .c = c,
				.in = in,
				.in_words = words,
				.out = out,
				.run = QUO_TIER_PICK(quo__eval_portable, quo__eval_avx2,
						     quo__eval_avx512),
				.n = n,
				.words = quo_words(n) };

	if (!n)
		return QUO_OK;
	e.stride = words_per_slot(c, e.words);
	/* One slot more, all ones: NOT is an XOR with it. */
	e.part_words = ((size_t)c->n_slots + 1) * e.stride;
	size_t blocks = (e.words + e.stride - 1) / e.stride;
	size_t useful = 1 + blocks * e.stride * c->n_gates / PART_WORK;
	e.parts = quo_pool_threads(pool);
	e.parts = e.parts < blocks ? e.parts : blocks;
	e.parts = e.parts < useful ? e.parts : useful;
	e.slots = quo_alloc(e.parts, e.part_words * sizeof *e.slots, err);
	if (!e.slots)
		return QUO_FAILED;
	quo_parallel(pool, e.parts, run_part, &e);
	quo_free(e.slots);

	if (n % 64) {
		uint64_t mask = (UINT64_C(1) << (n % 64)) - 1;
		for (uint32_t p = 0; p < c->n_out; p++)
			for (unsigned k = 0; k < c->out[p].width; k++)
				out[p][k * e.words + e.words - 1] &= mask;
	}
	return QUO_OK;
}
