/* SPDX-License-Identifier: Apache-2.0 */
#define EVAL_NAME quo__eval_portable
#define EVAL_BYTES 16
#include "eval_kernel.h"
