/* SPDX-License-Identifier: Apache-2.0 */
/* Deterministic randomness for tests: never linked into a library or a tool. */
#ifndef QUO_TEST_RNG_H
#define QUO_TEST_RNG_H

#include <quotient/crypto.h>

/* A quo_rng whose bytes follow from the seed; NULL when memory is short. quo_rng_free() frees it.
 */
quo_rng *quo_rng_new_test(uint64_t seed);

#endif
