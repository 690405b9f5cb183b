/* SPDX-License-Identifier: Apache-2.0 */
#include "run/options.h"

#include <string.h>

#include "config/sweep.h"

quo_status quo_run_load(const quo_run_options *options, quo_registry *registry,
			const char *const *extra, quo_experiment **out, quo_err *err)
{
	const char *sets[QUO_RUN_MAX_SETS + QUO_RUN_MAX_EXTRA];
	size_t n = options->n_sets;

	memcpy(sets, options->sets, n * sizeof *sets);
	for (size_t i = 0; extra && extra[i]; i++) {
		if (i == QUO_RUN_MAX_EXTRA)
			return quo_fail(err, QUO_BUG, "more than %d overrides of the program's own",
					QUO_RUN_MAX_EXTRA);
		sets[n++] = extra[i];
	}
	return options->point < 0 ? quo_experiment_load(registry, options->file, sets, n, out, err)
				  : quo_experiment_load_point(registry, options->file, sets, n,
							      (uint32_t)options->point, out, err);
}
