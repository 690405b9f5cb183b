/* SPDX-License-Identifier: Apache-2.0 */
#define TIER ferret_kernels_avx2
#define WIDE 2
#include "kernel_body.h"
