/* SPDX-License-Identifier: Apache-2.0 */
/* Which kernels run. */
#include "replicated.h"

#include <string.h>

extern const struct rep_kernels rep_rows_portable, rep_rows_avx2, rep_rows_avx512;

const struct rep_kernels *rep_kernels(void)
{
#ifdef REP_X86
	const char *tier = quo_cpu_tier();

	if (!strcmp(tier, "avx512"))
		return &rep_rows_avx512;
	if (!strcmp(tier, "avx2"))
		return &rep_rows_avx2;
#endif
	return &rep_rows_portable;
}
