/* SPDX-License-Identifier: Apache-2.0 */
/* What a run was made with: program, compiler, machine and plugins, so that its figures can be
 * placed, and made again. */
#ifndef QUOTIENT_CORE_MANIFEST_H
#define QUOTIENT_CORE_MANIFEST_H

#include "config/experiment.h"
#include "text/json.h"

/* Add it as an object "manifest" to the open object: version, commit, compiler, flags, cpu, kernels
 * (the tier of SIMD code), system, threads, finished (UTC), and name and SHA-256 of every plugin
 * file that the experiment's components come from. What cannot be found out is null. */
void quo_manifest_json(quo_json *j, const quo_experiment *experiment);

#endif
