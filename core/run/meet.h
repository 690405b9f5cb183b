/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Parties in processes of their own meet over TCP: a connection to every other party, with the
 * hello (net/hello.h) said in both directions, so that each is known to be a party of this version,
 * of this number of parties, and which.
 *
 * A party listens where others are to come, and calls the others, again and again while nobody
 * answers. A visitor at the listening address that is no expected party gets a line in `note` and
 * does not stop the meeting: a program of another kind, one that says nothing, another version, a
 * second process with a number that is here already. But where this party *calls*, somebody else at
 * that address is a mistake of the experiment, and ends the meeting.
 *
 *     quo_meeting m;
 *     quo_channel *channel[QUO_MAX_PARTIES];
 *     QUO_TRY(quo_meeting_of(network, parties, me, &m, err));
 *     m.note = print_line;
 *     QUO_TRY(quo_meet(&m, channel, err));
 *     mesh = quo_mesh_new(parties, me, channel, err);
 *     QUO_TRY(quo_handshake(mesh, m.timeout_seconds, agreement, rng, &hash_start, err));
 */
#ifndef QUOTIENT_RUN_MEET_H
#define QUOTIENT_RUN_MEET_H

#include "config/experiment.h"
#include "net/mesh.h"

/* A visitor has so long to say hello. */
#define QUO_STRANGER_SECONDS 5

typedef struct quo_meeting {
	int parties, me;
	const char *listen; /* host:port; NULL when nobody is to come */
	/* host:port of the parties that this one calls; NULL for those that come */
	const char *call[QUO_MAX_PARTIES];
	int timeout_seconds;  /* until all are here; 0: no end */
	int stranger_seconds; /* 0: QUO_STRANGER_SECONDS */

	/* For people; each may be NULL. */
	void (*note)(void *arg, const char *line); /* what happened; no line break in it */
	/* Once a second: the first party that is not here yet, and how long it has been waited for. */
	void (*waiting)(void *arg, int party, int seconds);
	void *arg;
} quo_meeting;

/* How party `me` meets: `network.mode`, or mesh where that says local, addresses are there and a
 * number is given. */
quo_mode quo_meeting_mode(const quo_network_config *network, int me);

/*
 * What the experiment says, without the functions for people. listen, connect: two parties. mesh: every party listens
 * at its own address, or at network.bind, and calls those of smaller numbers. The texts are the configuration's.
 * QUO_USAGE: the numbers do not go together, or the mode is local.
 */
quo_status quo_meeting_of(const quo_network_config *network, int parties, int me, quo_meeting *out,
			  quo_err *err);

/*
 * Meet. channel[p] leads to party p, named "party p at ADDRESS", with a timeout for every receive
 * of timeout_seconds (quo_mesh_timeout(mesh, 0) ends it when the session starts); channel[me] is
 * NULL. On failure all are NULL: QUO_USAGE for addresses and numbers that do not go together,
 * QUO_FAILED when a party is not there in time.
 */
quo_status quo_meet(const quo_meeting *meeting, quo_channel *channel[], quo_err *err);

#endif
