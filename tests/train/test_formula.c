/* SPDX-License-Identifier: Apache-2.0 */
/* The table "A training step" of docs/protocols.md, term by term, within 5% of the forecast (which
 * equals the run). */
#include "train/forecast.h"
#include "train_support.h"

#define C 16.0 /* bytes per chosen COT */

static double planes(double l, int n, double row)
{
	double bytes = 0;

	for (int k = 0; k < n; k++)
		bytes += C + row * (l - k) / 8;
	return bytes;
}

static double wider(double a, double b)
{
	return a > b ? a : b;
}

/* Per example: elements of the input, places of the kernel, elements of the activation, and of Z in
 * each of their windows. */
struct geometry {
	double elements, places, outputs, window;
};

static double layer_bytes(const quo_forecast_layer *l, const quo_forecast_layer *above,
			  double batch, struct geometry g, double state_bits)
{
	double in = l->in, out = l->out, e = above ? above->e_width : 8, bytes = 0, v = g.window;
	double weights = in * out, outputs = batch * g.outputs, rows = batch * g.places;
	bool first = l->e_width == 0;

	bytes += 4 * weights * (C + rows * l->z_width / 8);
	if (!first)
		bytes += batch * g.elements * planes(wider(l->z_width, l->g_width), 7, 1);
	bytes += outputs * (32.0 * (l->activate_ands + v * (l->z_width - 1)) + C * v * l->z_width);
	if (above)
		bytes += outputs * (32 * (e - 1) + C * e);
	bytes += outputs * (32 + C) * (e - 1);
	bytes += outputs * (32.0 * l->normalise_ands + C * (e + v));
	if (!first) {
		bytes += rows * out * planes(wider(l->g_width, l->e_width), 8, 1);
		bytes += 4 * weights * (C + rows * l->e_width / 8);
	}
	if (!first && 7 * in < 8 * out)
		bytes += 2 * rows * in * planes(l->g_width, 7, out);
	else
		bytes += 2 * rows * out * planes(l->g_width, 8, in);
	bytes += weights * (32.0 * (l->g_width - 1) + C * l->g_width);
	bytes += weights * (32 + C) * (l->g_width - 1);
	bytes += weights * (32.0 * l->update_ands + C * (8 + l->g_width + state_bits));
	return bytes;
}

/* geometry: of each layer with parameters; NULL: all are fully connected. */
static void check(const quo_data_shape *shape, const char *const *sets,
		  const struct geometry *geometry, double state_bits)
{
	quo_err err = QUO_ERR_INIT;
	quo_experiment *experiment = train_load("quickstart.yaml", sets);
	const quo_experiment_config *config = quo_experiment_config_of(experiment);
	quo_forecast f;
	double bytes = 0;

	quo_test_ok(quo_forecast_run(&f, config, shape, false, &err));
	for (uint32_t i = 0; i < f.n_layers; i++) {
		const quo_forecast_layer *l = &f.layers[i];
		struct geometry fc = { l->in, 1, l->out, 1 };
		bytes += layer_bytes(l, i + 1 < f.n_layers ? &f.layers[i + 1] : NULL,
				     (double)config->train.batch, geometry ? geometry[i] : fc,
				     state_bits);
	}
	print_message("formula %.1f MB, forecast %.1f MB a step\n", bytes / 1e6,
		      (double)f.step_bytes / 1e6);
	assert_true(bytes > 0.95 * (double)f.step_bytes && bytes < 1.05 * (double)f.step_bytes);
	quo_forecast_free(&f);
	quo_experiment_free(experiment);
}

static void mnist_2x128(void **state)
{
	const quo_data_shape shape = { 3, { 28, 28, 1 }, 784, 10, false, { 60000, 10000 } };
	const char *sgd[] = {
		"model=[{use: fc, out: 128}, {use: fc, out: 128}, {use: fc, out: 10}]",
		"train.batch=128", "train.max_steps=1", "train.optimizer.use=sgd", NULL
	};
	const char *amsgrad[] = { sgd[0], sgd[1], sgd[2], "train.optimizer.use=amsgrad", NULL };
	const char *standard[] = { sgd[0], sgd[1], sgd[2], "train.optimizer.use=amsgrad-std",
				   NULL };

	(void)state;
	check(&shape, sgd, NULL, 0);
	check(&shape, amsgrad, NULL, 8 + 7 + 3);   /* M, U, L */
	check(&shape, standard, NULL, 8 + 14 + 7); /* M, U, R */
}

static void tabular(void **state)
{
	const quo_data_shape shape = { 1, { 61 }, 61, 2, false, { 800, 200 } };
	const char *sets[] = {
		"model=[{use: fc, out: 124}, {use: fc, out: 124}, {use: fc, out: 2}]",
		"train.batch=32", "train.max_steps=1", "train.optimizer.use=amsgrad", NULL
	};

	(void)state;
	check(&shape, sets, NULL, 8 + 7 + 3);
}

static void lenet(void **state)
{
	const quo_data_shape shape = { 3, { 28, 28, 1 }, 784, 10, false, { 60000, 10000 } };
	static const struct geometry geometry[] = {
		{ 28 * 28, 24 * 24, 12 * 12 * 32, 4 },
		{ 12 * 12 * 32, 8 * 8, 4 * 4 * 64, 4 },
		{ 1024, 1, 512, 1 },
		{ 512, 1, 10, 1 },
	};
	const char *sets[] = {
		"model=[{use: conv2d, out: 32, kernel: 5}, {use: maxpool}, {use: conv2d, out: 64, kernel: "
		"5}, {use: maxpool}, {use: flatten}, {use: fc, out: 512}, {use: fc, out: 10}]",
		"train.batch=16", "train.max_steps=1", "train.optimizer.use=sgd", NULL
	};

	(void)state;
	check(&shape, sets, geometry, 0);
}

/* Small kernels and many more channels than inputs of a patch: the gradient's other operand. */
static void wide(void **state)
{
	const quo_data_shape shape = { 3, { 28, 28, 1 }, 784, 10, false, { 60000, 10000 } };
	static const struct geometry geometry[] = {
		{ 28 * 28, 14 * 14, 14 * 14 * 8, 1 },
		{ 14 * 14 * 8, 14 * 14, 14 * 14 * 96, 1 },
		{ 14 * 14 * 96, 1, 10, 1 },
	};
	const char *sets[] = {
		"model=[{use: conv2d, out: 8, kernel: 3, stride: 2, padding: same}, "
		"{use: conv2d, out: 96, kernel: 3, padding: same}, {use: fc, out: 10}]",
		"train.batch=16", "train.max_steps=1", "train.optimizer.use=sgd", NULL
	};

	(void)state;
	check(&shape, sets, geometry, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mnist_2x128),
		cmocka_unit_test(tabular),
		cmocka_unit_test(lenet),
		cmocka_unit_test(wide),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
