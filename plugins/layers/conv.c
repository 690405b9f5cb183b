/* SPDX-License-Identifier: Apache-2.0 */
#include "conv.h"

#include "linear.h"
#include "patches.h"

/* One side of an image: places of the output, and zeros in front. False: the kernel is larger than
 * the padded side. */
static bool side(uint32_t in, uint32_t kernel, uint32_t stride, bool same, uint32_t padding,
		 uint32_t *places, uint32_t *front)
{
	uint64_t padded = (uint64_t)in + 2 * (uint64_t)padding;

	*front = padding;
	if (same) {
		*places = in / stride + (in % stride != 0);
		uint64_t spans = (uint64_t)(*places - 1) * stride + kernel;
		*front = spans > in ? (uint32_t)((spans - in) / 2) : 0;
		return true;
	}
	if (kernel > padded || (padded - kernel) / stride >= UINT32_MAX)
		return false;
	*places = (uint32_t)((padded - kernel) / stride + 1);
	return true;
}

static quo_status shape(const struct conv_geometry *g, uint32_t n, const uint32_t *dim,
			struct patches *p, quo_err *err)
{
	*p = (struct patches){ .n = n,
			       .h = dim[0],
			       .w = dim[1],
			       .c = dim[2],
			       .kh = g->kh,
			       .kw = g->kw,
			       .sh = g->sh,
			       .sw = g->sw };
	if (!p->h || !p->w || !p->c)
		return quo_fail(err, QUO_USAGE,
				"a convolution of %u x %u x %u values has nothing to do", p->h,
				p->w, p->c);
	if (!side(p->h, g->kh, g->sh, g->same, g->ph, &p->oh, &p->top) ||
	    !side(p->w, g->kw, g->sw, g->same, g->pw, &p->ow, &p->left))
		return quo_fail(
			err, QUO_USAGE,
			"a kernel of %u x %u is larger than its padded input of %llu x %llu; make the "
			"kernel smaller or the padding larger",
			g->kh, g->kw, (unsigned long long)p->h + 2 * (uint64_t)g->ph,
			(unsigned long long)p->w + 2 * (uint64_t)g->pw);
	/* Each factor is below 2^32; so is what has been multiplied so far. */
	uint64_t rows = (uint64_t)p->oh * p->ow, columns = (uint64_t)p->kh * p->kw;
	if (rows <= UINT32_MAX)
		rows *= n;
	if (columns <= UINT32_MAX)
		columns *= p->c;
	if (rows > UINT32_MAX || columns > UINT32_MAX)
		return quo_fail(
			err, QUO_USAGE,
			"a kernel of %u x %u x %u at %u x %u places of %u examples is too large for a "
			"matrix of at most 2^32 - 1 rows and columns",
			p->kh, p->kw, p->c, p->oh, p->ow, n);
	return QUO_OK;
}

/* Places of the output along a side that one input reaches, at most. */
static uint64_t reach(uint32_t kernel, uint32_t stride, uint32_t places)
{
	uint32_t n = kernel / stride + (kernel % stride != 0);

	return n < places ? n : places;
}

quo_status conv_plan(const struct conv_geometry *g, const quo_layer_input *in, quo_layer_plan *plan,
		     quo_err *err)
{
	struct patches p;

	if (in->n_dims != 3)
		return quo_fail(
			err, QUO_USAGE,
			"a convolution takes rows x columns x channels, and its input has %u "
			"dimension%s; give the data a shape, or put the layer before those that flatten",
			in->n_dims, in->n_dims == 1 ? "" : "s");
	QUO_TRY(shape(g, in->batch, in->dim, &p, err));
	uint64_t fan_in = patches_columns(&p);
	*plan = (quo_layer_plan){
		.n_dims = 3,
		.dim = { p.oh, p.ow, g->out },
		.param_rows = (uint32_t)fan_in,
		.param_cols = g->out,
		.fan_in = (uint32_t)fan_in,
		.z_bound = 127 * fan_in,
		.g_bound = 127 * 127 * patches_rows(&p),
		.e_bound = 127 * reach(g->kh, g->sh, p.oh) * reach(g->kw, g->sw, p.ow) * g->out,
	};
	return QUO_OK;
}

/* Examples first .. first + n - 1 of a tensor; planes of them start with a word. */
static quo_tensor examples(const quo_tensor *t, uint32_t first, uint32_t n)
{
	size_t each = t->n / t->spec.dim[0];
	quo_tensor part = *t;

	part.spec.dim[0] = n;
	part.n = n * each;
	if (t->spec.kind == QUO_BITS)
		part.b = t->b ? t->b + first * each / 64 : NULL;
	else
		part.a = t->a ? t->a + first * each : NULL;
	return part;
}

/* How many examples' patches the protocol wants at a time: whole words of planes of the output. */
static uint32_t examples_at_once(const quo_session *s, const struct patches *p, uint32_t out)
{
	uint64_t each = (uint64_t)p->oh * p->ow * patches_columns(p) * sizeof(uint32_t);
	uint64_t n = quo_protocol_layout_bytes(s) / (each ? each : 1), unit = 64;
	uint64_t elements = (uint64_t)p->oh * p->ow * out;

	while (unit > 1 && elements % 2 == 0) {
		unit /= 2;
		elements /= 2;
	}
	n = n / unit * unit;
	if (n < unit)
		n = unit;
	return patches_trivial(p) || n > p->n ? p->n : (uint32_t)n;
}

/* A matrix like `of` for patches of n examples, in the step arena. */
static quo_tensor *patch_matrix(quo_session *s, const struct patches *p, uint32_t n,
				const quo_spec *of, quo_err *err)
{
	quo_spec spec = *of;

	spec.n_dims = 2;
	spec.dim[0] = n * p->oh * p->ow;
	spec.dim[1] = (uint32_t)patches_columns(p);
	return quo_temp(s, spec, err);
}

/* The patches of `images` as a matrix. `space`, of as many examples or more, is zero where patches
 * reach beyond their image; NULL for trivial ones. */
static quo_tensor take(quo_session *s, const struct patches *p, const quo_tensor *images,
		       const quo_tensor *space)
{
	if (!space)
		return linear_rows(images, (uint32_t)patches_rows(p));
	quo_tensor matrix = *space;
	matrix.spec.dim[0] = (uint32_t)patches_rows(p);
	matrix.n = patches_rows(p) * patches_columns(p);
	if (!quo_is_dry(s))
		patches_take(p, quo_session_pool(s), images, &matrix);
	return matrix;
}

static quo_status shape_of(const struct conv_geometry *g, const quo_value *a, const quo_tensor *z,
			   struct patches *p, quo_err *err)
{
	const quo_spec *spec = a->arith ? &a->arith->spec : &a->bits->spec;

	if (spec->n_dims != 4)
		return quo_fail(err, QUO_BUG, "a convolution of a tensor of %u dimensions",
				spec->n_dims);
	QUO_TRY(shape(g, spec->dim[0], spec->dim + 1, p, err));
	if (z->n != patches_rows(p) * g->out)
		return quo_fail(err, QUO_BUG, "a convolution's output has %zu elements, not %llu",
				z->n, (unsigned long long)patches_rows(p) * g->out);
	return QUO_OK;
}

static quo_status multiply_forward(const struct conv_geometry *g, quo_session *s,
				   const struct patches *p, const quo_tensor *images,
				   const quo_tensor *ternary, const quo_tensor *z, quo_err *err)
{
	uint32_t step = examples_at_once(s, p, g->out);
	quo_tensor *space = NULL;

	if (!patches_trivial(p)) {
		space = patch_matrix(s, p, step, &images->spec, err);
		if (!space)
			return QUO_FAILED;
	}
	for (uint32_t first = 0; first < p->n; first += step) {
		struct patches part = *p;
		part.n = p->n - first < step ? p->n - first : step;
		quo_tensor in = examples(images, first, part.n), out = examples(z, first, part.n);
		quo_tensor x = take(s, &part, &in, space);
		out = linear_rows(&out, x.spec.dim[0]);
		quo_product_job job = linear_forward(&x, ternary, &out);
		QUO_TRY(quo_product(s, &job, 1, err));
	}
	return QUO_OK;
}

quo_status conv_forward(const struct conv_geometry *g, quo_session *s, quo_value *a,
			const quo_tensor *ternary, quo_tensor *z, quo_err *err)
{
	struct patches p;
	const quo_tensor *images;

	QUO_TRY(shape_of(g, a, z, &p, err));
	QUO_TRY(quo_value_arith(s, a, &images, err));
	quo_temp_mark mark = quo_temp_here(s);
	quo_status status = multiply_forward(g, s, &p, images, ternary, z, err);
	quo_temp_release(s, mark);
	return status;
}

/* What the products of the way back read and where they work. NULL: not wanted. */
struct back {
	const struct patches *p;
	uint32_t step;              /* examples at a time */
	const quo_tensor *images;   /* the input, in the form that the gradient takes */
	const quo_tensor *g_errors; /* the error, likewise */
	const quo_tensor *errors;   /* the error as integers, for E_prev */
	bool of_input;
	quo_tensor *images_space, *errors_space; /* for their patches; NULL for trivial ones */
	quo_tensor *gradient_part;               /* where the gradient takes several products */
};

static quo_status make_space(quo_session *s, struct back *b, const quo_tensor *gradient,
			     const quo_tensor *e_prev, quo_err *err)
{
	bool trivial = patches_trivial(b->p);

	if (gradient && !trivial) {
		b->images_space = patch_matrix(s, b->p, b->step, &b->images->spec, err);
		if (!b->images_space)
			return QUO_FAILED;
	}
	if (e_prev && !trivial) {
		b->errors_space = patch_matrix(s, b->p, b->step, &e_prev->spec, err);
		if (!b->errors_space)
			return QUO_FAILED;
	}
	if (gradient && b->step < b->p->n) {
		b->gradient_part = quo_temp(s, gradient->spec, err);
		if (!b->gradient_part)
			return QUO_FAILED;
	}
	return QUO_OK;
}

static void add_to(const quo_session *s, const quo_tensor *x, const quo_tensor *sum)
{
	uint32_t mask = quo_mask32(sum->spec.width);
	const uint32_t *from = x->a;
	uint32_t *restrict to = sum->a;
	size_t n = quo_is_dry(s) ? 0 : sum->n;

	for (size_t i = 0; i < n; i++)
		to[i] = (to[i] + from[i]) & mask;
}

/* The part of examples first .. : of E_prev, and of the gradient what they add to it. */
static quo_status multiply_back(quo_session *s, const struct back *b, uint32_t first,
				const quo_tensor *ternary, quo_tensor *gradient,
				const quo_tensor *e_prev, quo_err *err)
{
	struct patches p = *b->p;
	quo_tensor x, g_errors, errors, images, to;
	quo_tensor *g = first ? b->gradient_part : gradient;
	quo_product_job jobs[2];
	size_t n_jobs = 0;

	p.n = p.n - first < b->step ? p.n - first : b->step;
	uint32_t rows = (uint32_t)patches_rows(&p);
	if (gradient) {
		images = examples(b->images, first, p.n);
		g_errors = examples(b->g_errors, first, p.n);
		x = take(s, &p, &images, b->images_space);
		g_errors = linear_rows(&g_errors, rows);
		jobs[n_jobs++] = b->of_input ? linear_gradient(&x, &g_errors, true, g)
					     : linear_gradient(&g_errors, &x, false, g);
	}
	if (e_prev) {
		errors = examples(b->errors, first, p.n);
		errors = linear_rows(&errors, rows);
		images = examples(e_prev, first, p.n);
		to = b->errors_space ? *b->errors_space : images;
		to.n = rows * patches_columns(&p);
		to = linear_rows(&to, rows);
		jobs[n_jobs++] = linear_error(&errors, ternary, &to);
	}
	QUO_TRY(quo_product(s, jobs, n_jobs, err));
	if (gradient && first)
		add_to(s, g, gradient);
	if (e_prev && b->errors_space && !quo_is_dry(s))
		patches_add(&p, quo_session_pool(s), &to, &images);
	return QUO_OK;
}

quo_status conv_backward(const struct conv_geometry *g, quo_session *s, quo_value *a, quo_value *e,
			 const quo_tensor *ternary, quo_tensor *gradient, quo_tensor *e_prev,
			 quo_err *err)
{
	struct patches p;
	struct back b = { .p = &p };

	QUO_TRY(shape_of(g, a, e->bits, &p, err));
	b.step = examples_at_once(s, &p, g->out);
	if (gradient) {
		/* Planes of patches cannot be cut between words. */
		b.of_input =
			b.step == p.n && linear_input_planes(a, patches_columns(&p), e, g->out);
		QUO_TRY(quo_value_arith(s, b.of_input ? e : a, b.of_input ? &b.g_errors : &b.images,
					err));
		*(b.of_input ? &b.images : &b.g_errors) = b.of_input ? a->bits : e->bits;
	}
	if (e_prev)
		QUO_TRY(quo_value_arith(s, e, &b.errors, err));
	/* Converted forms stay; patches go. */
	quo_temp_mark mark = quo_temp_here(s);
	quo_status status = make_space(s, &b, gradient, e_prev, err);
	for (uint32_t first = 0; status == QUO_OK && first < p.n; first += b.step)
		status = multiply_back(s, &b, first, ternary, gradient, e_prev, err);
	quo_temp_release(s, mark);
	return status;
}
