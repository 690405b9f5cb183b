/* SPDX-License-Identifier: Apache-2.0 */
/* Every registered circuit engine over every garbling scheme: results, owners, batches, forecast,
 * tampering. */
#include "sample.h"

#define MAX_JOBS 4

static const size_t sizes[] = { 0, 1, 7, 8, 9, 63, 64, 65, 127, 128, 129, 255, 256, 257, 1000 };

/* ---- shares of a sample ---- */

/* How the shares of port p of job j are made: the owner's share is the value. */
typedef int owner_of(unsigned job, uint32_t port);

static int all_shared(unsigned job, uint32_t port)
{
	(void)job;
	(void)port;
	return QUO_SHARED;
}

static int mixed_owners(unsigned job, uint32_t port)
{
	return (int)((job + port) % 3) - 1;
}

static int garbler_only(unsigned job, uint32_t port)
{
	(void)job;
	(void)port;
	return 0;
}

static quo_tensor *share_bits(quo_session *s, const uint64_t *planes, const quo_port *port,
			      size_t n, int owner, uint64_t *rng)
{
	quo_err err = QUO_ERR_INIT;
	uint32_t dim = (uint32_t)n;
	quo_tensor *t = quo_tensor_new(
		s->step, quo_spec_bits(port->width, port->is_signed, 1, &dim), !s->dry, &err);

	assert_non_null(t);
	t->spec.owner = (int8_t)owner;
	for (size_t i = 0; !s->dry && i < port->width * t->words; i++) {
		uint64_t mask = quo_test_random(rng);
		uint64_t tail = n % 64 && i % t->words == t->words - 1 ? (UINT64_C(1) << n % 64) - 1
								       : UINT64_MAX;
		if (owner != QUO_SHARED)
			t->b[i] = s->party == owner ? planes[i] : 0;
		else
			t->b[i] = s->party == 0 ? mask & tail : planes[i] ^ (mask & tail);
	}
	return t;
}

static quo_tensor *share_words(quo_session *s, const uint64_t *planes, const quo_port *port,
			       size_t n, int owner, uint64_t *rng)
{
	quo_err err = QUO_ERR_INIT;
	uint32_t dim = (uint32_t)n, mask = quo_mask32(port->width);
	quo_tensor *t =
		quo_tensor_new(s->step, quo_spec_arith(port->width, 1, &dim), !s->dry, &err);

	assert_non_null(t);
	t->spec.owner = (int8_t)owner;
	if (s->dry)
		return t;
	quo_words_from_planes(planes, n, port->width, false, t->a);
	for (size_t i = 0; i < n; i++) {
		uint32_t share = (uint32_t)quo_test_random(rng);
		if (owner != QUO_SHARED)
			t->a[i] = s->party == owner ? t->a[i] : 0;
		else
			t->a[i] = (s->party == 0 ? share : t->a[i] - share) & mask;
	}
	return t;
}

static quo_map_job make_job(quo_session *s, const struct sample *x, unsigned number,
			    owner_of *owner, uint64_t *rng)
{
	quo_err err = QUO_ERR_INIT;
	quo_map_job job = { .circuit = x->c, .n = x->n };

	for (uint32_t p = 0; p < x->c->n_in; p++) {
		const quo_port *port = &x->c->in[p];
		size_t n = port->scalar ? 1 : x->n;
		int who = owner(number, p);
		job.in[p] = port->kind == QUO_PORT_ARITH
				    ? share_words(s, x->in[p], port, n, who, rng)
				    : share_bits(s, x->in[p], port, n, who, rng);
	}
	for (uint32_t p = 0; p < x->c->n_out; p++) {
		const quo_port *port = &x->c->out[p];
		uint32_t dim = (uint32_t)x->n;
		quo_spec spec = quo_spec_bits(port->width, port->is_signed, 1, &dim);
		quo_tensor *t = quo_tensor_new(s->step, spec, !s->dry, &err);
		assert_non_null(t);
		if (!s->dry) /* stale contents must not shine through */
			memset(t->b, 0x5a, port->width * t->words * sizeof *t->b);
		job.out[p] = t;
	}
	return job;
}

/* Output planes that are not the expected ones (party 1 counts). */
static size_t wrong_planes(quo_session *s, const struct sample *x, const quo_map_job *job)
{
	quo_err err = QUO_ERR_INIT;
	size_t wrong = 0, words = quo_words(x->n);

	for (uint32_t p = 0; p < x->c->n_out; p++) {
		for (unsigned k = 0; k < x->c->out[p].width; k++) {
			const uint64_t *mine = quo_plane(job->out[p], k);
			const uint64_t *want = sample_plane(x->want[p], x->n, k);
			if (s->party == 0) {
				quo_test_ok(quo_channel_send(s->peer, mine, words * sizeof *mine,
							     &err));
				continue;
			}
			bool equal = true;
			for (size_t i = 0; i < words; i++) {
				uint64_t other;
				quo_test_ok(quo_channel_recv(s->peer, &other, sizeof other, &err));
				equal = equal && (other ^ mine[i]) == want[i];
			}
			wrong += !equal;
		}
	}
	quo_test_ok(quo_channel_flush(s->peer, &err));
	return wrong;
}

/* ---- engines ---- */

struct engine {
	const quo_registered *circuits, *gc; /* gc: what every option of that kind is set to */
};

typedef void engine_test(const quo_instance *engine, const struct engine *e, quo_session *s);

struct party_arg {
	struct engine engine;
	engine_test *test;
};

struct instance {
	quo_instance *gc, *circuits;
	void *config;
};

static struct instance instance_new(const struct engine *e)
{
	quo_err err = QUO_ERR_INIT;
	struct instance i = { 0 };
	const quo_option *o = e->circuits->component.options;

	for (const quo_option *inner = o; inner && inner->name; inner++) {
		if (inner->type == QUO_OPT_COMPONENT &&
		    inner->component_kind == QUO_KIND_CIRCUITS) { /* made of others: as it comes */
			i.circuits = quo_test_registered_instance(QUO_KIND_CIRCUITS,
								  e->circuits->component.name);
			return i;
		}
	}
	quo_test_ok(quo_instance_new(e->gc, NULL, &i.gc, &err));
	i.config = quo_alloc(1, e->circuits->component.config_size, &err);
	assert_non_null(i.config);
	for (; o && o->name; o++)
		if (o->type == QUO_OPT_COMPONENT && o->component_kind == QUO_KIND_GC)
			memcpy((char *)i.config + o->offset, &i.gc, sizeof i.gc);
	quo_test_ok(quo_instance_new(e->circuits, i.config, &i.circuits, &err));
	return i;
}

static void instance_free(struct instance *i)
{
	quo_instance_free(i->circuits);
	quo_instance_free(i->gc);
	quo_free(i->config);
}

static void party(quo_session *s, void *arg)
{
	const struct party_arg *a = arg;
	quo_err err = QUO_ERR_INIT;
	struct instance i = instance_new(&a->engine);
	const quo_circuits_ops *ops = i.circuits->ops;

	quo_test_open_cots(s, "dealer");
	quo_test_ok(ops->open(i.circuits->self, s, &err));
	a->test(i.circuits, &a->engine, s);
	instance_free(&i);
}

static void every_engine(engine_test *test)
{
	quo_registry *registry = quo_test_registry();
	size_t seen = 0;

	for (size_t i = 0; i < quo_registry_count(registry); i++) {
		const quo_registered *circuits = quo_registry_at(registry, i);
		if (circuits->component.kind != QUO_KIND_CIRCUITS)
			continue;
		for (size_t j = 0; j < quo_registry_count(registry); j++) {
			const quo_registered *gc = quo_registry_at(registry, j);
			if (gc->component.kind != QUO_KIND_GC)
				continue;
			struct party_arg arg = { { circuits, gc }, test };
			quo_test_two_parties(party, &arg);
			seen++;
		}
	}
	assert_true(seen > 0);
	/* tests/conformance/meson.build */
	assert_non_null(quo_registry_find(registry, QUO_KIND_CIRCUITS, "gmw-small"));
}

/* ---- forecast ---- */

static quo_cost forecast(const struct engine *e, const struct sample *x, size_t n_jobs,
			 owner_of *owner)
{
	quo_cost cost = QUO_COST_INIT;
	quo_err err = QUO_ERR_INIT;
	struct instance i = instance_new(e);
	const quo_circuits_ops *ops = i.circuits->ops;
	quo_instance *ot = quo_test_instance(&quo_test_dealer_ot);
	quo_map_job jobs[MAX_JOBS];
	quo_session dry;

	quo_test_dry(&dry, 0, &cost);
	for (int d = 0; d < 2; d++) {
		dry.cot[d] = quo_cot_new(ot, d, &err);
		assert_non_null(dry.cot[d]);
	}
	for (unsigned j = 0; j < n_jobs; j++)
		jobs[j] = make_job(&dry, &x[j], j, owner, NULL);
	quo_test_ok(ops->map(i.circuits->self, &dry, jobs, n_jobs, &err));
	for (int d = 0; d < 2; d++)
		quo_cot_free(dry.cot[d]);
	quo_test_dry_end(&dry);
	quo_test_instance_free(ot);
	instance_free(&i);
	return cost;
}

/* Takes over the samples. Right outputs, and traffic as forecast. */
static void check_jobs(const quo_instance *engine, const struct engine *e, quo_session *s,
		       struct sample *x, size_t n_jobs, owner_of *owner)
{
	quo_err err = QUO_ERR_INIT;
	const quo_circuits_ops *ops = engine->ops;
	quo_cost cost = forecast(e, x, n_jobs, owner);
	uint64_t rng = 21, ands = 0;
	quo_map_job jobs[MAX_JOBS];

	for (unsigned j = 0; j < n_jobs; j++)
		jobs[j] = make_job(s, &x[j], j, owner, &rng);
	/* Bracket the call with an exchange, so that a flight never continues an earlier one. */
	quo_channel_duplex(s->peer, true);
	quo_test_ok(quo_channel_send(s->peer, "x", 1, &err));
	char c;
	quo_test_ok(quo_channel_recv(s->peer, &c, 1, &err));
	quo_channel_duplex(s->peer, false);
	quo_traffic before = quo_channel_traffic(s->peer);
	quo_test_ok(ops->map(engine->self, s, jobs, n_jobs, &err));
	quo_test_assert_cost(s, before, &cost);
	for (unsigned j = 0; j < n_jobs; j++) {
		size_t wrong = wrong_planes(s, &x[j], &jobs[j]);
		if (wrong)
			fail_msg("%zu output planes of job %u (n = %zu) are wrong", wrong, j,
				 x[j].n);
		ands += (uint64_t)x[j].c->n_and * x[j].n;
		sample_free(&x[j]);
	}
	assert_true(cost.and_gates >= ands);
	quo_arena_reset(s->step);
}

/* ---- tests ---- */

static void random_circuits(const quo_instance *engine, const struct engine *e, quo_session *s)
{
	uint64_t rng = 31;

	for (unsigned i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		struct sample x =
			sample_new(&rng, sample_random_circuit(&rng, 40 + 10 * i), sizes[i]);
		check_jobs(engine, e, s, &x, 1, all_shared);
	}
}

static void arith_inputs(const quo_instance *engine, const struct engine *e, quo_session *s)
{
	uint64_t rng = 32;

	for (unsigned i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		struct sample x =
			sample_new(&rng, sample_integer_circuit(QUO_PORT_ARITH), sizes[i]);
		check_jobs(engine, e, s, &x, 1, all_shared);
	}
}

static void owned_inputs(const quo_instance *engine, const struct engine *e, quo_session *s)
{
	owner_of *const owners[] = { mixed_owners, garbler_only };
	uint64_t rng = 33;

	for (unsigned o = 0; o < 2; o++) {
		for (unsigned i = 0; i < sizeof sizes / sizeof *sizes; i++) {
			struct sample x[3];
			x[0] = sample_new(&rng, sample_random_circuit(&rng, 60), sizes[i]);
			x[1] = sample_new(&rng, sample_integer_circuit(QUO_PORT_ARITH), sizes[i]);
			x[2] = sample_new(&rng, sample_integer_circuit(QUO_PORT_ARITH), sizes[i]);
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

/* ---- gmw ---- */

static quo_circuit *finish(quo_builder *b)
{
	quo_err err = QUO_ERR_INIT;
	quo_circuit *c = quo_circuit_finish(b, &err);

	if (!c)
		fail_msg("%s", err.text);
	return c;
}

/* x and y of a width, one of them chosen by a bit. */
static quo_circuit *select_circuit(unsigned width, bool scalar)
{
	quo_builder *b = quo_builder_new(QUO_SHALLOW);
	quo_int x = quo_input(b, "x", QUO_PORT_BITS, width, true, false);
	quo_int y = quo_input(b, "y", QUO_PORT_BITS, width, true, false);
	quo_int s = quo_input(b, "s", QUO_PORT_BITS, 1, false, scalar);

	quo_output(b, "z", quo_mux(b, s.bit[0], x, y));
	return finish(b);
}

/* `depth` AND gates one after the other, an XOR and a NOT between them. */
static quo_circuit *deep_circuit(unsigned depth)
{
	quo_builder *b = quo_builder_new(QUO_SHALLOW);
	quo_int x = quo_input(b, "x", QUO_PORT_BITS, 8, false, false);
	quo_int s = quo_input(b, "s", QUO_PORT_BITS, 4, false, true);
	quo_wire z = x.bit[0];

	for (unsigned i = 0; i < depth; i++) {
		z = quo_bit_and(b, quo_bit_xor(b, z, x.bit[i % 8]), x.bit[(i + 3) % 8]);
		z = quo_bit_not(b, quo_bit_xor(b, z, s.bit[i % 4]));
	}
	quo_output(b, "z", quo_int_from_bit(z));
	quo_circuit *c = finish(b);
	assert_in_range(c->depth, depth / 2, depth);
	return c;
}

/* Everything scalar but one input. */
static quo_circuit *scalar_circuit(void)
{
	quo_builder *b = quo_builder_new(QUO_SHALLOW);
	quo_int s = quo_input(b, "s", QUO_PORT_BITS, 6, false, true);
	quo_int t = quo_input(b, "t", QUO_PORT_ARITH, 6, true, true);
	quo_int x = quo_input(b, "x", QUO_PORT_BITS, 3, false, false);
	quo_int sum = quo_add(b, s, t);

	quo_output(b, "sum", sum);
	quo_output(b, "less", quo_int_from_bit(quo_less(b, s, t)));
	quo_output(b, "x", quo_and_bit(b, quo_xor_int(b, x, quo_resize(sum, 3, false)), s.bit[2]));
	quo_output(b, "none", quo_int_from_bit(quo_bit_not(b, quo_nonzero(b, s))));
	return finish(b);
}

static void gmw_cases(const quo_instance *engine, const struct engine *e, quo_session *s)
{
	uint64_t rng = 39;

	for (unsigned i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		struct sample x[4];
		x[0] = sample_new(&rng, select_circuit(20, true), sizes[i]);
		x[1] = sample_new(&rng, select_circuit(40, false), sizes[(i + 5) % 15]);
		x[2] = sample_new(&rng, scalar_circuit(), sizes[(i + 11) % 15]);
		x[3] = sample_new(&rng, deep_circuit(5 + 13 * i), sizes[(i + 2) % 15]);
		check_jobs(engine, e, s, x, 4, i % 2 ? all_shared : mixed_owners);
	}
}

struct gmw_cost {
	quo_circuit *c;
	size_t n;
	uint64_t cots, bytes[2];
};

/* What gmw.h says about stars, in COTs and bytes. The dealer's OT sends nothing. */
static void gmw_costs(const quo_instance *engine, const struct engine *e, quo_session *s)
{
	if (strcmp(engine->component->name, "gmw") != 0 || s->party == 1)
		return;
	quo_builder *b = quo_builder_new(QUO_SHALLOW);
	quo_output(b, "x", quo_input(b, "x", QUO_PORT_ARITH, 2, true, false));
	const struct gmw_cost costs[] = {
		/* A scalar bit for 20 bits of every instance: a COT per direction. */
		{ select_circuit(20, true), 1000, 2, { 1 + 20 * 125, 1 + 20 * 125 } },
		/* A bit for 32 bits of its instance, and one for the other 8. */
		{ select_circuit(40, false), 1000, 2 * 2 * 1000, { 42 * 125, 42 * 125 } },
		{ select_circuit(7, false), 3, 2 * 3, { 8, 8 } },
		/* One gate, between the two halves of x. */
		{ finish(b), 1000, 1000, { 125, 125 } },
	};

	for (unsigned i = 0; i < sizeof costs / sizeof *costs; i++) {
		uint64_t rng = 40;
		struct sample x = sample_new(&rng, costs[i].c, costs[i].n);
		quo_cost cost = forecast(e, &x, 1, all_shared);
		assert_int_equal(cost.cots, costs[i].cots);
		for (int party = 0; party < 2; party++)
			assert_int_equal(cost.sent_bytes[party], costs[i].bytes[party]);
		assert_int_equal(cost.rounds, 1);
		sample_free(&x);
	}
}

/* Jobs share rounds: as many as the deepest circuit has levels. */
static void gmw_rounds(const quo_instance *engine, const struct engine *e, quo_session *s)
{
	quo_err err = QUO_ERR_INIT;
	const quo_circuits_ops *ops = engine->ops;
	uint64_t rng = 41, deepest = 0;
	struct sample x[MAX_JOBS];

	if (strcmp(engine->component->name, "gmw") != 0 || s->party == 1)
		return;
	x[0] = sample_new(&rng, deep_circuit(30), 300);
	x[1] = sample_new(&rng, sample_integer_circuit(QUO_PORT_ARITH), 70);
	x[2] = sample_new(&rng, sample_free_circuit(), 9);
	x[3] = sample_new(&rng, deep_circuit(50), 1);
	for (int i = 0; i < MAX_JOBS; i++) {
		quo_circuit *split =
			quo_split_arith(x[i].c, ops->goal(engine->self, s, x[i].n), &err);
		assert_non_null(split);
		deepest = split->depth > deepest ? split->depth : deepest;
		quo_circuit_free(split);
	}
	assert_int_equal(forecast(e, x, MAX_JOBS, all_shared).rounds, deepest);
	for (int i = 0; i < MAX_JOBS; i++)
		sample_free(&x[i]);
}

/* The build with little memory takes more waves, each with rounds of its own. */
static void gmw_waves(const quo_instance *engine, const struct engine *e, quo_session *s)
{
	uint64_t rng = 42;

	if (strcmp(engine->component->name, "gmw-small") != 0 || s->party == 1)
		return;
	struct sample x = sample_new(&rng, deep_circuit(20), 5000);
	uint32_t depth = x.c->depth;
	uint64_t rounds = forecast(e, &x, 1, all_shared).rounds;
	assert_true(rounds >= 2 * depth && rounds % depth == 0);
	sample_free(&x);
}

/* The same circuit twice: what an engine caches for it must still fit. */
static void same_circuit_again(const quo_instance *engine, const struct engine *e, quo_session *s)
{
	quo_err err = QUO_ERR_INIT;
	const quo_circuits_ops *ops = engine->ops;
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
	const quo_circuits_ops *ops = engine->ops;
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
