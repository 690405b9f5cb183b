/* SPDX-License-Identifier: Apache-2.0 */
#ifndef QUOTIENT_TESTS_TAP_H
#define QUOTIENT_TESTS_TAP_H

#include "parties.h"

/* The channel to party `other`, heard by quo_test_listen(); takes over and closes `inner`. */
quo_channel *quo_test_tapped(quo_channel *inner, int other);

#endif
