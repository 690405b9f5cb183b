/* SPDX-License-Identifier: Apache-2.0 */
/* What a run reports at its end: summary.json, and standard output with --json. */
#ifndef QUOTIENT_CORE_SUMMARY_H
#define QUOTIENT_CORE_SUMMARY_H

#include "text/json.h"

/* Time and traffic of one part of a run, all parties together. */
typedef struct quo_phase {
	const char *name; /* "set-up", "forward", "update", .. */
	double seconds;
	uint64_t bytes;
	uint64_t rounds;
} quo_phase;

/* One component of the experiment. */
typedef struct quo_summary_component {
	const char *path; /* "protocol.ot" */
	const char *kind, *name;
	uint32_t wire_version;
} quo_summary_component;

typedef struct quo_summary {
	const char *name, *protocol;
	size_t n_components;
	const quo_summary_component *components;
	uint64_t seed;
	uint64_t epochs, steps, batch; /* done, not asked for */
	double train_seconds, setup_seconds;
	double test_accuracy; /* 0..1; NaN: not evaluated */
	size_t n_accuracies;
	const double *test_accuracy_per_epoch; /* NaN where not evaluated */
	/* From the start until then; may be NULL. */
	const double *seconds_at_epoch, *bytes_at_epoch;
	int parties;
	const uint64_t *bytes_sent; /* by party */
	uint64_t rounds;
	uint64_t peak_rss_bytes;       /* the largest of the parties on this machine */
	const uint8_t *weights_sha256; /* 32 bytes; NULL: not revealed */
	size_t n_phases;
	const quo_phase *phases;
	bool has_forecast; /* the three below: what quotient-check says */
	uint64_t forecast_bytes, forecast_rounds;
	double forecast_seconds;                 /* NaN: none */
	const struct quo_experiment *experiment; /* for the manifest; NULL: without one */
} quo_summary;

/* The summary as one JSON object. The caller checks quo_json_status(). */
void quo_summary_json(const quo_summary *summary, quo_json *j);

/* "bytes_sent" (all together), "bytes_sent_party0", .. */
void quo_summary_bytes_json(const uint64_t *bytes_sent, int parties, quo_json *j);
/* The member "phases" alone. */
void quo_summary_phases_json(const quo_phase *phases, size_t n, quo_json *j);
/* The member "components" alone. */
void quo_summary_components_json(const quo_summary_component *components, size_t n, quo_json *j);

/* Peak resident memory of this process in bytes. */
uint64_t quo_peak_rss_bytes(void);

#endif
