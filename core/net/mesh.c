/* SPDX-License-Identifier: Apache-2.0 */
#include "net/mesh.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <quotient/memory.h>

struct quo_mesh {
	int parties, me;
	quo_channel *channel[QUO_MAX_PARTIES];
	struct quo_channel_group group;
	uint64_t rounds; /* more than two parties */
	bool in_round;
};

quo_mesh *quo_mesh_new(int parties, int me, quo_channel *const channel[], quo_err *err)
{
	bool fits = parties >= 2 && parties <= QUO_MAX_PARTIES && me >= 0 && me < parties;

	for (int p = 0; fits && p < parties; p++)
		fits = (p == me) == !channel[p];
	quo_mesh *m = fits ? quo_alloc(1, sizeof *m, err) : NULL;
	if (!m) {
		if (!fits)
			quo_fail(err, QUO_BUG, "a mesh for party %d of %d lacks a channel", me,
				 parties);
		for (int p = 0; p < parties; p++)
			quo_channel_close(channel[p]);
		return NULL;
	}
	m->parties = parties;
	m->me = me;
	for (int p = 0; p < parties; p++) {
		m->channel[p] = channel[p];
		if (p != me && parties > 2)
			quo_channel_join(channel[p], &m->group);
	}
	return m;
}

void quo_mesh_close(quo_mesh *m)
{
	if (!m)
		return;
	for (int p = 0; p < m->parties; p++)
		quo_channel_close(m->channel[p]);
	quo_free(m);
}

int quo_mesh_parties(const quo_mesh *m)
{
	return m->parties;
}

int quo_mesh_me(const quo_mesh *m)
{
	return m->me;
}

quo_channel *quo_mesh_to(quo_mesh *m, int party)
{
	return party >= 0 && party < m->parties ? m->channel[party] : NULL;
}

/* A decorator closes what it cannot decorate. */
quo_status quo_mesh_count(quo_mesh *m, quo_err *err)
{
	m->rounds = 0;
	for (int p = 0; p < m->parties; p++)
		if (p != m->me && !(m->channel[p] = quo_channel_count(m->channel[p], err)))
			return QUO_FAILED;
	return QUO_OK;
}

quo_status quo_mesh_shape(quo_mesh *m, double latency_s, double bytes_per_s, quo_err *err)
{
	for (int p = 0; p < m->parties; p++)
		if (p != m->me && !(m->channel[p] = quo_channel_shape(m->channel[p], latency_s,
								      bytes_per_s, err)))
			return QUO_FAILED;
	return QUO_OK;
}

void quo_mesh_timeout(quo_mesh *m, int seconds)
{
	for (int p = 0; p < m->parties; p++)
		if (p != m->me)
			quo_channel_timeout(m->channel[p], seconds);
}

void quo_mesh_deadline(quo_mesh *m, double seconds)
{
	for (int p = 0; p < m->parties; p++)
		if (p != m->me)
			quo_channel_deadline(m->channel[p], seconds);
}

/* Party me + k sends to this one while this one sends to me - k, so that no link waits for another. */
static int behind(const quo_mesh *m, int k)
{
	return (m->me - k + m->parties) % m->parties;
}

static int ahead(const quo_mesh *m, int k)
{
	return (m->me + k) % m->parties;
}

quo_status quo_mesh_flush(quo_mesh *m, quo_err *err)
{
	for (int k = 1; k < m->parties; k++)
		QUO_TRY(quo_channel_flush(m->channel[ahead(m, k)], err));
	return QUO_OK;
}

static quo_status exchange(quo_mesh *m, const void *const out[], const size_t n_out[],
			   void *const in[], const size_t n_in[], quo_err *err)
{
	for (int k = 1; k < m->parties; k++) {
		int p = behind(m, k);
		if (n_in[p])
			quo_channel_post(m->channel[p], in[p], n_in[p]);
	}
	for (int k = 1; k < m->parties; k++) {
		int p = ahead(m, k);
		if (n_out[p])
			QUO_TRY(quo_channel_send(m->channel[p], out[p], n_out[p], err));
		QUO_TRY(quo_channel_flush(m->channel[p], err));
	}
	for (int k = 1; k < m->parties; k++) {
		int p = behind(m, k);
		QUO_TRY(quo_channel_recv(m->channel[p], in[p], n_in[p], err));
	}
	return QUO_OK;
}

quo_status quo_mesh_exchange(quo_mesh *m, const void *const out[], const size_t n_out[],
			     void *const in[], const size_t n_in[], bool any, quo_err *err)
{
	bool own_round = any && !m->in_round;

	if (own_round)
		quo_mesh_round(m, true);
	quo_status status = exchange(m, out, n_out, in, n_in, err);
	if (own_round)
		quo_mesh_round(m, false);
	for (int p = 0; status != QUO_OK && p < m->parties; p++)
		if (p != m->me) /* the memory is the caller's again */
			quo_channel_post(m->channel[p], NULL, 0);
	return status;
}

void quo_mesh_round(quo_mesh *m, bool on)
{
	if (m->parties == 2)
		quo_channel_duplex(m->channel[1 - m->me], on);
	else
		m->rounds += on && !m->in_round;
	m->in_round = on;
}

quo_traffic quo_mesh_traffic(const quo_mesh *m)
{
	quo_traffic all = { 0, 0, m->rounds };

	for (int p = 0; p < m->parties; p++) {
		if (p == m->me)
			continue;
		quo_traffic t = quo_channel_traffic(m->channel[p]);
		all.sent_bytes += t.sent_bytes;
		all.received_bytes += t.received_bytes;
		if (m->parties == 2)
			all.rounds = t.rounds;
	}
	return all;
}

/* ---- all parties on one machine ---- */

static quo_status pair(int i, int j, quo_channel *ends[][QUO_MAX_PARTIES], quo_err *err)
{
	char name[40];
	int fd[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fd) < 0)
		return quo_fail(err, QUO_FAILED, "cannot create a pair of sockets: %s",
				strerror(errno));
	snprintf(name, sizeof name, "party %d (on this machine)", j);
	ends[i][j] = quo_channel_from_fd(fd[0], name, err);
	if (!ends[i][j]) {
		close(fd[1]);
		return QUO_FAILED;
	}
	snprintf(name, sizeof name, "party %d (on this machine)", i);
	ends[j][i] = quo_channel_from_fd(fd[1], name, err);
	return ends[j][i] ? QUO_OK : QUO_FAILED;
}

quo_status quo_mesh_pairs(int parties, quo_channel *ends[][QUO_MAX_PARTIES], quo_err *err)
{
	quo_status status = QUO_OK;

	for (int i = 0; i < parties; i++)
		for (int j = 0; j < parties; j++)
			ends[i][j] = NULL;
	for (int i = 0; i < parties; i++)
		for (int j = i + 1; j < parties && status == QUO_OK; j++)
			status = pair(i, j, ends, err);
	if (status != QUO_OK)
		quo_mesh_keep(parties, ends, -1);
	return status;
}

void quo_mesh_keep(int parties, quo_channel *ends[][QUO_MAX_PARTIES], int me)
{
	for (int i = 0; i < parties; i++)
		for (int j = 0; j < parties && i != me; j++) {
			quo_channel_close(ends[i][j]);
			ends[i][j] = NULL;
		}
}
