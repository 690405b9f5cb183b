/* SPDX-License-Identifier: Apache-2.0 */
/*
 * quotient-bench: what the subcommands share.
 *
 * A subcommand describes jobs; a job runs in forked parties, as many as its protocol has, over
 * socket pairs (bench_parties.c) and through the public verbs, a few times; medians go to one table
 * (bench_table.c). Engines are whatever is registered (engines.c).
 */
#ifndef QUOTIENT_TOOLS_BENCH_H
#define QUOTIENT_TOOLS_BENCH_H

#include <quotient/quotient.h>

#include "config/experiment.h"
#include "tools/bench/bench_table.h"

#define BENCH_MAX_PHASES 12
#define BENCH_MAX_RUNS 99
#define BENCH_MAX_NAMES 16

typedef struct bench {
	quo_registry *registry;
	const char *command; /* "table1" */
	int runs;
	bool quick;
	double latency_s, rate; /* of the link to imitate; both 0: as it is */
	double limit_s;         /* jobs that take longer by their forecast are left out */
	const char *ot[BENCH_MAX_NAMES], *circuits[BENCH_MAX_NAMES], *protocols[BENCH_MAX_NAMES],
		*optimizers
			[BENCH_MAX_NAMES]; /* what --ot, --circuits, --protocols and --optimizer say */
	size_t n_ot, n_circuits, n_protocols, n_optimizers;
	const char *optimizer; /* step, fig6: the one of --optimizer that it is about */
	unsigned threads;      /* of each party; 0: not said, which is one */
	bench_table *table;
} bench;

typedef struct bench_stat {
	double median, min, max;
} bench_stat;

/* Sorts the n >= 1 values. */
bench_stat bench_stat_of(double *values, int n);

/* ---- engines.c ---- */

typedef struct bench_engine {
	char label[64]; /* "softspoken k=4", "yao+halfgates" */
	char yaml[200]; /* "{use: softspoken, k: 4}" */
} bench_engine;
#define BENCH_MAX_ENGINES 32

/*
 * What --ot says, else every registered one (with `variants` of their parameter k), else (`all`
 * false) the protocol's default. Fewer than one is an error.
 */
quo_status bench_ots(const bench *b, bool all, bool variants, bench_engine *out, size_t *n,
		     quo_err *err);
/* The same for circuit engines, each with every garbling scheme that it can use. */
quo_status bench_circuits(const bench *b, bool all, bench_engine *out, size_t *n, quo_err *err);
/*
 * What --protocols says, each with every choice of its option `goal` if it has one; none where it
 * says nothing. An empty yaml: the protocol of OT and circuit engines, which the caller crosses.
 */
quo_status bench_protocols(const bench *b, bench_engine *out, size_t *n, quo_err *err);
#define BENCH_YAML_CHARS 600
/* The protocol of two engines; NULL: the default. */
const char *bench_protocol(char out[BENCH_YAML_CHARS], const bench_engine *ot,
			   const bench_engine *circuits);

/* ---- bench_parties.c ---- */

/*
 * Something to run in all parties, and dry in this process. `prepare` makes tensors in the
 * session's run arena and circuits; `run` does phase number `phase` once (the step arena is reset
 * after the last phase); `finish` frees circuits, also after a failed prepare. All get `state`,
 * zeroed, of state_bytes.
 */
typedef struct bench_job {
	const char
		*protocol; /* YAML; NULL: two parties with nothing but a channel, and no forecast */
	unsigned n_phases;
	size_t state_bytes;
	const void *arg;
	quo_registry *registry;
	quo_status (*prepare)(const struct bench_job *job, quo_session *s, void *state,
			      quo_err *err);
	quo_status (*run)(const struct bench_job *job, quo_session *s, void *state, unsigned phase,
			  quo_err *err);
	void (*finish)(void *state);
} bench_job;

typedef struct bench_phase {
	bench_stat seconds;                     /* of the slowest party */
	double cpu[QUO_MAX_PARTIES];            /* medians, by party */
	uint64_t sent[QUO_MAX_PARTIES], rounds; /* as party 0 counts rounds */
	quo_cost cost;                          /* the forecast */
} bench_phase;

typedef struct bench_result {
	bench_phase setup, total /* seconds, cpu, traffic of all phases together */,
		phase[BENCH_MAX_PHASES];
	int parties, runs;
	bool skipped; /* takes longer than the limit by its forecast */
	double foretold_s;
	uint64_t peak_rss[QUO_MAX_PARTIES];
} bench_result;

quo_status bench_run(const bench *b, const bench_job *job, bench_result *out, quo_err *err);

/* What all parties have sent in a phase. */
uint64_t bench_sent(const bench_result *r, const bench_phase *p);

/* The usual columns of a phase: seconds, runs, cpu, bytes, rounds; "left out" with the forecast's
 * bytes when skipped. */
void bench_put(const bench *b, const bench_result *r, const bench_phase *p);
/* clang-format off */
#define BENCH_TIME_COLUMNS \
	{ "seconds", "median", BENCH_SECONDS, 0 }, { "seconds_min", "min", BENCH_SECONDS, 0 }, \
	{ "seconds_max", "max", BENCH_SECONDS, 0 }, { "runs", "runs", BENCH_COUNT, 0 }, \
	{ "cpu0_seconds", "cpu 0", BENCH_SECONDS, 0 }, { "cpu1_seconds", "cpu 1", BENCH_SECONDS, 0 }
#define BENCH_THIRD_COLUMN \
	{ "cpu2_seconds", "cpu 2", BENCH_SECONDS, 0 }
#define BENCH_TRAFFIC_COLUMNS \
	{ "bytes_sent", "sent", BENCH_BYTES, 0 }, { "rounds", "rounds", BENCH_COUNT, 0 }
#define BENCH_COLUMNS BENCH_TIME_COLUMNS, BENCH_TRAFFIC_COLUMNS
/* clang-format on */

/* ---- fill.c: tensors with random shares ---- */
quo_tensor *bench_tensor(quo_session *s, quo_spec spec, quo_err *err);
quo_tensor *bench_bits(quo_session *s, unsigned width, bool is_signed, uint32_t rows, uint32_t cols,
		       quo_err *err);
quo_tensor *bench_arith(quo_session *s, unsigned width, uint32_t rows, uint32_t cols, quo_err *err);
/* One-hot labels: row i is of class i mod classes; party 0 knows them all. */
quo_tensor *bench_labels(quo_session *s, uint32_t rows, uint32_t classes, quo_err *err);
/* A job of a circuit with tensors for all its ports. */
quo_status bench_map_job(quo_session *s, const quo_circuit *c, size_t n, quo_map_job *job,
			 quo_err *err);

/* ---- limits.c: what the machine does without protocols, per second ---- */
typedef struct bench_limits {
	bench_stat aes_blocks, aes_keys, hashes, memcpy_bytes, socket_bytes, socket_both_bytes;
} bench_limits;
quo_status bench_measure_limits(const bench *b, bench_limits *out, quo_err *err);
/* Seconds that one measurement of a rate should last. */
double bench_rate_seconds(const bench *b);

/* ---- subcommands ---- */
typedef struct bench_command {
	const char *name, *help;
	const bench_column *columns;
	const char *note; /* under the table, or NULL */
	quo_status (*run)(bench *b, quo_err *err);
} bench_command;
extern const bench_command bench_primitives, bench_table1, bench_table2, bench_fig5, bench_fig6,
	bench_predict, bench_step, bench_threads;

#endif
