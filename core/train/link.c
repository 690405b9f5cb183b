/* SPDX-License-Identifier: Apache-2.0 */
#include "train/link.h"

#include <string.h>

#include <quotient/circuits.h>

quo_link quo_link_given(const quo_network_config *network)
{
	return (quo_link){
		.latency_s = network->latency > 0 ? network->latency : network->shape.latency,
		.bytes_per_s =
			network->bandwidth > 0 ? network->bandwidth : network->shape.bandwidth,
	};
}

/* A circuit engine that wants other circuits over a slow link than over a fast one. */
static bool form_depends(const quo_instance *instance)
{
	const quo_session fast = { .parties = 2, .link = QUO_LINK_LOOPBACK };
	const quo_session slow = { .parties = 2, .link = { .latency_s = 1, .bytes_per_s = 1e3 } };

	if (instance->component->kind != QUO_KIND_CIRCUITS)
		return false;
	const quo_circuits_ops *ops = quo_circuits(instance);
	return ops->goal(instance->self, &fast) != ops->goal(instance->self, &slow);
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
