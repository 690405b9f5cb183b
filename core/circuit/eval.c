/* SPDX-License-Identifier: Apache-2.0 */
/* Evaluation in the clear: blocks of instances through the circuit's slots, which stay in the
 * first-level cache. */
#include "eval.h"

#include <string.h>

#include <quotient/bits.h>
#include <quotient/memory.h>

#define L1_BYTES 32768u

static quo__eval_fn *kernel(void)
{
#if defined(__x86_64__)
	const char *tier = quo_cpu_tier();

	if (!strcmp(tier, "avx512"))
		return quo__eval_avx512;
	if (!strcmp(tier, "avx2"))
		return quo__eval_avx2;
#endif
	return quo__eval_portable;
}

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
	size_t words, first, count;
	unsigned stride;
	uint64_t *slots;
} pass;

static void load(const quo_circuit *c, const uint64_t *const *in, const pass *at)
{
	uint64_t *slot = at->slots;

	for (uint32_t p = 0; p < c->n_in; p++) {
		for (unsigned k = 0; k < c->in[p].width; k++, slot += at->stride) {
			if (c->in[p].scalar) {
				uint64_t value = 0 - (in[p][k] & 1);
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

quo_status quo_circuit_eval(const quo_circuit *c, size_t n, const uint64_t *const *in,
			    uint64_t *const *out, quo_err *err)
{
	const quo__circuit *full = (const quo__circuit *)(const void *)c;
	pass at = { .words = quo_words(n) };
	quo__eval_fn *run = kernel();

	if (!n)
		return QUO_OK;
	at.stride = words_per_slot(c, at.words);
	/* One slot more, all ones: NOT is an XOR with it. */
	at.slots = quo_alloc((size_t)c->n_slots + 1, at.stride * sizeof *at.slots, err);
	if (!at.slots)
		return QUO_FAILED;
	memset(at.slots + (size_t)c->n_slots * at.stride, 0xff, at.stride * sizeof *at.slots);
	for (; at.first < at.words; at.first += at.stride) {
		at.count = at.words - at.first < at.stride ? at.words - at.first : at.stride;
		load(c, in, &at);
		run(full->program, c->n_gates, at.slots, at.stride);
		store(c, out, &at);
	}
	quo_free(at.slots);

	if (n % 64) {
		uint64_t mask = (UINT64_C(1) << (n % 64)) - 1;
		for (uint32_t p = 0; p < c->n_out; p++)
			for (unsigned k = 0; k < c->out[p].width; k++)
				out[p][k * at.words + at.words - 1] &= mask;
	}
	return QUO_OK;
}
