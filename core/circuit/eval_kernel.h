/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Body of the evaluator, compiled once per tier with EVAL_NAME and EVAL_BYTES (of one vector) defined.
 *
 * One loop body serves XOR and AND, so that no branch depends on the program: with m all ones for AND and zero for
 * XOR, a & b = (a ^ b) ^ (a | b), hence (a ^ b) ^ (m & (a | b)).
 */
#include "eval.h"

typedef uint64_t vec __attribute__((vector_size(EVAL_BYTES), may_alias));
#define VECTORS (QUO__EVAL_WORDS * 8 / EVAL_BYTES)

void EVAL_NAME(const quo__insn *program, uint32_t n, uint64_t *slots)
{
	for (const quo__insn *p = program, *end = program + n; p < end; p++) {
		const vec *a = (const vec *)(slots + (size_t)p->a * QUO__EVAL_WORDS);
		const vec *b = (const vec *)(slots + (size_t)p->b * QUO__EVAL_WORDS);
		vec *out = (vec *)(slots + (size_t)p->out * QUO__EVAL_WORDS);
		vec m = (vec){ 0 } + (0 - (uint64_t)p->is_and);

		for (unsigned i = 0; i < VECTORS; i++)
			out[i] = (a[i] ^ b[i]) ^ (m & (a[i] | b[i]));
	}
}
