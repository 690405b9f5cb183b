/* SPDX-License-Identifier: Apache-2.0 */
#define TIER ferret_kernels_avx512
#define WIDE 4
#include "kernel_body.h"
