/* SPDX-License-Identifier: Apache-2.0 */
/*
 * quotient-run of a sweep: every point as a run of its own, one after the other, and the report.
 *
 * A run's folder is <output.dir>/<name>/<point>-<digest>, where the digest is of the resolved
 * experiment and of what is opened: the same point is found again, a changed one never mistaken for
 * it. A folder with a summary.json is done and not run again; what an interrupted run left is
 * removed.
 */
#ifndef QUOTIENT_TOOLS_SWEEP_H
#define QUOTIENT_TOOLS_SWEEP_H

#include "config/sweep.h"
#include "run/party.h"
#include "tools/cli.h"

/* Loads the components. Every point is resolved before the first runs. A run that fails does not keep the others from
 * running; the status is then that of the first failure. */
quo_status quo_run_sweep(const quo_cli *cli, quo_registry *registry, quo_arena *arena,
			 const quo_sweep *sweep, FILE *ui, quo_err *err);

/* results.csv, curves.csv and report.html of a run by itself, into its folder. */
quo_status quo_run_report(const quo_run *run, quo_err *err);

#endif
