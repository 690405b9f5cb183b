/* SPDX-License-Identifier: Apache-2.0 */
/* The label kernels of every tier (quotient/labels.h). */
#ifndef QUOTIENT_CORE_KIT_LABELS_KERNEL_H
#define QUOTIENT_CORE_KIT_LABELS_KERNEL_H

#include <quotient/labels.h>

extern const quo_label_ops quo__labels_portable, quo__labels_avx2, quo__labels_avx512;

#endif
