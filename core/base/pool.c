/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"

#include <quotient/pool.h>

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>

#include <quotient/memory.h>

/*
 * A thread that sleeps takes longer to come back than most calls last, a fraction of a millisecond
 * on some machines. So threads look for what comes next for LOOK_NS before they sleep, and after
 * KEEP_NS offer the processor to others between two looks. Not before: where there are others, they
 * keep it for milliseconds.
 */
#define LOOK_NS 300000
#define KEEP_NS 40000
#define PAUSES 16
#define CACHE_LINE 64

/* Bits of quo_pool.state; the lowest ones count the workers inside the call. */
#define OPEN (1u << 31)    /* a call takes workers in */
#define STOP (1u << 30)    /* no call will come */
#define WAITING (1u << 29) /* the caller sleeps until nobody is inside */
#define INSIDE (WAITING - 1)

struct quo_pool {
	unsigned threads;
	unsigned n_workers; /* that were made */
	pthread_t *worker;
	sem_t work; /* a post for every worker taken off `sleepers` */
	sem_t idle; /* one for the caller that set WAITING */
	/* The call: written by the caller while state has no OPEN and nobody is inside. */
	void (*task)(void *arg, size_t i);
	void *arg;
	size_t n;
	_Alignas(CACHE_LINE) atomic_uint state;
	atomic_uint sleepers; /* workers that sleep, or are about to and will see OPEN first */
	_Alignas(CACHE_LINE) atomic_size_t next;
};

/* This thread runs a task now: what it calls in parallel goes on serially. */
static _Thread_local bool in_task;

static void run_tasks(quo_pool *pool)
{
	in_task = true;
	for (;;) {
		size_t i = atomic_fetch_add_explicit(&pool->next, 1, memory_order_relaxed);
		if (i >= pool->n)
			break;
		pool->task(pool->arg, i);
	}
	in_task = false;
}

/* ---- looking and sleeping ---- */

static void pause_briefly(void)
{
	for (int i = 0; i < PAUSES; i++) {
#if defined(__x86_64__) || defined(__i386__)
		__builtin_ia32_pause();
#else
		atomic_signal_fence(memory_order_seq_cst);
#endif
	}
}

/* Looks for LOOK_NS until state has one of the bits, or, if `none`, has none of them. */
static bool look(const quo_pool *pool, unsigned bits, bool none)
{
	int64_t start = 0;

	for (;;) {
		for (int i = 0; i < 8; i++) {
			unsigned state = atomic_load_explicit(&pool->state, memory_order_acquire);
			if (!(state & bits) == none)
				return true;
			pause_briefly();
		}
		int64_t now = quo_now_ns();
		if (!start)
			start = now;
		else if (now - start >= LOOK_NS)
			return false;
		else if (now - start >= KEEP_NS)
			sched_yield();
	}
}

static void wait_for(sem_t *sem)
{
	while (sem_wait(sem) != 0 && errno == EINTR)
		;
}

/* Takes up to n sleepers off the count; who does that for a worker owes it a post. */
static unsigned take_sleepers(quo_pool *pool, unsigned n)
{
	unsigned have = atomic_load(&pool->sleepers), take;

	do
		take = have < n ? have : n;
	while (take && !atomic_compare_exchange_weak(&pool->sleepers, &have, have - take));
	return take;
}

static void wake(quo_pool *pool, unsigned n)
{
	for (unsigned i = take_sleepers(pool, n); i > 0; i--)
		sem_post(&pool->work);
}

/*
 * No call is missed: the opener sets OPEN and then reads `sleepers`, a worker adds itself and
 * then reads `state`, both in the one order of sequential consistency. A worker that sees OPEN
 * takes itself off again, or, if it has been taken off, its post.
 */
static void sleep_until_woken(quo_pool *pool)
{
	atomic_fetch_add(&pool->sleepers, 1);
	if ((atomic_load(&pool->state) & (OPEN | STOP)) && take_sleepers(pool, 1))
		return;
	wait_for(&pool->work);
}

/* ---- workers ---- */

static bool enter(quo_pool *pool)
{
	unsigned state = atomic_load(&pool->state);

	while (state & OPEN)
		if (atomic_compare_exchange_weak(&pool->state, &state, state + 1))
			return true;
	return false;
}

static void leave(quo_pool *pool)
{
	/* No index is left, and no other call begins while somebody is inside. */
	atomic_fetch_and(&pool->state, ~OPEN);
	if (atomic_fetch_sub(&pool->state, 1) == (WAITING | 1))
		sem_post(&pool->idle);
}

static void *work(void *arg)
{
	quo_pool *pool = arg;

	while (!(atomic_load(&pool->state) & STOP)) {
		if (!look(pool, OPEN | STOP, false))
			sleep_until_woken(pool);
		if (!enter(pool))
			continue;
		run_tasks(pool);
		leave(pool);
	}
	return NULL;
}

static quo_status start_workers(quo_pool *pool, quo_err *err)
{
	sigset_t all, before;
	int failed = 0;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	while (pool->n_workers + 1 < pool->threads && !failed) {
		failed = pthread_create(&pool->worker[pool->n_workers], NULL, work, pool);
		pool->n_workers += !failed;
	}
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (failed)
		return quo_fail(err, QUO_FAILED,
				"cannot make thread %u of %u: %s; ask for fewer threads",
				pool->n_workers + 2, pool->threads, strerror(failed));
	return QUO_OK;
}

quo_pool *quo_pool_new(unsigned threads, quo_err *err)
{
	if (threads < 1 || threads > QUO_POOL_MAX_THREADS) {
		quo_fail(err, QUO_USAGE, "a pool has 1..%d threads, not %u", QUO_POOL_MAX_THREADS,
			 threads);
		return NULL;
	}
	quo_pool *pool = quo_alloc(1, sizeof *pool, err);
	if (!pool)
		return NULL;
	pool->threads = threads;
	sem_init(&pool->work, 0, 0);
	sem_init(&pool->idle, 0, 0);
	pool->worker = quo_alloc(threads, sizeof *pool->worker, err);
	if (!pool->worker || start_workers(pool, err) != QUO_OK) {
		quo_pool_free(pool);
		return NULL;
	}
	return pool;
}

void quo_pool_free(quo_pool *pool)
{
	if (!pool)
		return;
	atomic_fetch_or(&pool->state, STOP);
	wake(pool, pool->n_workers);
	for (unsigned i = 0; i < pool->n_workers; i++)
		pthread_join(pool->worker[i], NULL);
	sem_destroy(&pool->work);
	sem_destroy(&pool->idle);
	quo_free(pool->worker);
	quo_free(pool);
}

unsigned quo_pool_threads(const quo_pool *pool)
{
	return pool ? pool->threads : 1;
}

/* ---- calls ---- */

/* Workers who do not sleep come by themselves. */
static void open_call(quo_pool *pool, size_t n)
{
	unsigned want = n - 1 < pool->n_workers ? (unsigned)n - 1 : pool->n_workers;

	atomic_fetch_or(&pool->state, OPEN);
	unsigned awake = pool->n_workers - atomic_load(&pool->sleepers);
	if (awake < want)
		wake(pool, want - awake);
}

static void close_call(quo_pool *pool)
{
	atomic_fetch_and(&pool->state, ~OPEN);
	if (look(pool, INSIDE, true))
		return;
	if (atomic_fetch_or(&pool->state, WAITING) & INSIDE)
		wait_for(&pool->idle);
	atomic_fetch_and(&pool->state, ~WAITING);
}

void quo_parallel(quo_pool *pool, size_t n, void (*task)(void *arg, size_t i), void *arg)
{
	if (!pool || !pool->n_workers || n < 2 || in_task) {
		for (size_t i = 0; i < n; i++)
			task(arg, i);
		return;
	}
	pool->task = task;
	pool->arg = arg;
	pool->n = n;
	atomic_store_explicit(&pool->next, 0, memory_order_relaxed);
	open_call(pool, n);
	run_tasks(pool);
	close_call(pool);
}
