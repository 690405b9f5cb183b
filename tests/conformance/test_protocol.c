/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every registered protocol against the contract of quotient/protocol.h, at its smallest and its
 * largest number of parties: the same program in a process of each party, each value checked
 * against its formula, and the whole program once more in a dry session, whose forecast must equal
 * what was sent, and the same at all parties.
 */
#include "twoparty.h"

#include "config/experiment.h"

/* The values are public to the test: every party draws the same ones and checks for itself. */
struct program {
	quo_session *s;
	uint64_t random;
};

static quo_err err;

static uint64_t draw(struct program *p)
{
	return quo_test_random(&p->random);
}

/* n values that fit the spec, edges among them. */
static int32_t *draw_values(struct program *p, const quo_spec *spec)
{
	size_t n = quo_spec_elements(spec);
	unsigned width = spec->width < 32 ? spec->width : 32;
	int32_t *out = quo_arena_alloc(p->s->step, n, sizeof *out, &err);

	assert_non_null(out);
	for (size_t i = 0; i < n; i++) {
		uint32_t v = (uint32_t)draw(p) & quo_mask32(width);
		if (draw(p) % 8 == 0)
			v = (uint32_t)1 << (width - 1); /* the least signed value */
		out[i] = spec->is_signed ? quo_sign_extend(v, width) : (int32_t)v;
	}
	return out;
}

static quo_tensor *temp(struct program *p, quo_spec spec)
{
	quo_tensor *t = quo_temp(p->s, spec, &err);

	if (!t)
		fail_msg("%s", err.text);
	return t;
}

static quo_tensor *share(struct program *p, quo_spec spec, const int32_t *values, int from)
{
	quo_session *s = p->s;
	quo_tensor *t = temp(p, spec);
	bool mine = s->party == from && !s->dry;

	quo_test_ok(quo_share(s, t, mine ? values : NULL, from, &err));
	return t;
}

/* Reveals t to `to` and compares with `want` there. */
static void check_to(struct program *p, const quo_tensor *t, const int32_t *want, int to,
		     const char *what)
{
	quo_session *s = p->s;
	bool mine = !s->dry && (to == QUO_TO_ALL || to == s->party);
	int32_t *got = quo_arena_alloc(s->step, t->n, sizeof *got, &err);

	assert_non_null(got);
	quo_test_ok(quo_reveal(s, t, mine ? got : NULL, to, &err));
	for (size_t i = 0; mine && i < t->n; i++)
		if (got[i] != want[i])
			fail_msg("%s: element %zu of %zu is %d, want %d", what, i, t->n, got[i],
				 want[i]);
}

static void check(struct program *p, const quo_tensor *t, const int32_t *want, const char *what)
{
	check_to(p, t, want, QUO_TO_ALL, what);
}

/* Whether tensors may be known to a party while the others hold zeros. */
static bool has_owners(const quo_session *s)
{
	return quo_protocol(s->protocol)->owned;
}

static int owner_of(const quo_session *s, int8_t owner)
{
	return owner == QUO_SHARED || !has_owners(s) ? QUO_SHARED : owner % s->parties;
}

/* ---- share and reveal ---- */

static void check_share(struct program *p, quo_spec spec)
{
	for (int from = 0; from < p->s->parties; from++)
		for (int owner = QUO_SHARED; owner <= from; owner++) {
			if (owner != QUO_SHARED && (owner != from || !has_owners(p->s)))
				continue;
			spec.owner = (int8_t)owner;
			const int32_t *values = draw_values(p, &spec);
			quo_tensor *t = share(p, spec, values, from);
			for (int to = QUO_TO_ALL; to < p->s->parties; to++)
				check_to(p, t, values, to, "share, reveal");
			quo_arena_reset(p->s->step);
		}
}

static void check_shares(struct program *p)
{
	static const uint32_t sizes[] = { 1, 7, 63, 64, 65, 200 };

	for (unsigned width = 1; width <= QUO_MAX_RING; width++)
		for (size_t j = width % 2; j < sizeof sizes / sizeof *sizes; j += 2) {
			check_share(p, quo_spec_arith(width, 1, &sizes[j]));
			check_share(p, quo_spec_bits(width, true, 1, &sizes[j]));
			check_share(p, quo_spec_bits(width, false, 1, &sizes[j]));
		}
	check_share(p, quo_spec_bits(3, true, 4, (const uint32_t[]){ 2, 3, 4, 5 }));
}

/* ---- publish ---- */

/* What every party knows, over what was in the tensor before. */
static void check_published(struct program *p, quo_spec spec)
{
	const int32_t *values = draw_values(p, &spec), *before = draw_values(p, &spec);
	quo_tensor *t = share(p, spec, before, 0);

	quo_publish(p->s, t, p->s->dry ? NULL : values);
	for (int to = QUO_TO_ALL; to < p->s->parties; to++)
		check_to(p, t, values, to, "publish");
	quo_arena_reset(p->s->step);
}

static void check_publishes(struct program *p)
{
	static const uint32_t sizes[] = { 1, 64, 130 };

	for (unsigned width = 1; width <= QUO_MAX_RING; width++) {
		const uint32_t *n = &sizes[width % 3];
		check_published(p, quo_spec_arith(width, 1, n));
		check_published(p, quo_spec_bits(width, width % 2, 1, n));
	}
}

/* ---- product ---- */

struct product {
	uint32_t m, p, n;
	uint8_t planes;
	bool is_signed;
	const int32_t *coef;
	uint8_t y_width, z_width;
	int8_t p_owner, y_owner;
};

static const int32_t ternary[] = { 1, -1 };
static const int32_t odd[] = { 3, -100, 0, 70000 };

static const struct product products[] = {
	{ 1, 1, 1, 1, false, NULL, 8, 8, QUO_SHARED, QUO_SHARED },
	{ 5, 7, 3, 2, false, ternary, 18, 18, QUO_SHARED, QUO_SHARED },
	{ 9, 4, 10, 8, true, NULL, 22, 22, QUO_SHARED, QUO_SHARED },
	{ 3, 70, 2, 8, true, NULL, 32, 32, QUO_SHARED, QUO_SHARED },
	{ 4, 6, 5, 8, false, NULL, 20, 17, QUO_SHARED, QUO_SHARED },
	{ 2, 3, 33, 4, false, odd, 24, 24, QUO_SHARED, QUO_SHARED },
	{ 6, 5, 4, 2, false, ternary, 18, 16, QUO_SHARED, 0 },
	{ 6, 5, 4, 2, false, ternary, 18, 18, QUO_SHARED, 1 },
	{ 5, 8, 3, 8, true, NULL, 20, 20, 0, QUO_SHARED },
	{ 5, 8, 3, 8, true, NULL, 20, 20, 1, QUO_SHARED },
	{ 4, 4, 4, 3, true, NULL, 14, 14, 0, 1 },
	{ 4, 4, 4, 3, true, NULL, 14, 14, 1, 1 },
};

struct product_data {
	quo_value left, right;
	quo_product_job job; /* of the two, so that these stay where they are */
	int32_t *want;       /* as z is stored */
	char what[80];
};

static void formula(const quo_product_job *job, const struct product *c, const int32_t *planes,
		    const int32_t *y, int32_t *want)
{
	for (uint32_t i = 0; i < c->m; i++)
		for (uint32_t j = 0; j < c->n; j++) {
			uint32_t sum = 0;
			for (uint32_t k = 0; k < c->p; k++) {
				uint32_t bits =
					(uint32_t)planes[job->left_t ? k * c->m + i : i * c->p + k];
				uint32_t at = job->right_t ? j * c->p + k : k * c->n + j;
				for (unsigned b = 0; b < c->planes; b++)
					if (bits >> b & 1)
						sum += (uint32_t)quo_plane_coef(job->left->bits,
										c->coef, b) *
						       (uint32_t)y[at];
			}
			want[job->z_t ? j * c->m + i : i * c->n + j] =
				quo_sign_extend(sum & quo_mask32(c->z_width), c->z_width);
		}
}

static void make_product(struct program *p, const struct product *c, unsigned transposed,
			 struct product_data *out)
{
	quo_product_job *job = &out->job;
	int p_owner = owner_of(p->s, c->p_owner), y_owner = owner_of(p->s, c->y_owner);

	out->left = (quo_value){ .ring = c->z_width, .coef = c->coef };
	out->right = (quo_value){ .ring = c->y_width };
	*job = (quo_product_job){ .left = &out->left,
				  .right = &out->right,
				  .left_t = transposed & 1,
				  .right_t = transposed & 2,
				  .z_t = transposed & 4 };
	quo_spec ps = quo_spec_bits(c->planes, c->is_signed, 2,
				    job->left_t ? (uint32_t[]){ c->p, c->m }
						: (uint32_t[]){ c->m, c->p });
	quo_spec ys = quo_spec_arith(c->y_width, 2,
				     job->right_t ? (uint32_t[]){ c->n, c->p }
						  : (uint32_t[]){ c->p, c->n });
	quo_spec zs = quo_spec_arith(
		c->z_width, 2, job->z_t ? (uint32_t[]){ c->n, c->m } : (uint32_t[]){ c->m, c->n });
	ps.owner = (int8_t)p_owner;
	ys.owner = (int8_t)y_owner;
	const int32_t *planes = draw_values(p, &ps), *y = draw_values(p, &ys);
	out->left.bits = share(p, ps, planes, p_owner == QUO_SHARED ? 0 : p_owner);
	out->right.arith = share(p, ys, y, y_owner == QUO_SHARED ? p->s->parties - 1 : y_owner);
	job->z = temp(p, zs);
	out->want = quo_arena_alloc(p->s->step, (size_t)c->m * c->n, sizeof *out->want, &err);
	assert_non_null(out->want);
	formula(job, c, planes, y, out->want);
	snprintf(out->what, sizeof out->what, "product %u x %u x %u, transposed %u, owners %d, %d",
		 c->m, c->p, c->n, transposed, p_owner, y_owner);
}

static void check_products(struct program *p)
{
	enum { N = sizeof products / sizeof *products };
	struct product_data data[N];
	quo_product_job jobs[N];

	for (size_t i = 0; i < N; i++)
		for (unsigned transposed = 0; transposed < 8; transposed++) {
			make_product(p, &products[i], transposed, data);
			quo_test_ok(quo_product(p->s, &data->job, 1, &err));
			check(p, data->job.z, data->want, data->what);
			quo_arena_reset(p->s->step);
		}
	/* All of them in one call. */
	for (size_t i = 0; i < N; i++) {
		make_product(p, &products[i], (unsigned)i % 8, &data[i]);
		jobs[i] = data[i].job;
	}
	quo_test_ok(quo_product(p->s, jobs, N, &err));
	for (size_t i = 0; i < N; i++)
		check(p, jobs[i].z, data[i].want, data[i].what);
	quo_arena_reset(p->s->step);
}

/* ---- convert ---- */

/* The values of planes with coefficients, mod 2^ring, in the place of their bits. */
static void weigh(const quo_tensor *x, const int32_t *coef, unsigned ring, int32_t *values)
{
	for (size_t e = 0; e < x->n; e++) {
		uint32_t sum = 0;
		for (unsigned k = 0; k < x->spec.width; k++)
			if ((uint32_t)values[e] >> k & 1)
				sum += (uint32_t)coef[k];
		values[e] = quo_sign_extend(sum & quo_mask32(ring), ring);
	}
}

static void check_converts(struct program *p)
{
	static const struct {
		uint32_t n;
		uint8_t width, ring;
		bool is_signed;
		int8_t owner;
		const int32_t *coef;
	} cases[] = {
		{ 1, 1, 8, false, QUO_SHARED, NULL },
		{ 65, 8, 18, true, QUO_SHARED, NULL },
		{ 200, 8, 32, true, QUO_SHARED, NULL },
		{ 130, 7, 20, false, QUO_SHARED, NULL },
		{ 64, 8, 8, true, QUO_SHARED, NULL },
		{ 30, 1, 1, false, QUO_SHARED, NULL },
		{ 90, 8, 17, true, 0, NULL },
		{ 90, 8, 17, true, 1, NULL },
		{ 77, 2, 12, false, QUO_SHARED, ternary },
		{ 77, 4, 22, false, QUO_SHARED, odd },
		{ 77, 4, 9, true, 1, odd },
	};
	enum { N = sizeof cases / sizeof *cases };
	quo_convert_job jobs[N];
	const int32_t *values[N];

	for (size_t i = 0; i < N; i++) {
		quo_spec xs = quo_spec_bits(cases[i].width, cases[i].is_signed, 1, &cases[i].n);
		int owner = owner_of(p->s, cases[i].owner);
		xs.owner = (int8_t)owner;
		values[i] = draw_values(p, &xs);
		jobs[i].coef = cases[i].coef;
		jobs[i].x = share(p, xs, values[i], owner == QUO_SHARED ? 0 : owner);
		jobs[i].z = temp(p, quo_spec_arith(cases[i].ring, 1, &cases[i].n));
		if (cases[i].coef)
			weigh(jobs[i].x, jobs[i].coef, cases[i].ring,
			      (int32_t *)(uintptr_t)values[i]);
		else if (xs.width == jobs[i].z->spec.width &&
			 !xs.is_signed) /* mod 2^ring, signed */
			for (size_t e = 0; e < cases[i].n; e++)
				((int32_t *)(uintptr_t)values[i])[e] =
					quo_sign_extend((uint32_t)values[i][e], xs.width);
	}
	quo_test_ok(quo_convert(p->s, jobs, 1, &err));
	check(p, jobs[0].z, values[0], "convert of one element");
	quo_test_ok(quo_convert(p->s, jobs, N, &err));
	for (size_t i = 0; i < N; i++)
		check(p, jobs[i].z, values[i], "convert");
	quo_arena_reset(p->s->step);
}

/* ---- map ---- */

enum { X, Y, A, B, INPUTS }; /* arith, bits, arith scalar, bits scalar */
enum { SUM, LARGER, XOR, ONE, OUTPUTS };

static quo_circuit *test_circuit(quo_goal goal)
{
	quo_builder *b = quo_builder_new(goal);
	quo_int x = quo_input(b, "x", QUO_PORT_ARITH, 10, true, false);
	quo_int y = quo_input(b, "y", QUO_PORT_BITS, 8, true, false);
	quo_int a = quo_input(b, "a", QUO_PORT_ARITH, 6, true, true);
	quo_int s = quo_input(b, "b", QUO_PORT_BITS, 4, false, true);

	quo_output(b, "sum", quo_resize(quo_add(b, quo_add(b, x, y), quo_add(b, a, s)), 13, true));
	quo_output(b, "larger", quo_resize(quo_max(b, x, y), 10, true));
	quo_output(b, "xor", quo_resize(quo_xor_int(b, y, quo_resize(s, 8, true)), 8, true));
	quo_output(b, "one", quo_const(1, 2, false));
	quo_circuit *c = quo_circuit_finish(b, &err);
	if (!c)
		fail_msg("%s", err.text);
	return c;
}

struct map_data {
	int32_t *want[OUTPUTS];
};

static void make_map(struct program *p, const quo_circuit *c, uint32_t n, int8_t owner,
		     quo_map_job *job, struct map_data *out)
{
	static const uint32_t one = 1;
	quo_spec in[INPUTS] = {
		/* A ring wider than the port: its upper bits do not count. */
		[X] = quo_spec_arith(n % 2 ? 10 : 15, 1, &n),
		[Y] = quo_spec_bits(8, true, 1, &n),
		[A] = quo_spec_arith(6, 1, &one),
		[B] = quo_spec_bits(4, false, 1, &one),
	};
	quo_spec spec[OUTPUTS] = {
		[SUM] = quo_spec_bits(13, true, 1, &n),
		[LARGER] = quo_spec_bits(10, true, 1, &n),
		[XOR] = quo_spec_bits(8, true, 1, &n),
		[ONE] = quo_spec_bits(2, false, 1, &n),
	};
	const int32_t *v[INPUTS];

	*job = (quo_map_job){ .circuit = c, .n = n };
	for (int i = 0; i < INPUTS; i++) {
		in[i].owner = i == Y ? (int8_t)owner_of(p->s, owner) : QUO_SHARED;
		v[i] = draw_values(p, &in[i]);
		job->in[i] = share(p, in[i], v[i],
				   in[i].owner == QUO_SHARED ? i % p->s->parties : in[i].owner);
	}
	for (int i = 0; i < OUTPUTS; i++) {
		job->out[i] = temp(p, spec[i]);
		out->want[i] = quo_arena_alloc(p->s->step, n, sizeof *out->want[i], &err);
		assert_non_null(out->want[i]);
	}
	for (uint32_t e = 0; e < n; e++) {
		int32_t x = quo_sign_extend((uint32_t)v[X][e], 10), y = v[Y][e];
		out->want[SUM][e] = x + y + v[A][0] + v[B][0];
		out->want[LARGER][e] = x > y ? x : y;
		out->want[XOR][e] = y ^ v[B][0];
		out->want[ONE][e] = 1;
	}
}

static void check_map(struct program *p, const quo_map_job *job, const struct map_data *data)
{
	check(p, job->out[SUM], data->want[SUM], "map: sum");
	check(p, job->out[LARGER], data->want[LARGER], "map: larger");
	check(p, job->out[XOR], data->want[XOR], "map: xor");
	check(p, job->out[ONE], data->want[ONE], "map: one");
}

static void check_maps(struct program *p)
{
	static const uint32_t sizes[] = { 1, 63, 64, 65, 130, 1000 };
	static const int8_t owners[] = { QUO_SHARED, 0, 1, QUO_SHARED, 1, QUO_SHARED };
	enum { N = sizeof sizes / sizeof *sizes };
	quo_circuit *c = test_circuit(quo_protocol_goal(p->s, 1));
	quo_map_job jobs[N];
	struct map_data data[N];

	for (size_t i = 0; i < N; i++) {
		make_map(p, c, sizes[i], owners[i], &jobs[i], &data[i]);
		quo_test_ok(quo_map(p->s, &jobs[i], 1, &err));
		check_map(p, &jobs[i], &data[i]);
		quo_arena_reset(p->s->step);
	}
	for (size_t i = 0; i < N; i++)
		make_map(p, c, sizes[i], owners[i], &jobs[i], &data[i]);
	quo_test_ok(quo_map(p->s, jobs, N, &err));
	for (size_t i = 0; i < N; i++)
		check_map(p, &jobs[i], &data[i]);
	quo_arena_reset(p->s->step);
	quo_circuit_free(c);
}

/* ---- every protocol ---- */

typedef void test_part(struct program *p);

/* One part of the program in session s under the named protocol. */
static void run_part(quo_session *s, const char *name, test_part *part)
{
	quo_registry *registry = quo_test_registry();
	quo_experiment *owner = NULL;
	quo_instance *protocol = NULL;
	char yaml[100];
	struct program p = { .s = s, .random = 1 };

	snprintf(yaml, sizeof yaml, "{use: %s}", name);
	quo_test_ok(quo_component_load(registry, QUO_KIND_PROTOCOL, yaml, &owner, &protocol, &err));
	quo_test_use_protocol(s, protocol);
	quo_test_ok(quo_protocol_open(s, &err));
	part(&p);
	quo_protocol_close(s);
	quo_test_use_protocol(s, NULL);
	quo_experiment_free(owner);
}

struct run {
	const char *name;
	test_part *part;
	quo_cost *forecast; /* by the party that made it, shared */
};

static void party(quo_session *s, void *arg)
{
	const struct run *run = arg;
	quo_session dry;
	quo_cost *cost = &run->forecast[s->party];

	run_part(s, run->name, run->part);
	quo_test_ok(quo_flush(s, &err));
	*cost = (quo_cost)QUO_COST_INIT;
	quo_test_dry_like(&dry, s, cost);
	run_part(&dry, run->name, run->part);
	quo_test_dry_end(&dry);
	quo_test_assert_forecast(s, cost);
	if (s->parties == 1) /* with nobody to talk to */
		assert_int_equal(quo_cost_bytes(cost) + cost->rounds, 0);
}

static void among(int parties, struct run *run)
{
	print_message("protocol %s, parties: %d\n", run->name, parties);
	quo_test_parties(parties, party, run);
	for (int p = 1; p < parties; p++) {
		assert_memory_equal(run->forecast[p].sent_bytes, run->forecast[0].sent_bytes,
				    sizeof run->forecast[p].sent_bytes);
		assert_int_equal(run->forecast[p].rounds, run->forecast[0].rounds);
	}
}

static void for_every_protocol(test_part *part)
{
	const quo_registry *registry = quo_test_registry();
	quo_cost *forecast = quo_test_shared(QUO_MAX_PARTIES, sizeof *forecast);
	unsigned n = 0;

	for (size_t i = 0; i < quo_registry_count(registry); i++) {
		const quo_registered *r = quo_registry_at(registry, i);
		if (r->component.kind != QUO_KIND_PROTOCOL)
			continue;
		const quo_protocol_ops *ops = QUO_OPS(QUO_KIND_PROTOCOL, &r->component);
		struct run run = { r->component.name, part, forecast };
		among(ops->parties, &run);
		if (ops->parties_max > ops->parties)
			among(ops->parties_max, &run);
		n++;
	}
	quo_test_unshare(forecast, QUO_MAX_PARTIES, sizeof *forecast);
	assert_true(n >= 1);
}

static void test_share(void **unused)
{
	(void)unused;
	for_every_protocol(check_shares);
}

static void test_publish(void **unused)
{
	(void)unused;
	for_every_protocol(check_publishes);
}

static void test_product(void **unused)
{
	(void)unused;
	for_every_protocol(check_products);
}

static void test_convert(void **unused)
{
	(void)unused;
	for_every_protocol(check_converts);
}

static void test_map(void **unused)
{
	(void)unused;
	for_every_protocol(check_maps);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_share),   cmocka_unit_test(test_publish),
		cmocka_unit_test(test_product), cmocka_unit_test(test_convert),
		cmocka_unit_test(test_map),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
