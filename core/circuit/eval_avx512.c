/* SPDX-License-Identifier: Apache-2.0 */
#define EVAL_NAME quo__eval_avx512
#define EVAL_BYTES 64
#include "eval_kernel.h"
