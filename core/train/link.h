/* SPDX-License-Identifier: Apache-2.0 */
/* The link that a run plans with. */
#ifndef QUOTIENT_CORE_LINK_H
#define QUOTIENT_CORE_LINK_H

#include <quotient/cost.h>

#include "config/experiment.h"

/* What network.latency and network.bandwidth say, else network.shape; 0 where none does. */
quo_link quo_link_given(const quo_network_config *network);

/* Whether a component of the experiment decides by the link: one that is named "auto", or a
 * protocol or circuit engine whose form of circuits follows it. */
bool quo_link_matters(const quo_experiment *experiment);

#endif
