/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A mesh: a channel to every other party of a run.
 *
 * Rounds. Between quo_mesh_round(mesh, true) and (mesh, false) nothing that is sent depends on what
 * is received, on all channels: one round, counted alike at all parties, whether or not this one
 * takes part. With more than two parties all traffic is inside such a bracket, or inside a pair.
 */
#ifndef QUOTIENT_CORE_MESH_H
#define QUOTIENT_CORE_MESH_H

#include <quotient/channel.h>
#include <quotient/cost.h>

typedef struct quo_mesh quo_mesh;

/* Takes the channels over, by party number, NULL at `me`; also on failure. */
quo_mesh *quo_mesh_new(int parties, int me, quo_channel *const channel[], quo_err *err);
/* Flushes what it can and closes all. NULL is fine. */
void quo_mesh_close(quo_mesh *mesh);

quo_channel *quo_mesh_to(const quo_mesh *mesh, int party);
void quo_mesh_round(quo_mesh *mesh, bool on);
/* Bytes of all channels of this party; rounds: brackets, and the flights of pairs. */
quo_traffic quo_mesh_traffic(const quo_mesh *mesh);

/* n_out[p] bytes of out[p] to every party p, and n_in[p] from it, all at once and without deadlock;
 * 0 at this party. */
quo_status quo_mesh_exchange(quo_mesh *mesh, const void *const out[], const size_t n_out[],
			     void *const in[], const size_t n_in[], quo_err *err);

#endif
