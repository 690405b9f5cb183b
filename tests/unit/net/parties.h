/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any number of parties in a test: child processes with a channel to every other one. Each uses cmocka's assertions;
 * what it prints is shown only when it fails, and the parent fails too.
 */
#ifndef QUOTIENT_TESTS_PARTIES_H
#define QUOTIENT_TESTS_PARTIES_H

#include "net/mesh.h"
#include "twoparty.h"

/* channel[p] leads to party p. Takes the channels over; what is left when it returns is closed by the process's end. */
typedef void net_party(int me, quo_channel *channel[], void *arg);

/* `dying` may end as it likes; -1: none. */
void net_parties(int n, net_party *party, void *arg, int dying);

/* Of these channels; fails the test when it cannot be. */
quo_mesh *net_mesh(int n, int me, quo_channel *channel[]);

/* Pseudorandom bytes of (seed). */
void net_fill(uint8_t *p, size_t n, uint64_t seed);
double net_now(void);

#endif
