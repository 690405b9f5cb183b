/* SPDX-License-Identifier: Apache-2.0 */
#include "conv.h"

#include "linear.h"

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
			quo_geometry *p, quo_err *err)
{
	*p = (quo_geometry){ .n = n,
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
	quo_geometry p;

	if (in->n_dims != 3)
		return quo_fail(
			err, QUO_USAGE,
			"a convolution takes rows x columns x channels, and its input has %u "
			"dimension%s; give the data a shape, or put the layer before those that flatten",
			in->n_dims, in->n_dims == 1 ? "" : "s");
	QUO_TRY(shape(g, in->batch, in->dim, &p, err));
	uint64_t fan_in = (uint64_t)p.kh * p.kw * p.c;
	*plan = (quo_layer_plan){
		.n_dims = 3,
		.dim = { p.oh, p.ow, g->out },
		.param_rows = (uint32_t)fan_in,
		.param_cols = g->out,
		.fan_in = (uint32_t)fan_in,
		.z_terms = fan_in,
		.g_terms = (uint64_t)p.n * p.oh * p.ow,
		.e_terms = reach(g->kh, g->sh, p.oh) * reach(g->kw, g->sw, p.ow) * g->out,
	};
	return QUO_OK;
}

static quo_status geometry_of(const struct conv_geometry *g, const quo_value *a, quo_geometry *p,
			      quo_err *err)
{
	const quo_spec *spec = a->arith ? &a->arith->spec : &a->bits->spec;

	if (spec->n_dims != 4)
		return quo_fail(err, QUO_BUG, "a convolution of a tensor of %u dimensions",
				spec->n_dims);
	return shape(g, spec->dim[0], spec->dim + 1, p, err);
}

quo_status conv_forward(const struct conv_geometry *g, quo_session *s, quo_value *a, quo_value *t,
			quo_tensor *z, quo_err *err)
{
	quo_geometry p;

	QUO_TRY(geometry_of(g, a, &p, err));
	return linear_forward(s, &p, a, t, z, err);
}

quo_status conv_backward(const struct conv_geometry *g, quo_session *s, quo_value *a, quo_value *e,
			 quo_value *t, quo_tensor *gradient, quo_tensor *e_prev, quo_err *err)
{
	quo_geometry p;

	QUO_TRY(geometry_of(g, a, &p, err));
	return linear_backward(s, &p, a, e, t, gradient, e_prev, err);
}
