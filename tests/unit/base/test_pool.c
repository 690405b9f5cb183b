/* SPDX-License-Identifier: Apache-2.0 */
/* The pool: every index once, whatever the count of threads; nested calls; parts. */
#include "support.h"

#include <quotient/pool.h>

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <unistd.h>

enum { MANY = 10007 };

struct tally {
	quo_pool *pool;
	atomic_uint count[MANY];
	unsigned inner[MANY];
	atomic_size_t last; /* serial calls ascend */
	atomic_bool disordered;
};

static void count_one(void *arg, size_t i)
{
	struct tally *t = arg;

	atomic_fetch_add(&t->count[i], 1);
}

static void assert_counts(struct tally *t, size_t n, unsigned want)
{
	for (size_t i = 0; i < MANY; i++) {
		unsigned right = i < n ? want : 0;
		if (t->count[i] != right)
			fail_msg("%zu of %zu ran %u times, not %u", i, n, t->count[i], right);
	}
}

static quo_pool *pool_of(unsigned threads)
{
	quo_err err = QUO_ERR_INIT;
	quo_pool *pool = quo_pool_new(threads, &err);

	if (!pool)
		fail_msg("%s", err.text);
	assert_int_equal(quo_pool_threads(pool), threads);
	return pool;
}

static void every_index_once(void **state)
{
	static const unsigned threads[] = { 0, 1, 2, 3, 8 };
	static const size_t sizes[] = { 0, 1, 2, 3, 7, 8, 9, MANY };
	static struct tally t;

	(void)state;
	for (size_t i = 0; i < sizeof threads / sizeof *threads; i++) {
		quo_pool *pool = threads[i] ? pool_of(threads[i]) : NULL;
		for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
			memset(&t, 0, sizeof t);
			quo_parallel(pool, sizes[k], count_one, &t);
			assert_counts(&t, sizes[k], 1);
		}
		quo_pool_free(pool);
	}
	assert_int_equal(quo_pool_threads(NULL), 1);
}

/* Calls follow each other at once, so workers are late for one and early for the next. */
static void many_calls(void **state)
{
	enum { CALLS = 20000 };
	static struct tally t;
	quo_pool *pool = pool_of(3);

	(void)state;
	memset(&t, 0, sizeof t);
	for (size_t i = 0; i < CALLS; i++) {
		quo_parallel(pool, 5, count_one, &t);
		if (t.count[4] != i + 1)
			fail_msg("call %zu returned before its tasks had", i);
	}
	assert_counts(&t, 5, CALLS);
	quo_pool_free(pool);
}

static void in_order(void *arg, size_t i)
{
	struct tally *t = arg;

	if (t->last != i)
		t->disordered = true;
	t->last = i + 1;
}

static void count_inner(void *arg, size_t i)
{
	(*(unsigned *)arg) += (unsigned)i + 1; /* no atomic: an inner call is serial */
}

static void nest(void *arg, size_t i)
{
	struct tally *t = arg;

	quo_parallel(t->pool, 100, count_inner, &t->inner[i]);
	count_one(arg, i);
}

static void serial_and_nested(void **state)
{
	static struct tally t;

	(void)state;
	memset(&t, 0, sizeof t);
	quo_parallel(NULL, 100, in_order, &t);
	assert_false(t.disordered);
	assert_int_equal(t.last, 100);

	t.pool = pool_of(4);
	quo_parallel(t.pool, 200, nest, &t);
	assert_counts(&t, 200, 1);
	for (size_t i = 0; i < 200; i++)
		assert_int_equal(t.inner[i], 5050);
	/* And parallel again behind it. */
	quo_parallel(t.pool, MANY, count_one, &t);
	assert_int_equal(t.count[MANY - 1], 1);
	quo_pool_free(t.pool);
}

struct meeting {
	pthread_mutex_t lock;
	pthread_cond_t met;
	unsigned here;
};

/* Returns when all are there, which a pool that runs tasks one after the other never sees. */
static void meet(void *arg, size_t i)
{
	struct meeting *m = arg;

	(void)i;
	pthread_mutex_lock(&m->lock);
	if (++m->here == 4)
		pthread_cond_broadcast(&m->met);
	while (m->here < 4)
		pthread_cond_wait(&m->met, &m->lock);
	pthread_mutex_unlock(&m->lock);
}

static void at_the_same_time(void **state)
{
	struct meeting m = { PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0 };
	quo_pool *pool = pool_of(4);

	(void)state;
	quo_parallel(pool, 4, meet, &m);
	assert_int_equal(m.here, 4);
	quo_pool_free(pool);
}

/* The same after pauses, so that workers look, are about to sleep, or sleep when the call comes. */
static void after_pauses(void **state)
{
	static const useconds_t pauses[] = { 0, 100, 250, 290, 300, 310, 400, 2000 };
	quo_pool *pool = pool_of(4);

	(void)state;
	for (size_t i = 0; i < 25 * sizeof pauses / sizeof *pauses; i++) {
		struct meeting m = { PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0 };
		usleep(pauses[i % (sizeof pauses / sizeof *pauses)]);
		quo_parallel(pool, 4, meet, &m);
		assert_int_equal(m.here, 4);
	}
	quo_pool_free(pool);
}

struct late {
	pthread_t caller;
	atomic_uint here, done;
};

/* One task each; the worker's lasts until the caller has long been done with its own. */
static void nap(void *arg, size_t i)
{
	struct late *l = arg;

	(void)i;
	l->here++;
	while (l->here < 2)
		sched_yield();
	if (!pthread_equal(pthread_self(), l->caller))
		usleep(3000);
	l->done++;
}

static void late_worker(void **state)
{
	quo_pool *pool = pool_of(2);

	(void)state;
	for (unsigned i = 0; i < 20; i++) {
		struct late l = { .caller = pthread_self() };
		quo_parallel(pool, 2, nap, &l);
		assert_int_equal(l.done, 2);
	}
	quo_pool_free(pool);
}

static void refuses_counts(void **state)
{
	static const unsigned counts[] = { 0, QUO_POOL_MAX_THREADS + 1, UINT32_MAX };

	(void)state;
	for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
		quo_err err = QUO_ERR_INIT;
		assert_null(quo_pool_new(counts[i], &err));
		assert_non_null(strstr(err.text, "1..256 threads"));
	}
	quo_pool_free(NULL);
}

static void parts_cover(void **state)
{
	static const size_t sizes[] = { 0, 1, 7, 8, 9, 63, 64, 65, 1000 };

	(void)state;
	for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++)
		for (size_t parts = 1; parts < 12; parts++)
			for (size_t unit = 1; unit <= 8; unit *= 8) {
				size_t at = 0;
				for (size_t i = 0; i < parts; i++) {
					quo_range p = quo_range_of(sizes[k], parts, i, unit);
					assert_int_equal(p.first, at);
					assert_true(p.end >= p.first && p.end <= sizes[k]);
					assert_true(p.end % unit == 0 || p.end == sizes[k]);
					assert_true(p.end - p.first <= sizes[k] / parts + 2 * unit);
					at = p.end;
				}
				assert_int_equal(at, sizes[k]);
			}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_index_once),  cmocka_unit_test(many_calls),
		cmocka_unit_test(serial_and_nested), cmocka_unit_test(at_the_same_time),
		cmocka_unit_test(after_pauses),      cmocka_unit_test(late_worker),
		cmocka_unit_test(refuses_counts),    cmocka_unit_test(parts_cover),
	};

	return cmocka_run_group_tests_name("pool", tests, NULL, NULL);
}
