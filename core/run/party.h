/* SPDX-License-Identifier: Apache-2.0 */
/* One party's part of a run, from the handshake to the output files. */
#ifndef QUOTIENT_CORE_PARTY_H
#define QUOTIENT_CORE_PARTY_H

#include <stdio.h>

#include "net/mesh.h"
#include "run/children.h"
#include "run/options.h"
#include "store/output.h"
#include "train/forecast.h"
#include "train/verify.h"

typedef struct quo_run quo_run;
typedef struct quo_party quo_party;

/* What a tool does where local and remote mode (local.h) bring the parties together. */
typedef struct quo_work {
	/* Required. The data that the reader or the dealer shares. */
	quo_status (*load)(quo_run *run, quo_dataset *data, quo_err *err);
	/* Optional. Take from a party's part what the tool does not use. */
	quo_status (*trim)(quo_run *run, quo_holding *in, quo_err *err);
	/* Required. Refuse what cannot work, and forecast, before anything is opened or sent. */
	quo_status (*foresee)(quo_run *run, quo_registry *registry, const quo_data_shape *shape,
			      quo_err *err);
	/* Required. Line 1: what the protocol promises, and what is revealed. */
	void (*banner)(const quo_run *run);
	/* Required. A party's part, from its mesh to the output files. */
	quo_status (*party)(quo_run *run, quo_party *party, quo_err *err);
} quo_work;

#define QUO_RUN_MAX_AGREE 8

/* How far a run is, for the process that watches it from outside. */
typedef struct quo_watch {
	uint64_t step, steps;
	int64_t epoch, epochs; /* epoch from 1 */
	double accuracy;       /* of the last evaluation; negative before the first */
} quo_watch;

/* What a run is, before it knows its party. */
struct quo_run {
	const quo_run_options *options;
	const quo_work *work;
	void *arg; /* of the work */
	quo_experiment *experiment;
	const quo_experiment_config *config;
	quo_forecast forecast;
	quo_folder *output;        /* opened late: a run that cannot start leaves nothing behind */
	FILE *ui;                  /* for people; standard output, or standard error with --json */
	int party;                 /* a process of its own: which one; -1 in local mode */
	int lead;                  /* local mode: the party that leads */
	bool silent;               /* no folder, no files, nothing said */
	bool leads;                /* this process talks to people and writes summary.json */
	const char *folder;        /* in output.dir, of a run in a sweep; NULL: <name>-<time> */
	volatile quo_watch *watch; /* in a shared page, kept up to date; may be NULL */
	quo_children *children;    /* local mode: all processes, for the party that leads */
	/* What the parties must agree on beside the experiment. Values of a file ("data.files") go
	 * here before they meet. */
	uint32_t n_agree;
	const char *agree_key[QUO_RUN_MAX_AGREE];
	char agree_value[QUO_RUN_MAX_AGREE][160];
};

struct quo_party {
	int party;
	quo_mesh *mesh; /* to the others, NULL under one party; this call closes it */
	quo_block hash_start;
	quo_link link; /* to plan with */
	const quo_holding *input;
	quo_status (*trace)(void *, quo_session *, const char *, const char *, const quo_tensor *,
			    quo_err *);
	quo_verify verify;
	quo_children *children; /* local mode: told at once when this party fails; may be NULL */
};

/* quotient-run: train and write what this party writes. */
extern const quo_work quo_training;

/* A session for the party, with threads and arenas; `body` works in it. Closes the mesh. */
quo_status quo_party_session(quo_run *run, quo_party *party,
			     quo_status (*body)(void *arg, quo_session *s, quo_err *err), void *arg,
			     quo_err *err);

#define QUO_RUN_MAX_COMPONENTS 512

/* The experiment's components, for summaries: how many, at most max. */
size_t quo_run_components(const quo_run *run, quo_summary_component *out, size_t max);
/* config.resolved.yaml */
quo_status quo_run_write_config(quo_run *run, quo_err *err);
/* summary.json, readable by its owner alone where it is secret, and standard output with --json. */
quo_status quo_run_write_summary(quo_run *run, quo_json *j, bool is_secret, quo_err *err);

/*
 * Decorate the party's mesh after the handshake: shaped if the experiment says so, and counted.
 * Before it counts, it measures what the experiment leaves open of the link, if a component decides
 * by it. Closes the mesh on failure.
 */
quo_status quo_party_connect(const quo_run *run, quo_party *party, quo_err *err);

/* Whether all that went to standard output has arrived. */
quo_status quo_run_printed(quo_err *err);

/* How many parties the experiment's protocol runs with. */
int quo_run_n_parties(const quo_run *run);

/* Load the components and the experiment of the command line; says which party this is. */
quo_status quo_run_open(quo_run *run, quo_registry *registry, quo_err *err);
void quo_run_close(quo_run *run);

/* "security: ..": what the protocol promises. */
void quo_run_security(const quo_run *run);

/* Agree with the others on the experiment and on what quo_run_agree() added, within so many seconds (0: no end). */
quo_status quo_run_handshake(const quo_run *run, quo_mesh *mesh, int timeout_seconds, quo_rng *rng,
			     quo_block *hash_start, quo_err *err);
/* One more thing to agree on. */
quo_status quo_run_agree(quo_run *run, const char *key, quo_err *err, const char *format, ...)
	QUO_PRINTF(4, 5);

#endif
