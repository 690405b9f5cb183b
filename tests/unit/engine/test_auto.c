/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ot/auto and circuits/auto: which engine is taken over which link, that it is the one the model
 * says, and a party 0 whose choice is none.
 */
#include "config/experiment.h"
#include "twoparty.h"

static const quo_link near = QUO_LINK_LOOPBACK, thin = { 20e-6, 1e6 }, far = { 0.1, 1e9 };
static const quo_link far_and_thin = { 0.042, 24.3e6 };

/* ---- ot ---- */

/* Bytes of a COT of a long run. */
static double cot_bytes(const char *name, quo_link link)
{
	quo_cost cost = QUO_COST_INIT;
	quo_session s = { .parties = 2, .dry = true, .link = link, .cost = &cost };
	quo_err err = QUO_ERR_INIT;
	quo_instance *ot = quo_test_registered_instance(QUO_KIND_OT, name);
	const quo_ot_ops *ops = quo_ot(ot);

	quo_test_ok(ops->open(ot->self, &s, 0, &err));
	assert_true(cost.sent_bytes[0] > 0 && cost.sent_bytes[1] > 0);
	cost = (quo_cost)QUO_COST_INIT;
	quo_test_ok(ops->extend(ot->self, &s, 10000000, NULL, NULL, &err));
	quo_instance_free(ot);
	return (double)(cost.sent_bytes[0] + cost.sent_bytes[1]) / 1e7;
}

static void test_ot_choice(void **state)
{
	(void)state;
	assert_true(cot_bytes("auto", near) == cot_bytes("softspoken", near));
	assert_true(cot_bytes("auto", thin) == cot_bytes("ferret", thin));
	assert_true(cot_bytes("auto", far_and_thin) == cot_bytes("ferret", far_and_thin));
	assert_true(cot_bytes("softspoken", near) > 10 * cot_bytes("ferret", near));
}

/* ---- circuits ---- */

static quo_circuit *chain(quo_goal goal, unsigned depth)
{
	quo_err err = QUO_ERR_INIT;
	quo_builder *b = quo_builder_new(goal);
	quo_int x = quo_input(b, "x", QUO_PORT_BITS, 16, false, false);
	quo_wire z = x.bit[0];

	for (unsigned i = 0; i < depth; i++)
		z = quo_bit_and(b, quo_bit_xor(b, z, x.bit[i % 16]), x.bit[(i + 3) % 16]);
	quo_output(b, "z", quo_int_from_bit(z));
	quo_circuit *c = quo_circuit_finish(b, &err);
	if (!c)
		fail_msg("%s", err.text);
	return c;
}

static quo_cost map_cost(const char *name, quo_link link, const char *ot, const quo_circuit *c,
			 size_t n, unsigned calls)
{
	quo_err err = QUO_ERR_INIT;
	quo_cost cost = QUO_COST_INIT;
	quo_session s;
	uint32_t dim = (uint32_t)n;

	quo_test_dry(&s, 0, &cost);
	s.link = link;
	quo_test_open_cots(&s, ot);
	cost = (quo_cost)QUO_COST_INIT;
	quo_instance *engine = quo_test_registered_instance(QUO_KIND_CIRCUITS, name);
	const quo_circuits_ops *ops = quo_circuits(engine);
	quo_tensor *in = quo_temp(&s, quo_spec_bits(16, false, 1, &dim), &err);
	quo_tensor *out = quo_temp(&s, quo_spec_bits(1, false, 1, &dim), &err);
	assert_true(in && out);
	quo_map_job job = { .circuit = c, .n = n, .in = { in }, .out = { out } };
	for (unsigned i = 0; i < calls; i++)
		quo_test_ok(ops->map(engine->self, &s, &job, 1, &err));
	quo_instance_free(engine);
	quo_test_dry_end(&s);
	return cost;
}

/* auto costs what the one that it should take costs, and a byte; taken again, no byte more. */
static void takes(const char *want, quo_link link, const char *ot, unsigned depth, size_t n)
{
	quo_circuit *c = chain(QUO_SMALL, depth);

	for (unsigned calls = 1; calls <= 3; calls++) {
		quo_cost got = map_cost("auto", link, ot, c, n, calls);
		quo_cost engine = map_cost(want, link, ot, c, n, calls);
		if (got.sent_bytes[0] != engine.sent_bytes[0] + 1 ||
		    got.sent_bytes[1] != engine.sent_bytes[1])
			fail_msg("%u levels, %zu instances, %g s, %g B/s: %llu + %llu bytes; %s: "
				 "%llu + %llu",
				 depth, n, link.latency_s, link.bytes_per_s,
				 (unsigned long long)got.sent_bytes[0],
				 (unsigned long long)got.sent_bytes[1], want,
				 (unsigned long long)engine.sent_bytes[0],
				 (unsigned long long)engine.sent_bytes[1]);
	}
	/* And the model agrees that it is the better one. */
	const char *other = strcmp(want, "yao") ? "yao" : "gmw";
	quo_cost best = map_cost(want, link, ot, c, n, 1),
		 worse = map_cost(other, link, ot, c, n, 1);
	if (strcmp(ot, "ferret")) /* bursts are not averages */
		assert_true(quo_cost_seconds(&best, link) < quo_cost_seconds(&worse, link));
	quo_circuit_free(c);
}

static void test_circuits_choice(void **state)
{
	(void)state;
	takes("yao", far, "softspoken", 40, 100); /* rounds decide */
	takes("yao", far_and_thin, "softspoken", 40, 100);
	takes("gmw", thin, "softspoken", 40, 100000); /* bytes decide */
	takes("gmw", far_and_thin, "softspoken", 20, 1000000);
	takes("gmw", far_and_thin, "ferret", 20, 1000000);
	takes("yao", near, "ferret", 200, 64);
}

static void test_goal(void **state)
{
	quo_instance *engine = quo_test_registered_instance(QUO_KIND_CIRCUITS, "auto");
	const quo_circuits_ops *ops = quo_circuits(engine);
	quo_session s = { .parties = 2, .parts = 1 };

	(void)state;
	assert_int_equal(ops->goal(engine->self, &s, 1), QUO_SMALL);
	s.link = near;
	assert_int_equal(ops->goal(engine->self, &s, 1), QUO_SMALL);
	s.link = far;
	assert_int_equal(ops->goal(engine->self, &s, 1), QUO_SHALLOW);
	quo_instance_free(engine);
}

/* ---- averages ---- */

static void test_average(void **state)
{
	quo_err err = QUO_ERR_INIT;
	quo_cost cost = QUO_COST_INIT;
	quo_session s;

	(void)state;
	quo_test_dry(&s, 0, &cost);
	quo_test_open_cots(&s, "ferret");
	quo_cot *average = quo_cot_average(s.cot[1], &s, &err);
	assert_non_null(average);
	cost = (quo_cost)QUO_COST_INIT;
	/* Every thousand at the same price, where the engine itself sends in bursts. */
	for (int i = 1; i <= 10; i++) {
		quo_test_ok(quo_cot_random(average, &s, 1000, NULL, NULL, &err));
		assert_int_equal(cost.sent_bytes[0], 0);
		assert_int_equal(cost.sent_bytes[1] % (uint64_t)i, 0);
		assert_in_range(cost.sent_bytes[1], 20u * (unsigned)i, 300u * (unsigned)i);
		assert_int_equal(cost.cots, 1000 * i);
	}
	assert_true(cost.cpu_s[0] > 0 && cost.cpu_s[1] > 0);
	quo_cot_free(average);
	quo_test_dry_end(&s);
}

/* ---- a choice that is none ---- */

static void lie_ot(quo_session *s, void *arg)
{
	quo_instance *ot = quo_test_registered_instance(QUO_KIND_OT, "auto");
	const quo_ot_ops *ops = quo_ot(ot);
	quo_err err = QUO_ERR_INIT;

	(void)arg;
	if (s->party == 0) {
		quo_test_ok(quo_channel_send(s->peer, "\2", 1, &err));
		quo_test_ok(quo_channel_flush(s->peer, &err));
	} else {
		assert_int_equal(ops->open(ot->self, s, 0, &err), QUO_FAILED);
		quo_test_assert_error(&err, QUO_FAILED, "ot/auto: the other party chose engine 2");
	}
	quo_instance_free(ot);
}

static void lie_circuits(quo_session *s, void *arg)
{
	quo_circuit *c = chain(QUO_SMALL, 3);
	quo_instance *engine = quo_test_registered_instance(QUO_KIND_CIRCUITS, "auto");
	const quo_circuits_ops *ops = quo_circuits(engine);
	quo_err err = QUO_ERR_INIT;
	uint32_t dim = 10;

	(void)arg;
	quo_test_open_cots(s, "dealer");
	quo_tensor *in = quo_temp(s, quo_spec_bits(16, false, 1, &dim), &err);
	quo_tensor *out = quo_temp(s, quo_spec_bits(1, false, 1, &dim), &err);
	assert_true(in && out);
	quo_map_job job = { .circuit = c, .n = 10, .in = { in }, .out = { out } };
	if (s->party == 0) {
		quo_test_ok(quo_channel_send(s->peer, "\377", 1, &err));
		quo_test_ok(quo_channel_flush(s->peer, &err));
	} else {
		assert_int_equal(ops->map(engine->self, s, &job, 1, &err), QUO_FAILED);
		quo_test_assert_error(&err, QUO_FAILED, "the other party chose engine 255");
	}
	quo_instance_free(engine);
	quo_circuit_free(c);
}

static void test_lies(void **state)
{
	(void)state;
	quo_test_two_parties(lie_ot, NULL);
	quo_test_two_parties(lie_circuits, NULL);
}

static void test_not_in_itself(void **state)
{
	quo_err err = QUO_ERR_INIT;
	quo_experiment *owner;
	quo_instance *engine;

	(void)state;
	assert_int_equal(quo_component_load(quo_test_registry(), QUO_KIND_CIRCUITS,
					    "{use: auto, wide: {use: auto}}", &owner, &engine,
					    &err),
			 QUO_USAGE);
	quo_test_assert_error(&err, QUO_USAGE, "cannot be auto themselves");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ot_choice), cmocka_unit_test(test_circuits_choice),
		cmocka_unit_test(test_goal),      cmocka_unit_test(test_average),
		cmocka_unit_test(test_lies),      cmocka_unit_test(test_not_in_itself),
	};

	return cmocka_run_group_tests_name("auto", tests, NULL, NULL);
}
