/* SPDX-License-Identifier: Apache-2.0 */
#include "reference/reference.h"

#include <stdlib.h>
#include <string.h>

#define STREAM_EPOCH (UINT64_C(1) << 32)
#define STREAM_WAGE (UINT64_C(1) << 33)
#define MAX_LAYERS 128
#define MAX_FOLLOWERS 4

/* Loops over 16-bit integers: worth another code path where the machine has wider vectors. */
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && \
	!defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define WIDE __attribute__((target_clones("avx2", "default")))
#else
#define WIDE
#endif

/* A ternary matrix with what its optimiser keeps. */
struct weights {
	uint32_t in, out;
	int alpha;
	/* [in, out]: weight; averages of the gradient, of its magnitude or square, the latter's maximum */
	int32_t *v, *m, *u, *h;
	int16_t *t; /* ternary */
	int32_t *g;
};

/* A [rows, columns, channels] image; fc: [1, 1, features]. */
struct shape {
	uint32_t h, w, c;
};

/*
 * A linear map of an image by its taps: number k of output place p is element tap[p * in + k] of the
 * image, or 0 where that is negative. A fully connected layer has one place, and no table.
 */
struct linear {
	struct weights *weights;
	struct shape from, to;
	uint32_t places;
	int32_t *tap;
	int16_t *x;    /* [batch * places, in]: what the weights multiply */
	int32_t *back; /* the same of the errors */
};

/* What follows a linear layer, in the order of the list. */
struct follower {
	const quo_reference_layer *layer;
	struct shape from, to;
	/* Pooling: for every element of `to` of the batch, which element of its image won. */
	uint32_t *winner;
	/* Residual: the stage whose input it adds, the projection, and what it sends back to there
	 * before it is scaled, [batch, source]. */
	uint32_t source;
	struct linear projection;
	int64_t *back;
};

struct stage {
	struct linear linear;
	uint32_t n_followers;
	struct follower follower[MAX_FOLLOWERS];
	struct shape to;
	int32_t *z, *z2;   /* the larger of what goes in and out of the followers */
	int16_t *a;        /* [batch, to]: activation */
	uint8_t *mask;     /* [batch, to] */
	int32_t *e;        /* [batch, to]: error before normalisation */
	int s;             /* its exponent */
	int16_t *e8, *e8z; /* after, at the activation and on its way to Z */
};

struct quo_reference {
	quo_reference_config config;
	const quo_dataset *data;
	uint64_t step;
	uint32_t *order;
	int16_t *input; /* [batch, features] */
	uint32_t n_weights, n_stages;
	struct weights weights[MAX_LAYERS];
	struct stage stage[MAX_LAYERS];
};

static void *zeroed(size_t n, size_t size)
{
	void *p = calloc(n ? n : 1, size);

	if (!p)
		abort();
	return p;
}

/* Public randomness. */

static uint64_t mix(uint64_t z)
{
	z ^= z >> 30;
	z *= UINT64_C(0xBF58476D1CE4E5B9);
	z ^= z >> 27;
	z *= UINT64_C(0x94D049BB133111EB);
	z ^= z >> 31;
	return z;
}

static uint64_t value(uint64_t seed, uint64_t stream, uint64_t j)
{
	return mix(mix(seed + mix(stream)) + (j + 1) * UINT64_C(0x9E3779B97F4A7C15));
}

__extension__ typedef unsigned __int128 wide;

static uint64_t below(uint64_t r, uint64_t n)
{
	return (uint64_t)((wide)r * n >> 64);
}

static void shuffle(quo_reference *r, uint64_t epoch)
{
	uint32_t n = r->data->train_rows;

	for (uint32_t i = 0; i < n; i++)
		r->order[i] = i;
	for (uint32_t i = n - 1; i > 0; i--) {
		uint64_t j = below(value(r->config.seed, STREAM_EPOCH + epoch, n - 1 - i),
				   (uint64_t)i + 1);
		uint32_t kept = r->order[i];
		r->order[i] = r->order[j];
		r->order[j] = kept;
	}
}

/* Integers. */

static int64_t rs(int64_t x, int s)
{
	if (s <= 0)
		return x * ((int64_t)1 << -s);
	return (x + ((int64_t)1 << (s - 1))) >> s;
}

static int64_t clamp(int64_t x, int64_t low, int64_t high)
{
	return x < low ? low : x > high ? high : x;
}

static int length(uint64_t v)
{
	int n = 0;

	for (; v; v >>= 1)
		n++;
	return n;
}

/* The exponent of a tensor: len of the OR of all magnitudes (~x for negative x), or log2 of the
 * largest, rounded. */
static int exponent(const quo_reference *r, const int32_t *x, size_t n)
{
	uint64_t all = 0, largest = 0;

	for (size_t i = 0; i < n; i++) {
		uint64_t absolute = (uint64_t)llabs((long long)x[i]);
		all |= (uint64_t)(uint32_t)(x[i] < 0 ? ~x[i] : x[i]);
		largest = absolute > largest ? absolute : largest;
	}
	if (r->config.quantizer == QUO_REFERENCE_NPOW)
		return length(all);
	if (largest == 0)
		return 0;
	int k = length(largest) - 1;
	/* log2(x) >= k + 1/2 where x^2 >= 2^(2k + 1) */
	return k + (largest * largest >= (uint64_t)1 << (2 * k + 1));
}

/* round(log2(0.75 sqrt(n / 6))) is the largest k with 4^k <= 3n / 16. */
static int alpha_of(uint32_t n)
{
	int k = 0;

	while ((uint64_t)16 << (2 * (k + 1)) <= (uint64_t)3 * n)
		k++;
	return 1 + k;
}

static void ternarize(struct weights *layer)
{
	for (size_t i = 0; i < (size_t)layer->in * layer->out; i++)
		layer->t[i] = layer->v[i] >= 32 ? 1 : layer->v[i] <= -32 ? -1 : 0;
}

/* The largest integer whose square is at most x. */
static int64_t root(int64_t x)
{
	int64_t low = 0, high = x + 1;

	while (high - low > 1) {
		int64_t middle = (low + high) / 2;
		if (middle * middle <= x)
			low = middle;
		else
			high = middle;
	}
	return low;
}

/* x / y to the nearest integer, halves up; y > 0. */
static int64_t nearest(int64_t x, int64_t y)
{
	int64_t twice = 2 * x + y, q = twice / (2 * y);

	return twice < 0 && q * 2 * y != twice ? q - 1 : q;
}

/* Products, where almost all time goes. */

/* z[b, o] = sum_i a[b, i] t[i, o] */
WIDE static void product(const int16_t *a, const int16_t *t, int32_t *z, size_t rows, size_t in,
			 size_t out)
{
	memset(z, 0, rows * out * sizeof *z);
	for (size_t b = 0; b < rows; b++)
		for (size_t i = 0; i < in; i++) {
			int16_t x = a[b * in + i];
			if (!x)
				continue;
			for (size_t o = 0; o < out; o++)
				z[b * out + o] += x * t[i * out + o];
		}
}

/* g[i, o] = sum_b a[b, i] e[b, o] */
WIDE static void gradient(const int16_t *a, const int16_t *e, int32_t *g, size_t rows, size_t in,
			  size_t out)
{
	memset(g, 0, in * out * sizeof *g);
	for (size_t i = 0; i < in; i++)
		for (size_t b = 0; b < rows; b++) {
			int16_t x = a[b * in + i];
			if (!x)
				continue;
			for (size_t o = 0; o < out; o++)
				g[i * out + o] += x * e[b * out + o];
		}
}

/* below[b, i] = sum_o e[b, o] t[i, o] */
WIDE static void error_below(const int16_t *e, const int16_t *t, int32_t *below_, size_t rows,
			     size_t in, size_t out)
{
	for (size_t b = 0; b < rows; b++)
		for (size_t i = 0; i < in; i++) {
			int32_t sum = 0;
			for (size_t o = 0; o < out; o++)
				sum += e[b * out + o] * t[i * out + o];
			below_[b * in + i] = sum;
		}
}

static size_t elements(struct shape s)
{
	return (size_t)s.h * s.w * s.c;
}

/* Linear maps. */

/* z [rows, to] of images a [rows, from]; the patches stay for the way back. */
static void multiply(const struct linear *l, const int16_t *a, int32_t *z, uint32_t rows)
{
	size_t from = elements(l->from), per = (size_t)l->places * l->weights->in;

	for (size_t b = 0; b < rows; b++)
		for (size_t k = 0; k < per; k++) {
			int32_t tap = l->tap ? l->tap[k] : (int32_t)k;
			l->x[b * per + k] = tap < 0 ? 0 : a[b * from + (size_t)tap];
		}
	product(l->x, l->weights->t, z, (size_t)rows * l->places, l->weights->in, l->weights->out);
}

/* The gradient; and with `below`, [rows, from], the errors of the images are added to it. */
static void differentiate(const struct linear *l, const int16_t *e, int64_t *below_, uint32_t rows)
{
	size_t from = elements(l->from), per = (size_t)l->places * l->weights->in;

	gradient(l->x, e, l->weights->g, (size_t)rows * l->places, l->weights->in, l->weights->out);
	if (!below_)
		return;
	error_below(e, l->weights->t, l->back, (size_t)rows * l->places, l->weights->in,
		    l->weights->out);
	for (size_t b = 0; b < rows; b++)
		for (size_t k = 0; k < per; k++) {
			int32_t tap = l->tap ? l->tap[k] : (int32_t)k;
			if (tap >= 0)
				below_[b * from + (size_t)tap] += l->back[b * per + k];
		}
}

/* Followers. */

static void pool(const struct follower *f, const int32_t *z, int32_t *out, uint32_t rows)
{
	uint32_t size_h = f->layer->kh, size_w = f->layer->kw;
	size_t i = 0;

	for (uint32_t b = 0; b < rows; b++) {
		const int32_t *image = z + b * elements(f->from);
		for (uint32_t y = 0; y < f->to.h; y++)
			for (uint32_t x = 0; x < f->to.w; x++)
				for (uint32_t c = 0; c < f->to.c; c++, i++) {
					bool any = false;
					for (uint32_t k = 0; k < size_h * size_w; k++) {
						uint32_t at =
							((y * size_h + k / size_w) * f->from.w +
							 x * size_w + k % size_w) *
								f->from.c +
							c;
						if (any && image[at] <= image[f->winner[i]])
							continue;
						any = true;
						f->winner[i] = at;
					}
					out[i] = image[f->winner[i]];
				}
	}
}

static void add_skip(const struct follower *f, const struct stage *stage, const int16_t *source,
		     int32_t *z, int32_t *scratch, uint32_t rows)
{
	const struct weights *p = f->projection.weights;
	size_t n = rows * elements(f->to);

	if (p)
		multiply(&f->projection, source, scratch, rows);
	for (size_t i = 0; i < n; i++)
		z[i] += (p ? scratch[i] : source[i]) *
			(1 << (stage->linear.weights->alpha - (p ? p->alpha : 0)));
}

static const int16_t *input_of(const quo_reference *r, uint32_t stage)
{
	return stage ? r->stage[stage - 1].a : r->input;
}

static void forward(const quo_reference *r, uint32_t rows)
{
	for (uint32_t j = 0; j < r->n_stages; j++) {
		const struct stage *stage = &r->stage[j];
		int32_t *z = stage->z, *other = stage->z2;
		multiply(&stage->linear, input_of(r, j), z, rows);
		for (uint32_t k = 0; k < stage->n_followers; k++) {
			const struct follower *f = &stage->follower[k];
			if (f->layer->kind == QUO_REFERENCE_RESIDUAL) {
				add_skip(f, stage, input_of(r, f->source), z, other, rows);
			} else if (f->layer->kind == QUO_REFERENCE_MAXPOOL) {
				pool(f, z, other, rows);
				int32_t *kept = z;
				z = other;
				other = kept;
			}
		}
		for (size_t i = 0; i < rows * elements(stage->to); i++) {
			int64_t q = rs(z[i], stage->linear.weights->alpha);
			stage->a[i] = (int16_t)clamp(q, 0, 127);
			stage->mask[i] = z[i] > 0 && q <= 127;
		}
	}
}

static void update(quo_reference *r, uint32_t p, int shift)
{
	struct weights *layer = &r->weights[p];
	size_t n = (size_t)layer->in * layer->out;
	int s = exponent(r, layer->g, n);
	uint64_t stream = STREAM_WAGE + 4096 * r->step + p;

	for (size_t i = 0; i < n; i++) {
		int64_t step, g = layer->g[i];
		if (r->config.optimizer == QUO_REFERENCE_AMSGRAD) {
			g = rs(g, s - 7);
			layer->m[i] += (int32_t)rs(26 * (g - layer->m[i]), 8);
			layer->u[i] += (int32_t)rs(3 * (llabs(g) - layer->u[i]), 8);
			layer->h[i] = layer->u[i] > layer->h[i] ? layer->u[i] : layer->h[i];
			step = rs(layer->m[i], length((uint64_t)layer->h[i]) + shift);
		} else if (r->config.optimizer == QUO_REFERENCE_AMSGRAD_STD) {
			g = rs(g, s - 7);
			layer->m[i] += (int32_t)rs(26 * (g - layer->m[i]), 8);
			layer->u[i] += (int32_t)rs(3 * (g * g - layer->u[i]), 8);
			layer->h[i] = layer->u[i] > layer->h[i] ? layer->u[i] : layer->h[i];
			step = nearest(4 * layer->m[i], (1 + root(layer->h[i])) << shift);
		} else if (r->config.quantizer == QUO_REFERENCE_WAGE) {
			int k = s - 7 + shift;
			int64_t q = k <= 8 ? llabs(g) << (8 - k) : llabs(g) >> (k - 8);
			int64_t whole =
				(q + (int64_t)(value(r->config.seed, stream, i) >> 56)) >> 8;
			step = g < 0 ? -whole : whole;
		} else {
			step = rs(g, s - 7 + shift);
		}
		layer->v[i] = (int32_t)clamp(layer->v[i] - step, -127, 127);
	}
	ternarize(layer);
}

/* The error at the activation to the error at Z, back through the followers; residuals keep theirs. */
static const int16_t *to_z(const struct stage *stage, uint32_t rows)
{
	int16_t *e = stage->e8, *other = stage->e8z;

	for (uint32_t k = stage->n_followers; k-- > 0;) {
		const struct follower *f = &stage->follower[k];
		size_t from = elements(f->from), to = elements(f->to);
		if (f->layer->kind == QUO_REFERENCE_MAXPOOL) {
			memset(other, 0, rows * from * sizeof *other);
			for (size_t i = 0; i < rows * to; i++)
				other[i / to * from + f->winner[i]] = e[i];
			int16_t *kept = e;
			e = other;
			other = kept;
		} else if (f->layer->kind == QUO_REFERENCE_RESIDUAL) {
			size_t source = f->projection.weights ? elements(f->projection.from) : to;
			memset(f->back, 0, rows * source * sizeof *f->back);
			if (f->projection.weights)
				differentiate(&f->projection, e, f->back, rows);
			else
				for (size_t i = 0; i < rows * to; i++)
					f->back[i] = e[i];
		}
	}
	return e;
}

/*
 * Skips that start at the input of stage i. An error at the output of stage k, divided by 2^(s - 7)
 * and brought to the input, has grown by 2^(alpha + 7 - s) against the real one; the skip's way has
 * to grow as much.
 */
static void add_skips(const quo_reference *r, uint32_t i, int64_t *below_, uint32_t rows)
{
	for (uint32_t j = i; j < r->n_stages; j++)
		for (uint32_t k = 0; k < r->stage[j].n_followers; k++) {
			const struct follower *f = &r->stage[j].follower[k];
			if (f->layer->kind != QUO_REFERENCE_RESIDUAL || f->source != i)
				continue;
			const struct weights *p = f->projection.weights;
			int grown = r->stage[j].linear.weights->alpha - (p ? p->alpha : 0), s = 0;
			for (uint32_t l = i; l < j; l++) {
				grown += r->stage[l].linear.weights->alpha + 7;
				s += r->stage[l].s;
			}
			size_t n = rows * elements(r->stage[i].linear.from);
			for (size_t e = 0; e < n; e++)
				below_[e] += rs(f->back[e] * ((int64_t)1 << grown), s);
		}
}

static void backward(quo_reference *r, const uint8_t *label, int shift)
{
	uint32_t rows = r->config.batch, last = r->n_stages - 1;
	struct stage *output = &r->stage[last];
	size_t classes = elements(output->to);

	for (uint32_t b = 0; b < rows; b++)
		for (uint32_t o = 0; o < classes; o++) {
			size_t i = (size_t)b * classes + o;
			output->e[i] = output->a[i] - (label[b] == o ? 127 : 0);
		}
	for (uint32_t j = last + 1; j-- > 0;) {
		struct stage *stage = &r->stage[j];
		size_t n = rows * elements(stage->to),
		       below_n = rows * elements(stage->linear.from);
		stage->s = exponent(r, stage->e, n);
		for (size_t i = 0; i < n; i++) {
			int16_t e = (int16_t)clamp(rs(stage->e[i], stage->s - 7), -127, 127);
			stage->e8[i] = j == last || stage->mask[i] ? e : 0;
		}
		int64_t *below_ = j ? zeroed(below_n, sizeof *below_) : NULL;
		differentiate(&stage->linear, to_z(stage, rows), below_, rows);
		if (!j)
			continue;
		add_skips(r, j, below_, rows);
		for (size_t i = 0; i < below_n; i++) {
			if (below_[i] > INT32_MAX || below_[i] < INT32_MIN)
				abort();
			r->stage[j - 1].e[i] = (int32_t)below_[i];
		}
		free(below_);
	}
	for (uint32_t p = 0; p < r->n_weights; p++)
		update(r, p, shift);
}

uint32_t quo_reference_steps_per_epoch(const quo_reference *r)
{
	return r->data->train_rows / r->config.batch;
}

void quo_reference_steps(quo_reference *r, uint64_t n)
{
	uint32_t per_epoch = quo_reference_steps_per_epoch(r), rows = r->config.batch,
		 features = r->data->features;
	uint8_t *label = zeroed(rows, 1);

	if (!per_epoch)
		abort();
	for (; n > 0; n--, r->step++) {
		uint64_t epoch = r->step / per_epoch, first = r->step % per_epoch * rows;
		if (first == 0)
			shuffle(r, epoch);
		for (uint32_t b = 0; b < rows; b++) {
			uint32_t row = r->order[first + b];
			label[b] = r->data->train_y[row];
			for (uint32_t i = 0; i < features; i++)
				r->input[(size_t)b * features + i] =
					r->data->train_x[(size_t)row * features + i];
		}
		forward(r, rows);
		backward(r, label, quo_schedule_at(&r->config.lr_shift, (int)epoch));
	}
	free(label);
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

uint32_t quo_reference_tensors(const quo_reference *r)
{
	return r->n_weights;
}

size_t quo_reference_size(const quo_reference *r, uint32_t tensor)
{
	return (size_t)r->weights[tensor].in * r->weights[tensor].out;
}

void quo_reference_weights(const quo_reference *r, uint32_t tensor, int8_t *out)
{
	const struct weights *l = &r->weights[tensor];

	for (size_t i = 0; i < (size_t)l->in * l->out; i++)
		out[i] = (int8_t)l->v[i];
}

uint32_t quo_reference_correct(const quo_reference *r, uint32_t rows)
{
	uint32_t correct = 0, features = r->data->features;
	const struct stage *output = &r->stage[r->n_stages - 1];

	if (rows == 0 || rows > r->data->test_rows)
		rows = r->data->test_rows;
	for (uint32_t row = 0; row < rows; row++) {
		uint32_t best = 0;
		/* The buffers of a batch serve a single row; no step needs what they held. */
		for (uint32_t i = 0; i < features; i++)
			r->input[i] = r->data->test_x[(size_t)row * features + i];
		forward(r, 1);
		for (uint32_t o = 1; o < elements(output->to); o++)
			if (output->a[o] > output->a[best])
				best = o;
		correct += best == r->data->test_y[row];
	}
	return correct;
}

void quo_reference_train(const quo_reference_config *config, const quo_dataset *data,
			 uint64_t steps, int8_t *const *weights)
{
	quo_reference *r = quo_reference_new(config, data);

	quo_reference_steps(r, steps);
	for (uint32_t p = 0; p < r->n_weights; p++)
		quo_reference_weights(r, p, weights[p]);
	quo_reference_free(r);
}
