/* SPDX-License-Identifier: Apache-2.0 */
/* Two parties in a test (parties.h), and their correlated OTs. */
#ifndef QUOTIENT_TESTS_TWOPARTY_H
#define QUOTIENT_TESTS_TWOPARTY_H

#include "parties.h"

void quo_test_two_parties(quo_test_party *party, void *arg);

/* With nothing but a channel end each, not counted. */
typedef void quo_test_peer(int party, quo_channel *ch, void *arg);
void quo_test_two_peers(quo_test_peer *peer, void *arg);

/*
 * Give a session its two COTs, set up. "dealer" is the trusted dealer of support.h; every other
 * name is an OT component that the registry finds. Fails the test when that fails.
 */
void quo_test_open_cots(quo_session *s, const char *ot_name);
void quo_test_close_cots(quo_session *s);

/* Fail unless what the session's channel has counted since `before` is what cost forecasts for this
 * party. */
void quo_test_assert_cost(quo_session *s, quo_traffic before, const quo_cost *cost);

#endif
