/* SPDX-License-Identifier: Apache-2.0 */
/* Who meets how, from the experiment. */
#include "run/meet.h"

quo_mode quo_meeting_mode(const quo_network_config *network, int me)
{
	if (network->mode == QUO_MODE_LOCAL && network->parties.n && me >= 0)
		return QUO_MODE_MESH;
	return (quo_mode)network->mode;
}

static quo_status of_two(const quo_network_config *network, bool listens, quo_meeting *out,
			 quo_err *err)
{
	if (out->parties != 2)
		return quo_fail(err, QUO_USAGE,
				"--listen and --connect are for two parties; for %d give "
				"network.parties, and each process its number with --party",
				out->parties);
	if (listens)
		out->listen = network->address;
	else
		out->call[1 - out->me] = network->address;
	return QUO_OK;
}

static quo_status of_mesh(const quo_network_config *network, quo_meeting *out, quo_err *err)
{
	if (network->parties.n != (uint32_t)out->parties)
		return quo_fail(err, QUO_USAGE,
				"network.parties has %u addresses, but the protocol runs with %d "
				"parties",
				network->parties.n, out->parties);
	for (int p = 0; p < out->me; p++)
		out->call[p] = network->parties.item[p];
	if (out->me < out->parties - 1)
		out->listen = *network->bind ? network->bind : network->parties.item[out->me];
	return QUO_OK;
}

quo_status quo_meeting_of(const quo_network_config *network, int parties, int me, quo_meeting *out,
			  quo_err *err)
{
	*out = (quo_meeting){ .parties = parties,
			      .me = me,
			      .timeout_seconds = (int)network->timeout };
	if (parties < 2 || parties > QUO_MAX_PARTIES || me < 0 || me >= parties)
		return quo_fail(err, QUO_USAGE,
				"party %d cannot be one of %d; the numbers go from 0 to %d", me,
				parties, parties - 1);
	switch (quo_meeting_mode(network, me)) {
	case QUO_MODE_LISTEN:
		return of_two(network, true, out, err);
	case QUO_MODE_CONNECT:
		return of_two(network, false, out, err);
	case QUO_MODE_MESH:
		return of_mesh(network, out, err);
	default:
		return quo_fail(err, QUO_USAGE,
				"party %d has nowhere to meet the others: give network.parties, or "
				"--listen or --connect HOST:PORT",
				me);
	}
}
