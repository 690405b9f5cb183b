/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Body of the evaluator, compiled once per tier with EVAL_NAME and EVAL_BYTES (of one vector)
 * defined, and EVAL_GATE where the processor has something better.
 *
 * One loop body serves XOR and AND, so that no branch depends on the program: with m all ones for
 * AND and zero for XOR, a & b = (a ^ b) ^ (a | b), hence (a ^ b) ^ (m & (a | b)).
 */
#include "eval.h"

typedef uint64_t vec __attribute__((vector_size(EVAL_BYTES), may_alias));

#ifndef EVAL_GATE
#define EVAL_GATE(m, a, b) (((a) ^ (b)) ^ ((m) & ((a) | (b))))
#endif

static inline __attribute__((always_inline)) void run(const quo__insn *program, uint32_t n,
						      uint64_t *slots, unsigned words)
{
	for (const quo__insn *p = program, *end = program + n; p < end; p++) {
		const vec *a = (const vec *)(slots + (size_t)p->a * words);
		const vec *b = (const vec *)(slots + (size_t)p->b * words);
		vec *out = (vec *)(slots + (size_t)p->out * words);
		vec m = (vec){ 0 } + (0 - (uint64_t)p->is_and);

		for (unsigned i = 0; i < words * 8 / EVAL_BYTES; i++) {
			vec x = a[i], y = b[i];
			out[i] = EVAL_GATE(m, x, y);
		}
	}
}

void EVAL_NAME(const quo__insn *program, uint32_t n, uint64_t *slots, unsigned words)
{
	if (words == 16)
		run(program, n, slots, 16);
	else if (words == 32)
		run(program, n, slots, 32);
	else
		run(program, n, slots, 64);
}
