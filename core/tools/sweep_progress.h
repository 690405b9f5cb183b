/* SPDX-License-Identifier: Apache-2.0 */
/* How far a sweep is: a line for the run that runs, one for each that ended, and the time left. */
#ifndef QUOTIENT_TOOLS_SWEEP_PROGRESS_H
#define QUOTIENT_TOOLS_SWEEP_PROGRESS_H

#include "report/results.h"
#include "run/party.h"

typedef struct quo_sweep_progress {
	const quo_sweep *axes;
	const quo_results *results;
	const volatile quo_watch *watch; /* of the run that runs */
	FILE *out;
	bool live;      /* rewrite a line */
	bool line_open; /* private */
} quo_sweep_progress;

/* `elapsed`: seconds since it began. */
void quo_sweep_show_running(quo_sweep_progress *p, uint32_t point, double elapsed);
void quo_sweep_show_ended(quo_sweep_progress *p, uint32_t point);

#endif
