/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every registered layer that computes, forward and backward, under every protocol, against loops
 * over plain integers; rings are exactly as wide as the layer's own bounds ask, and the dry session
 * of the same calls foretells what is sent.
 */
#include "twoparty.h"

#include "config/experiment.h"

/* A layer is a convolution with everything resolved: a fully connected one has a kernel as large as
 * its input. Output places and leading zeros are written by hand. */
struct geometry {
	uint32_t h, w, c, kh, kw, sh, sw, top, left, oh, ow, out;
};

struct layer_case {
	const char *name, *yaml;
	uint8_t n_dims;
	uint32_t batch;
	struct geometry g;
	/* Largest |E_prev| for |E| = 127, in outputs that one input reaches. */
	uint32_t reach;
	/* Whether some place's patch lies in the image as a whole. */
	bool whole;
};

/* clang-format off */
static const struct layer_case cases[] = {
	{ "fc", "{use: fc, out: 3}", 1, 5, { 1, 1, 7, 1, 1, 1, 1, 0, 0, 1, 1, 3 }, 3, true },
	{ "fc", "{use: fc, out: 66}", 1, 2, { 1, 1, 3, 1, 1, 1, 1, 0, 0, 1, 1, 66 }, 66, true },
	{ "fc", "{use: fc, out: 2}", 3, 3, { 3, 2, 4, 3, 2, 1, 1, 0, 0, 1, 1, 2 }, 2, true },
	{ "conv2d", "{use: conv2d, out: 4, kernel: 3}", 3, 3,
	  { 7, 6, 2, 3, 3, 1, 1, 0, 0, 5, 4, 4 }, 36, true },
	{ "conv2d", "{use: conv2d, out: 3, kernel: 5}", 3, 2,
	  { 5, 9, 1, 5, 5, 1, 1, 0, 0, 1, 5, 3 }, 15, true },
	{ "conv2d", "{use: conv2d, out: 2, kernel: [2, 3], stride: [3, 2]}", 3, 2,
	  { 9, 8, 3, 2, 3, 3, 2, 0, 0, 3, 3, 2 }, 4, true },
	{ "conv2d", "{use: conv2d, out: 2, kernel: 3, padding: same}", 3, 2,
	  { 5, 4, 3, 3, 3, 1, 1, 1, 1, 5, 4, 2 }, 18, true },
	{ "conv2d", "{use: conv2d, out: 3, kernel: 3, padding: same, stride: 2}", 3, 3,
	  { 6, 7, 2, 3, 3, 2, 2, 0, 1, 3, 4, 3 }, 12, true },
	{ "conv2d", "{use: conv2d, out: 1, kernel: [4, 2], padding: same, stride: [1, 3]}", 3, 2,
	  { 5, 7, 2, 4, 2, 1, 3, 1, 0, 5, 3, 1 }, 4, true },
	{ "conv2d", "{use: conv2d, out: 2, kernel: 3, padding: 2}", 3, 2,
	  { 3, 4, 2, 3, 3, 1, 1, 2, 2, 5, 6, 2 }, 18, true },
	{ "conv2d", "{use: conv2d, out: 2, kernel: [3, 5], padding: [0, 3], stride: [2, 1]}", 3, 2,
	  { 4, 3, 2, 3, 5, 2, 1, 0, 3, 1, 5, 2 }, 10, false },
	/* Sequences: one column. */
	{ "conv2d", "{use: conv2d, out: 5, kernel: [3, 1]}", 3, 3,
	  { 11, 1, 6, 3, 1, 1, 1, 0, 0, 9, 1, 5 }, 15, true },
	{ "conv2d", "{use: conv2d, out: 5, kernel: [3, 1], padding: same, stride: [2, 1]}", 3, 2,
	  { 9, 1, 5, 3, 1, 2, 1, 1, 0, 5, 1, 5 }, 10, true },
	/* 1 x 1: as it is, strided, and with zeros around. */
	{ "conv2d", "{use: conv2d, out: 6, kernel: 1}", 3, 2,
	  { 4, 5, 3, 1, 1, 1, 1, 0, 0, 4, 5, 6 }, 6, true },
	{ "conv2d", "{use: conv2d, out: 4, kernel: 1, stride: 2}", 3, 2,
	  { 5, 4, 3, 1, 1, 2, 2, 0, 0, 3, 2, 4 }, 4, true },
	{ "conv2d", "{use: conv2d, out: 2, kernel: 1, padding: 1}", 3, 1,
	  { 2, 3, 2, 1, 1, 1, 1, 1, 1, 4, 5, 2 }, 2, true },
	/* Patches that threads share out. */
	{ "conv2d", "{use: conv2d, out: 2, kernel: 3, padding: same}", 3, 3,
	  { 20, 20, 8, 3, 3, 1, 1, 1, 1, 20, 20, 2 }, 18, true },
	/* A skip's projection finds its stride. */
	{ "residual", "{use: residual, project: true}", 3, 2,
	  { 7, 5, 3, 1, 1, 2, 3, 0, 0, 4, 2, 5 }, 5, true },
	/* More outputs than inputs of a patch, and more places than a word has bits. */
	{ "conv2d", "{use: conv2d, out: 40, kernel: 2, padding: same}", 3, 2,
	  { 9, 8, 1, 2, 2, 1, 1, 0, 0, 9, 8, 40 }, 160, true },
	/* Outputs of one example, and of two, fill whole words of planes. */
	{ "conv2d", "{use: conv2d, out: 8, kernel: 3, padding: same}", 3, 3,
	  { 4, 4, 2, 3, 3, 1, 1, 1, 1, 4, 4, 8 }, 72, true },
	{ "conv2d", "{use: conv2d, out: 4, kernel: 3, padding: same}", 3, 5,
	  { 4, 2, 3, 3, 3, 1, 1, 1, 1, 4, 2, 4 }, 24, false },
};
/* clang-format on */

#define N_CASES (sizeof cases / sizeof *cases)

enum form {
	HIDDEN,  /* planes of 0..127, shared; gradient and error below */
	SHARED,  /* integers -127..127, shared; gradient alone: a first layer */
	OWNED_0, /* the same, known to a party */
	OWNED_1,
	FORMS,
};

enum values {
	RANDOM,
	LARGEST, /* every value at its bound, so that the widest sums come up */
	LEAST,   /* the same with every weight and error negative */
	VALUES,
};

static quo_err err;

/* ---- the formula ---- */

struct plain {
	int32_t *a, *t, *e, *z, *g, *e_prev;
};

static void formula(const struct geometry *k, uint32_t batch, struct plain *p)
{
	memset(p->z, 0, (size_t)batch * k->oh * k->ow * k->out * sizeof *p->z);
	memset(p->g, 0, (size_t)k->kh * k->kw * k->c * k->out * sizeof *p->g);
	memset(p->e_prev, 0, (size_t)batch * k->h * k->w * k->c * sizeof *p->e_prev);
	for (uint32_t n = 0; n < batch; n++)
		for (uint32_t place = 0; place < k->oh * k->ow; place++)
			for (uint32_t tap = 0; tap < k->kh * k->kw; tap++) {
				int64_t y = (int64_t)(place / k->ow) * k->sh + tap / k->kw - k->top;
				int64_t x =
					(int64_t)(place % k->ow) * k->sw + tap % k->kw - k->left;
				if (y < 0 || y >= k->h || x < 0 || x >= k->w)
					continue;
				for (uint32_t c = 0; c < k->c; c++)
					for (uint32_t o = 0; o < k->out; o++) {
						size_t ai = (((size_t)n * k->h + (size_t)y) * k->w +
							     (size_t)x) *
								    k->c +
							    c;
						size_t ti = ((size_t)tap * k->c + c) * k->out + o;
						size_t zi = ((size_t)n * k->oh * k->ow + place) *
								    k->out +
							    o;
						p->z[zi] += p->a[ai] * p->t[ti];
						p->g[ti] += p->a[ai] * p->e[zi];
						p->e_prev[ai] += p->e[zi] * p->t[ti];
					}
			}
}

/* ---- one case in one session ---- */

struct program {
	quo_session *s;
	uint64_t random;
};

static int32_t *integers(struct program *p, size_t n)
{
	int32_t *out = quo_arena_alloc(p->s->step, n, sizeof *out, &err);

	assert_non_null(out);
	return out;
}

static int32_t *draw(struct program *p, size_t n, int32_t least, int32_t most, enum values values)
{
	int32_t *out = integers(p, n);

	for (size_t i = 0; i < n; i++) {
		uint64_t r = quo_test_random(&p->random);
		out[i] = values == LARGEST ? most
			 : values == LEAST ? least
			 : r % 8 == 0      ? (r >> 8 & 1 ? least : most)
					   : least + (int32_t)(r >> 8) % (most - least + 1);
		if (out[i] < least)
			out[i] += most - least + 1;
	}
	return out;
}

static quo_tensor *share(struct program *p, quo_spec spec, int owner, const int32_t *values)
{
	quo_session *s = p->s;
	int from = owner == QUO_SHARED ? 0 : owner % s->parties;

	spec.owner = (int8_t)(owner == QUO_SHARED ? owner : from);
	quo_tensor *t = quo_temp(s, spec, &err);
	assert_non_null(t);
	quo_test_ok(quo_share(s, t, s->party == from && !s->dry ? values : NULL, from, &err));
	return t;
}

static void check(struct program *p, const struct layer_case *c, const char *what,
		  const quo_tensor *t, const int32_t *want)
{
	int32_t *got = integers(p, t->n);

	quo_test_ok(quo_reveal(p->s, t, p->s->dry ? NULL : got, QUO_TO_ALL, &err));
	for (size_t i = 0; !p->s->dry && i < t->n; i++)
		if (got[i] != want[i])
			fail_msg("%s of %s: element %zu of %zu is %d, want %d", what, c->yaml, i,
				 t->n, got[i], want[i]);
}

static unsigned ring(uint64_t bound)
{
	return quo_bit_length(bound) + 1;
}

static quo_layer_input input_of(const struct layer_case *c, bool is_signed)
{
	quo_layer_input in = { .n_dims = c->n_dims,
			       .batch = c->batch,
			       .is_signed = is_signed,
			       .z_dims = 3,
			       .z_dim = { c->g.oh, c->g.ow, c->g.out } };
	const uint32_t image[3] = { c->g.h, c->g.w, c->g.c };

	if (c->n_dims == 1)
		in.dim[0] = c->g.h * c->g.w * c->g.c;
	else
		memcpy(in.dim, image, sizeof image);
	return in;
}

static quo_spec batched(const quo_spec *like, uint32_t batch, unsigned n_dims, const uint32_t *dim)
{
	quo_spec spec = *like;

	spec.n_dims = (uint8_t)(n_dims + 1);
	spec.dim[0] = batch;
	memcpy(spec.dim + 1, dim, n_dims * sizeof *dim);
	return spec;
}

static uint64_t largest(const int32_t *v, size_t n)
{
	int64_t most = 0;

	for (size_t i = 0; i < n; i++) {
		int64_t magnitude = v[i] < 0 ? -(int64_t)v[i] : v[i];
		most = magnitude > most ? magnitude : most;
	}
	return (uint64_t)most;
}

/* The layer's answer, and that its bounds are reached and not passed by the largest values. */
static void check_plan(const struct layer_case *c, const quo_layer_plan *plan)
{
	const struct geometry *k = &c->g;
	uint64_t fan_in = (uint64_t)k->kh * k->kw * k->c;

	assert_int_equal(plan->param_rows, fan_in);
	assert_int_equal(plan->param_cols, k->out);
	assert_int_equal(plan->fan_in, fan_in);
	assert_int_equal(plan->z_bound, 127 * fan_in);
	assert_int_equal(plan->g_bound, (uint64_t)127 * 127 * c->batch * k->oh * k->ow);
	assert_int_equal(plan->e_bound, (uint64_t)127 * c->reach);
	if (plan->n_dims == 1) {
		assert_int_equal(plan->dim[0], k->out);
		return;
	}
	assert_int_equal(plan->n_dims, 3);
	assert_int_equal(plan->dim[0], k->oh);
	assert_int_equal(plan->dim[1], k->ow);
	assert_int_equal(plan->dim[2], k->out);
}

static void check_bounds(const struct layer_case *c, const quo_layer_plan *plan,
			 const struct plain *v, size_t n_a, size_t n_z, size_t n_w)
{
	uint64_t e_prev = largest(v->e_prev, n_a);

	assert_true(largest(v->z, n_z) <= plan->z_bound);
	assert_true(largest(v->g, n_w) <= plan->g_bound);
	assert_true(e_prev <= plan->e_bound);
	if (c->whole)
		assert_int_equal(largest(v->z, n_z), plan->z_bound);
	assert_int_equal(e_prev, plan->e_bound);
}

static void run_case(struct program *p, const struct layer_case *c, const quo_instance *layer,
		     enum form form, enum values values)
{
	const quo_layer_ops *ops = layer->ops;
	quo_session *s = p->s;
	const struct geometry *k = &c->g;
	bool hidden = form == HIDDEN;
	quo_layer_input in = input_of(c, !hidden);
	quo_layer_plan plan;
	size_t n_a = (size_t)c->batch * k->h * k->w * k->c,
	       n_w = (size_t)k->kh * k->kw * k->c * k->out,
	       n_z = (size_t)c->batch * k->oh * k->ow * k->out;

	quo_test_ok(ops->plan(layer->self, &in, &plan, &err));
	check_plan(c, &plan);
	unsigned z_width = ring(plan.z_bound), g_width = ring(plan.g_bound),
		 e_width = ring(plan.e_bound);
	struct plain v = { .a = draw(p, n_a, hidden ? 0 : -127, 127,
				     values == LEAST ? LARGEST : values),
			   .t = draw(p, n_w, -1, 1, values),
			   .e = draw(p, n_z, -127, 127, values),
			   .z = integers(p, n_z),
			   .g = integers(p, n_w),
			   .e_prev = integers(p, n_a) };
	formula(k, c->batch, &v);
	if (values != RANDOM)
		check_bounds(c, &plan, &v, n_a, n_z, n_w);

	static const uint32_t one = 1;
	uint8_t a_ring = (uint8_t)(z_width > g_width ? z_width : g_width);
	quo_spec a_spec =
		hidden ? quo_spec_bits(7, false, 1, &one) : quo_spec_arith(a_ring, 1, &one);
	quo_spec e_spec = quo_spec_bits(8, true, 1, &one),
		 z_spec = quo_spec_arith(z_width, 1, &one),
		 p_spec = quo_spec_arith(e_width, 1, &one);
	quo_tensor *x = share(p, batched(&a_spec, c->batch, in.n_dims, in.dim),
			      form == OWNED_0   ? 0
			      : form == OWNED_1 ? 1
						: QUO_SHARED,
			      v.a);
	quo_value a = { .bits = hidden ? x : NULL, .arith = hidden ? NULL : x, .ring = a_ring };
	int32_t *planes = integers(p, n_w);
	for (size_t i = 0; i < n_w; i++)
		planes[i] = v.t[i] < 0 ? 2 : v.t[i];
	const uint32_t weights[2] = { plan.param_rows, plan.param_cols };
	quo_tensor *t = share(p, quo_spec_bits(2, false, 2, weights), QUO_SHARED, planes);
	quo_tensor *z = quo_temp(s, batched(&z_spec, c->batch, plan.n_dims, plan.dim), &err);
	quo_tensor *g = quo_temp(s, quo_spec_arith(g_width, 2, weights), &err);
	quo_tensor *e_prev = quo_temp(s, batched(&p_spec, c->batch, in.n_dims, in.dim), &err);
	assert_true(z && g && e_prev);
	/* A result must not depend on what was there. */
	if (!s->dry)
		memset(e_prev->a, 0xa5, e_prev->n * sizeof *e_prev->a);

	quo_test_ok(ops->forward(layer->self, s, &a, t, z, &err));
	check(p, c, "Z", z, v.z);
	quo_value e = { .bits = share(p, batched(&e_spec, c->batch, plan.n_dims, plan.dim),
				      QUO_SHARED, v.e),
			.ring = (uint8_t)(g_width > e_width ? g_width : e_width) };
	quo_test_ok(ops->backward(layer->self, s, &a, &e, t, g, hidden ? e_prev : NULL, &err));
	check(p, c, "G", g, v.g);
	if (hidden)
		check(p, c, "E_prev", e_prev, v.e_prev);
	quo_arena_reset(s->step);
}

static quo_status load(quo_kind kind, const char *yaml, quo_experiment **owner,
		       quo_instance **instance, quo_err *error)
{
	return quo_component_load(quo_test_registry(), kind, yaml, owner, instance, error);
}

static void all_cases(struct program *p)
{
	for (size_t i = 0; i < N_CASES; i++) {
		quo_experiment *owner = NULL;
		quo_instance *layer = NULL;
		quo_test_ok(load(QUO_KIND_LAYER, cases[i].yaml, &owner, &layer, &err));
		for (enum form form = 0; form < FORMS; form++)
			run_case(p, &cases[i], layer, form, RANDOM);
		run_case(p, &cases[i], layer, HIDDEN, LARGEST);
		run_case(p, &cases[i], layer, HIDDEN, LEAST);
		quo_experiment_free(owner);
	}
}

/* ---- every protocol ---- */

/* In products of as few examples as planes allow (`parts`), or as the protocol likes. */
static void under(quo_session *s, const char *name, bool parts)
{
	quo_experiment *owner = NULL;
	quo_instance *protocol = NULL;
	char yaml[100];
	struct program p = { .s = s, .random = 1 };

	snprintf(yaml, sizeof yaml, "{use: %s}", name);
	quo_test_ok(load(QUO_KIND_PROTOCOL, yaml, &owner, &protocol, &err));
	const quo_protocol_ops *ops = protocol->ops;
	quo_protocol_ops few = *ops;
	quo_instance changed = *protocol;
	few.layout_bytes = 1;
	changed.ops = &few;
	s->protocol = parts ? &changed : protocol;
	quo_test_ok(ops->open(protocol->self, s, &err));
	all_cases(&p);
	if (ops->close)
		ops->close(protocol->self, s);
	s->protocol = NULL;
	quo_experiment_free(owner);
}

static void party(quo_session *s, void *arg)
{
	quo_session dry;
	quo_cost cost = QUO_COST_INIT;
	quo_traffic before = quo_channel_traffic(s->peer);

	under(s, arg, false);
	quo_test_ok(quo_channel_flush(s->peer, &err));
	quo_test_dry(&dry, s->party, &cost);
	under(&dry, arg, false);
	quo_test_dry_end(&dry);
	quo_test_assert_cost(s, before, &cost);
}

static void alone(const char *name)
{
	quo_session s = { .parties = 1,
			  .parts = 1,
			  .run = quo_arena_new(&err),
			  .step = quo_arena_new(&err),
			  .pool = quo_test_pool(0) };

	assert_true(s.run && s.step);
	under(&s, name, false);
	under(&s, name, true);
	quo_arena_free(s.run);
	quo_arena_free(s.step);
	quo_pool_free(s.pool);
}

static void equal_to_the_formula(void **state)
{
	const quo_registry *registry = quo_test_registry();
	unsigned n = 0;

	(void)state;
	for (size_t i = 0; i < quo_registry_count(registry); i++) {
		const quo_component *c = &quo_registry_at(registry, i)->component;
		if (c->kind != QUO_KIND_PROTOCOL)
			continue;
		if (((const quo_protocol_ops *)c->ops)->parties > 2)
			continue;
		char name[100];
		snprintf(name, sizeof name, "%s", c->name);
		if (((const quo_protocol_ops *)c->ops)->parties == 1)
			alone(name);
		else
			quo_test_two_parties(party, name);
		n++;
	}
	assert_true(n >= 2);
}

/* ---- windows ---- */

static const struct window_case {
	const char *name, *yaml;
	uint32_t h, w, c, kh, kw;
} windows[] = {
	{ "maxpool", "{use: maxpool}", 4, 6, 3, 2, 2 },
	{ "maxpool", "{use: maxpool, size: 1}", 3, 2, 2, 1, 1 },
	{ "maxpool", "{use: maxpool, size: [3, 1]}", 9, 1, 5, 3, 1 },
	{ "maxpool", "{use: maxpool, size: [2, 3], remainder: drop}", 7, 8, 2, 2, 3 },
	{ "maxpool", "{use: maxpool, size: 5}", 5, 5, 1, 5, 5 },
};

#define N_WINDOWS (sizeof windows / sizeof *windows)
#define Z_WIDTH 6 /* so narrow that equal values are common */

static quo_circuit *combine_circuit(const quo_instance *layer, uint32_t n, quo_goal goal)
{
	const quo_layer_ops *ops = layer->ops;
	quo_builder *b = quo_builder_new(goal);
	quo_int z[QUO_MAX_WINDOW];
	quo_wire takes[QUO_MAX_WINDOW];

	for (uint32_t k = 0; k < n; k++)
		z[k] = quo_input(b, "z", QUO_PORT_BITS, Z_WIDTH, true, false);
	quo_output(b, "value",
		   quo_resize(ops->combine(layer->self, b, z, n, takes), Z_WIDTH, true));
	for (uint32_t k = 0; k < n; k++)
		quo_output(b, "takes", quo_int_from_bit(takes[k]));
	quo_circuit *c = quo_circuit_finish(b, &err);
	if (!c)
		fail_msg("%s", err.text);
	return c;
}

/* The largest of each window, the first of them in row-major order, and nobody else. */
static void check_combine(const quo_instance *layer, uint32_t n, quo_goal goal)
{
	enum { ROWS = 500, WORDS = (ROWS + 63) / 64 };
	quo_circuit *c = combine_circuit(layer, n, goal);
	static uint64_t planes[QUO_MAX_WINDOW][Z_WIDTH * WORDS], value[Z_WIDTH * WORDS],
		takes[QUO_MAX_WINDOW][WORDS];
	static int32_t z[QUO_MAX_WINDOW][ROWS];
	const uint64_t *in[QUO_MAX_WINDOW];
	uint64_t *out[QUO_MAX_WINDOW + 1] = { value };
	uint64_t random = n;

	for (uint32_t k = 0; k < n; k++) {
		for (uint32_t r = 0; r < ROWS; r++)
			z[k][r] = quo_sign_extend((uint32_t)quo_test_random(&random), Z_WIDTH);
		quo_planes_from_words((const uint32_t *)z[k], ROWS, Z_WIDTH, planes[k]);
		in[k] = planes[k];
		out[1 + k] = takes[k];
	}
	quo_test_ok(quo_circuit_eval(c, ROWS, in, out, &err));
	for (uint32_t r = 0; r < ROWS; r++) {
		uint32_t best = 0, got = 0;
		for (uint32_t k = 1; k < n; k++)
			best = z[k][r] > z[best][r] ? k : best;
		for (unsigned bit = 0; bit < Z_WIDTH; bit++)
			got |= (uint32_t)(value[bit * WORDS + r / 64] >> (r % 64) & 1) << bit;
		assert_int_equal(quo_sign_extend(got, Z_WIDTH), z[best][r]);
		for (uint32_t k = 0; k < n; k++)
			assert_int_equal(takes[k][r / 64] >> (r % 64) & 1, k == best);
	}
	quo_circuit_free(c);
}

static void check_window(const struct window_case *w)
{
	quo_experiment *owner = NULL;
	quo_instance *layer = NULL;
	quo_layer_input in = { .n_dims = 3, .dim = { w->h, w->w, w->c }, .batch = 2 };
	quo_layer_plan plan = { 0 };
	uint32_t oh = w->h / w->kh, ow = w->w / w->kw, place[200];

	quo_test_ok(load(QUO_KIND_LAYER, w->yaml, &owner, &layer, &err));
	const quo_layer_ops *ops = layer->ops;
	quo_test_ok(ops->plan(layer->self, &in, &plan, &err));
	assert_int_equal(plan.n_dims, 3);
	assert_int_equal(plan.dim[0], oh);
	assert_int_equal(plan.dim[1], ow);
	assert_int_equal(plan.dim[2], w->c);
	assert_int_equal(plan.window, w->kh * w->kw);
	assert_int_equal(plan.param_rows, 0);
	for (uint32_t k = 0; k < plan.window; k++) {
		ops->places(layer->self, &in, &plan, k, place);
		for (uint32_t o = 0; o < oh * ow * w->c; o++) {
			uint32_t c = o % w->c, y = o / w->c / ow * w->kh + k / w->kw,
				 x = o / w->c % ow * w->kw + k % w->kw;
			assert_int_equal(place[o], (y * w->w + x) * w->c + c);
		}
	}
	check_combine(layer, plan.window, QUO_SMALL);
	check_combine(layer, plan.window, QUO_SHALLOW);
	quo_experiment_free(owner);
}

static void windows_take_the_first_largest(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_WINDOWS; i++)
		check_window(&windows[i]);
}

static void every_layer_has_cases(void **state)
{
	const quo_registry *registry = quo_test_registry();

	(void)state;
	for (size_t i = 0; i < quo_registry_count(registry); i++) {
		const quo_component *c = &quo_registry_at(registry, i)->component;
		size_t n = 0;
		if (c->kind != QUO_KIND_LAYER ||
		    ((const quo_layer_ops *)c->ops)->role == QUO_LAYER_SHAPE)
			continue;
		for (size_t j = 0; j < N_CASES; j++)
			n += !strcmp(cases[j].name, c->name);
		for (size_t j = 0; j < N_WINDOWS; j++)
			n += !strcmp(windows[j].name, c->name);
		if (!n)
			fail_msg("layer/%s has no case here", c->name);
	}
}

/* Patches live as long as the product that reads them; a forecast knows. */
static void patches_are_given_back(void **state)
{
	const struct layer_case *c = &cases[3];
	const struct geometry *k = &c->g;
	const uint32_t a_dim[] = { c->batch, k->h, k->w, k->c },
		       z_dim[] = { c->batch, k->oh, k->ow, k->out },
		       t_dim[] = { k->kh * k->kw * k->c, k->out };
	quo_cost cost = QUO_COST_INIT;
	quo_experiment *owner[2] = { 0 };
	quo_instance *layer = NULL, *protocol = NULL;
	quo_session s;

	(void)state;
	quo_test_dry(&s, 0, &cost);
	s.parties = 1;
	quo_test_ok(load(QUO_KIND_LAYER, c->yaml, &owner[0], &layer, &err));
	quo_test_ok(load(QUO_KIND_PROTOCOL, "{use: clear}", &owner[1], &protocol, &err));
	s.protocol = protocol;
	quo_value a = { .arith = quo_temp(&s, quo_spec_arith(20, 4, a_dim), &err), .ring = 20 };
	quo_tensor *t = quo_temp(&s, quo_spec_bits(2, false, 2, t_dim), &err);
	quo_tensor *z = quo_temp(&s, quo_spec_arith(20, 4, z_dim), &err);
	uint64_t before = s.dry_step_bytes;
	assert_int_equal(before, 4 * (a.arith->n + z->n) + 16 * t->words);
	quo_test_ok(((const quo_layer_ops *)layer->ops)->forward(layer->self, &s, &a, t, z, &err));
	assert_int_equal(s.dry_step_bytes, before);
	assert_int_equal(s.dry_step_peak,
			 before + (uint64_t)4 * c->batch * k->oh * k->ow * t_dim[0]);
	quo_test_dry_end(&s);
	for (int i = 0; i < 2; i++)
		quo_experiment_free(owner[i]);
}

/* ---- what cannot work ---- */

static void refusals(void **state)
{
	static const struct {
		const char *yaml;
		quo_layer_input in;
		const char *says; /* NULL: goes in */
	} bad[] = {
		{ "{use: conv2d, out: 2, kernel: [3, 5]}",
		  { .n_dims = 3, .dim = { 4, 4, 1 }, .batch = 2 },
		  "a kernel of 3 x 5 is larger than its padded input of 4 x 4" },
		{ "{use: conv2d, out: 2, kernel: [3, 6], padding: [0, 1]}",
		  { .n_dims = 3, .dim = { 4, 4, 1 }, .batch = 2 },
		  NULL },
		{ "{use: conv2d, out: 2, kernel: 7, padding: 1}",
		  { .n_dims = 3, .dim = { 4, 5, 1 }, .batch = 2 },
		  "larger than its padded input of 6 x 7" },
		{ "{use: conv2d, out: 2, kernel: 7, padding: same}",
		  { .n_dims = 3, .dim = { 4, 5, 1 }, .batch = 2 },
		  NULL },
		{ "{use: conv2d, out: 2, kernel: 3}",
		  { .n_dims = 1, .dim = { 784 }, .batch = 2 },
		  "rows x columns x channels, and its input has 1 dimension;" },
		{ "{use: conv2d, out: 2, kernel: 3}",
		  { .n_dims = 2, .dim = { 28, 28 }, .batch = 2 },
		  "has 2 dimensions" },
		{ "{use: conv2d, out: 2, kernel: 1}",
		  { .n_dims = 3, .dim = { 1 << 16, 1 << 16, 1 }, .batch = 2 },
		  "too large" },
		{ "{use: conv2d, out: 2, kernel: 1048576, padding: same}",
		  { .n_dims = 3, .dim = { 2, 2, 1 << 30 }, .batch = 2 },
		  "too large" },
		{ "{use: maxpool}",
		  { .n_dims = 3, .dim = { 4, 5, 1 }, .batch = 2 },
		  "windows of 2 x 2 do not divide the input, 4 x 5" },
		{ "{use: maxpool, remainder: drop}",
		  { .n_dims = 3, .dim = { 4, 1, 1 }, .batch = 2 },
		  "larger than the input, 4 x 1" },
		{ "{use: maxpool}",
		  { .n_dims = 1, .dim = { 16 }, .batch = 2 },
		  "has 1 dimension;" },
		{ "{use: maxpool, size: 17}", { .n_dims = 0 }, "more than 256 elements" },
		{ "{use: maxpool, size: 0}", { .n_dims = 0 }, "size wants" },
		{ "{use: conv2d, out: 2, kernel: 0}",
		  { .n_dims = 0 },
		  "kernel wants integers in 1.." },
		{ "{use: conv2d, out: 2, kernel: -1}", { .n_dims = 0 }, "not '-1'" },
		{ "{use: conv2d, out: 2, kernel: 3x}", { .n_dims = 0 }, "not '3x'" },
		{ "{use: conv2d, out: 2, kernel: []}", { .n_dims = 0 }, "not 0 entries" },
		{ "{use: conv2d, out: 2, kernel: [3, 3, 3]}", { .n_dims = 0 }, "not 3 entries" },
		{ "{use: conv2d, out: 2, kernel: 3, stride: 0}", { .n_dims = 0 }, "stride wants" },
		{ "{use: conv2d, out: 2, kernel: 3, stride: [1, 99999999999]}",
		  { .n_dims = 0 },
		  "stride wants" },
		{ "{use: conv2d, out: 2, kernel: 3, padding: full}",
		  { .n_dims = 0 },
		  "padding is valid, same, an integer or [rows, columns], not 'full'" },
		{ "{use: conv2d, out: 2, kernel: 3, padding: [1, same]}",
		  { .n_dims = 0 },
		  "padding wants" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		quo_err error = QUO_ERR_INIT;
		quo_experiment *owner = NULL;
		quo_instance *layer = NULL;
		quo_layer_plan plan;
		quo_status status = load(QUO_KIND_LAYER, bad[i].yaml, &owner, &layer, &error);
		if (status == QUO_OK)
			status = ((const quo_layer_ops *)layer->ops)
					 ->plan(layer->self, &bad[i].in, &plan, &error);
		if (bad[i].says)
			quo_test_assert_error(&error, QUO_USAGE, bad[i].says);
		else
			assert_int_equal(status, QUO_OK);
		quo_experiment_free(owner);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equal_to_the_formula),
		cmocka_unit_test(windows_take_the_first_largest),
		cmocka_unit_test(every_layer_has_cases),
		cmocka_unit_test(patches_are_given_back),
		cmocka_unit_test(refusals),
	};

	return cmocka_run_group_tests_name("layer", tests, NULL, NULL);
}
