/* SPDX-License-Identifier: Apache-2.0 */
#include "circuit_jobs.h"

const size_t circuit_sizes[N_SIZES] = { 0,   1,   7,   8,   9,   63,  64,  65,
					127, 128, 129, 255, 256, 257, 1000 };

/* ---- shares of a sample ---- */

int all_shared(unsigned job, uint32_t port)
{
	(void)job;
	(void)port;
	return QUO_SHARED;
}

int mixed_owners(unsigned job, uint32_t port)
{
	return (int)((job + port) % 3) - 1;
}

int garbler_only(unsigned job, uint32_t port)
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

quo_map_job make_job(quo_session *s, const struct sample *x, unsigned number, owner_of *owner,
		     uint64_t *rng)
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

size_t wrong_planes(quo_session *s, const struct sample *x, const quo_map_job *job)
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
	const quo_circuits_ops *ops = quo_circuits(i.circuits);

	quo_test_open_cots(s, "dealer");
	quo_test_ok(ops->open(i.circuits->self, s, &err));
	a->test(i.circuits, &a->engine, s);
	instance_free(&i);
}

void every_engine(engine_test *test)
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

quo_cost forecast(const struct engine *e, const struct sample *x, size_t n_jobs, owner_of *owner)
{
	quo_cost cost = QUO_COST_INIT;
	quo_err err = QUO_ERR_INIT;
	struct instance i = instance_new(e);
	const quo_circuits_ops *ops = quo_circuits(i.circuits);
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

void check_jobs(const quo_instance *engine, const struct engine *e, quo_session *s,
		struct sample *x, size_t n_jobs, owner_of *owner)
{
	quo_err err = QUO_ERR_INIT;
	const quo_circuits_ops *ops = quo_circuits(engine);
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
