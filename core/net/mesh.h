/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A mesh: a channel to every other party of a run, for one thread.
 *
 * While one of its channels waits, all of them take in what their peers send, so that no order of sends and receives
 * among the parties deadlocks as long as every byte that is sent is received in the end. When one channel fails, all
 * fail with the same line and are closed: every party notices soon, and names the party that went first.
 *
 * Rounds. With two parties they are the flights that quo_channel_count() counts. With more they are the exchanges in
 * which anything travels, and the brackets: both are the same at every party, and what travels outside of them (pairs)
 * is in the bytes and not in the rounds.
 */
#ifndef QUOTIENT_CORE_MESH_H
#define QUOTIENT_CORE_MESH_H

#include <quotient/channel.h>

#include "net/group.h"

typedef struct quo_mesh quo_mesh;

/* channel[p] leads to party p, channel[me] is NULL. 2 <= parties <= QUO_MAX_PARTIES. Takes the channels over, also on
 * failure. */
quo_mesh *quo_mesh_new(int parties, int me, quo_channel *const channel[], quo_err *err);
/* Flushes what it can, closes and frees, channels and all. NULL is fine. */
void quo_mesh_close(quo_mesh *mesh);

int quo_mesh_parties(const quo_mesh *mesh);
int quo_mesh_me(const quo_mesh *mesh);
/* The channel to another party, the mesh's own. */
quo_channel *quo_mesh_to(quo_mesh *mesh, int party);

/* Put a decorator on every channel, outside of those that are there. On failure the mesh can only be closed. Counting
 * starts anew: what came before (the handshake) is in neither bytes nor rounds. */
quo_status quo_mesh_count(quo_mesh *mesh, quo_err *err);
quo_status quo_mesh_shape(quo_mesh *mesh, double latency_s, double bytes_per_s, quo_err *err);
/* quo_channel_timeout() and quo_channel_deadline() of every channel. */
void quo_mesh_timeout(quo_mesh *mesh, int seconds);
void quo_mesh_deadline(quo_mesh *mesh, double seconds);

/* Hand everything that is buffered to the network. Before a receive from one party whose bytes depend on what another
 * party gets. */
quo_status quo_mesh_flush(quo_mesh *mesh, quo_err *err);

/*
 * n_out[p] bytes of out[p] to every other party p and n_in[p] bytes from it to in[p], one round: what is sent does not
 * depend on what is received. Sizes are public, and each is the other side's; 0: nothing. `any`: bytes travel somewhere
 * in the mesh, the same at all parties; then a round is counted, unless a bracket is open. Without deadlock for any
 * sizes. Nothing of in[] may overlap out[] or each other.
 */
quo_status quo_mesh_exchange(quo_mesh *mesh, const void *const out[], const size_t n_out[],
			     void *const in[], const size_t n_in[], bool any, quo_err *err);
/* Between on and off what any party sends does not depend on what it receives there: one round, also if nothing
 * travels (but with two parties only if something does, as channels count). */
void quo_mesh_round(quo_mesh *mesh, bool on);
/* Bytes of all channels that count, and rounds as above. */
quo_traffic quo_mesh_traffic(const quo_mesh *mesh);

/* ---- all parties on one machine ---- */

/* ends[i][j]: party i's channel to party j; the others are NULL. For a fork per party. */
quo_status quo_mesh_pairs(int parties, quo_channel *ends[][QUO_MAX_PARTIES], quo_err *err);
/* Close what is not party `me`'s (-1: all), as each process does after the fork. */
void quo_mesh_keep(int parties, quo_channel *ends[][QUO_MAX_PARTIES], int me);

#endif
