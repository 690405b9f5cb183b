/* SPDX-License-Identifier: Apache-2.0 */
#ifndef QUO_BASE_RNG_PRIVATE_H
#define QUO_BASE_RNG_PRIVATE_H

#include <quotient/crypto.h>

/* A generator with a seed of the caller's choice, for tests/support alone; quo_rng_free() frees it.
 */
quo_rng *quo__rng_from_seed(quo_block seed, quo_err *err);

#endif
