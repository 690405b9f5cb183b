/* SPDX-License-Identifier: Apache-2.0 */
#include "kernels.h"

const ferret_kernels *ferret_kernels_get(void)
{
	return QUO_TIER_PICK(&ferret_kernels_portable, &ferret_kernels_avx2,
			     &ferret_kernels_avx512);
}
