/* SPDX-License-Identifier: Apache-2.0 */
/* Helpers of the base tests: every available tier in one process, and buffers that notice a write
 * past the end. */
#ifndef QUO_TEST_TIERS_H
#define QUO_TEST_TIERS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/kernels.h"
#include "test_rng.h"

static const char *const quo_test_tiers[] = { "portable", "avx2", "avx512" };

/* The body runs once per tier of this processor; the tier's name is `tier`. */
#define FOR_EACH_TIER(tier) \
	for (size_t tier_ = 0; tier_ < sizeof quo_test_tiers / sizeof *quo_test_tiers; tier_++) \
		for (const char *tier = quo_test_tiers[tier_]; tier && quo__cpu_force(tier); \
		     tier = NULL)

#define GUARD 64 /* bytes after a buffer that must keep their value */
#define GUARD_BYTE 0xa5

static inline void *guarded_new(size_t bytes)
{
	unsigned char *p = malloc(bytes + GUARD);

	assert_non_null(p);
	memset(p, GUARD_BYTE, bytes + GUARD);
	return p;
}

static inline void guarded_check(const void *buffer, size_t bytes)
{
	const unsigned char *p = buffer;

	for (size_t i = bytes; i < bytes + GUARD; i++)
		assert_int_equal(p[i], GUARD_BYTE);
}

/* Exactly `bytes` random bytes, so that a sanitizer sees a read past the end. */
static inline void *random_new(quo_rng *rng, size_t bytes)
{
	void *p = malloc(bytes ? bytes : 1);

	assert_non_null(p);
	quo_rng_bytes(rng, p, bytes);
	return p;
}

#endif
