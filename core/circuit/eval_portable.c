/* SPDX-License-Identifier: Apache-2.0 */
#define EVAL_NAME quo__eval_portable
#define EVAL_BYTES 8
#include "eval_kernel.h"
