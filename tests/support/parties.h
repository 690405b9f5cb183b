/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Parties in a test: a child process each, with a channel to every other one and a ready session.
 *
 *     static void party(quo_session *s, void *arg) { assert_int_equal(...); }
 *     static void test(void **state) { quo_test_parties(3, party, NULL); }
 *
 * `party` runs in every child and uses cmocka's assertions as any test does. What a child prints is
 * shown only when it fails; the parent then fails too. A child that hangs is ended after
 * QUO_TEST_SECONDS.
 */
#ifndef QUOTIENT_TESTS_PARTIES_H
#define QUOTIENT_TESTS_PARTIES_H

#include "support.h"

#ifdef __SANITIZE_THREAD__
#define QUO_TEST_SECONDS 900 /* ThreadSanitizer slows many instances down ten times and more */
#else
#define QUO_TEST_SECONDS 120
#endif

/*
 * The session has: party, parties, counted channels, private randomness, a hash_start equal at all,
 * fresh arenas, threads as QUOTIENT_TEST_THREADS says; cot[] is NULL until quo_test_open_cots(). The
 * driver frees all of it afterwards, and the COTs that were opened. 1 <= parties <= QUO_MAX_PARTIES.
 */
typedef void quo_test_party(quo_session *s, void *arg);
void quo_test_parties(int parties, quo_test_party *party, void *arg);
/* In a party: its randomness follows from the seed and its number from here on. */
void quo_test_seed(quo_session *s, uint64_t seed);
/* The protocol that the session, live or dry, is to run; NULL: none again. */
void quo_test_use_protocol(quo_session *s, const quo_instance *protocol);

/*
 * The same with nothing but channels: for tests of what comes before a session. channel[p] leads to
 * party p; they are the child's, not counted, and what is left of them ends with the process.
 * `dying` may end as it likes; -1: none.
 */
typedef void quo_test_peers(int me, quo_channel *channel[], void *arg);
void quo_test_channels(int parties, quo_test_peers *peers, void *arg, int dying);

/* In a child of a sanitizer build: fail if memory is lost. Sessions are checked by the driver. */
void quo_test_assert_no_leaks(void);

/* In a party: what its session's channels carry from here on, in the order and the portions of the
 * calls. Either may be NULL. */
typedef struct quo_test_tap {
	void (*sent)(void *arg, int to, const void *data, size_t n);
	void (*received)(void *arg, int from, const void *data, size_t n);
	void *arg;
} quo_test_tap;
void quo_test_listen(const quo_test_tap *tap);

/* Zeroed memory that the children share with the parent: allocate before the parties start. */
void *quo_test_shared(size_t n, size_t size);
void quo_test_unshare(void *shared, size_t n, size_t size);

/* A dry session like `of` that reports to cost; end it with quo_test_dry_end(). */
void quo_test_dry_like(quo_session *s, const quo_session *of, quo_cost *cost);
/* The same of `party` of two. */
void quo_test_dry(quo_session *s, int party, quo_cost *cost);
void quo_test_dry_end(quo_session *s);

/* Fail unless a session whose channels are flushed has sent since it began what cost forecasts: the
 * bytes of every party, in as many rounds. */
void quo_test_assert_forecast(quo_session *s, const quo_cost *cost);

#endif
