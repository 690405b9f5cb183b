/* SPDX-License-Identifier: Apache-2.0 */
/* The list of what a network keeps from step to step. */
#include "numerics/network.h"

static void add(quo_network *net, quo_state_role role, quo_net_layer *l, const char *name,
		quo_tensor **now)
{
	net->state[net->n_state++] = (quo_net_state){ role, l->param + 1, l, name, now };
}

quo_status quo__network_list_states(quo_network *net, quo_err *err)
{
	net->state =
		quo_alloc((size_t)net->n_params * (2 + net->n_states) + 1, sizeof *net->state, err);
	if (!net->state)
		return QUO_FAILED;
	for (uint32_t i = 0; i < net->n_layers; i++) {
		quo_net_layer *l = &net->layer[i];
		if (!l->v)
			continue;
		add(net, QUO_STATE_WEIGHTS, l, "V", &l->v);
		add(net, QUO_STATE_TERNARY, l, "T", &l->t.bits);
		for (unsigned k = 0; k < net->n_states; k++)
			add(net, QUO_STATE_MOMENT, l, net->states[k].name, &l->state[k]);
	}
	return QUO_OK;
}

const quo_net_state *quo_network_weights(const quo_network *net, uint32_t k)
{
	for (size_t i = 0; i < net->n_state; i++)
		if (net->state[i].role == QUO_STATE_WEIGHTS && k-- == 0)
			return &net->state[i];
	return NULL;
}
