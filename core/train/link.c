/* SPDX-License-Identifier: Apache-2.0 */
#include "train/link.h"

#include <string.h>

#include <quotient/protocol.h>

#include "session/session_core.h"

quo_link quo_link_given(const quo_network_config *network)
{
	return (quo_link){
		.latency_s = network->latency > 0 ? network->latency : network->shape.latency,
		.bytes_per_s =
			network->bandwidth > 0 ? network->bandwidth : network->shape.bandwidth,
	};
}

/* Instances of a circuit, few and many: a form may depend on both. */
static const size_t instances[] = { 1, 1000, 1000000 };

/* Whether a session over this link wants the same forms as one over another. */
static bool same_forms(const quo_circuits_ops *circuits, const quo_protocol_ops *protocol,
		       void *self, const quo_session *a, const quo_session *b)
{
	for (size_t i = 0; i < sizeof instances / sizeof *instances; i++)
		if (circuits ? circuits->goal(self, a, instances[i]) !=
				       circuits->goal(self, b, instances[i])
			     : protocol->goal(self, a, instances[i]) !=
				       protocol->goal(self, b, instances[i]))
			return false;
	return true;
}

/* A component that wants other circuits over a slow link than over a fast one. */
static bool form_depends(const quo_instance *instance)
{
	const quo_link fast = QUO_LINK_LOOPBACK, slow = { .latency_s = 1, .bytes_per_s = 1e3 };
	bool circuits = instance->component->kind == QUO_KIND_CIRCUITS;
	quo_cost cost = QUO_COST_INIT;

	if (!circuits && instance->component->kind != QUO_KIND_PROTOCOL)
		return false;
	quo_session *a = quo_session_forecast(circuits ? NULL : instance, fast, &cost, NULL);
	quo_session *b = quo_session_forecast(circuits ? NULL : instance, slow, &cost, NULL);
	bool same = a && b &&
		    same_forms(circuits ? quo_circuits(instance) : NULL,
			       circuits ? NULL : quo_protocol(instance), instance->self, a, b);
	quo_session_free(a);
	quo_session_free(b);
	return !same;
}

bool quo_link_matters(const quo_experiment *experiment)
{
	for (size_t i = 0; i < quo_experiment_instances(experiment); i++) {
		const quo_instance *instance = quo_experiment_instance_at(experiment, i, NULL);
		if (!strcmp(instance->component->name, "auto") || form_depends(instance))
			return true;
	}
	return false;
}
