/* SPDX-License-Identifier: Apache-2.0 */
#include <immintrin.h>

#define EVAL_NAME quo__eval_avx512
#define EVAL_BYTES 64
/* m ? a & b : a ^ b as a truth table */
#define EVAL_GATE(m, a, b) \
	(vec) _mm512_ternarylogic_epi64((__m512i)(m), (__m512i)(a), (__m512i)(b), 0x86)
#include "eval_kernel.h"
