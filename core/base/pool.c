/* SPDX-License-Identifier: Apache-2.0 */
#include <quotient/pool.h>

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>

#include <quotient/memory.h>

struct quo_pool {
	unsigned threads;
	unsigned n_workers; /* that were made */
	pthread_mutex_t lock;
	pthread_cond_t work, idle;
	pthread_t *worker;
	/* Under the lock. */
	bool stop, open; /* open: a call takes workers in */
	unsigned inside; /* workers in the call */
	/* The call: written by the caller while no worker is inside. */
	void (*task)(void *arg, size_t i);
	void *arg;
	size_t n;
	atomic_size_t next;
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

/* A worker that comes late finds the call closed, or no index left, and goes back to sleep. */
static void *work(void *arg)
{
	quo_pool *pool = arg;

	pthread_mutex_lock(&pool->lock);
	for (;;) {
		while (!pool->stop && !pool->open)
			pthread_cond_wait(&pool->work, &pool->lock);
		if (pool->stop)
			break;
		pool->inside++;
		pthread_mutex_unlock(&pool->lock);
		run_tasks(pool);
		pthread_mutex_lock(&pool->lock);
		pool->open = false; /* there is no index left */
		if (--pool->inside == 0)
			pthread_cond_signal(&pool->idle);
	}
	pthread_mutex_unlock(&pool->lock);
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
	pthread_mutex_init(&pool->lock, NULL);
	pthread_cond_init(&pool->work, NULL);
	pthread_cond_init(&pool->idle, NULL);
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
	pthread_mutex_lock(&pool->lock);
	pool->stop = true;
	pthread_cond_broadcast(&pool->work);
	pthread_mutex_unlock(&pool->lock);
	for (unsigned i = 0; i < pool->n_workers; i++)
		pthread_join(pool->worker[i], NULL);
	pthread_cond_destroy(&pool->work);
	pthread_cond_destroy(&pool->idle);
	pthread_mutex_destroy(&pool->lock);
	quo_free(pool->worker);
	quo_free(pool);
}

unsigned quo_pool_threads(const quo_pool *pool)
{
	return pool ? pool->threads : 1;
}

void quo_parallel(quo_pool *pool, size_t n, void (*task)(void *arg, size_t i), void *arg)
{
	if (!pool || !pool->n_workers || n < 2 || in_task) {
		for (size_t i = 0; i < n; i++)
			task(arg, i);
		return;
	}
	pthread_mutex_lock(&pool->lock);
	pool->task = task;
	pool->arg = arg;
	pool->n = n;
	atomic_store_explicit(&pool->next, 0, memory_order_relaxed);
	pool->open = true;
	if (n > pool->n_workers)
		pthread_cond_broadcast(&pool->work);
	else
		for (size_t i = 1; i < n; i++)
			pthread_cond_signal(&pool->work);
	pthread_mutex_unlock(&pool->lock);

	run_tasks(pool);

	pthread_mutex_lock(&pool->lock);
	pool->open = false;
	while (pool->inside)
		pthread_cond_wait(&pool->idle, &pool->lock);
	pthread_mutex_unlock(&pool->lock);
}
