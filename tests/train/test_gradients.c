/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The gradients of the first step against finite differences of a real-valued twin: their direction,
 * and their length, which the exponents of the errors fix.
 *
 * At the output of stage j an error is `scale` times the real one; there it is divided by 2^(s - 7),
 * and a product with T, which the real one divides by 2^alpha, does not divide it. A gradient is 128
 * times as large again, as its activations are. A skip whose error came back at another scale would
 * turn and stretch every gradient below it.
 */
#include "nets.h"
#include "train_support.h"
#include "twin.h"
#include "twoparty.h"

#include <math.h>

#define ROWS 24
#define SEEDS 8 /* of initial weights: what they give is looked at together */
#define SAMPLES 60
#define STEP 1e-5
/* Activations and errors are rounded to 8 bits, halves upward: every layer adds some noise, and one
 * of few inputs some length. A skip wrong by a power of two is far outside. */
#define LEAST_COSINE 0.99
#define MOST_STRETCH 0.2

static quo_err err;

struct captured {
	int32_t *g[MAX_LIST];
	int s[MAX_LIST];
};

static quo_status capture(void *arg, quo_session *s, const char *where, const char *name,
			  const quo_tensor *t, quo_err *error)
{
	struct captured *c = arg;
	unsigned layer;

	(void)s;
	(void)error;
	if (sscanf(where, "layer %u", &layer) != 1 || layer < 1 || layer > MAX_LIST)
		return QUO_OK;
	if (!strcmp(name, "G") && !c->g[layer - 1]) {
		c->g[layer - 1] = quo_alloc(t->n, sizeof **c->g, &err);
		assert_non_null(c->g[layer - 1]);
		quo_tensor_get(t, c->g[layer - 1]);
	} else if (!strcmp(name, "s_E")) {
		quo_tensor_get(t, &c->s[layer - 1]);
	}
	return QUO_OK;
}

/* How many times as large as the real gradient that of tensor p has to be. */
static double expected(const struct net *net, const twin *t, uint32_t p, const struct captured *c)
{
	double scale = 128;

	for (uint32_t q = t->n_weights; q-- > 0;) {
		uint32_t i = t->weights[q].layer;
		/* A projection comes behind the layer to whose output it adds. */
		if (net->layer[i].kind == QUO_REFERENCE_RESIDUAL) {
			if (q == p)
				return 128 * ldexp(scale, 7 - c->s[t->weights[q - 1].layer] +
								  t->weights[q].alpha);
			continue;
		}
		scale = ldexp(scale, 7 - c->s[i] + t->weights[q].alpha);
		if (q == p)
			return 128 * scale;
	}
	fail_msg("no tensor %u", p);
	return 0;
}

static double slope(const twin *t, double *weight, const double *x, const uint8_t *label)
{
	double kept = *weight;

	*weight = kept + STEP;
	double above = twin_loss(t, x, label, ROWS);
	*weight = kept - STEP;
	double below = twin_loss(t, x, label, ROWS);
	*weight = kept;
	return (above - below) / (2 * STEP);
}

/* Of our gradients g, divided by what they should be longer, and the real ones f. */
struct sums {
	double gg, gf, ff;
};

static void add_tensor(const struct net *net, const twin *t, uint32_t p, const struct captured *c,
		       const double *x, const uint8_t *label, struct sums *sums)
{
	const twin_weights *w = &t->weights[p];
	size_t n = (size_t)w->in * w->out, step = n / SAMPLES + 1;
	double scale = expected(net, t, p, c);

	assert_non_null(c->g[w->layer]);
	for (size_t i = 0; i < n; i += step) {
		double f = slope(t, &w->t[i], x, label), g = c->g[w->layer][i] / scale;
		sums->gg += g * g;
		sums->gf += g * f;
		sums->ff += f * f;
	}
}

static void add_seed(const struct net *net, int seed, struct trained *trained, struct sums *sums,
		     twin *t)
{
	char seeds[40];
	const char *const sets[] = { "data.train_rows=24",
				     "data.test_rows=10",
				     "train.batch=24",
				     "train.epochs=1",
				     "train.max_steps=1",
				     net->model,
				     seeds,
				     NULL };
	struct captured c = { 0 };

	snprintf(seeds, sizeof seeds, "train.seed=%d", seed);
	train_clear_traced("quickstart.yaml", sets, trained, capture, &c);
	quo_experiment *experiment = train_load("quickstart.yaml", sets);
	quo_dataset data = train_data(experiment);
	double *x = quo_alloc((size_t)ROWS * data.features, sizeof *x, &err);
	assert_non_null(x);
	assert_int_equal(data.train_rows, ROWS);
	for (size_t i = 0; i < (size_t)ROWS * data.features; i++)
		x[i] = data.train_x[i] / 128.0;
	twin_init(t, net->layer, net->n, (twin_shape){ data.dim[0], data.dim[1], data.dim[2] },
		  (uint64_t)seed);
	for (uint32_t p = 0; p < t->n_weights; p++)
		add_tensor(net, t, p, &c, x, data.train_y, &sums[p]);
	twin_free(t);
	quo_free(x);
	for (uint32_t i = 0; i < MAX_LIST; i++)
		quo_free(c.g[i]);
	quo_dataset_free(&data);
	quo_experiment_free(experiment);
}

static void check(const struct net *net, struct trained *trained)
{
	struct sums sums[TWIN_MAX] = { { 0 } };
	twin t;

	print_message("%s\n", net->model);
	for (int seed = 1; seed <= SEEDS; seed++)
		add_seed(net, seed, trained, sums, &t);
	for (uint32_t p = 0; p < t.n_weights; p++) {
		double cosine = sums[p].gf / sqrt(sums[p].gg * sums[p].ff),
		       stretch = sums[p].gf / sums[p].ff;
		uint32_t layer = t.weights[p].layer + 1;
		print_message("  layer %u: cosine %.4f, stretch %.4f\n", layer, cosine, stretch);
		if (!(cosine > LEAST_COSINE))
			fail_msg("%s: the gradient of layer %u points elsewhere: cosine %f",
				 net->model, layer, cosine);
		if (!(fabs(stretch - 1) < MOST_STRETCH))
			fail_msg("%s: the gradient of layer %u is %f times as long as it should be",
				 net->model, layer, stretch);
	}
}

static void gradients_are_the_real_ones(void **state)
{
	struct trained *trained = quo_test_shared(1, sizeof *trained);

	(void)state;
	for (size_t i = 0; i < N_NETS; i++)
		check(&nets[i], trained);
	quo_test_unshare(trained, 1, sizeof *trained);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(gradients_are_the_real_ones) };

	return cmocka_run_group_tests_name("gradients", tests, NULL, NULL);
}
