/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ot/ferret where the conformance suite does not reach: ends of batches and of iterations, in every
 * parameter set; what is sent when; tiers against each other.
 */
#include "twoparty.h"

#include "base/kernels.h"

enum { BATCH = 1 << 15, FIRST_NEEDS = 65536 + 850 * 10, FIRST_ROWS = 850 << 10, MANY = 1 << 20 };

/* One direction, party 0 sends, with a forecast beside it. */
struct run {
	quo_session *s;
	quo_instance *ot, *dry;
	const quo_ot_ops *ops;
	quo_session *forecast;
	quo_cost cost; /* what it counts */
	quo_traffic before;
	quo_block delta;
	quo_block *out, *q;
	uint64_t *choices;
	uint64_t sent_bytes; /* by party 0 inside the engine */
	size_t total, ones, odd;
};

static void open_run(struct run *r, quo_session *s, const char *yaml)
{
	quo_err err = QUO_ERR_INIT;

	*r = (struct run){ .s = s, .cost = QUO_COST_INIT };
	r->ot = quo_test_configured_instance(QUO_KIND_OT, yaml);
	r->dry = quo_test_configured_instance(QUO_KIND_OT, yaml);
	r->ops = quo_ot(r->ot);
	r->out = quo_alloc(MANY, sizeof *r->out, &err);
	r->q = quo_alloc(MANY, sizeof *r->q, &err);
	r->choices = quo_alloc(MANY / 64, sizeof *r->choices, &err);
	assert_true(r->out && r->q && r->choices);
	quo_test_ok(r->ops->open(r->ot->self, s, 0, &err));
	r->forecast = quo_session_dry(s, &r->cost, &err);
	assert_non_null(r->forecast);
	quo_test_ok(r->ops->open(r->dry->self, r->forecast, 0, &err));
	quo_test_assert_cost(s, r->before, &r->cost);
	/* From here on the receiver checks what the sender shows it. */
	if (s->party == 0) {
		r->delta = r->ops->delta(r->ot->self);
		quo_test_ok(quo_channel_send(s->peer, &r->delta, sizeof r->delta, &err));
		quo_test_ok(quo_channel_flush(s->peer, &err));
	} else {
		quo_test_ok(quo_channel_recv(s->peer, &r->delta, sizeof r->delta, &err));
	}
	assert_int_equal(quo_lsb(r->delta), 1);
}

static void check_received(struct run *r, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		uint64_t c = r->choices[i / 64] >> i % 64 & 1;
		quo_block want = quo_xor_if(r->q[i], r->delta, c);
		if (memcmp(&want, &r->out[i], sizeof want))
			fail_msg("COT %zu (%zu of %zu) does not hold t = q ^ c * Delta",
				 r->total + i, i, n);
		r->ones += c;
		r->odd += quo_lsb(r->q[i]);
	}
	if (n % 64)
		assert_int_equal(r->choices[n / 64] >> n % 64, 0);
}

static void extend(struct run *r, size_t n)
{
	quo_err err = QUO_ERR_INIT;
	const quo_cost start = r->cost;

	r->before = quo_channel_traffic(r->s->peer);
	if (r->choices)
		memset(r->choices, 0xff, quo_words(n) * sizeof *r->choices);
	quo_test_ok(r->ops->extend(r->ot->self, r->s, n, r->out, r->s->party ? r->choices : NULL,
				   &err));
	quo_test_ok(r->ops->extend(r->dry->self, r->forecast, n, NULL, NULL, &err));
	const quo_cost cost = quo_cost_since(&r->cost, &start);
	quo_traffic now = quo_channel_traffic(r->s->peer);
	assert_int_equal(cost.sent_bytes[1], 0);
	assert_int_equal(cost.sent_bytes[0], r->s->party
						     ? now.received_bytes - r->before.received_bytes
						     : now.sent_bytes - r->before.sent_bytes);
	r->sent_bytes += cost.sent_bytes[0];
	if (r->s->party == 0) {
		quo_test_ok(quo_channel_send(r->s->peer, r->out, n * sizeof *r->out, &err));
		quo_test_ok(quo_channel_flush(r->s->peer, &err));
	} else {
		quo_test_ok(quo_channel_recv(r->s->peer, r->q, n * sizeof *r->q, &err));
		check_received(r, n);
	}
	r->total += n;
}

static void extend_to(struct run *r, size_t total)
{
	while (r->total < total)
		extend(r, total - r->total < MANY ? total - r->total : MANY);
}

static void close_run(struct run *r)
{
	/* 8 standard deviations, at most total / 2 */
	size_t dev = 8;

	while (dev * dev < 16 * r->total)
		dev *= 2;
	if (r->s->party && r->total > 10000) {
		assert_in_range(r->ones, r->total / 2 - dev, r->total / 2 + dev);
		assert_in_range(r->odd, r->total / 2 - dev, r->total / 2 + dev);
	}
	quo_instance_free(r->ot);
	quo_instance_free(r->dry);
	quo_session_free(r->forecast);
	quo_free(r->out);
	quo_free(r->q);
	quo_free(r->choices);
}

/* What an iteration lets out, by the parameters of docs/ot.md written down once more. */
struct set {
	const char *name;
	size_t trees, secret, depth;
};

static const struct set sets[] = { { "10", 850, 1 << 16, 10 },
				   { "11", 1170, 1 << 17, 11 },
				   { "12", 1520, 1 << 18, 12 },
				   { "13", 1900, 1 << 19, 13 } };

static size_t needs(const struct set *s)
{
	return s->secret + s->trees * s->depth;
}

struct task {
	const char *yaml;
	const struct set *set;
	const char *tier[2];
	int around; /* requests that end this far from the boundary */
};

static void two_iterations(quo_session *s, void *arg)
{
	const struct task *t = arg;
	const size_t first = FIRST_ROWS - needs(t->set);
	const size_t second = (t->set->trees << t->set->depth) - needs(t->set);
	struct run r;

	open_run(&r, s, t->yaml);
	extend_to(&r, first + (size_t)t->around - 1);
	extend(&r, 3);
	extend_to(&r, first + 1000);
	if (second <= 3 * MANY) {
		extend_to(&r, first + second + (size_t)t->around - 1);
		extend(&r, 1);
		extend(&r, 5000);
		extend_to(&r, first + 2 * second + 70001);
		assert_int_equal(r.sent_bytes, 16 * (850 * 10 + 3 * t->set->trees * t->set->depth));
	}
	close_run(&r);
}

static void test_iterations(void **state)
{
	char yaml[100];

	(void)state;
	for (size_t i = 0; i < sizeof sets / sizeof *sets; i++) {
		/* Every position in the smallest set, one in each of the others. */
		for (int around = (int)i % 3; around < (i ? (int)i % 3 + 1 : 3); around++) {
			struct task t = { .yaml = yaml, .set = &sets[i], .around = around };
			snprintf(yaml, sizeof yaml, "{use: ferret, set: %s}", sets[i].name);
			quo_test_two_parties(two_iterations, &t);
		}
	}
}

/* Odd and even starts, chunks of rows, batches: one less, as many, one more. */
static void odd_sizes(quo_session *s, void *arg)
{
	static const size_t sizes[] = {
		1,     1,     2,         63,    64,        65,        126,
		127,   128,   129,       0,     255,       BATCH - 1, BATCH,
		BATCH, 1,     BATCH + 1, 12345, 3 * BATCH, 7,         2 * BATCH - 1,
		1,     99999, 200001,    3
	};
	const struct task *t = arg;
	struct run r;

	quo__cpu_force(t->tier[s->party]); /* where there is no such tier, it stays */
	open_run(&r, s, t->yaml);
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
		extend(&r, sizes[i]);
	close_run(&r);
}

static void test_sizes(void **state)
{
	static const char *const yaml[] = { "{use: ferret, set: 10}", "ferret" };

	(void)state;
	for (size_t i = 0; i < sizeof yaml / sizeof *yaml; i++) {
		struct task t = { .yaml = yaml[i], .tier = { quo_cpu_tier(), quo_cpu_tier() } };
		quo_test_two_parties(odd_sizes, &t);
	}
}

static void test_tiers(void **state)
{
	static const char *const tiers[] = { "portable", "avx2", "avx512" };

	(void)state;
	for (int i = 0; i < 3; i++) {
		struct task t = { .yaml = "{use: ferret, set: 12}",
				  .tier = { tiers[i], tiers[(i + 1) % 3] } };
		quo_test_two_parties(odd_sizes, &t);
	}
}

/* An iteration's trees travel with its first COT; and not one COT more leaves it than may, so that what
 * it keeps is unused. */
static void exact_end(quo_session *s, void *arg)
{
	const size_t usable = FIRST_ROWS - FIRST_NEEDS, bytes = 850 * 10 * 16;
	/* A key for eight nodes of levels 1 to 9: 26 batches of 32 trees, one of 18. */
	const uint64_t tweaks = 26 * 4 * (1024 - 2) + 5 + 9 * 255;
	uint64_t before;
	struct run r;

	(void)arg;
	open_run(&r, s, "{use: ferret, set: 10}");
	extend(&r, 0);
	assert_int_equal(r.sent_bytes, 0);
	before = s->tweak_next[QUO_DOMAIN_OT_0];
	extend(&r, 1);
	assert_int_equal(r.sent_bytes, bytes);
	assert_int_equal(s->tweak_next[QUO_DOMAIN_OT_0] - before, tweaks);
	extend_to(&r, usable);
	assert_int_equal(r.sent_bytes, bytes);
	extend(&r, 1);
	assert_int_equal(r.sent_bytes, 2 * bytes);
	assert_int_equal(s->tweak_next[QUO_DOMAIN_OT_0] - before, 2 * tweaks);
	extend_to(&r, 2 * usable);
	assert_int_equal(r.sent_bytes, 2 * bytes);
	extend(&r, 100000);
	assert_int_equal(r.sent_bytes, 3 * bytes);
	close_run(&r);
}

static void test_exact_end(void **state)
{
	(void)state;
	quo_test_two_parties(exact_end, NULL);
}

/* ---- set: auto ---- */

struct ladder {
	const char *yaml;
	size_t top;       /* index in sets */
	uint64_t mine[2]; /* what either party's machine has; 0: as it is */
	unsigned iterations;
};

/* Iteration number i is of set min(i, top); the last COT that it lets out costs nothing, the one after
 * it the next iteration's trees. */
static void climb(quo_session *s, void *arg)
{
	const struct ladder *l = arg;
	uint64_t bytes = 0;
	struct run r;

	if (l->mine[0])
		quo__cache_force(l->mine[s->party]);
	open_run(&r, s, l->yaml);
	if (l->mine[0]) {
		/* A forecast made where the smaller cache is. */
		quo_err err = QUO_ERR_INIT;
		quo__cache_force(l->mine[0] < l->mine[1] ? l->mine[0] : l->mine[1]);
		quo_instance_free(r.dry);
		r.dry = quo_test_configured_instance(QUO_KIND_OT, l->yaml);
		quo_test_ok(r.ops->open(r.dry->self, r.forecast, 0, &err));
	}
	for (unsigned i = 0; i < l->iterations; i++) {
		const struct set *now = &sets[i < l->top ? i : l->top],
				 *next = &sets[i < l->top ? i + 1 : l->top];
		size_t out = (now->trees << now->depth) - needs(next), start = r.total;
		bytes += 16 * now->trees * now->depth;
		extend(&r, 1);
		assert_int_equal(r.sent_bytes, bytes);
		if (i + 1 < l->iterations) {
			extend_to(&r, start + out);
			assert_int_equal(r.sent_bytes, bytes);
		} else {
			extend(&r, 100001);
		}
	}
	close_run(&r);
}

static void test_ladder(void **state)
{
	static const struct ladder ladders[] = {
		{ "{use: ferret, cache_mib: 1}", 1, { 0 }, 3 },
		{ "{use: ferret, cache_mib: 31}", 1, { 0 }, 3 },
		{ "{use: ferret, cache_mib: 32}", 2, { 0 }, 3 },
		{ "{use: ferret, cache_mib: 64}", 3, { 0 }, 4 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof ladders / sizeof *ladders; i++)
		quo_test_two_parties(climb, (void *)(uintptr_t)&ladders[i]);
}

/* Machines that differ take the smaller set, whoever has it; one that does not say counts as usual. */
static void test_agreement(void **state)
{
	static const uint64_t mib = 1 << 20;
	const struct ladder ladders[] = {
		{ "{use: ferret}", 1, { 16 * mib, 64 * mib }, 3 },
		{ "{use: ferret}", 1, { 96 * mib, 32 * mib - 1 }, 3 },
		{ "{use: ferret}", 2, { 32 * mib, 512 * mib }, 3 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof ladders / sizeof *ladders; i++)
		quo_test_two_parties(climb, (void *)(uintptr_t)&ladders[i]);
}

/* COTs that an engine lets out of its first iterations, and bytes of a COT of a long run: dry. */
static double dry_bytes(const char *yaml, size_t n, double *seconds)
{
	quo_cost cost = QUO_COST_INIT;
	quo_session s = { .parties = 2, .dry = true, .cost = &cost };
	quo_err err = QUO_ERR_INIT;
	quo_instance *ot = quo_test_configured_instance(QUO_KIND_OT, yaml);
	const quo_ot_ops *ops = quo_ot(ot);

	quo_test_ok(ops->open(ot->self, &s, 0, &err));
	cost = (quo_cost)QUO_COST_INIT;
	quo_test_ok(ops->extend(ot->self, &s, n, NULL, NULL, &err));
	quo_instance_free(ot);
	if (seconds)
		*seconds = cost.cpu_s[1];
	return (double)cost.sent_bytes[0] / (double)n;
}

/* Short runs send no more than the smallest set would, long ones little more than the largest. */
static void test_counts(void **state)
{
	const size_t longest = 200000000;
	double seconds, faster;

	(void)state;
	assert_true(dry_bytes("{use: ferret, cache_mib: 64}", 700000, NULL) ==
		    dry_bytes("{use: ferret, set: 10}", 700000, NULL));
	assert_true(dry_bytes("{use: ferret, set: 13}", 700000, NULL) >
		    2 * dry_bytes("{use: ferret, cache_mib: 64}", 700000, NULL));
	for (int i = 1; i < 4; i++) {
		char top[60], fixed[60];
		snprintf(top, sizeof top, "{use: ferret, cache_mib: %d}", 8 << i);
		snprintf(fixed, sizeof fixed, "{use: ferret, set: %d}", 10 + i);
		assert_true(dry_bytes(top, longest, &seconds) <
			    1.1 * dry_bytes(fixed, longest, NULL));
		(void)dry_bytes("{use: ferret, set: 10}", longest, &faster);
		assert_true(seconds > faster);
	}
}

/* A party 0 that names a set that there is not. */
static void lie(quo_session *s, void *arg)
{
	quo_err err = QUO_ERR_INIT;
	quo_instance *ot = quo_test_configured_instance(QUO_KIND_OT, "ferret");
	const quo_ot_ops *ops = quo_ot(ot);

	if (s->party == 0) {
		quo_test_ok(quo_channel_send(s->peer, arg, 1, &err));
		quo_test_ok(quo_channel_flush(s->peer, &err));
	} else {
		assert_int_equal(ops->open(ot->self, s, 0, &err), QUO_FAILED);
		quo_test_assert_error(&err, QUO_FAILED, "the other party wants set");
	}
	quo_instance_free(ot);
}

static void test_lies(void **state)
{
	static const uint8_t lies[] = { 0, 9, 14, 255 };

	(void)state;
	for (size_t i = 0; i < sizeof lies; i++)
		quo_test_two_parties(lie, (void *)(uintptr_t)&lies[i]);
}

/* A set-up engine whose Delta cannot serve. */
static quo_block even_delta(void *self)
{
	(void)self;
	return (quo_block){ { 2, 0 } };
}

static void refuse_even(quo_session *s, void *arg)
{
	const quo_registered *ferret = arg;
	quo_ot_ops ops = *QUO_OPS(QUO_KIND_OT, &quo_test_dealer_ot);
	quo_component component = quo_test_dealer_ot;
	quo_err err = QUO_ERR_INIT;
	struct config {
		quo_instance *setup;
		int set;
		int64_t cache_mib;
	} config = { .set = 4 };

	ops.delta = even_delta;
	component.ops_ = &ops;
	config.setup = quo_test_instance(&component);
	quo_instance *ot = quo_test_instance_with(&ferret->component, &config);
	const quo_ot_ops *o = quo_ot(ot);
	quo_status status = o->open(ot->self, s, 0, &err);
	if (s->party == 0)
		quo_test_assert_error(&err, QUO_BUG, "lowest bit 0");
	else
		quo_test_ok(status);
	quo_instance_free(ot);
	quo_instance_free(config.setup);
}

static void test_refusals(void **state)
{
	const quo_registered *ferret =
		quo_registry_find(quo_test_registry(), QUO_KIND_OT, "ferret");
	quo_err err = QUO_ERR_INIT;
	quo_instance *ot = NULL;

	(void)state;
	assert_int_equal(quo_instance_new(ferret, NULL, &ot, &err), QUO_USAGE);
	quo_test_assert_error(&err, QUO_USAGE, "wants a set-up engine");
	quo_test_two_parties(refuse_even, (void *)(uintptr_t)ferret);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_iterations), cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_tiers),      cmocka_unit_test(test_exact_end),
		cmocka_unit_test(test_refusals),   cmocka_unit_test(test_ladder),
		cmocka_unit_test(test_agreement),  cmocka_unit_test(test_counts),
		cmocka_unit_test(test_lies),
	};

	(void)quo_test_registry();
	return cmocka_run_group_tests_name("ferret", tests, NULL, NULL);
}
