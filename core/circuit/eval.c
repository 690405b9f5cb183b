/* SPDX-License-Identifier: Apache-2.0 */
/* Evaluation in the clear: blocks of instances through the circuit's slots, which stay in the first-level cache. */
#include "eval.h"

#include <string.h>

#include <quotient/bits.h>
#include <quotient/memory.h>

#define WORDS QUO__EVAL_WORDS

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

/* Words first .. first+count-1 of every input plane into the input slots. */
static void load(const quo_circuit *c, const uint64_t *const *in, size_t words, size_t first, size_t count,
                 uint64_t *slots)
{
	for (uint32_t p = 0; p < c->n_in; p++) {
		for (unsigned k = 0; k < c->in[p].width; k++, slots += WORDS) {
			if (c->in[p].scalar) {
				uint64_t value = 0 - (in[p][k] & 1);
				for (unsigned i = 0; i < WORDS; i++)
					slots[i] = value;
			} else {
				memcpy(slots, in[p] + k * words + first, count * sizeof *slots);
			}
		}
	}
}

static void store(const quo_circuit *c, uint64_t *const *out, size_t words, size_t first, size_t count,
                  const uint64_t *slots)
{
	const uint32_t *wire = c->outputs;

	for (uint32_t p = 0; p < c->n_out; p++) {
		for (unsigned k = 0; k < c->out[p].width; k++, wire++) {
			uint64_t *to = out[p] + k * words + first;
			if (*wire == QUO_OUT_ZERO)
				memset(to, 0, count * sizeof *to);
			else if (*wire == QUO_OUT_ONE)
				memset(to, 0xff, count * sizeof *to);
			else
				memcpy(to, slots + (size_t)quo_circuit_slot(c, *wire) * WORDS,
				       count * sizeof *to);
		}
	}
}

quo_status quo_circuit_eval(const quo_circuit *c, size_t n, const uint64_t *const *in, uint64_t *const *out,
                            quo_err *err)
{
	const quo__circuit *full = (const quo__circuit *)(const void *)c;
	size_t words = quo_words(n);
	quo__eval_fn *run = kernel();

	if (!n)
		return QUO_OK;
	/* One slot more, all ones: NOT is an XOR with it. */
	uint64_t *slots = quo_alloc((size_t)c->n_slots + 1, WORDS * sizeof *slots, err);
	if (!slots)
		return QUO_FAILED;
	memset(slots + (size_t)c->n_slots * WORDS, 0xff, WORDS * sizeof *slots);
	for (size_t first = 0; first < words; first += WORDS) {
		size_t count = words - first < WORDS ? words - first : WORDS;
		load(c, in, words, first, count, slots);
		run(full->program, c->n_gates, slots);
		store(c, out, words, first, count, slots);
	}
	quo_free(slots);

	if (n % 64) {
		uint64_t mask = (UINT64_C(1) << (n % 64)) - 1;
		for (uint32_t p = 0; p < c->n_out; p++)
			for (unsigned k = 0; k < c->out[p].width; k++)
				out[p][k * words + words - 1] &= mask;
	}
	return QUO_OK;
}
