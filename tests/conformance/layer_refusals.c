/* SPDX-License-Identifier: Apache-2.0 */
/* Options and inputs that no layer can work with, each with what is said about it. */
#include "layer_tests.h"

static const struct {
	const char *yaml;
	quo_layer_input in;
	const char *says; /* NULL: goes in */
} bad[] = {
	{ "{use: conv2d, out: 2, kernel: [3, 5]}",
	  { .n_dims = 3, .dim = { 4, 4, 1 }, .batch = 2 },
	  "a kernel of 3 x 5 is larger than its padded input of 4 x 4" },
	{ "{use: conv2d, out: 2, kernel: [3, 6], padding: [0, 1]}",
	  { .n_dims = 3, .dim = { 4, 4, 1 }, .batch = 2 },
	  NULL },
	{ "{use: conv2d, out: 2, kernel: 7, padding: 1}",
	  { .n_dims = 3, .dim = { 4, 5, 1 }, .batch = 2 },
	  "larger than its padded input of 6 x 7" },
	{ "{use: conv2d, out: 2, kernel: 7, padding: same}",
	  { .n_dims = 3, .dim = { 4, 5, 1 }, .batch = 2 },
	  NULL },
	{ "{use: conv2d, out: 2, kernel: 3}",
	  { .n_dims = 1, .dim = { 784 }, .batch = 2 },
	  "rows x columns x channels, and its input has 1 dimension;" },
	{ "{use: conv2d, out: 2, kernel: 3}",
	  { .n_dims = 2, .dim = { 28, 28 }, .batch = 2 },
	  "has 2 dimensions" },
	{ "{use: conv2d, out: 2, kernel: 1}",
	  { .n_dims = 3, .dim = { 1 << 16, 1 << 16, 1 }, .batch = 2 },
	  "too large" },
	{ "{use: conv2d, out: 2, kernel: 1048576, padding: same}",
	  { .n_dims = 3, .dim = { 2, 2, 1 << 30 }, .batch = 2 },
	  "too large" },
	{ "{use: maxpool}",
	  { .n_dims = 3, .dim = { 4, 5, 1 }, .batch = 2 },
	  "windows of 2 x 2 do not divide the input, 4 x 5" },
	{ "{use: maxpool, remainder: drop}",
	  { .n_dims = 3, .dim = { 4, 1, 1 }, .batch = 2 },
	  "larger than the input, 4 x 1" },
	{ "{use: maxpool}", { .n_dims = 1, .dim = { 16 }, .batch = 2 }, "has 1 dimension;" },
	{ "{use: maxpool, size: 17}", { .n_dims = 0 }, "more than 256 elements" },
	{ "{use: maxpool, size: 0}", { .n_dims = 0 }, "size wants" },
	{ "{use: conv2d, out: 2, kernel: 0}", { .n_dims = 0 }, "kernel wants integers in 1.." },
	{ "{use: conv2d, out: 2, kernel: -1}", { .n_dims = 0 }, "not '-1'" },
	{ "{use: conv2d, out: 2, kernel: 3x}", { .n_dims = 0 }, "not '3x'" },
	{ "{use: conv2d, out: 2, kernel: []}", { .n_dims = 0 }, "not 0 entries" },
	{ "{use: conv2d, out: 2, kernel: [3, 3, 3]}", { .n_dims = 0 }, "not 3 entries" },
	{ "{use: conv2d, out: 2, kernel: 3, stride: 0}", { .n_dims = 0 }, "stride wants" },
	{ "{use: conv2d, out: 2, kernel: 3, stride: [1, 99999999999]}",
	  { .n_dims = 0 },
	  "stride wants" },
	{ "{use: conv2d, out: 2, kernel: 3, padding: full}",
	  { .n_dims = 0 },
	  "padding is valid, same, an integer or [rows, columns], not 'full'" },
	{ "{use: conv2d, out: 2, kernel: 3, padding: [1, same]}",
	  { .n_dims = 0 },
	  "padding wants" },
};

void refusals(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		quo_err error = QUO_ERR_INIT;
		quo_experiment *owner = NULL;
		quo_instance *layer = NULL;
		quo_layer_plan plan;
		quo_status status =
			layer_tests_load(QUO_KIND_LAYER, bad[i].yaml, &owner, &layer, &error);
		if (status == QUO_OK)
			status = quo_layer(layer)->plan(layer->self, &bad[i].in, &plan, &error);
		if (bad[i].says)
			quo_test_assert_error(&error, QUO_USAGE, bad[i].says);
		else
			assert_int_equal(status, QUO_OK);
		quo_experiment_free(owner);
	}
}
