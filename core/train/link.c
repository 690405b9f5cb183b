/* SPDX-License-Identifier: Apache-2.0 */
#include "train/link.h"

#include <string.h>

quo_link quo_link_given(const quo_network_config *network)
{
	return (quo_link){
		.latency_s = network->latency > 0 ? network->latency : network->shape.latency,
		.bytes_per_s =
			network->bandwidth > 0 ? network->bandwidth : network->shape.bandwidth,
	};
}

bool quo_link_matters(const quo_experiment *experiment)
{
	for (size_t i = 0; i < quo_experiment_instances(experiment); i++)
		if (!strcmp(quo_experiment_instance_at(experiment, i, NULL)->component->name,
			    "auto"))
			return true;
	return false;
}
