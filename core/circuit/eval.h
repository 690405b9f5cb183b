/* SPDX-License-Identifier: Apache-2.0 */
/* The evaluator's kernels: one per SIMD tier, from one source (eval_kernel.h). */
#ifndef QUOTIENT_CORE_CIRCUIT_EVAL_H
#define QUOTIENT_CORE_CIRCUIT_EVAL_H

#include "builder.h"

/* Words of every slot in one pass: the decoding of a gate is paid once for 64 * 16 instances. */
#define QUO__EVAL_WORDS 16u

/* Run n instructions over slots of QUO__EVAL_WORDS words, 64-byte aligned. */
typedef void quo__eval_fn(const quo__insn *program, uint32_t n, uint64_t *slots);

quo__eval_fn quo__eval_portable, quo__eval_avx2, quo__eval_avx512;

#endif
