/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The core's threads: a party's computation cut into tasks that do not depend on each other.
 *
 * Engines keep one channel and one order of bytes on the wire; what they hand to the pool only computes. Tasks
 * therefore never touch a channel, an arena, a quo_rng or a session's counters, allocate nothing, and write to places
 * that no other task of the call reads or writes. So nothing that leaves a party depends on how many threads there are
 * or on which of them ran a task.
 */
#ifndef QUOTIENT_POOL_H
#define QUOTIENT_POOL_H

#include <quotient/status.h>

QUO_BEGIN_DECLS

#define QUO_POOL_MAX_THREADS 256

typedef struct quo_pool quo_pool;

/*
 * A pool of `threads` (1 .. QUO_POOL_MAX_THREADS): the caller of quo_parallel() and threads - 1 workers, which block
 * all signals. Make it behind a fork, never before: threads do not survive one. NULL with a message when a thread
 * cannot be made or the count is out of range.
 */
quo_pool *quo_pool_new(unsigned threads, quo_err *err);
/* Ends and joins the workers. Not while a call is under way. NULL is fine. */
void quo_pool_free(quo_pool *pool);
/* Threads that may run tasks, the caller among them; 1 for NULL. */
unsigned quo_pool_threads(const quo_pool *pool);

/*
 * task(arg, i) once for each i < n, in any order and at the same time; returns when all have
 * returned, and what they wrote is then visible to the caller. Serial, in ascending order, when
 * pool is NULL and inside a task. One caller per pool at a time. Allocates nothing. Workers look
 * for the next call for a fraction of a millisecond before they sleep, as does the caller for the
 * last task's end; a call that finds them asleep may be over before they are there. So threads pay
 * off in calls that follow each other from some microseconds of work on, in single calls from a
 * millisecond on.
 */
void quo_parallel(quo_pool *pool, size_t n, void (*task)(void *arg, size_t i), void *arg);

/* Range i of n things cut into `parts` almost equal ranges. Their bounds are multiples of
 * `unit`, except for the last. */
typedef struct quo_range {
	size_t first, end;
} quo_range;
static inline quo_range quo_range_of(size_t n, size_t parts, size_t i, size_t unit)
{
	size_t units = n / unit + (n % unit != 0), each = units / parts, more = units % parts;
	size_t first = (i * each + (i < more ? i : more)) * unit;
	size_t end = first + (each + (i < more)) * unit;

	quo_range range = { first < n ? first : n, end < n ? end : n };

	return range;
}

QUO_END_DECLS

#endif
