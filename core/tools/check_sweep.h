/* SPDX-License-Identifier: Apache-2.0 */
/* quotient-check of a sweep. */
#ifndef QUOTIENT_TOOLS_CHECK_SWEEP_H
#define QUOTIENT_TOOLS_CHECK_SWEEP_H

#include "config/sweep.h"
#include "run/party.h"
#include "tools/cli.h"

/* Resolve every point, and forecast those of the first seed: a line each, or with --json an array.
 * Loads the components. */
quo_status quo_check_sweep(const quo_cli *cli, quo_registry *registry, quo_arena *arena,
			   const quo_sweep *sweep, quo_err *err);

#endif
