/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two parties in a test: two child processes over a socket pair, each with a ready session.
 *
 *     static void party(quo_session *s, void *arg) { assert_int_equal(...); }
 *     static void test(void **state) { quo_test_two_parties(party, NULL); }
 *
 * `party` runs in both children and uses cmocka's assertions as any test does. What a child prints
 * is shown only when it fails; the parent then fails too. A child that hangs is ended after
 * QUO_TEST_SECONDS.
 */
#ifndef QUOTIENT_TESTS_TWOPARTY_H
#define QUOTIENT_TESTS_TWOPARTY_H

#include "support.h"

#ifdef __SANITIZE_THREAD__
#define QUO_TEST_SECONDS 900 /* ThreadSanitizer slows many instances down ten times and more */
#else
#define QUO_TEST_SECONDS 120
#endif

/*
 * The session has: party, parties = 2, a counted channel, private randomness, a hash_start equal at
 * both, fresh arenas; cot[] is NULL until quo_test_open_cots(). The driver frees all of it
 * afterwards, and the COTs that were opened.
 */
typedef void quo_test_party(quo_session *s, void *arg);
void quo_test_two_parties(quo_test_party *party, void *arg);
/* The same with more parties, a process each: a counted mesh in place of the channel. */
void quo_test_parties(int parties, quo_test_party *party, void *arg);

/* The same with nothing but a channel end each: for tests of what comes before a session. Not
 * counted. */
typedef void quo_test_peer(int party, quo_channel *ch, void *arg);
void quo_test_two_peers(quo_test_peer *peer, void *arg);

/* Zeroed memory that the children share with the parent: allocate before the parties start. */
void *quo_test_shared(size_t n, size_t size);
void quo_test_unshare(void *shared, size_t n, size_t size);

/*
 * Give a session its two COTs, set up. "dealer" is the trusted dealer of support.h; every other
 * name is an OT component that the registry finds. Fails the test when that fails.
 */
void quo_test_open_cots(quo_session *s, const char *ot_name);
void quo_test_close_cots(quo_session *s);

/* A dry session of `party` that reports to cost; end it with quo_test_dry_end(). */
void quo_test_dry(quo_session *s, int party, quo_cost *cost);
void quo_test_dry_end(quo_session *s);

/* Fail unless what the session's channel has counted since `before` is what cost forecasts for this
 * party. */
void quo_test_assert_cost(quo_session *s, quo_traffic before, const quo_cost *cost);

#endif
