/* SPDX-License-Identifier: Apache-2.0 */
/* One party's part of a run, from the handshake to the output files. */
#ifndef QUOTIENT_TOOLS_PARTY_H
#define QUOTIENT_TOOLS_PARTY_H

#include <stdio.h>

#include "tools/cli.h"
#include "train/forecast.h"
#include "train/output.h"
#include "train/verify.h"

/* What a run is, before it knows its party. */
typedef struct quo_run {
	const quo_cli *cli;
	quo_experiment *experiment;
	const quo_experiment_config *config;
	quo_forecast forecast;
	quo_folder *output; /* opened late: a run that cannot start leaves nothing behind */
	FILE *ui;           /* for people; standard output, or standard error with --json */
	bool leads;         /* this process talks to people and writes summary.json */
	const uint64_t
		*other_rss; /* local mode: the other party's peak memory, once it has ended */
} quo_run;

typedef struct quo_party {
	int party;            /* 0 or 1 */
	quo_channel *channel; /* to the peer, NULL under one party; this call closes it */
	quo_block hash_start;
	quo_link link; /* to plan with */
	const quo_holding *input;
	quo_status (*trace)(void *, quo_session *, const char *, const char *, const quo_tensor *,
			    quo_err *);
	quo_verify verify;
	double *failed_at; /* when it failed, before the peer could notice; may be NULL */
} quo_party;

/* Train and write what this party writes. */
quo_status quo_party_run(quo_run *run, quo_party *party, quo_err *err);

/*
 * Make the party's channel of a connection after the handshake: shaped if the experiment says so,
 * and counted. Before it counts, measures what of the party's link the experiment leaves open, if a
 * component decides by it. Takes over `raw`, also on failure.
 */
quo_status quo_party_connect(const quo_run *run, quo_party *party, quo_channel *raw, quo_err *err);

/* Line 1 of every run: who may learn what. */
void quo_run_banner(const quo_run *run);

#endif
