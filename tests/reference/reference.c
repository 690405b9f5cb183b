/* SPDX-License-Identifier: Apache-2.0 */
#include "reference/net.h"

#include <stdlib.h>
#include <string.h>

#define STREAM_EPOCH (UINT64_C(1) << 32)
#define STREAM_WAGE (UINT64_C(1) << 33)

/* Loops over 16-bit integers: worth another code path where the machine has wider vectors. */
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && \
	!defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define WIDE __attribute__((target_clones("avx2", "default")))
#else
#define WIDE
#endif

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
