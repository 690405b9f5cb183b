/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Three parties of protocol/replicated in a test, a thread each, in sessions over socket pairs.
 *
 * The plugin's sources are compiled into the test, with quo_prg and quo_prg_fold led through here, so that it can say
 * whether a party drew a block of a key stream twice.
 */
#ifndef QUOTIENT_TESTS_THREE_H
#define QUOTIENT_TESTS_THREE_H

#include "support.h"

#include "replicated/instance.h"
#include "replicated/parties.h"

/* A case: what to run at every party, and the signed values that each of them learns of it. */
struct run {
	quo_status (*party)(const struct run *run, quo_session *s, int32_t *out, quo_err *err);
	const void *arg;
	struct rep_config config;
	size_t n_out;
	unsigned threads;
	quo_link link;
	/* results */
	int32_t *out[REP_PARTIES];
	quo_traffic traffic[REP_PARTIES];
	size_t repeated[REP_PARTIES];
	quo_err err[REP_PARTIES];
	quo_cost forecast;
};

/* Runs the case and fails unless all parties succeed, travel and rounds are as forecast, and nothing was drawn
 * twice (of what a session's own thread draws). Results stay until run_end(). */
void run_case(struct run *run);
void run_end(struct run *run);
/* The forecast alone. */
void run_forecast(struct run *run);

#endif
