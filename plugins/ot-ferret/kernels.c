/* SPDX-License-Identifier: Apache-2.0 */
#include "kernels.h"

#include <string.h>

const ferret_kernels *ferret_kernels_get(void)
{
#if defined(FERRET_TIERS)
	if (!strcmp(quo_cpu_tier(), "avx512"))
		return &ferret_kernels_avx512;
	if (!strcmp(quo_cpu_tier(), "avx2"))
		return &ferret_kernels_avx2;
#endif
	return &ferret_kernels_portable;
}
