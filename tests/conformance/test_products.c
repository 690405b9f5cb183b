/* SPDX-License-Identifier: Apache-2.0 */
/* Every products component against the integer formula, with what it sends against its own
 * forecast. */
#include "base/kernels.h"
#include "operands.h"

typedef struct shape {
	unsigned m, p, n;
} shape;

typedef struct job_case {
	shape at;
	unsigned planes, ring, y_width;
	bool is_signed;
	const int32_t *coef;
	int p_owner, y_owner;
	bool p_t, y_t, z_t;
} job_case;

/* ---- instances ---- */

/* The defaults of integer and boolean options; the products need no other. */
static void *default_config(const quo_component *c)
{
	quo_err err = QUO_ERR_INIT;
	char *config = quo_alloc(1, c->config_size + 1, &err);

	assert_non_null(config);
	for (const quo_option *o = c->options; o && o->name; o++) {
		if (o->type == QUO_OPT_INT)
			*(int64_t *)(void *)(config + o->offset) =
				strtoll(o->default_yaml, NULL, 10);
		else if (o->type == QUO_OPT_BOOL)
			*(bool *)(config + o->offset) = !strcmp(o->default_yaml, "true");
	}
	return config;
}

static void set_option(const quo_component *c, void *config, const char *name, int64_t value)
{
	for (const quo_option *o = c->options; o && o->name; o++)
		if (o->type == QUO_OPT_INT && !strcmp(o->name, name))
			*(int64_t *)(void *)((char *)config + o->offset) = value;
}

typedef struct arg {
	const quo_registered *registered;
	void *config;
	const char *tier;
	void (*body)(quo_session *s, const quo_instance *products, uint64_t *random);
} arg;

static void one_party(quo_session *s, void *arg_)
{
	const arg *a = arg_;
	quo_err err = QUO_ERR_INIT;
	quo_instance *products;
	uint64_t random = 7;

	if (!quo__cpu_force(a->tier))
		return; /* this processor does not have it */
	quo_test_open_cots(s, "dealer");
	quo_test_ok(quo_instance_new(a->registered, a->config, &products, &err));
	const quo_products_ops *ops = quo_products(products);
	quo_test_ok(ops->open(products->self, s, &err));
	a->body(s, products, &random);
	quo_instance_free(products);
}

/*
 * Run a body with every component: in every tier with small batches and chunks where it has such
 * options, and with its default options.
 */
static void with_every_component(void (*body)(quo_session *, const quo_instance *, uint64_t *))
{
	static const char *const tiers[] = { "portable", "avx2", "avx512" };
	quo_registry *registry = quo_test_registry();
	unsigned found = 0;

	for (size_t i = 0; i < quo_registry_count(registry); i++) {
		const quo_registered *r = quo_registry_at(registry, i);
		if (r->component.kind != QUO_KIND_PRODUCTS)
			continue;
		arg a = { .registered = r,
			  .config = default_config(&r->component),
			  .tier = quo_cpu_tier(),
			  .body = body };
		quo_test_two_parties(one_party, &a);
		set_option(&r->component, a.config, "batch", 37);
		set_option(&r->component, a.config, "chunk_kib", 1);
		for (size_t t = 0; t < sizeof tiers / sizeof *tiers; t++) {
			a.tier = tiers[t];
			quo_test_two_parties(one_party, &a);
		}
		quo_free(a.config);
		found++;
	}
	assert_true(found > 0);
}

typedef struct built {
	uint8_t *p;
	uint32_t *y;
} built;

static quo_matrix_job build(quo_session *s, const job_case *c, built *b, uint64_t *random)
{
	shape at = c->at;
	quo_err err = QUO_ERR_INIT;
	quo_spec p =
		quo_spec_bits(c->planes, c->is_signed, 2,
			      c->p_t ? (uint32_t[]){ at.p, at.m } : (uint32_t[]){ at.m, at.p });
	quo_spec y = quo_spec_arith(
		c->y_width, 2, c->y_t ? (uint32_t[]){ at.n, at.p } : (uint32_t[]){ at.p, at.n });
	quo_spec z = quo_spec_arith(
		c->ring, 2, c->z_t ? (uint32_t[]){ at.n, at.m } : (uint32_t[]){ at.m, at.n });
	p.owner = (int8_t)c->p_owner;
	y.owner = (int8_t)c->y_owner;
	b->p = quo_arena_alloc(s->step, (size_t)at.m * at.p, c->planes, &err);
	b->y = quo_arena_alloc(s->step, (size_t)at.p * at.n, sizeof *b->y, &err);
	quo_tensor *out = quo_tensor_new(s->step, z, true, &err);
	assert_true(b->p && b->y && out);
	memset(out->a, 0xa5,
	       out->n * sizeof *out->a); /* a product must not depend on what was there */
	return (quo_matrix_job){ .p = shared_bits(s, p, b->p, random),
				 .y = shared_words(s, y, b->y, random),
				 .z = out,
				 .coef = c->coef,
				 .p_t = c->p_t,
				 .y_t = c->y_t,
				 .z_t = c->z_t };
}

static void check(quo_session *s, const job_case *c, const built *b, const quo_matrix_job *job,
		  const char *what)
{
	shape at = c->at;
	size_t elements = (size_t)at.m * at.p;
	quo_err err = QUO_ERR_INIT;
	uint32_t *got = quo_arena_alloc(s->step, job->z->n, sizeof *got, &err);

	assert_non_null(got);
	open_words(s, job->z, got);
	for (size_t i = 0; i < job->z->n; i++)
		assert_true((job->z->a[i] & ~quo_mask32(c->ring)) == 0);
	if (s->party != 0)
		return;
	for (unsigned r = 0; r < at.m; r++)
		for (unsigned col = 0; col < at.n; col++) {
			uint64_t sum = 0; /* mod 2^64 covers every ring */
			for (unsigned j = 0; j < at.p; j++) {
				uint64_t left = 0;
				for (unsigned k = 0; k < c->planes; k++)
					left += (uint64_t)quo_plane_coef(job->p, job->coef, k) *
						b->p[k * elements +
						     (c->p_t ? j * at.m + r : r * at.p + j)];
				sum += left * b->y[c->y_t ? col * at.p + j : j * at.n + col];
			}
			uint32_t want = (uint32_t)sum & quo_mask32(c->ring);
			uint32_t z = got[c->z_t ? col * at.m + r : r * at.n + col];
			if (z != want)
				fail_msg("%s: %ux%ux%u, %u planes, ring %u, owners %d %d, flags "
					 "%d%d%d: "
					 "Z[%u, %u] = %x instead of %x",
					 what, at.m, at.p, at.n, c->planes, c->ring, c->p_owner,
					 c->y_owner, c->p_t, c->y_t, c->z_t, r, col, z, want);
		}
}

#define MAX_JOBS 8

/* What both parties hash under must stay equal. */
static void check_tweaks(quo_session *s)
{
	quo_err err = QUO_ERR_INIT;
	uint64_t theirs[QUO_DOMAINS];

	quo_channel_duplex(s->peer, true);
	quo_test_ok(quo_channel_send(s->peer, s->tweak_next, sizeof s->tweak_next, &err));
	quo_test_ok(quo_channel_recv(s->peer, theirs, sizeof theirs, &err));
	quo_channel_duplex(s->peer, false);
	assert_memory_equal(theirs, s->tweak_next, sizeof theirs);
}

static void run_jobs(quo_session *s, const quo_instance *products, const job_case *cases, size_t n,
		     uint64_t *random)
{
	const quo_products_ops *ops = quo_products(products);
	quo_err err = QUO_ERR_INIT;
	quo_cost cost = QUO_COST_INIT;
	quo_matrix_job jobs[MAX_JOBS];
	built b[MAX_JOBS];
	quo_arena_mark mark = quo_arena_here(s->step);

	assert_true(n <= MAX_JOBS);
	for (size_t i = 0; i < n; i++)
		jobs[i] = build(s, &cases[i], &b[i], random);

	quo_session dry = *s;
	dry.dry = true;
	dry.cost = &cost;
	dry.peer = NULL;
	quo_test_ok(ops->product(products->self, &dry, jobs, n, &err));
	quo_traffic before = quo_channel_traffic(s->peer);
	quo_test_ok(ops->product(products->self, s, jobs, n, &err));
	quo_test_assert_cost(s, before, &cost);
	check_tweaks(s);
	for (size_t i = 0; i < n; i++)
		check(s, &cases[i], &b[i], &jobs[i], "product");
	quo_arena_release(s->step, mark);
}

/* ---- the cases ---- */

static const int32_t ternary[] = { 1, -1 };
static const int32_t odd_coefs[] = { 3, -12, 0, 3, INT32_MIN, -5 };

static const job_case plain = { .at = { 5, 7, 9 },
				.planes = 2,
				.ring = 13,
				.y_width = 13,
				.coef = ternary,
				.p_owner = QUO_SHARED,
				.y_owner = QUO_SHARED };

static void body_shapes(quo_session *s, const quo_instance *products, uint64_t *random)
{
	static const shape shapes[] = {
		{ 1, 1, 1 },   { 1, 1, 2 },    { 3, 1, 4 },    { 1, 9, 5 },    { 2, 3, 7 },
		{ 4, 5, 8 },   { 3, 4, 9 },    { 2, 70, 15 },  { 3, 6, 16 },   { 65, 2, 31 },
		{ 2, 3, 60 },  { 7, 9, 64 },   { 2, 2, 65 },   { 3, 3, 128 },  { 3, 2, 250 },
		{ 2, 4, 256 }, { 2, 3, 257 },  { 3, 3, 500 },  { 2, 2, 512 },  { 2, 2, 513 },
		{ 2, 3, 632 }, { 3, 2, 784 },  { 2, 2, 1000 }, { 1, 2, 1024 }, { 1, 3, 1600 },
		{ 9, 130, 3 }, { 40, 33, 24 }, { 1, 2100, 8 }, { 3000, 1, 1 },
	};
	for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
		job_case c = plain;
		c.at = shapes[i];
		run_jobs(s, products, &c, 1, random);
	}
}

static void body_transposes(quo_session *s, const quo_instance *products, uint64_t *random)
{
	static const shape shapes[] = { { 5, 7, 9 }, { 4, 6, 40 }, { 70, 3, 128 } };

	for (size_t i = 0; i < 3; i++)
		for (unsigned flags = 0; flags < 8; flags++) {
			job_case c = plain;
			c.at = shapes[i];
			c.p_t = flags & 1;
			c.y_t = flags >> 1 & 1;
			c.z_t = flags >> 2 & 1;
			run_jobs(s, products, &c, 1, random);
		}
}

static void body_owners(quo_session *s, const quo_instance *products, uint64_t *random)
{
	static const shape shapes[] = { { 5, 7, 3 }, { 4, 6, 40 } };

	for (size_t i = 0; i < 2; i++)
		for (int p = QUO_SHARED; p <= 1; p++)
			for (int y = QUO_SHARED; y <= 1; y++) {
				job_case c = plain;
				c.at = shapes[i];
				c.planes = 5;
				c.is_signed = true;
				c.coef = NULL;
				c.p_owner = p;
				c.y_owner = y;
				c.p_t = c.z_t = i;
				run_jobs(s, products, &c, 1, random);
			}
}

static void body_rings(quo_session *s, const quo_instance *products, uint64_t *random)
{
	static const shape shapes[] = { { 3, 5, 3 }, { 3, 2, 24 } };

	for (unsigned ring = 1; ring <= 32; ring++)
		for (size_t i = 0; i < 2; i++)
			for (unsigned wider = 0; wider < 2; wider++) {
				job_case c = plain;
				c.at = shapes[i];
				c.ring = ring;
				c.y_width = wider ? 32 : ring;
				c.coef = NULL;
				c.planes =
					1 + (ring * 7 + wider) %
						    12; /* more planes than the ring holds, too */
				c.is_signed = ring & 1;
				run_jobs(s, products, &c, 1, random);
			}
}

static void body_coefs(quo_session *s, const quo_instance *products, uint64_t *random)
{
	static const shape shapes[] = { { 4, 5, 3 }, { 4, 5, 80 } };

	for (size_t i = 0; i < 2; i++)
		for (int owner = QUO_SHARED; owner <= 0; owner++) {
			job_case c = plain;
			c.at = shapes[i];
			c.ring = c.y_width = 22;
			c.planes = 6;
			c.coef = odd_coefs;
			c.p_owner = owner;
			run_jobs(s, products, &c, 1, random);
			c.ring = c.y_width = 32;
			run_jobs(s, products, &c, 1, random);
			c.coef = NULL;
			c.planes = 64;
			c.is_signed = i;
			run_jobs(s, products, &c, 1, random);
		}
}

static void body_several(quo_session *s, const quo_instance *products, uint64_t *random)
{
	job_case c[6] = { plain, plain, plain, plain, plain, plain };

	c[1].at = (shape){ 6, 4, 128 };
	c[1].y_owner = 1;
	c[2].at = (shape){ 10, 9, 1 };
	c[2].p_owner = 0;
	c[3].at = (shape){ 3, 0, 8 };
	c[4].at = (shape){ 8, 3, 784 };
	c[4].coef = NULL;
	c[4].planes = 8;
	c[4].is_signed = true;
	c[4].ring = c[4].y_width = 22;
	c[5].p_owner = c[5].y_owner = 1;
	run_jobs(s, products, c, 6, random);
}

static void body_empty(quo_session *s, const quo_instance *products, uint64_t *random)
{
	static const shape shapes[] = { { 0, 3, 8 }, { 3, 0, 8 }, { 3, 4, 0 }, { 0, 0, 0 } };

	run_jobs(s, products, NULL, 0, random);
	for (size_t i = 0; i < 4; i++) {
		job_case c = plain;
		c.at = shapes[i];
		run_jobs(s, products, &c, 1, random);
	}
}

/* Rows, windows and batches of COTs that end within one another. */
static void body_boundaries(quo_session *s, const quo_instance *products, uint64_t *random)
{
	static const shape shapes[] = { { 11, 97, 16 },  { 1, 1025, 9 }, { 129, 8, 40 },
					{ 2, 5, 40000 }, { 9, 8192, 1 }, { 3, 8192, 3 } };

	for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
		job_case c = plain;
		c.at = shapes[i];
		c.ring = c.y_width = 23;
		run_jobs(s, products, &c, 1, random);
	}
}

static const struct conversion {
	unsigned n, planes, ring;
	bool is_signed;
	int owner;
	const int32_t *coef;
} conversions[] = {
	{ 1, 1, 1, false, QUO_SHARED, NULL },
	{ 1, 8, 18, true, QUO_SHARED, NULL },
	{ 63, 8, 22, true, QUO_SHARED, NULL },
	{ 64, 8, 22, false, QUO_SHARED, NULL },
	{ 65, 7, 15, true, QUO_SHARED, NULL },
	{ 1000, 8, 32, true, QUO_SHARED, NULL },
	{ 77, 12, 9, true, QUO_SHARED, NULL },
	{ 77, 8, 8, true, QUO_SHARED, NULL },
	{ 77, 32, 32, true, QUO_SHARED, NULL },
	{ 77, 40, 32, true, QUO_SHARED, NULL },
	{ 300, 8, 16, true, 0, NULL },
	{ 300, 8, 16, true, 1, NULL },
	{ 0, 8, 16, true, QUO_SHARED, NULL },
	{ 70000, 3, 6, true, QUO_SHARED, NULL },
	{ 500, 2, 15, false, QUO_SHARED, ternary },
	{ 77, 6, 32, false, QUO_SHARED, odd_coefs },
	{ 77, 6, 21, true, 1, odd_coefs },
};

/* z opened, against the integers that the bits are. */
static void check_conversion(quo_session *s, size_t number, const quo_tensor *z,
			     const uint8_t *bits)
{
	const struct conversion *c = &conversions[number];
	quo_err err = QUO_ERR_INIT;
	uint32_t *got = quo_arena_alloc(s->step, c->n, sizeof *got, &err);

	assert_non_null(got);
	open_words(s, z, got);
	for (size_t e = 0; s->party == 0 && e < c->n; e++) {
		uint64_t want = 0;
		for (unsigned k = 0; k < c->planes; k++) {
			uint64_t weight = c->coef ? (uint64_t)c->coef[k] : UINT64_C(1) << k;
			if (!c->coef && c->is_signed && k + 1 == c->planes)
				weight = 0 - weight;
			want += weight * bits[k * c->n + e];
		}
		if (got[e] != ((uint32_t)want & quo_mask32(c->ring)))
			fail_msg("convert %zu: element %zu is %x, not %x", number, e, got[e],
				 (uint32_t)want & quo_mask32(c->ring));
	}
}

static void body_convert(quo_session *s, const quo_instance *products, uint64_t *random)
{
	enum { N = sizeof conversions / sizeof *conversions };
	const quo_products_ops *ops = quo_products(products);
	quo_err err = QUO_ERR_INIT;
	quo_convert_job jobs[N];
	uint8_t *bits[N];

	for (size_t i = 0; i < N; i++) {
		quo_spec x = quo_spec_bits(conversions[i].planes, conversions[i].is_signed, 1,
					   &conversions[i].n);
		quo_spec z = quo_spec_arith(conversions[i].ring, 1, &conversions[i].n);
		x.owner = z.owner = (int8_t)conversions[i].owner;
		bits[i] = quo_arena_alloc(s->step, conversions[i].n, conversions[i].planes, &err);
		assert_non_null(bits[i]);
		jobs[i].x = shared_bits(s, x, bits[i], random);
		jobs[i].z = quo_tensor_new(s->step, z, true, &err);
		assert_non_null(jobs[i].z);
		jobs[i].coef = conversions[i].coef;
	}
	/* One by one, then all at once. */
	for (size_t i = 0; i <= N; i++) {
		quo_cost cost = QUO_COST_INIT;
		quo_session dry = *s;
		size_t first = i == N ? 0 : i, n = i == N ? (size_t)N : 1;
		dry.dry = true;
		dry.cost = &cost;
		dry.peer = NULL;
		quo_test_ok(ops->convert(products->self, &dry, jobs + first, n, &err));
		quo_traffic before = quo_channel_traffic(s->peer);
		quo_test_ok(ops->convert(products->self, s, jobs + first, n, &err));
		quo_test_assert_cost(s, before, &cost);
		if (i < N && conversions[i].owner != QUO_SHARED)
			assert_true(cost.rounds == 0);
		for (size_t c = first; c < first + n; c++)
			check_conversion(s, c, jobs[c].z, bits[c]);
	}
}

/* What docs/protocols.md promises of products/cot: per COT a choice bit and n (ring - shift)
 * payload bits, each way. */
static void body_bytes(quo_session *s, const quo_instance *products, uint64_t *random)
{
	const quo_products_ops *ops = quo_products(products);
	quo_err err = QUO_ERR_INIT;
	quo_session dry = *s;
	quo_cost cost = QUO_COST_INIT;
	job_case c = plain;
	built b;

	if (strcmp(products->component->name, "cot"))
		return;
	c.at = (shape){ 6, 5, 784 };
	c.ring = c.y_width = 22;
	c.coef = NULL;
	c.planes = 8;
	quo_matrix_job job = build(s, &c, &b, random);
	dry.dry = true;
	dry.cost = &cost;
	quo_test_ok(ops->product(products->self, &dry, &job, 1, &err));
	uint64_t cots = 8 * 30, payload = 0;
	for (unsigned k = 0; k < 8; k++)
		payload += 30 * 784 / 8 * (22 - k);
	for (int i = 0; i < 2; i++) {
		assert_true(cost.sent_bytes[i] >= payload + cots / 8);
		assert_true(cost.sent_bytes[i] <=
			    payload + cots / 8 + cots / 30); /* small batches round up */
	}
	assert_int_equal(cost.cots, 2 * cots);
}

/* A product uses fresh pads: the same call twice gives other shares (of the same integers). */
static void body_fresh(quo_session *s, const quo_instance *products, uint64_t *random)
{
	const quo_products_ops *ops = quo_products(products);
	quo_err err = QUO_ERR_INIT;
	job_case c = plain;
	built b;
	uint32_t first[64 * 64];

	c.at = (shape){ 64, 3, 64 };
	c.ring = c.y_width = 20;
	quo_matrix_job job = build(s, &c, &b, random);
	quo_test_ok(ops->product(products->self, s, &job, 1, &err));
	memcpy(first, job.z->a, sizeof first);
	check(s, &c, &b, &job, "first");
	quo_test_ok(ops->product(products->self, s, &job, 1, &err));
	assert_memory_not_equal(first, job.z->a, sizeof first);
	check(s, &c, &b, &job, "again");
}

#define CONFORMANCE(name) \
	static void test_##name(void **state) \
	{ \
		(void)state; \
		with_every_component(body_##name); \
	}

CONFORMANCE(shapes)
CONFORMANCE(transposes)
CONFORMANCE(owners)
CONFORMANCE(rings)
CONFORMANCE(coefs)
CONFORMANCE(several)
CONFORMANCE(empty)
CONFORMANCE(boundaries)
CONFORMANCE(convert)
CONFORMANCE(fresh)
CONFORMANCE(bytes)

/* Two parties that cut their messages differently may wait for each other for ever. */
static void test_options_are_agreed(void **state)
{
	quo_registry *registry = quo_test_registry();

	(void)state;
	for (size_t i = 0; i < quo_registry_count(registry); i++) {
		const quo_component *c = &quo_registry_at(registry, i)->component;
		if (c->kind != QUO_KIND_PRODUCTS)
			continue;
		for (const quo_option *o = c->options; o && o->name; o++)
			if (o->local)
				fail_msg("products/%s: option %s is not agreed", c->name, o->name);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_options_are_agreed),
		cmocka_unit_test(test_shapes),
		cmocka_unit_test(test_transposes),
		cmocka_unit_test(test_owners),
		cmocka_unit_test(test_rings),
		cmocka_unit_test(test_coefs),
		cmocka_unit_test(test_several),
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_boundaries),
		cmocka_unit_test(test_convert),
		cmocka_unit_test(test_fresh),
		cmocka_unit_test(test_bytes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
