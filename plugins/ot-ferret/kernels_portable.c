/* SPDX-License-Identifier: Apache-2.0 */
#define TIER ferret_kernels_portable
#define WIDE 1
#include "kernel_body.h"
