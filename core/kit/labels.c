/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of labels: which kernels run. */
#include "kit/labels_kernel.h"

const quo_label_ops *quo_label_kernels(void)
{
	return QUO_TIER_PICK(&quo__labels_portable, &quo__labels_avx2, &quo__labels_avx512);
}
