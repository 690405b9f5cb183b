/* SPDX-License-Identifier: Apache-2.0 */
/* What a run is asked to do: an experiment with overrides, and a few switches. */
#ifndef QUOTIENT_CORE_RUN_OPTIONS_H
#define QUOTIENT_CORE_RUN_OPTIONS_H

#include "config/experiment.h"

#define QUO_RUN_MAX_SETS 256

typedef struct quo_run_options {
	const char *file;                   /* the experiment */
	const char *sets[QUO_RUN_MAX_SETS]; /* overrides, "key=value" */
	size_t n_sets;
	int64_t point;          /* of the file's sweep; -1: the file itself */
	const char *plugin_dir; /* searched first; NULL: none */
	int party;              /* this process's; -1: not given */
	bool verify, reveal_model, json, quiet;
} quo_run_options;

/* Load the experiment. With extra, up to NULL, as further overrides; may be NULL. */
#define QUO_RUN_MAX_EXTRA 4
quo_status quo_run_load(const quo_run_options *options, quo_registry *registry,
			const char *const *extra, quo_experiment **out, quo_err *err);

#endif
