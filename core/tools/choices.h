/* SPDX-License-Identifier: Apache-2.0 */
/* What an experiment would cost under every registered choice of engines. */
#ifndef QUOTIENT_TOOLS_CHOICES_H
#define QUOTIENT_TOOLS_CHOICES_H

#include "run/party.h"

typedef struct quo_choice {
	const char *ot, *circuits, *gc; /* names; gc NULL: the circuit engine takes none itself */
	double step_bytes, step_rounds, step_seconds;
	double bytes, rounds, seconds; /* of the whole run */
	bool configured, fastest;
} quo_choice;

typedef struct quo_choices {
	quo_choice *item;
	size_t n;
} quo_choices;

/*
 * Every ot with every circuits and, where that takes one, every gc; none when the experiment's
 * protocol does not take an ot and a circuits. What is configured keeps its options, all others are
 * as they come; those that refuse are left out. A dry run of a few steps and an evaluation, scaled
 * up: an estimate where quo_forecast_run() of the whole run is exact.
 */
quo_status quo_choices_forecast(quo_choices *choices, const quo_run *run,
				const quo_registry *registry, const quo_data_shape *shape,
				quo_err *err);
void quo_choices_free(quo_choices *choices);

/* A table for people; members of the open object, as an array "choices". */
void quo_choices_print(FILE *out, const quo_choices *choices);
void quo_choices_json(quo_json *j, const quo_choices *choices);

#endif
