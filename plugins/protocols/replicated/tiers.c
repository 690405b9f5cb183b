/* SPDX-License-Identifier: Apache-2.0 */
/* Which kernels run. */
#include "rows.h"

const struct rep_kernels *rep_kernels(void)
{
	return QUO_TIER_PICK(&rep_rows_portable, &rep_rows_avx2, &rep_rows_avx512);
}
