/* SPDX-License-Identifier: Apache-2.0 */
/* The evaluator's kernels: one per SIMD tier, from one source (eval_kernel.h). */
#ifndef QUOTIENT_CORE_CIRCUIT_EVAL_H
#define QUOTIENT_CORE_CIRCUIT_EVAL_H

#include "builder.h"

/* Words of every slot in one pass: 16, 32 or 64. More of them pay the decoding of a gate, and the
 * latency of a chain of gates, for more instances; fewer keep the slots of a large circuit in the
 * first-level cache. */
#define QUO__EVAL_MAX_WORDS 64u

/* Run n instructions over slots of `words` words, 64-byte aligned. */
typedef void quo__eval_fn(const quo__insn *program, uint32_t n, uint64_t *slots, unsigned words);

quo__eval_fn quo__eval_portable, quo__eval_avx2, quo__eval_avx512;

#endif
