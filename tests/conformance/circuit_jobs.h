/* SPDX-License-Identifier: Apache-2.0 */
/* Jobs for circuit engines: shares of samples, every engine over every garbling scheme, right
 * outputs, and traffic as forecast. */
#ifndef QUOTIENT_TESTS_CIRCUIT_JOBS_H
#define QUOTIENT_TESTS_CIRCUIT_JOBS_H

#include "sample.h"

#define MAX_JOBS 4
#define N_SIZES 15

/* Numbers of instances at both sides of every boundary. */
extern const size_t circuit_sizes[N_SIZES];

/* How the shares of port p of job j are made: the owner's share is the value. */
typedef int owner_of(unsigned job, uint32_t port);

int all_shared(unsigned job, uint32_t port);
int mixed_owners(unsigned job, uint32_t port);
int garbler_only(unsigned job, uint32_t port);

struct engine {
	const quo_registered *circuits, *gc; /* gc: what every option of that kind is set to */
};

typedef void engine_test(const quo_instance *engine, const struct engine *e, quo_session *s);

/* Two parties for every engine and garbling scheme of the registry, behind open(). */
void every_engine(engine_test *test);

/* A job of this party's shares; what the outputs hold before is not 0. */
quo_map_job make_job(quo_session *s, const struct sample *x, unsigned number, owner_of *owner,
		     uint64_t *rng);
/* Output planes that are not the expected ones (party 1 counts). */
size_t wrong_planes(quo_session *s, const struct sample *x, const quo_map_job *job);
/* What a dry session says that the jobs cost. */
quo_cost forecast(const struct engine *e, const struct sample *x, size_t n_jobs, owner_of *owner);
/* Takes over the samples. Right outputs, and traffic as forecast. */
void check_jobs(const quo_instance *engine, const struct engine *e, quo_session *s,
		struct sample *x, size_t n_jobs, owner_of *owner);

/* circuits_gmw.c */
engine_test gmw_cases, gmw_costs, gmw_rounds, gmw_waves;

#endif
