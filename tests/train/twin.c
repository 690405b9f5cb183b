/* SPDX-License-Identifier: Apache-2.0 */
#include "twin.h"

#include <quotient/crypto.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LARGEST (127.0 / 128)

static double *numbers(size_t n)
{
	double *p = calloc(n ? n : 1, sizeof *p);

	if (!p)
		abort();
	return p;
}

static size_t elements(twin_shape s)
{
	return (size_t)s.h * s.w * s.c;
}

static bool has_weights(const quo_reference_layer *l)
{
	return l->kind == QUO_REFERENCE_FC || l->kind == QUO_REFERENCE_CONV || l->project;
}

static bool is_linear(const quo_reference_layer *l)
{
	return l->kind == QUO_REFERENCE_FC || l->kind == QUO_REFERENCE_CONV;
}

/* A linear layer as a convolution: fc is one whose kernel is its input. */
static quo_reference_layer as_conv(const quo_reference_layer *l, twin_shape in, twin_shape z)
{
	quo_reference_layer c = *l;

	if (l->kind == QUO_REFERENCE_FC) {
		c.kh = in.h;
		c.kw = in.w;
		c.sh = c.sw = 1;
	} else if (l->kind == QUO_REFERENCE_RESIDUAL) {
		c.kh = c.kw = 1;
		c.out = z.c;
	}
	return c;
}

static twin_shape conv_shape(const quo_reference_layer *c, twin_shape in)
{
	if (c->same)
		return (twin_shape){ (in.h + c->sh - 1) / c->sh, (in.w + c->sw - 1) / c->sw,
				     c->out };
	return (twin_shape){ (in.h + 2 * c->ph - c->kh) / c->sh + 1,
			     (in.w + 2 * c->pw - c->kw) / c->sw + 1, c->out };
}

/* Zeros in front of a side: half of what is missing, rounded down. */
static long front(const quo_reference_layer *c, uint32_t out, uint32_t in, uint32_t kernel,
		  uint32_t stride, uint32_t padding)
{
	long missing = (long)(out - 1) * stride + kernel - in;

	return !c->same ? padding : missing > 0 ? missing / 2 : 0;
}

static void conv(const quo_reference_layer *c, const twin_weights *w, twin_shape in, twin_shape out,
		 const double *a, double *z)
{
	long top = front(c, out.h, in.h, c->kh, c->sh, c->ph),
	     left = front(c, out.w, in.w, c->kw, c->sw, c->pw);

	memset(z, 0, elements(out) * sizeof *z);
	for (uint32_t row = 0; row < c->kh; row++)
		for (uint32_t column = 0; column < c->kw; column++)
			for (uint32_t p = 0; p < out.h * out.w; p++) {
				long y = (long)(p / out.w * c->sh + row) - top,
				     x = (long)(p % out.w * c->sw + column) - left;
				if (y < 0 || x < 0 || y >= (long)in.h || x >= (long)in.w)
					continue;
				for (uint32_t i = 0; i < in.c; i++) {
					double v = a[((size_t)y * in.w + (size_t)x) * in.c + i];
					const double *t =
						w->t + ((row * c->kw + column) * in.c + i) * out.c;
					for (uint32_t o = 0; o < out.c; o++)
						z[p * out.c + o] += v * t[o];
				}
			}
}

static void pool(const quo_reference_layer *l, twin_shape in, twin_shape out, const double *z,
		 double *most)
{
	for (size_t i = 0; i < elements(out); i++)
		most[i] = -HUGE_VAL;
	for (uint32_t y = 0; y < out.h * l->kh; y++)
		for (uint32_t x = 0; x < out.w * l->kw; x++)
			for (uint32_t c = 0; c < in.c; c++) {
				double *m = most + ((y / l->kh) * out.w + x / l->kw) * out.c + c;
				*m = fmax(*m, z[(y * in.w + x) * in.c + c]);
			}
}

/* The integral of clamp(t, 0, LARGEST) from 0. */
static double integral(double t)
{
	if (t <= 0)
		return 0;
	return t <= LARGEST ? t * t / 2 : LARGEST * (t - LARGEST / 2);
}

/* Where a walk through the list stands: the input of every stage, and Z of the last one. */
struct walk {
	twin_shape in[TWIN_MAX], z;
	double *a[TWIN_MAX], *now;
	uint32_t n_stages, n_weights;
	int alpha;
};

static void activate(struct walk *w)
{
	for (size_t i = 0; i < elements(w->z); i++)
		w->now[i] = fmin(fmax(ldexp(w->now[i], -w->alpha), 0), LARGEST);
}

static void linear(const twin *t, struct walk *w, const quo_reference_layer *l)
{
	if (w->n_stages)
		activate(w);
	w->in[w->n_stages] = w->z;
	w->a[w->n_stages] = w->now;
	const twin_weights *own = &t->weights[w->n_weights++];
	quo_reference_layer c = as_conv(l, w->z, w->z);
	twin_shape out = conv_shape(&c, w->z);
	w->now = numbers(elements(out));
	conv(&c, own, w->z, out, w->a[w->n_stages], w->now);
	w->z = out;
	w->alpha = own->alpha;
	w->n_stages++;
}

static void skip(const twin *t, struct walk *w, const quo_reference_layer *l)
{
	uint32_t from = w->n_stages - l->over;
	double *add = w->a[from];
	int alpha = 0;

	if (l->project) {
		const twin_weights *own = &t->weights[w->n_weights++];
		quo_reference_layer c = as_conv(l, w->in[from], w->z);
		add = numbers(elements(w->z));
		conv(&c, own, w->in[from], w->z, w->a[from], add);
		alpha = own->alpha;
	}
	for (size_t i = 0; i < elements(w->z); i++)
		w->now[i] += ldexp(add[i], w->alpha - alpha);
	if (l->project)
		free(add);
}

static double loss_of(const twin *t, const double *x, uint8_t label)
{
	struct walk w = { .z = t->input, .now = numbers(elements(t->input)) };
	double sum = 0;

	memcpy(w.now, x, elements(t->input) * sizeof *x);
	for (uint32_t i = 0; i < t->n_layers; i++) {
		const quo_reference_layer *l = &t->layers[i];
		if (is_linear(l)) {
			linear(t, &w, l);
		} else if (l->kind == QUO_REFERENCE_RESIDUAL) {
			skip(t, &w, l);
		} else if (l->kind == QUO_REFERENCE_MAXPOOL) {
			twin_shape out = { w.z.h / l->kh, w.z.w / l->kw, w.z.c };
			double *most = numbers(elements(out));
			pool(l, w.z, out, w.now, most);
			free(w.now);
			w.now = most;
			w.z = out;
		} else {
			w.z = (twin_shape){ 1, 1, (uint32_t)elements(w.z) };
		}
	}
	for (size_t o = 0; o < elements(w.z); o++) {
		double out = ldexp(w.now[o], -w.alpha);
		sum += integral(out) - (o == label ? LARGEST * out : 0);
	}
	for (uint32_t i = 0; i < w.n_stages; i++)
		free(w.a[i]);
	free(w.now);
	return sum;
}

double twin_loss(const twin *t, const double *x, const uint8_t *label, uint32_t rows)
{
	double sum = 0;

	for (uint32_t b = 0; b < rows; b++)
		sum += loss_of(t, x + b * elements(t->input), label[b]);
	return sum;
}

static void add_weights(twin *t, uint32_t layer, size_t in, uint32_t out, uint64_t seed)
{
	twin_weights *w = &t->weights[t->n_weights];
	uint64_t key = quo_public_key(seed, t->n_weights);
	double ratio = 0.75 * sqrt((double)in / 6);

	*w = (twin_weights){ .in = (uint32_t)in, .out = out, .layer = layer };
	w->alpha = 1 + (ratio > 1 ? (int)floor(log2(ratio) + 0.5) : 0);
	w->t = numbers(in * out);
	for (size_t j = 0; j < in * out; j++) {
		int v = (int)quo_public_below(quo_public_value(key, j), 193) - 96;
		w->t[j] = v >= 32 ? 1 : v <= -32 ? -1 : 0;
	}
	t->n_weights++;
}

void twin_init(twin *t, const quo_reference_layer *layers, uint32_t n, twin_shape input,
	       uint64_t seed)
{
	twin_shape in[TWIN_MAX], now = input;
	uint32_t n_stages = 0;

	*t = (twin){ .layers = layers, .n_layers = n, .input = input };
	for (uint32_t i = 0; i < n; i++) {
		const quo_reference_layer *l = &layers[i];
		if (n_stages + 1 >= TWIN_MAX || t->n_weights >= TWIN_MAX)
			abort();
		if (has_weights(l)) {
			twin_shape from = is_linear(l) ? now : in[n_stages - l->over];
			quo_reference_layer c = as_conv(l, from, now);
			add_weights(t, i, (size_t)c.kh * c.kw * from.c, c.out, seed);
			twin_weights *w = &t->weights[t->n_weights - 1];
			w->alpha = w->alpha + l->shift < 1 ? 1 : w->alpha + l->shift;
			if (is_linear(l)) {
				in[n_stages++] = now;
				now = conv_shape(&c, now);
			}
		} else if (l->kind == QUO_REFERENCE_MAXPOOL) {
			now = (twin_shape){ now.h / l->kh, now.w / l->kw, now.c };
		} else if (l->kind == QUO_REFERENCE_FLATTEN) {
			now = (twin_shape){ 1, 1, (uint32_t)elements(now) };
		}
	}
}

void twin_free(twin *t)
{
	for (uint32_t i = 0; i < t->n_weights; i++)
		free(t->weights[i].t);
}
