/* SPDX-License-Identifier: Apache-2.0 */
#include "net/mesh.h"

#include <quotient/memory.h>

struct quo_mesh {
	int parties, me;
	quo_channel *channel[QUO_MAX_PARTIES];
	uint64_t rounds;
};

quo_mesh *quo_mesh_new(int parties, int me, quo_channel *const channel[], quo_err *err)
{
	quo_mesh *mesh = quo_alloc(1, sizeof *mesh, err);

	if (!mesh) {
		for (int i = 0; i < parties; i++)
			quo_channel_close(channel[i]);
		return NULL;
	}
	mesh->parties = parties;
	mesh->me = me;
	for (int i = 0; i < parties; i++)
		mesh->channel[i] = channel[i];
	return mesh;
}

void quo_mesh_close(quo_mesh *mesh)
{
	if (!mesh)
		return;
	for (int i = 0; i < mesh->parties; i++)
		quo_channel_close(mesh->channel[i]);
	quo_free(mesh);
}

quo_channel *quo_mesh_to(const quo_mesh *mesh, int party)
{
	return mesh->channel[party];
}

void quo_mesh_round(quo_mesh *mesh, bool on)
{
	mesh->rounds += on;
}

quo_traffic quo_mesh_traffic(const quo_mesh *mesh)
{
	quo_traffic all = { .rounds = mesh->rounds };

	for (int i = 0; i < mesh->parties; i++) {
		if (i == mesh->me)
			continue;
		quo_traffic t = quo_channel_traffic(mesh->channel[i]);
		all.sent_bytes += t.sent_bytes;
		all.received_bytes += t.received_bytes;
	}
	return all;
}

quo_status quo_mesh_exchange(quo_mesh *mesh, const void *const out[], const size_t n_out[],
			     void *const in[], const size_t n_in[], quo_err *err)
{
	for (int i = 0; i < mesh->parties; i++) {
		if (i == mesh->me || !n_out[i])
			continue;
		QUO_TRY(quo_channel_send(mesh->channel[i], out[i], n_out[i], err));
		QUO_TRY(quo_channel_flush(mesh->channel[i], err));
	}
	for (int i = 0; i < mesh->parties; i++)
		if (i != mesh->me && n_in[i])
			QUO_TRY(quo_channel_recv(mesh->channel[i], in[i], n_in[i], err));
	return QUO_OK;
}
