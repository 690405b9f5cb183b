/* SPDX-License-Identifier: Apache-2.0 */
/* Window layers: which elements a window has, and that the first of the largest is taken. */
#include "layer_tests.h"

static const struct window_case {
	const char *name, *yaml;
	uint32_t h, w, c, kh, kw;
} windows[] = {
	{ "maxpool", "{use: maxpool}", 4, 6, 3, 2, 2 },
	{ "maxpool", "{use: maxpool, size: 1}", 3, 2, 2, 1, 1 },
	{ "maxpool", "{use: maxpool, size: [3, 1]}", 9, 1, 5, 3, 1 },
	{ "maxpool", "{use: maxpool, size: [2, 3], remainder: drop}", 7, 8, 2, 2, 3 },
	{ "maxpool", "{use: maxpool, size: 5}", 5, 5, 1, 5, 5 },
};

#define N_WINDOWS (sizeof windows / sizeof *windows)
#define Z_WIDTH 6 /* so narrow that equal values are common */

static quo_err err;

static quo_circuit *combine_circuit(const quo_instance *layer, uint32_t n, quo_goal goal)
{
	const quo_layer_ops *ops = quo_layer(layer);
	quo_builder *b = quo_builder_new(goal);
	quo_int z[QUO_MAX_WINDOW];
	quo_wire takes[QUO_MAX_WINDOW];

	for (uint32_t k = 0; k < n; k++)
		z[k] = quo_input(b, "z", QUO_PORT_BITS, Z_WIDTH, true, false);
	quo_output(b, "value",
		   quo_resize(ops->combine(layer->self, b, z, n, takes), Z_WIDTH, true));
	for (uint32_t k = 0; k < n; k++)
		quo_output(b, "takes", quo_int_from_bit(takes[k]));
	quo_circuit *c = quo_circuit_finish(b, &err);
	if (!c)
		fail_msg("%s", err.text);
	return c;
}

/* The largest of each window, the first of them in row-major order, and nobody else. */
static void check_combine(const quo_instance *layer, uint32_t n, quo_goal goal)
{
	enum { ROWS = 500, WORDS = (ROWS + 63) / 64 };
	quo_circuit *c = combine_circuit(layer, n, goal);
	static uint64_t planes[QUO_MAX_WINDOW][Z_WIDTH * WORDS], value[Z_WIDTH * WORDS],
		takes[QUO_MAX_WINDOW][WORDS];
	static int32_t z[QUO_MAX_WINDOW][ROWS];
	const uint64_t *in[QUO_MAX_WINDOW];
	uint64_t *out[QUO_MAX_WINDOW + 1] = { value };
	uint64_t random = n;

	for (uint32_t k = 0; k < n; k++) {
		for (uint32_t r = 0; r < ROWS; r++)
			z[k][r] = quo_sign_extend((uint32_t)quo_test_random(&random), Z_WIDTH);
		quo_planes_from_words((const uint32_t *)z[k], ROWS, Z_WIDTH, planes[k]);
		in[k] = planes[k];
		out[1 + k] = takes[k];
	}
	quo_test_ok(quo_circuit_eval(c, ROWS, in, out, &err));
	for (uint32_t r = 0; r < ROWS; r++) {
		uint32_t best = 0, got = 0;
		for (uint32_t k = 1; k < n; k++)
			best = z[k][r] > z[best][r] ? k : best;
		for (unsigned bit = 0; bit < Z_WIDTH; bit++)
			got |= (uint32_t)(value[bit * WORDS + r / 64] >> (r % 64) & 1) << bit;
		assert_int_equal(quo_sign_extend(got, Z_WIDTH), z[best][r]);
		for (uint32_t k = 0; k < n; k++)
			assert_int_equal(takes[k][r / 64] >> (r % 64) & 1, k == best);
	}
	quo_circuit_free(c);
}

static void check_window(const struct window_case *w)
{
	quo_experiment *owner = NULL;
	quo_instance *layer = NULL;
	quo_layer_input in = { .n_dims = 3, .dim = { w->h, w->w, w->c }, .batch = 2 };
	quo_layer_plan plan = { 0 };
	uint32_t oh = w->h / w->kh, ow = w->w / w->kw, place[200];

	quo_test_ok(layer_tests_load(QUO_KIND_LAYER, w->yaml, &owner, &layer, &err));
	const quo_layer_ops *ops = quo_layer(layer);
	quo_test_ok(ops->plan(layer->self, &in, &plan, &err));
	assert_int_equal(plan.n_dims, 3);
	assert_int_equal(plan.dim[0], oh);
	assert_int_equal(plan.dim[1], ow);
	assert_int_equal(plan.dim[2], w->c);
	assert_int_equal(plan.window, w->kh * w->kw);
	assert_int_equal(plan.param_rows, 0);
	for (uint32_t k = 0; k < plan.window; k++) {
		ops->places(layer->self, &in, &plan, k, place);
		for (uint32_t o = 0; o < oh * ow * w->c; o++) {
			uint32_t c = o % w->c, y = o / w->c / ow * w->kh + k / w->kw,
				 x = o / w->c % ow * w->kw + k % w->kw;
			assert_int_equal(place[o], (y * w->w + x) * w->c + c);
		}
	}
	check_combine(layer, plan.window, QUO_SMALL);
	check_combine(layer, plan.window, QUO_SHALLOW);
	quo_experiment_free(owner);
}

void windows_take_the_first_largest(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_WINDOWS; i++)
		check_window(&windows[i]);
}

bool window_has_case(const char *name)
{
	for (size_t i = 0; i < N_WINDOWS; i++)
		if (!strcmp(windows[i].name, name))
			return true;
	return false;
}
