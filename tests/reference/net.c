/* SPDX-License-Identifier: Apache-2.0 */
/* The reference trainer's network from a list of layers. */
#include "reference/net.h"

/* round(log2(0.75 sqrt(n / 6))) is the largest k with 4^k <= 3n / 16. */
static int alpha_of(uint32_t n)
{
	int k = 0;

	while ((uint64_t)16 << (2 * (k + 1)) <= (uint64_t)3 * n)
		k++;
	return 1 + k;
}

static struct weights *new_weights(quo_reference *r, uint64_t in, uint32_t out)
{
	struct weights *w = &r->weights[r->n_weights];
	size_t n = in * out;

	*w = (struct weights){ .in = (uint32_t)in, .out = out, .alpha = alpha_of((uint32_t)in) };
	w->v = zeroed(n, sizeof *w->v);
	w->m = zeroed(n, sizeof *w->m);
	w->u = zeroed(n, sizeof *w->u);
	w->h = zeroed(n, sizeof *w->h);
	w->t = zeroed(n, sizeof *w->t);
	w->g = zeroed(n, sizeof *w->g);
	for (size_t j = 0; j < n; j++)
		w->v[j] = (int32_t)below(value(r->config.seed, r->n_weights, j), 193) - 96;
	ternarize(w);
	r->n_weights++;
	return w;
}

static struct linear new_fc(quo_reference *r, struct shape from, uint32_t out)
{
	struct linear l = { .from = from, .to = { 1, 1, out }, .places = 1 };
	size_t n = r->config.batch * elements(from);

	l.weights = new_weights(r, elements(from), out);
	l.x = zeroed(n, sizeof *l.x);
	l.back = zeroed(n, sizeof *l.back);
	return l;
}

/* Places of a kernel along a side, and zeros in front of it. */
static uint32_t side(uint32_t in, uint32_t kernel, uint32_t stride, bool same, uint32_t padding,
		     int64_t *front)
{
	*front = padding;
	if (!same)
		return (in + 2 * padding - kernel) / stride + 1;
	uint32_t places = (in + stride - 1) / stride;
	int64_t missing = (int64_t)(places - 1) * stride + kernel - in;
	*front = missing > 0 ? missing / 2 : 0;
	return places;
}

static struct linear new_conv(quo_reference *r, struct shape from, const quo_reference_layer *c)
{
	struct linear l = { .from = from, .to = { .c = c->out } };
	int64_t top, left;
	size_t k = 0;

	l.to.h = side(from.h, c->kh, c->sh, c->same, c->ph, &top);
	l.to.w = side(from.w, c->kw, c->sw, c->same, c->pw, &left);
	l.places = l.to.h * l.to.w;
	l.weights = new_weights(r, (uint64_t)c->kh * c->kw * from.c, c->out);
	l.tap = zeroed((size_t)l.places * l.weights->in, sizeof *l.tap);
	for (uint32_t p = 0; p < l.places; p++)
		for (uint32_t row = 0; row < c->kh; row++)
			for (uint32_t column = 0; column < c->kw; column++)
				for (uint32_t i = 0; i < from.c; i++) {
					int64_t y = (int64_t)(p / l.to.w) * c->sh + row - top;
					int64_t x = (int64_t)(p % l.to.w) * c->sw + column - left;
					bool in = y >= 0 && y < from.h && x >= 0 && x < from.w;
					l.tap[k++] =
						in ? (int32_t)((y * from.w + x) * from.c + i) : -1;
				}
	l.x = zeroed(r->config.batch * k, sizeof *l.x);
	l.back = zeroed(r->config.batch * k, sizeof *l.back);
	return l;
}

static struct shape follow(quo_reference *r, struct shape from, const quo_reference_layer *layer)
{
	struct stage *stage = &r->stage[r->n_stages - 1];
	struct follower *f = &stage->follower[stage->n_followers++];
	size_t batch = r->config.batch;

	if (stage->n_followers > MAX_FOLLOWERS)
		abort();
	*f = (struct follower){ .layer = layer, .from = from, .to = from };
	if (layer->kind == QUO_REFERENCE_MAXPOOL) {
		f->to = (struct shape){ from.h / layer->kh, from.w / layer->kw, from.c };
		f->winner = zeroed(batch * elements(f->to), sizeof *f->winner);
	} else {
		f->source = r->n_stages - layer->over;
		struct shape source = r->stage[f->source].linear.from;
		quo_reference_layer one = {
			.kh = 1, .kw = 1, .sh = layer->sh, .sw = layer->sw, .out = from.c
		};
		if (layer->project)
			f->projection = new_conv(r, source, &one);
		struct shape adds = layer->project ? f->projection.to : source;
		if (adds.h != from.h || adds.w != from.w || adds.c != from.c)
			abort();
		f->back = zeroed(batch * elements(source), sizeof *f->back);
	}
	return f->to;
}

static void build(quo_reference *r, const quo_reference_layer *layers, uint32_t n, struct shape now)
{
	for (uint32_t i = 0; i < n; i++) {
		const quo_reference_layer *layer = &layers[i];
		if (layer->kind == QUO_REFERENCE_FC || layer->kind == QUO_REFERENCE_CONV) {
			struct stage *stage = &r->stage[r->n_stages++];
			stage->linear = layer->kind == QUO_REFERENCE_FC ? new_fc(r, now, layer->out)
									: new_conv(r, now, layer);
			struct weights *w = stage->linear.weights;
			w->alpha = w->alpha + layer->shift < 1 ? 1 : w->alpha + layer->shift;
			now = stage->linear.to;
		} else if (layer->kind == QUO_REFERENCE_FLATTEN) {
			now = (struct shape){ 1, 1, (uint32_t)elements(now) };
		} else {
			now = follow(r, now, layer);
		}
		if (r->n_stages)
			r->stage[r->n_stages - 1].to = now;
	}
	for (uint32_t j = 0; j < r->n_stages; j++) {
		struct stage *stage = &r->stage[j];
		size_t to = r->config.batch * elements(stage->to);
		size_t z = r->config.batch * elements(stage->linear.to);
		stage->z = zeroed(z, sizeof *stage->z);
		stage->z2 = zeroed(z, sizeof *stage->z2);
		stage->a = zeroed(to, sizeof *stage->a);
		stage->mask = zeroed(to, sizeof *stage->mask);
		stage->e = zeroed(to, sizeof *stage->e);
		stage->e8 = zeroed(z, sizeof *stage->e8);
		stage->e8z = zeroed(z, sizeof *stage->e8z);
	}
}

quo_reference *quo_reference_new(const quo_reference_config *config, const quo_dataset *data)
{
	quo_reference *r = zeroed(1, sizeof *r);
	struct shape input = { 1, 1, data->features };

	if (config->n_layers < 1 || config->n_layers > MAX_LAYERS)
		abort();
	r->config = *config;
	r->data = data;
	r->order = zeroed(data->train_rows, sizeof *r->order);
	r->input = zeroed((size_t)config->batch * data->features, sizeof *r->input);
	if (data->n_dims == 3)
		input = (struct shape){ data->dim[0], data->dim[1], data->dim[2] };
	if (config->layers) {
		build(r, config->layers, config->n_layers, input);
		return r;
	}
	quo_reference_layer fc[MAX_LAYERS] = { { 0 } };
	for (uint32_t l = 0; l < config->n_layers; l++)
		fc[l] = (quo_reference_layer){ .kind = QUO_REFERENCE_FC, .out = config->out[l] };
	build(r, fc, config->n_layers, input);
	return r;
}

static void free_linear(struct linear *l)
{
	free(l->tap);
	free(l->x);
	free(l->back);
}

void quo_reference_free(quo_reference *r)
{
	if (!r)
		return;
	for (uint32_t p = 0; p < r->n_weights; p++) {
		struct weights *w = &r->weights[p];
		free(w->v);
		free(w->m);
		free(w->u);
		free(w->h);
		free(w->t);
		free(w->g);
	}
	for (uint32_t j = 0; j < r->n_stages; j++) {
		struct stage *stage = &r->stage[j];
		free_linear(&stage->linear);
		for (uint32_t k = 0; k < stage->n_followers; k++) {
			free(stage->follower[k].winner);
			free(stage->follower[k].back);
			free_linear(&stage->follower[k].projection);
		}
		free(stage->z);
		free(stage->z2);
		free(stage->a);
		free(stage->mask);
		free(stage->e);
		free(stage->e8);
		free(stage->e8z);
	}
	free(r->order);
	free(r->input);
	free(r);
}
