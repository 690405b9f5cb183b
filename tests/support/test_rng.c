/* SPDX-License-Identifier: Apache-2.0 */
#include "test_rng.h"

#include "base/rng_private.h"

quo_rng *quo_rng_new_test(uint64_t seed)
{
	return quo__rng_from_seed((quo_block){ { seed, UINT64_C(0x7465737420726e67) } }, NULL);
}
