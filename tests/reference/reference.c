/* SPDX-License-Identifier: Apache-2.0 */
#include "reference/reference.h"

#include <stdlib.h>
#include <string.h>

#define STREAM_EPOCH (UINT64_C(1) << 32)
#define STREAM_WAGE (UINT64_C(1) << 33)
#define MAX_LAYERS 16

/* Loops over 16-bit integers: worth another code path where the machine has wider vectors. */
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && \
	!defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define WIDE __attribute__((target_clones("avx2", "default")))
#else
#define WIDE
#endif

struct layer {
	uint32_t in, out;
	int alpha;
	/* [in, out]: weight; averages of the gradient, of its magnitude or square, the latter's maximum */
	int32_t *v, *m, *u, *h;
	int16_t *t;    /* [in, out]: ternary */
	int32_t *g;    /* [in, out] */
	int16_t *a;    /* [batch, out]: activation */
	uint8_t *mask; /* [batch, out] */
	int32_t *e;    /* [batch, out]: error before normalisation */
	int16_t *e8;   /* [batch, out]: after */
};

struct quo_reference {
	quo_reference_config config;
	const quo_dataset *data;
	uint64_t step;
	uint32_t *order;
	int16_t *input; /* [batch, features] */
	struct layer layer[MAX_LAYERS];
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

static void ternarize(struct layer *layer)
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

static void forward(struct layer *layer, const int16_t *in, uint32_t rows)
{
	/* e holds z for a moment: it is written anew on the way back. */
	product(in, layer->t, layer->e, rows, layer->in, layer->out);
	for (size_t i = 0; i < (size_t)rows * layer->out; i++) {
		int64_t z = layer->e[i], q = rs(z, layer->alpha);
		layer->a[i] = (int16_t)clamp(q, 0, 127);
		layer->mask[i] = z > 0 && q <= 127;
	}
}

static void update(quo_reference *r, uint32_t p, int shift)
{
	struct layer *layer = &r->layer[p];
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

static void backward(quo_reference *r, const uint8_t *label, int shift)
{
	uint32_t rows = r->config.batch, last = r->config.n_layers - 1;
	struct layer *output = &r->layer[last];

	for (uint32_t b = 0; b < rows; b++)
		for (uint32_t o = 0; o < output->out; o++) {
			size_t i = (size_t)b * output->out + o;
			output->e[i] = output->a[i] - (label[b] == o ? 127 : 0);
		}
	for (uint32_t l = last + 1; l-- > 0;) {
		struct layer *layer = &r->layer[l];
		size_t n = (size_t)rows * layer->out;
		int s = exponent(r, layer->e, n);
		for (size_t i = 0; i < n; i++) {
			int16_t e = (int16_t)clamp(rs(layer->e[i], s - 7), -127, 127);
			layer->e8[i] = l == last || layer->mask[i] ? e : 0;
		}
		gradient(l ? r->layer[l - 1].a : r->input, layer->e8, layer->g, rows, layer->in,
			 layer->out);
		if (l)
			error_below(layer->e8, layer->t, r->layer[l - 1].e, rows, layer->in,
				    layer->out);
	}
	for (uint32_t l = 0; l <= last; l++)
		update(r, l, shift);
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
		for (uint32_t l = 0; l < r->config.n_layers; l++)
			forward(&r->layer[l], l ? r->layer[l - 1].a : r->input, rows);
		backward(r, label, quo_schedule_at(&r->config.lr_shift, (int)epoch));
	}
	free(label);
}

quo_reference *quo_reference_new(const quo_reference_config *config, const quo_dataset *data)
{
	quo_reference *r = zeroed(1, sizeof *r);
	size_t rows = config->batch;

	if (config->n_layers < 1 || config->n_layers > MAX_LAYERS)
		abort();
	r->config = *config;
	r->data = data;
	r->order = zeroed(data->train_rows, sizeof *r->order);
	r->input = zeroed(rows * data->features, sizeof *r->input);
	for (uint32_t l = 0; l < config->n_layers; l++) {
		struct layer *layer = &r->layer[l];
		layer->in = l ? config->out[l - 1] : data->features;
		layer->out = config->out[l];
		layer->alpha = alpha_of(layer->in);
		size_t weights = (size_t)layer->in * layer->out, values = rows * layer->out;
		layer->v = zeroed(weights, sizeof *layer->v);
		layer->m = zeroed(weights, sizeof *layer->m);
		layer->u = zeroed(weights, sizeof *layer->u);
		layer->h = zeroed(weights, sizeof *layer->h);
		layer->t = zeroed(weights, sizeof *layer->t);
		layer->g = zeroed(weights, sizeof *layer->g);
		layer->a = zeroed(values, sizeof *layer->a);
		layer->mask = zeroed(values, sizeof *layer->mask);
		layer->e = zeroed(values, sizeof *layer->e);
		layer->e8 = zeroed(values, sizeof *layer->e8);
		for (size_t j = 0; j < weights; j++)
			layer->v[j] = (int32_t)below(value(config->seed, l, j), 193) - 96;
		ternarize(layer);
	}
	return r;
}

void quo_reference_free(quo_reference *r)
{
	if (!r)
		return;
	for (uint32_t l = 0; l < r->config.n_layers; l++) {
		struct layer *layer = &r->layer[l];
		free(layer->v);
		free(layer->m);
		free(layer->u);
		free(layer->h);
		free(layer->t);
		free(layer->g);
		free(layer->a);
		free(layer->mask);
		free(layer->e);
		free(layer->e8);
	}
	free(r->order);
	free(r->input);
	free(r);
}

void quo_reference_weights(const quo_reference *r, uint32_t layer, int8_t *out)
{
	const struct layer *l = &r->layer[layer];

	for (size_t i = 0; i < (size_t)l->in * l->out; i++)
		out[i] = (int8_t)l->v[i];
}

uint32_t quo_reference_correct(const quo_reference *r, uint32_t rows)
{
	uint32_t correct = 0, last = r->config.n_layers - 1, features = r->data->features;
	uint32_t classes = r->layer[last].out;
	/* The buffers of a batch serve a single row; no step needs what they held. */
	struct layer layer[MAX_LAYERS];
	int16_t *input = zeroed(features, sizeof *input);

	memcpy(layer, r->layer, sizeof layer);
	if (rows == 0 || rows > r->data->test_rows)
		rows = r->data->test_rows;
	for (uint32_t row = 0; row < rows; row++) {
		uint32_t best = 0;
		for (uint32_t i = 0; i < features; i++)
			input[i] = r->data->test_x[(size_t)row * features + i];
		for (uint32_t l = 0; l <= last; l++)
			forward(&layer[l], l ? layer[l - 1].a : input, 1);
		for (uint32_t o = 1; o < classes; o++)
			if (layer[last].a[o] > layer[last].a[best])
				best = o;
		correct += best == r->data->test_y[row];
	}
	free(input);
	return correct;
}

void quo_reference_train(const quo_reference_config *config, const quo_dataset *data,
			 uint64_t steps, int8_t *const *weights)
{
	quo_reference *r = quo_reference_new(config, data);

	quo_reference_steps(r, steps);
	for (uint32_t l = 0; l < config->n_layers; l++)
		quo_reference_weights(r, l, weights[l]);
	quo_reference_free(r);
}
