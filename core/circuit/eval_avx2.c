/* SPDX-License-Identifier: Apache-2.0 */
#define EVAL_NAME quo__eval_avx2
#define EVAL_BYTES 32
#include "eval_kernel.h"
