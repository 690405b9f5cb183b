/* SPDX-License-Identifier: Apache-2.0 */
/* What every OT component must do: correlation, randomness, set-up, forecasts, and a peer that goes
 * away. */
#include "twoparty.h"

static const size_t sizes[] = {
	0, 1, 127, 128, 129, 1000, 4096, 0, 100001, 16383, 16384, 16385, 3
};
enum {
	SIZES = sizeof sizes / sizeof *sizes,
	TOTAL = 1 + 127 + 128 + 129 + 1000 + 4096 + 100001 + 16383 + 16384 + 16385 + 3
};

/* One direction of a run, seen from outside. */
struct direction {
	quo_block delta;
	quo_block q[TOTAL], t[TOTAL];
	uint64_t choices[SIZES][(100001 + 63) / 64];
};

/* An engine to test: the component of that name, with a config or NULL. */
struct engine {
	const quo_component *component;
	const void *config;
	char name[64];
};

struct task {
	const struct engine *engine;
	struct direction *direction; /* [2], shared */
};

/* All OT components, and the dealer of the tests. One with an option `k` comes once for each k. */
static struct engine engines[64];
static size_t n_engines;

static quo_instance *instance(const struct engine *engine)
{
	return quo_test_instance_with(engine->component, engine->config);
}

static bool is_dealer(const struct engine *engine)
{
	return engine->component == &quo_test_dealer_ot;
}

static void assert_cost(quo_session *s, const quo_cost *cost)
{
	quo_test_assert_cost(s, (quo_traffic){ 0, 0, 0 }, cost);
}

/* Both directions in turns; the forecast runs along, dry, on instances of its own. */
static void run(quo_session *s, void *arg)
{
	struct task *task = arg;
	quo_instance *ot[2], *dry[2];
	quo_cost cost = QUO_COST_INIT;
	quo_err err = QUO_ERR_INIT;
	quo_session *forecast = quo_session_dry(s, &cost, &err);
	size_t at = 0;

	assert_non_null(forecast);

	for (int sender = 0; sender < 2; sender++) {
		ot[sender] = instance(task->engine);
		dry[sender] = instance(task->engine);
		const quo_ot_ops *ops = quo_ot(ot[sender]);
		quo_test_ok(ops->open(ot[sender]->self, s, sender, &err));
		quo_test_ok(ops->open(dry[sender]->self, forecast, sender, &err));
		assert_cost(s, &cost);
		if (s->party == sender)
			task->direction[sender].delta = ops->delta(ot[sender]->self);
	}
	for (int i = 0; i < SIZES; i++) {
		for (int sender = 0; sender < 2; sender++) {
			struct direction *d = &task->direction[sender];
			const quo_ot_ops *ops = quo_ot(ot[sender]);
			if (s->party == sender) {
				quo_test_ok(ops->extend(ot[sender]->self, s, sizes[i], d->q + at,
							NULL, &err));
			} else {
				memset(d->choices[i], 0xff, (sizes[i] + 63) / 64 * 8);
				quo_test_ok(ops->extend(ot[sender]->self, s, sizes[i], d->t + at,
							d->choices[i], &err));
			}
			quo_test_ok(ops->extend(dry[sender]->self, forecast, sizes[i], NULL, NULL,
						&err));
			assert_cost(s, &cost);
		}
		at += sizes[i];
	}
	for (int sender = 0; sender < 2; sender++) {
		quo_instance_free(ot[sender]);
		quo_instance_free(dry[sender]);
	}
	quo_session_free(forecast);
}

static int compare_blocks(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(quo_block));
}

/* Correlation, cleared tails, and what a broken engine would show: repeats, bias, a poor Delta. */
static void check(const struct direction *d)
{
	size_t at = 0, ones = 0, bits[128] = { 0 };
	quo_block *sorted = malloc(TOTAL * sizeof *sorted);

	assert_int_equal(quo_lsb(d->delta), 1);
	for (int i = 0; i < SIZES; i++) {
		for (size_t e = 0; e < sizes[i]; e++, at++) {
			uint64_t c = d->choices[i][e / 64] >> (e % 64) & 1;
			quo_block want = quo_xor_if(d->q[at], d->delta, c);
			if (memcmp(&want, &d->t[at], sizeof want))
				fail_msg("call %d: COT %zu of %zu does not hold t = q ^ c * Delta",
					 i, e, sizes[i]);
			ones += c;
			for (int b = 0; b < 128; b++)
				bits[b] += d->q[at].w[b / 64] >> (b % 64) & 1;
		}
		if (sizes[i] % 64)
			assert_int_equal(d->choices[i][sizes[i] / 64] >> (sizes[i] % 64), 0);
	}
	/* 8 standard deviations of TOTAL fair coins: sqrt(TOTAL) / 2 = 197. */
	assert_in_range(ones, TOTAL / 2 - 8 * 197, TOTAL / 2 + 8 * 197);
	for (int b = 0; b < 128; b++)
		assert_in_range(bits[b], TOTAL / 2 - 8 * 197, TOTAL / 2 + 8 * 197);
	memcpy(sorted, d->q, TOTAL * sizeof *sorted);
	qsort(sorted, TOTAL, sizeof *sorted, compare_blocks);
	for (size_t i = 1; i < TOTAL; i++)
		assert_memory_not_equal(&sorted[i - 1], &sorted[i], sizeof *sorted);
	free(sorted);
}

static void test_correlation(void **state)
{
	(void)state;
	for (size_t i = 0; i < n_engines; i++) {
		struct direction *d = quo_test_shared(2, sizeof *d);
		struct task task = { &engines[i], d };
		print_message("ot/%s\n", engines[i].name);
		quo_test_two_parties(run, &task);
		check(&d[0]);
		check(&d[1]);
		assert_memory_not_equal(&d[0].delta, &d[1].delta, sizeof d->delta);
		quo_test_unshare(d, 2, sizeof *d);
	}
}

/* A second session gives another Delta and other choices: private randomness, not the session's
 * constants. */
static void open_only(quo_session *s, void *arg)
{
	struct task *task = arg;
	quo_instance *ot = instance(task->engine);
	const quo_ot_ops *ops = quo_ot(ot);
	quo_err err = QUO_ERR_INIT;

	quo_test_ok(ops->open(ot->self, s, 0, &err));
	if (s->party == 0) {
		task->direction->delta = ops->delta(ot->self);
		quo_test_ok(ops->extend(ot->self, s, 1000, task->direction->q, NULL, &err));
	} else {
		quo_test_ok(ops->extend(ot->self, s, 1000, task->direction->t,
					task->direction->choices[0], &err));
	}
	quo_instance_free(ot);
}

static void test_fresh(void **state)
{
	(void)state;
	for (size_t i = 0; i < n_engines; i++) {
		if (is_dealer(&engines[i]) || engines[i].config)
			continue;
		struct direction *d = quo_test_shared(2, sizeof *d);
		for (int k = 0; k < 2; k++) {
			struct task task = { &engines[i], &d[k] };
			quo_test_two_parties(open_only, &task);
		}
		assert_memory_not_equal(&d[0].delta, &d[1].delta, sizeof d->delta);
		assert_memory_not_equal(d[0].q, d[1].q, 1000 * sizeof *d->q);
		assert_memory_not_equal(d[0].choices[0], d[1].choices[0], 1000 / 8);
		quo_test_unshare(d, 2, sizeof *d);
	}
}

/* The peer goes away before set-up or after it; the one who needs it gets an error. arg: {engine,
 * who leaves, when}. */
struct leave {
	const struct engine *engine;
	int who, after_open, sender;
};

static void leave(quo_session *s, void *arg)
{
	const struct leave *l = arg;
	quo_instance *ot = instance(l->engine);
	const quo_ot_ops *ops = quo_ot(ot);
	quo_block *out = quo_alloc(1 << 20, sizeof *out, NULL);
	uint64_t *choices = quo_alloc(1 << 14, sizeof *choices, NULL);
	quo_err err = QUO_ERR_INIT;
	quo_status status = QUO_OK;

	if (s->party != l->who || l->after_open)
		status = ops->open(ot->self, s, l->sender, &err);
	if (s->party != l->who) {
		for (int i = 0; i < 8 && status == QUO_OK; i++)
			status = ops->extend(ot->self, s, 1 << 20, out,
					     s->party == l->sender ? NULL : choices, &err);
		quo_test_assert_error(&err, QUO_FAILED, "closed the connection");
	} else if (l->after_open) {
		quo_test_ok(status);
	}
	quo_free(out);
	quo_free(choices);
	quo_instance_free(ot);
}

static void test_peer_leaves(void **state)
{
	(void)state;
	for (size_t i = 0; i < n_engines; i++) {
		if (is_dealer(&engines[i]) || engines[i].config) /* the dealer needs no peer */
			continue;
		for (int k = 0; k < 8; k++) {
			struct leave l = { &engines[i], k & 1, k >> 1 & 1, k >> 2 };
			quo_test_two_parties(leave, &l);
		}
	}
}

/* A peer that sends nonsense instead of set-up: an error in one line, or a set-up that ends; never
 * a crash. */
static void nonsense(quo_session *s, void *arg)
{
	const struct leave *l = arg;
	quo_instance *ot = instance(l->engine);
	const quo_ot_ops *ops = quo_ot(ot);
	quo_err err = QUO_ERR_INIT;

	if (s->party == l->who) {
		uint8_t bytes[100000];
		memset(bytes, l->after_open ? 0 : 4, sizeof bytes);
		(void)!quo_channel_send(s->peer, bytes, sizeof bytes, &err);
		(void)!quo_channel_flush(s->peer, &err);
	} else if (ops->open(ot->self, s, l->sender, &err) != QUO_OK) {
		quo_test_assert_error(&err, QUO_FAILED, "");
	}
	quo_instance_free(ot);
}

static void test_nonsense(void **state)
{
	(void)state;
	for (size_t i = 0; i < n_engines; i++) {
		for (int k = 0; k < 8 && !engines[i].config; k++) {
			struct leave l = { &engines[i], k & 1, k >> 1 & 1, k >> 2 };
			quo_test_two_parties(nonsense, &l);
		}
	}
}

static void add(const quo_component *component, const void *config, const char *name)
{
	struct engine *e = &engines[n_engines++];

	if (n_engines > sizeof engines / sizeof *engines)
		fail_msg("more engines than this test has room for");
	e->component = component;
	e->config = config;
	snprintf(e->name, sizeof e->name, "%s", name);
}

static void add_with_k(const quo_component *component, const quo_option *k)
{
	for (int64_t value = k->min; value <= k->max; value++) {
		uint8_t *config = calloc(1, component->config_size); /* lives as long as the test */
		char name[64];
		assert_non_null(config);
		memcpy(config + k->offset, &value, sizeof value);
		snprintf(name, sizeof name, "%s k=%d", component->name, (int)value);
		add(component, config, name);
	}
}

static void add_component(const quo_component *component)
{
	add(component, NULL, component->name);
	for (const quo_option *o = component->options; o && o->name; o++)
		if (strcmp(o->name, "k") == 0 && o->type == QUO_OPT_INT)
			add_with_k(component, o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_correlation),
		cmocka_unit_test(test_fresh),
		cmocka_unit_test(test_peer_leaves),
		cmocka_unit_test(test_nonsense),
	};
	const quo_registry *registry = quo_test_registry();

	add(&quo_test_dealer_ot, NULL, "dealer");
	for (size_t i = 0; i < quo_registry_count(registry); i++)
		if (quo_registry_at(registry, i)->component.kind == QUO_KIND_OT)
			add_component(&quo_registry_at(registry, i)->component);
	return cmocka_run_group_tests_name("ot", tests, NULL, NULL);
}
