/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every registered layer that computes, forward and backward, under every protocol, against loops
 * over plain integers; rings are exactly as wide as the layer's own bounds ask, and the dry session
 * of the same calls forecasts what is sent.
 */
#include "layer_tests.h"

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
	bool known = owner != QUO_SHARED && quo_protocol(s->protocol)->owned;

	spec.owner = (int8_t)(known ? from : QUO_SHARED);
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

/* The layer's answer, and that its counts of terms are reached and not passed by the largest
 * values. */
static void check_plan(const struct layer_case *c, const quo_layer_plan *plan)
{
	const struct geometry *k = &c->g;
	uint64_t fan_in = (uint64_t)k->kh * k->kw * k->c;

	assert_int_equal(plan->param_rows, fan_in);
	assert_int_equal(plan->param_cols, k->out);
	assert_int_equal(plan->fan_in, fan_in);
	assert_int_equal(plan->z_terms, fan_in);
	assert_int_equal(plan->g_terms, (uint64_t)c->batch * k->oh * k->ow);
	assert_int_equal(plan->e_terms, c->reach);
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

	assert_true(largest(v->z, n_z) <= 127 * plan->z_terms);
	assert_true(largest(v->g, n_w) <= 127 * 127 * plan->g_terms);
	assert_true(e_prev <= 127 * plan->e_terms);
	if (c->whole)
		assert_int_equal(largest(v->z, n_z), 127 * plan->z_terms);
	assert_int_equal(e_prev, 127 * plan->e_terms);
}

/* The tensors of a case: the operands shared, the results allocated. */
struct tensors {
	unsigned z_width, g_width, e_width;
	quo_value a, t;
	quo_tensor *z, *g, *e_prev;
};

static quo_tensor *share_input(struct program *p, const struct layer_case *c,
			       const quo_layer_input *in, enum form form, uint8_t width,
			       const int32_t *values)
{
	static const uint32_t one = 1;
	quo_spec spec =
		form == HIDDEN ? quo_spec_bits(7, false, 1, &one) : quo_spec_arith(width, 1, &one);
	int owner = form == OWNED_0 ? 0 : form == OWNED_1 ? 1 : QUO_SHARED;

	return share(p, batched(&spec, c->batch, in->n_dims, in->dim), owner, values);
}

static quo_tensor *share_weights(struct program *p, const uint32_t dim[2], const int32_t *ternary)
{
	size_t n = (size_t)dim[0] * dim[1];
	int32_t *planes = integers(p, n);

	for (size_t i = 0; i < n; i++)
		planes[i] = ternary[i] < 0 ? 2 : ternary[i];
	return share(p, quo_spec_bits(2, false, 2, dim), QUO_SHARED, planes);
}

static struct tensors make_tensors(struct program *p, const struct layer_case *c,
				   const quo_layer_input *in, const quo_layer_plan *plan,
				   enum form form, const struct plain *v)
{
	static const uint32_t one = 1;
	const uint32_t weights[2] = { plan->param_rows, plan->param_cols };
	struct tensors x = { .z_width = ring(127 * plan->z_terms),
			     .g_width = ring(127 * 127 * plan->g_terms),
			     .e_width = ring(127 * plan->e_terms) };
	quo_spec z_spec = quo_spec_arith(x.z_width, 1, &one),
		 p_spec = quo_spec_arith(x.e_width, 1, &one);

	x.a.ring = (uint8_t)(x.z_width > x.g_width ? x.z_width : x.g_width);
	quo_tensor *a = share_input(p, c, in, form, x.a.ring, v->a);
	if (form == HIDDEN)
		x.a.bits = a;
	else
		x.a.arith = a;
	x.t = (quo_value){ .bits = share_weights(p, weights, v->t),
			   .ring = (uint8_t)(x.z_width > x.e_width ? x.z_width : x.e_width),
			   .coef = quo_ternary_coef };
	x.z = quo_temp(p->s, batched(&z_spec, c->batch, plan->n_dims, plan->dim), &err);
	x.g = quo_temp(p->s, quo_spec_arith(x.g_width, 2, weights), &err);
	x.e_prev = quo_temp(p->s, batched(&p_spec, c->batch, in->n_dims, in->dim), &err);
	assert_true(x.z && x.g && x.e_prev);
	/* A result must not depend on what was there. */
	if (!p->s->dry)
		memset(x.e_prev->a, 0xa5, x.e_prev->parts * x.e_prev->stride * sizeof *x.e_prev->a);
	return x;
}

static void run_case(struct program *p, const struct layer_case *c, const quo_instance *layer,
		     enum form form, enum values values)
{
	static const uint32_t one = 1;
	const quo_layer_ops *ops = quo_layer(layer);
	const struct geometry *k = &c->g;
	bool hidden = form == HIDDEN;
	quo_layer_input in = input_of(c, !hidden);
	quo_layer_plan plan;
	size_t n_a = (size_t)c->batch * k->h * k->w * k->c,
	       n_w = (size_t)k->kh * k->kw * k->c * k->out,
	       n_z = (size_t)c->batch * k->oh * k->ow * k->out;

	quo_test_ok(ops->plan(layer->self, &in, &plan, &err));
	check_plan(c, &plan);
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
	struct tensors x = make_tensors(p, c, &in, &plan, form, &v);

	quo_test_ok(ops->forward(layer->self, p->s, &x.a, &x.t, x.z, &err));
	check(p, c, "Z", x.z, v.z);
	quo_spec e_spec = quo_spec_bits(8, true, 1, &one);
	quo_value e = { .bits = share(p, batched(&e_spec, c->batch, plan.n_dims, plan.dim),
				      QUO_SHARED, v.e),
			.ring = (uint8_t)(x.g_width > x.e_width ? x.g_width : x.e_width) };
	quo_test_ok(ops->backward(layer->self, p->s, &x.a, &e, &x.t, x.g, hidden ? x.e_prev : NULL,
				  &err));
	check(p, c, "G", x.g, v.g);
	if (hidden)
		check(p, c, "E_prev", x.e_prev, v.e_prev);
	quo_arena_reset(p->s->step);
}

quo_status layer_tests_load(quo_kind kind, const char *yaml, quo_experiment **owner,
			    quo_instance **instance, quo_err *error)
{
	return quo_component_load(quo_test_registry(), kind, yaml, owner, instance, error);
}

static void all_cases(struct program *p)
{
	for (size_t i = 0; i < N_CASES; i++) {
		quo_experiment *owner = NULL;
		quo_instance *layer = NULL;
		quo_test_ok(layer_tests_load(QUO_KIND_LAYER, cases[i].yaml, &owner, &layer, &err));
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
	quo_test_ok(layer_tests_load(QUO_KIND_PROTOCOL, yaml, &owner, &protocol, &err));
	const quo_protocol_ops *ops = quo_protocol(protocol);
	quo_protocol_ops few = *ops;
	quo_component component = *protocol->component;
	quo_instance changed = *protocol;
	few.layout_bytes = 1;
	component.ops_ = &few;
	changed.component = &component;
	quo_test_use_protocol(s, parts ? &changed : protocol);
	quo_test_ok(quo_protocol_open(s, &err));
	all_cases(&p);
	quo_protocol_close(s);
	quo_test_use_protocol(s, NULL);
	quo_experiment_free(owner);
}

static void party(quo_session *s, void *arg)
{
	quo_session dry;
	quo_cost cost = QUO_COST_INIT;

	for (int parts = 0; parts < 2; parts++)
		under(s, arg, parts);
	quo_test_ok(quo_flush(s, &err));
	for (int parts = 0; parts < 2; parts++) {
		quo_test_dry_like(&dry, s, &cost);
		under(&dry, arg, parts);
		quo_test_dry_end(&dry);
	}
	quo_test_assert_forecast(s, &cost);
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
		const quo_protocol_ops *ops = QUO_OPS(QUO_KIND_PROTOCOL, c);
		char name[100];
		snprintf(name, sizeof name, "%s", c->name);
		print_message("protocol %s\n", name);
		quo_test_parties(ops->parties, party, name);
		if (ops->parties_max > ops->parties)
			quo_test_parties(ops->parties_max, party, name);
		n++;
	}
	assert_true(n >= 3);
}

static void every_layer_has_cases(void **state)
{
	const quo_registry *registry = quo_test_registry();

	(void)state;
	for (size_t i = 0; i < quo_registry_count(registry); i++) {
		const quo_component *c = &quo_registry_at(registry, i)->component;
		size_t n = 0;
		if (c->kind != QUO_KIND_LAYER ||
		    QUO_OPS(QUO_KIND_LAYER, c)->role == QUO_LAYER_SHAPE)
			continue;
		for (size_t j = 0; j < N_CASES; j++)
			n += !strcmp(cases[j].name, c->name);
		if (!n && !window_has_case(c->name))
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
	quo_test_ok(layer_tests_load(QUO_KIND_LAYER, c->yaml, &owner[0], &layer, &err));
	quo_test_ok(
		layer_tests_load(QUO_KIND_PROTOCOL, "{use: clear}", &owner[1], &protocol, &err));
	s.protocol = protocol;
	quo_value a = { .arith = quo_temp(&s, quo_spec_arith(20, 4, a_dim), &err), .ring = 20 };
	quo_value t = { .bits = quo_temp(&s, quo_spec_bits(2, false, 2, t_dim), &err),
			.ring = 20,
			.coef = quo_ternary_coef };
	quo_tensor *z = quo_temp(&s, quo_spec_arith(20, 4, z_dim), &err);
	uint64_t before = s.dry_step_bytes;
	assert_int_equal(before, 4 * (a.arith->n + z->n) + 16 * t.bits->words);
	quo_test_ok(quo_layer(layer)->forward(layer->self, &s, &a, &t, z, &err));
	assert_int_equal(s.dry_step_bytes, before);
	assert_int_equal(s.dry_step_peak,
			 before + (uint64_t)4 * c->batch * k->oh * k->ow * t_dim[0]);
	quo_test_dry_end(&s);
	for (int i = 0; i < 2; i++)
		quo_experiment_free(owner[i]);
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
