/* SPDX-License-Identifier: Apache-2.0 */
/* Every registered circuit engine over every garbling scheme: results, owners, batches, forecast,
 * tampering. */
#include "circuit_jobs.h"

static void random_circuits(const quo_instance *engine, const struct engine *e, quo_session *s)
{
	uint64_t rng = 31;

	for (unsigned i = 0; i < N_SIZES; i++) {
		struct sample x = sample_new(&rng, sample_random_circuit(&rng, 40 + 10 * i),
					     circuit_sizes[i]);
		check_jobs(engine, e, s, &x, 1, all_shared);
	}
}

static void arith_inputs(const quo_instance *engine, const struct engine *e, quo_session *s)
{
	uint64_t rng = 32;

	for (unsigned i = 0; i < N_SIZES; i++) {
		struct sample x =
			sample_new(&rng, sample_integer_circuit(QUO_PORT_ARITH), circuit_sizes[i]);
		check_jobs(engine, e, s, &x, 1, all_shared);
	}
}

static void owned_inputs(const quo_instance *engine, const struct engine *e, quo_session *s)
{
	owner_of *const owners[] = { mixed_owners, garbler_only };
	uint64_t rng = 33;

	for (unsigned o = 0; o < 2; o++) {
		for (unsigned i = 0; i < N_SIZES; i++) {
			struct sample x[3];
			x[0] = sample_new(&rng, sample_random_circuit(&rng, 60), circuit_sizes[i]);
			x[1] = sample_new(&rng, sample_integer_circuit(QUO_PORT_ARITH),
					  circuit_sizes[i]);
			x[2] = sample_new(&rng, sample_integer_circuit(QUO_PORT_ARITH),
					  circuit_sizes[i]);
			check_jobs(engine, e, s, x, 3, owners[o]);
		}
	}
}

static void several_jobs(const quo_instance *engine, const struct engine *e, quo_session *s)
{
	static const size_t n[][MAX_JOBS] = { { 65, 0, 1, 300 },
					      { 0, 0, 0, 0 },
					      { 1, 1, 1, 1 },
					      { 64, 128, 63, 7 },
					      { 5, 0, 2000, 0 } };
	uint64_t rng = 34;

	for (unsigned i = 0; i < sizeof n / sizeof *n; i++) {
		struct sample x[MAX_JOBS];
		x[0] = sample_new(&rng, sample_random_circuit(&rng, 60), n[i][0]);
		x[1] = sample_new(&rng, sample_free_circuit(), n[i][1]);
		x[2] = sample_new(&rng, sample_integer_circuit(QUO_PORT_ARITH), n[i][2]);
		x[3] = sample_new(&rng, sample_constant_circuit(), n[i][3]);
		check_jobs(engine, e, s, x, MAX_JOBS, mixed_owners);
	}
	check_jobs(engine, e, s, NULL, 0, all_shared);
}

/* More COTs than a batch takes: 48 bits an instance here, so that cuts fall inside jobs. */
static void many_instances(const quo_instance *engine, const struct engine *e, quo_session *s)
{
	uint64_t rng = 35;
	struct sample x[2];

	if (!strcmp(quo_cpu_tier(), "portable"))
		return; /* garbling so much takes minutes */
	x[0] = sample_new(&rng, sample_integer_circuit(QUO_PORT_ARITH), 150001);
	x[1] = sample_new(&rng, sample_random_circuit(&rng, 50), 70000);
	check_jobs(engine, e, s, x, 2, all_shared);
}

/* yao: one COT for each bit of a share that party 1 has, whatever is owned by party 0 for nothing.
 */
static void yao_cots(const quo_instance *engine, const struct engine *e, quo_session *s)
{
	owner_of *const owners[] = { all_shared, mixed_owners, garbler_only };
	uint64_t rng = 38;

	if (strcmp(engine->component->name, "yao") != 0 || s->party == 1)
		return;
	for (unsigned o = 0; o < 3; o++) {
		struct sample x = sample_new(&rng, sample_integer_circuit(QUO_PORT_ARITH), 77);
		quo_cost cost = forecast(e, &x, 1, owners[o]);
		uint64_t want = 0;
		for (uint32_t p = 0; p < x.c->n_in; p++)
			if (owners[o](0, p) != 0)
				want += x.c->in[p].width * (x.c->in[p].scalar ? 1 : x.n);
		assert_int_equal(cost.cots, want);
		sample_free(&x);
	}
}

/* The same circuit twice: what an engine caches for it must still fit. */
static void same_circuit_again(const quo_instance *engine, const struct engine *e, quo_session *s)
{
	quo_err err = QUO_ERR_INIT;
	const quo_circuits_ops *ops = quo_circuits(engine);
	uint64_t rng = 36;
	struct sample x = sample_new(&rng, sample_integer_circuit(QUO_PORT_ARITH), 100);

	(void)e;
	for (int i = 0; i < 3; i++) {
		quo_map_job job = make_job(s, &x, 0, all_shared, &rng);
		quo_test_ok(ops->map(engine->self, s, &job, 1, &err));
		assert_int_equal(wrong_planes(s, &x, &job), 0);
	}
	sample_free(&x);
}

struct tamper {
	quo_channel base;
	quo_channel *inner;
};

static quo_status tamper_send(quo_channel *ch, const void *data, size_t n, quo_err *err)
{
	return quo_channel_send(((struct tamper *)ch)->inner, data, n, err);
}

static quo_status tamper_recv(quo_channel *ch, void *data, size_t n, quo_err *err)
{
	QUO_TRY(quo_channel_recv(((struct tamper *)ch)->inner, data, n, err));
	for (size_t i = 0; i < n; i++)
		((uint8_t *)data)[i] ^= 1;
	return QUO_OK;
}

static quo_status tamper_flush(quo_channel *ch, quo_err *err)
{
	return quo_channel_flush(((struct tamper *)ch)->inner, err);
}

static const quo_channel_ops tamper_ops = {
	.name = "tamper", .send = tamper_send, .recv = tamper_recv, .flush = tamper_flush
};

/* What party 0 sends is what party 1 computes with: altered bytes alter the result. */
static void broken_messages(const quo_instance *engine, const struct engine *e, quo_session *s)
{
	quo_err err = QUO_ERR_INIT;
	const quo_circuits_ops *ops = quo_circuits(engine);
	uint64_t rng = 37;
	struct sample x = sample_new(&rng, sample_integer_circuit(QUO_PORT_ARITH), 100);
	quo_map_job job = make_job(s, &x, 0, all_shared, &rng);
	struct tamper t = { .base = { .ops = &tamper_ops }, .inner = s->peer };

	(void)e;
	/* Once as it should be: what an engine only says at a circuit's first call is not altered. */
	quo_test_ok(ops->map(engine->self, s, &job, 1, &err));
	assert_int_equal(wrong_planes(s, &x, &job), 0);
	if (s->party == 1)
		s->peer = &t.base;
	quo_test_ok(ops->map(engine->self, s, &job, 1, &err));
	s->peer = t.inner;
	size_t wrong = wrong_planes(s, &x, &job);
	if (s->party == 1)
		assert_true(wrong > 0);
	sample_free(&x);
}

#define ENGINE_TEST(name) \
	static void test_##name(void **state) \
	{ \
		(void)state; \
		every_engine(name); \
	}

ENGINE_TEST(random_circuits)
ENGINE_TEST(arith_inputs)
ENGINE_TEST(owned_inputs)
ENGINE_TEST(several_jobs)
ENGINE_TEST(many_instances)
ENGINE_TEST(yao_cots)
ENGINE_TEST(gmw_cases)
ENGINE_TEST(gmw_costs)
ENGINE_TEST(gmw_rounds)
ENGINE_TEST(gmw_waves)
ENGINE_TEST(same_circuit_again)
ENGINE_TEST(broken_messages)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random_circuits),    cmocka_unit_test(test_arith_inputs),
		cmocka_unit_test(test_owned_inputs),       cmocka_unit_test(test_several_jobs),
		cmocka_unit_test(test_many_instances),     cmocka_unit_test(test_yao_cots),
		cmocka_unit_test(test_gmw_cases),          cmocka_unit_test(test_gmw_costs),
		cmocka_unit_test(test_gmw_rounds),         cmocka_unit_test(test_gmw_waves),
		cmocka_unit_test(test_same_circuit_again), cmocka_unit_test(test_broken_messages),
	};

	return cmocka_run_group_tests_name("circuits", tests, NULL, NULL);
}
