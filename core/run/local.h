/* SPDX-License-Identifier: Apache-2.0 */
/* The two ways of running: all parties forked on this machine, or one party in a process of its
 * own. */
#ifndef QUOTIENT_TOOLS_LOCAL_H
#define QUOTIENT_TOOLS_LOCAL_H

#include "run/party.h"
#include "store/datashare.h"

/*
 * `mode: local`. Deals the data as outside owners would, forks the parties (and with --verify the
 * clear twin) and waits. The message is that of the process that failed first.
 */
quo_status quo_run_local(quo_run *run, quo_registry *registry, quo_err *err);

/* `mode: listen | connect | mesh`. */
quo_status quo_run_remote(quo_run *run, quo_registry *registry, quo_err *err);

/* The one that the experiment says. */
quo_status quo_run_parties(quo_run *run, quo_registry *registry, quo_err *err);

/* Forecast the run with instances of its own: refuses what cannot work before anything is
 * opened. */
quo_status quo_run_foresee(quo_run *run, quo_registry *registry, const quo_data_shape *shape,
			   quo_err *err);
/* The data in the clear, from whatever reader; shares are put together. */
quo_status quo_run_load_data(const quo_experiment_config *config, quo_dataset *data, quo_err *err);

/* The shape of the data alone: of shares, one file is enough. */
quo_status quo_run_load_shape(const quo_experiment_config *config, quo_data_shape *shape,
			      quo_err *err);

/* data/shares under more than one party: every party reads its own file. */
bool quo_run_has_shares(const quo_run *run);
/* A party's part of the data from its own file. */
quo_status quo_run_load_share(quo_run *run, int party, quo_holding *in, quo_data_share_id *id,
			      quo_err *err);

#endif
