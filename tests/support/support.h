/* SPDX-License-Identifier: Apache-2.0 */
/* What most tests need: cmocka with its includes, checked calls, instances without a registry, a
 * trusted dealer. */
#ifndef QUOTIENT_TESTS_SUPPORT_H
#define QUOTIENT_TESTS_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <quotient/quotient.h>

#include "plugin/registry.h"
#include "session/session_core.h"

/* Run a call that takes `&err` (declared in scope) and fail with its text unless it succeeds. */
#define quo_test_ok(call) \
	do { \
		if ((call) != QUO_OK) \
			fail_msg("%s", err.text); \
	} while (0)

/* Fail unless err holds `status` and a line in which `part` occurs. */
void quo_test_assert_error(const quo_err *err, quo_status status, const char *part);

/* Deterministic 64-bit values (SplitMix64), for test data. */
uint64_t quo_test_random(uint64_t *state);

/* Instances from a component. They fail the test when init() refuses. config NULL: the defaults of
 * its options; then, if it has any, the registry must know it. */
quo_instance *quo_test_instance(const quo_component *component);
quo_instance *quo_test_instance_with(const quo_component *component, const void *config);
void quo_test_instance_free(quo_instance *instance);

/* The registry with the plugins of the build tree; made on first use, lives as long as the test. */
quo_registry *quo_test_registry(void);
/* An instance of a registered component with the given options, "{use: ferret, set: 10}", or the
 * name alone for the defaults. */
quo_instance *quo_test_configured_instance(quo_kind kind, const char *yaml);
/* The same for a name alone. Fails the test when there is no such component. */
quo_instance *quo_test_registered_instance(quo_kind kind, const char *name);

/* A pool of as many threads as QUOTIENT_TEST_THREADS says, one more for party 1; NULL, which is one
 * thread, without it. */
quo_pool *quo_test_pool(int party);

/*
 * A trusted dealer's OT, for tests of what is built on COT: both parties derive q, t, c and Delta
 * from hash_start and the direction. Nothing is sent. Offers no security whatever.
 */
extern const quo_component quo_test_dealer_ot;

#endif
