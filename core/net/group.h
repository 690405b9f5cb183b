/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sockets of one mesh (quo_channel_join()). They belong to one thread. While one of them waits, in a send or in a
 * receive, all take in what their peers send, so that no party waits for another that waits in its turn.
 */
#ifndef QUOTIENT_CORE_GROUP_H
#define QUOTIENT_CORE_GROUP_H

#ifndef QUO_MAX_PARTIES
#define QUO_MAX_PARTIES 16
#endif

struct quo_socket;

struct quo_channel_group {
	int n;
	struct quo_socket *member[QUO_MAX_PARTIES];
	unsigned ended; /* members that send no more, so far */
};

#endif
