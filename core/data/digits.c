/* SPDX-License-Identifier: Apache-2.0 */
/*
 * digits: handwritten-like digits, drawn from nothing but a seed. For first steps and tests without
 * a download.
 *
 * Every image picks a digit and one of its styles (glyphs.c), moves the pen's points, bends,
 * slants, turns, stretches and shifts the whole, draws it with a pen of random width and strength,
 * and adds noise. Only + - * / and sqrt on doubles, so that every machine draws the same bytes.
 * Image i is drawn from stream 2^40 + i of the seed (test images: 2^41 + i), value by value.
 */
#include <math.h>

#include <quotient/crypto.h>

#include "data/glyphs.h"
#include "data/reader.h"

#define STREAM_TRAIN (UINT64_C(1) << 40)
#define STREAM_TEST (UINT64_C(1) << 41)
#define CURVE_STEPS 8
#define MAX_SIDE 64

struct digits_config {
	quo_data_common common;
	int64_t train_rows, test_rows, size, seed;
	double noise, variation;
};

/* classes has a default here: they are the ten digits. The other common options mean what
 * they say everywhere. */
static const quo_option options[] = {
	QUO_OPTION_AS("classes", struct digits_config, common.classes, QUO_OPT_INT, "10",
		      "number of classes: the ten digits", .min = 10, .max = 256),
	QUO_OPTION_AS("owner", struct digits_config, common.owner, QUO_OPT_ENUM, "dealer",
		      "who brings the data: dealer (outside owners share it to both parties), or "
		      "party 0 or 1",
		      .choices = quo__data_owners),
	QUO_OPTION(struct digits_config, train_rows, QUO_OPT_INT, "4000", "training images to draw",
		   .min = 1, .max = 1000000),
	QUO_OPTION(struct digits_config, test_rows, QUO_OPT_INT, "500", "test images to draw",
		   .min = 1, .max = 1000000),
	QUO_OPTION(struct digits_config, size, QUO_OPT_INT, "16", "side of an image in pixels",
		   .min = 8, .max = MAX_SIDE),
	QUO_OPTION(struct digits_config, seed, QUO_OPT_INT, "1",
		   "of the drawing; not the training's seed", .min = 0, .max = INT64_MAX),
	QUO_OPTION(struct digits_config, variation, QUO_OPT_REAL, "1",
		   "how far writers differ; 0: print-like", .min_real = 0, .max_real = 2),
	QUO_OPTION(struct digits_config, noise, QUO_OPT_REAL, "0.1",
		   "largest error of a pixel, where 1 is from white to black", .min_real = 0,
		   .max_real = 1),
	{ 0 },
};

struct random {
	uint64_t key, next;
};

/* Uniform in [-1, 1). */
static double swing(struct random *random)
{
	return (double)(quo_public_value(random->key, random->next++) >> 11) * 0x1p-52 - 1;
}

static uint32_t below(struct random *random, uint32_t n)
{
	return (uint32_t)quo_public_below(quo_public_value(random->key, random->next++), n);
}

/* From the glyph's box, centred and with y in [-1, 1], to pixels. */
struct hand {
	double xx, xy, yx, yy; /* linear part */
	double bend_x, bend_y; /* quadratic: a lean that grows along the stroke */
	double x, y;           /* centre, pixels */
	double wobble;         /* of each point, in the box */
	double radius, ink;    /* pen: pixels; 0..1 */
};

static struct hand pick_hand(struct random *random, uint32_t side, double variation)
{
	double half = 0.36 * side;
	double t =
		0.11 * variation * swing(random); /* tan of half the angle: about +- 13 degrees */
	double cosine = (1 - t * t) / (1 + t * t), sine = 2 * t / (1 + t * t);
	double slant = 0.3 * variation * swing(random);
	double wide = half * (0.95 + 0.2 * variation * swing(random));
	double high = half * (1 + 0.13 * variation * swing(random));
	/* One statement each: C leaves the order of initialisers open. */
	double bend_x = swing(random), bend_y = swing(random);
	double x = swing(random), y = swing(random);
	double radius = swing(random), ink = swing(random);

	return (struct hand){
		.xx = wide * cosine,
		.xy = -high * (sine + slant * cosine),
		.yx = wide * sine,
		.yy = high * (cosine - slant * sine),
		.bend_x = 0.14 * variation * bend_x,
		.bend_y = 0.14 * variation * bend_y,
		.x = 0.5 * side + 0.07 * side * variation * x,
		.y = 0.5 * side + 0.07 * side * variation * y,
		.wobble = 0.1 * variation,
		.radius = side / 16.0 * (0.75 + 0.35 * (variation < 1 ? variation : 1) * radius),
		.ink = 0.9 + 0.1 * ink,
	};
}

struct point {
	double x, y;
};

static struct point place(const struct hand *hand, struct random *random, const int8_t at[2])
{
	double u = (at[0] - 50) / 50.0 + hand->wobble * swing(random);
	double v = (at[1] - 50) / 50.0 + hand->wobble * swing(random);

	u += hand->bend_x * (v * v - 0.4);
	v += hand->bend_y * (u * u - 0.2);
	return (struct point){ hand->x + hand->xx * u + hand->xy * v,
			       hand->y + hand->yx * u + hand->yy * v };
}

static double clamp(double x, double low, double high)
{
	return x < low ? low : x > high ? high : x;
}

/* Darken the pixels near the segment from a to b; coverage falls from 1 to 0 over one pixel at the
 * pen's rim. */
static void draw_segment(double *pixel, uint32_t side, struct point a, struct point b,
			 const struct hand *hand)
{
	double reach = hand->radius + 1, dx = b.x - a.x, dy = b.y - a.y,
	       length2 = dx * dx + dy * dy;
	uint32_t x0 = (uint32_t)clamp((a.x < b.x ? a.x : b.x) - reach, 0, side);
	uint32_t y0 = (uint32_t)clamp((a.y < b.y ? a.y : b.y) - reach, 0, side);
	uint32_t x1 = (uint32_t)clamp((a.x < b.x ? b.x : a.x) + reach + 1, 0, side);
	uint32_t y1 = (uint32_t)clamp((a.y < b.y ? b.y : a.y) + reach + 1, 0, side);

	for (uint32_t y = y0; y < y1; y++)
		for (uint32_t x = x0; x < x1; x++) {
			double px = x + 0.5 - a.x, py = y + 0.5 - a.y;
			double along = length2 > 0 ? clamp((px * dx + py * dy) / length2, 0, 1) : 0;
			double ex = px - along * dx, ey = py - along * dy;
			double cover = hand->ink *
				       clamp(hand->radius + 0.5 - sqrt(ex * ex + ey * ey), 0, 1);
			if (cover > pixel[y * side + x])
				pixel[y * side + x] = cover;
		}
}

/* Catmull-Rom: through all points, with the tangent at each parallel to the line
 * between its neighbours. */
static struct point curve(const struct point *p, double t)
{
	double t2 = t * t, t3 = t2 * t;
	double w0 = 0.5 * (2 * t2 - t - t3), w1 = 0.5 * (3 * t3 - 5 * t2 + 2);
	double w2 = 0.5 * (4 * t2 + t - 3 * t3), w3 = 0.5 * (t3 - t2);

	return (struct point){ w0 * p[0].x + w1 * p[1].x + w2 * p[2].x + w3 * p[3].x,
			       w0 * p[0].y + w1 * p[1].y + w2 * p[2].y + w3 * p[3].y };
}

static void draw_stroke(double *pixel, uint32_t side, const quo__stroke *stroke,
			const struct hand *hand, struct random *random)
{
	struct point p[QUO_STROKE_POINTS + 2];
	unsigned n = stroke->n;

	for (unsigned i = 0; i < n; i++)
		p[i + 1] = place(hand, random, stroke->at[i]);
	p[0] = (struct point){ 2 * p[1].x - p[2].x, 2 * p[1].y - p[2].y };
	p[n + 1] = (struct point){ 2 * p[n].x - p[n - 1].x, 2 * p[n].y - p[n - 1].y };
	for (unsigned i = 0; i + 1 < n; i++) {
		struct point from = p[i + 1];
		for (int k = 1; k <= CURVE_STEPS; k++) {
			struct point to = curve(p + i, (double)k / CURVE_STEPS);
			draw_segment(pixel, side, from, to, hand);
			from = to;
		}
	}
}

/* One image of side x side values 0..127; returns its digit. */
static uint8_t draw(const struct digits_config *config, struct random *random, int8_t *out)
{
	double pixel[MAX_SIDE * MAX_SIDE] = { 0 };
	uint32_t side = (uint32_t)config->size, digit = below(random, 10);
	const quo__glyph *glyph =
		&quo__glyphs[digit * QUO_GLYPH_STYLES + below(random, QUO_GLYPH_STYLES)];
	struct hand hand = pick_hand(random, side, config->variation);

	for (unsigned i = 0; i < glyph->n; i++)
		draw_stroke(pixel, side, &glyph->stroke[i], &hand, random);
	for (uint32_t i = 0; i < side * side; i++) {
		double value = pixel[i] + config->noise * 0.5 * (swing(random) + swing(random));
		out[i] = (int8_t)floor(127 * clamp(value, 0, 1) + 0.5);
	}
	return glyph->digit;
}

static quo_status load(void *self, uint64_t seed, quo_dataset *out, quo_err *err)
{
	const struct digits_config *config = ((quo__reader *)self)->config;
	uint32_t side = (uint32_t)config->size, features = side * side;
	quo_dataset data = {
		.n_dims = 3,
		.dim = { side, side, 1 },
		.features = features,
		.classes = (uint32_t)config->common.classes,
		.train_rows = (uint32_t)config->train_rows,
		.test_rows = (uint32_t)config->test_rows,
		.train_x = quo_alloc((size_t)config->train_rows, features, err),
		.train_y = quo_alloc((size_t)config->train_rows, 1, err),
		.test_x = quo_alloc((size_t)config->test_rows, features, err),
		.test_y = quo_alloc((size_t)config->test_rows, 1, err),
	};

	(void)seed;
	if (!data.train_x || !data.train_y || !data.test_x || !data.test_y) {
		quo_dataset_free(&data);
		return QUO_FAILED;
	}
	for (uint32_t i = 0; i < data.train_rows; i++) {
		struct random random = { .key = quo_public_key((uint64_t)config->seed,
							       STREAM_TRAIN + i) };
		data.train_y[i] = draw(config, &random, data.train_x + (size_t)i * features);
	}
	for (uint32_t i = 0; i < data.test_rows; i++) {
		struct random random = { .key = quo_public_key((uint64_t)config->seed,
							       STREAM_TEST + i) };
		data.test_y[i] = draw(config, &random, data.test_x + (size_t)i * features);
	}
	return quo__dataset_finish(&data, "data (digits)", out, err);
}

static const quo_data_ops ops = { .life = { .init = quo__reader_init }, .load = load };

const quo_component quo__data_digits = {
	QUO_COMPONENT(QUO_KIND_DATA, &ops),
	.name = "digits",
	.summary = "handwritten-like digits drawn from a seed; needs no files",
	.security = "as data.owner says; read by one process, shared before training",
	.wire_version = 1,
	.instance_size = sizeof(quo__reader),
	.config_size = sizeof(struct digits_config),
	.options = options,
};
