/* SPDX-License-Identifier: Apache-2.0 */
/* What tests of meshes need beside quo_test_channels(). */
#ifndef QUOTIENT_TESTS_NET_SUPPORT_H
#define QUOTIENT_TESTS_NET_SUPPORT_H

#include "net/mesh.h"
#include "parties.h"

/* Of these channels; fails the test when it cannot be. */
quo_mesh *net_mesh(int n, int me, quo_channel *channel[]);

/* Pseudorandom bytes of (seed). */
void net_fill(uint8_t *p, size_t n, uint64_t seed);
double net_now(void);

#endif
