/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Circuits on shared bits: the methods map and goal of the component.
 */
#ifndef QUOTIENT_PLUGINS_REPLICATED_MAP_H
#define QUOTIENT_PLUGINS_REPLICATED_MAP_H

#include <quotient/quotient.h>

/* Processor time of a party for an AND gate with its share of local gates (docs/performance.md). */
#define REP_AND_S 0.17e-9

quo_status rep_map(void *self, quo_session *s, const quo_map_job *jobs, size_t n_jobs,
		   quo_err *err);
quo_goal rep_goal(void *self, const quo_session *s, size_t n);

#endif
