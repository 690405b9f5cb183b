/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Convolution, pooling and residuals in whole networks: `clear` equals the reference trainer,
 * `quotient` equals `clear` under Yao and GMW, and sends what the forecast says.
 */
#include "../reference/reference.h"
#include "train/forecast.h"
#include "train_support.h"
#include "twoparty.h"

#define MAX_LIST 16

struct net {
	const char *model;
	quo_reference_layer layer[MAX_LIST];
};

/* clang-format off */
#define FC(n) { .kind = QUO_REFERENCE_FC, .out = (n) }
/* Kernel, stride, padding: [rows, columns] each. */
#define CONV(n, kh_, kw_, sh_, sw_, ph_, pw_) \
	{ .kind = QUO_REFERENCE_CONV, .out = (n), .kh = (kh_), .kw = (kw_), .sh = (sh_), \
	  .sw = (sw_), .ph = (ph_), .pw = (pw_) }
#define SAME(n, kh_, kw_, sh_, sw_) \
	{ .kind = QUO_REFERENCE_CONV, .out = (n), .kh = (kh_), .kw = (kw_), .sh = (sh_), \
	  .sw = (sw_), .same = true }
#define POOL(h, w) { .kind = QUO_REFERENCE_MAXPOOL, .kh = (h), .kw = (w) }
#define SKIP(n) { .kind = QUO_REFERENCE_RESIDUAL, .over = (n) }
#define PROJECT(n, s) \
	{ .kind = QUO_REFERENCE_RESIDUAL, .over = (n), .project = true, .sh = (s), .sw = (s) }
#define FLATTEN { .kind = QUO_REFERENCE_FLATTEN }

/* Images are 12 x 12 x 1. */
static const struct net nets[] = {
	/* LeNet's shape */
	{ "model=[{use: conv2d, out: 4, kernel: 5}, {use: maxpool}, "
	  "{use: conv2d, out: 6, kernel: 3, padding: same}, {use: maxpool, size: [2, 1]}, "
	  "{use: flatten}, {use: fc, out: 12}, {use: fc, out: 10}]",
	  { CONV(4, 5, 5, 1, 1, 0, 0), POOL(2, 2), SAME(6, 3, 3, 1, 1), POOL(2, 1), FLATTEN, FC(12), FC(10) } },
	/* Odd geometry: rows left over by windows, strides, zeros around, one column at the end. */
	{ "model=[{use: conv2d, out: 3, kernel: [3, 2], stride: [1, 2], padding: [2, 1]}, "
	  "{use: maxpool, size: [3, 2], remainder: drop}, "
	  "{use: conv2d, out: 5, kernel: [4, 3], padding: valid}, "
	  "{use: conv2d, out: 4, kernel: [2, 1], padding: same, stride: [2, 1]}, {use: fc, out: 10}]",
	  { CONV(3, 3, 2, 1, 2, 2, 1), POOL(3, 2), CONV(5, 4, 3, 1, 1, 0, 0),
	    SAME(4, 2, 1, 2, 1), FC(10) } },
	/* Residuals: of a block, of a single layer inside it, and one over both. */
	{ "model=[{use: conv2d, out: 3, kernel: 3, stride: 2, padding: 1}, "
	  "{use: conv2d, out: 3, kernel: 3, padding: same}, {use: residual, over: 1}, "
	  "{use: conv2d, out: 3, kernel: 3, padding: same}, {use: residual, over: 2}, "
	  "{use: conv2d, out: 3, kernel: 3, padding: same}, {use: residual, over: 3}, "
	  "{use: maxpool, size: 3}, {use: flatten}, {use: fc, out: 10}]",
	  { CONV(3, 3, 3, 2, 2, 1, 1), SAME(3, 3, 3, 1, 1), SKIP(1),
	    SAME(3, 3, 3, 1, 1), SKIP(2), SAME(3, 3, 3, 1, 1), SKIP(3), POOL(3, 3), FLATTEN,
	    FC(10) } },
	/* Projections: narrowing, and from the network's input; a block behind one. */
	{ "model=[{use: conv2d, out: 2, kernel: 3, padding: same, stride: 2}, "
	  "{use: residual, over: 1, project: true}, "
	  "{use: conv2d, out: 4, kernel: 3, padding: same, stride: 2}, "
	  "{use: conv2d, out: 4, kernel: 3, padding: same}, {use: residual, project: true}, "
	  "{use: conv2d, out: 4, kernel: 3, padding: same}, "
	  "{use: conv2d, out: 4, kernel: 3, padding: same}, {use: residual}, {use: fc, out: 10}]",
	  { SAME(2, 3, 3, 2, 2), PROJECT(1, 2),
	    SAME(4, 3, 3, 2, 2), SAME(4, 3, 3, 1, 1), PROJECT(2, 2),
	    SAME(4, 3, 3, 1, 1), SAME(4, 3, 3, 1, 1), SKIP(2), FC(10) } },
	/* Fully connected ones skip too, also the input itself. */
	{ "model=[{use: flatten}, {use: fc, out: 17}, {use: fc, out: 17}, {use: residual, over: 1}, "
	  "{use: fc, out: 144}, {use: residual, over: 3}, {use: fc, out: 10}]",
	  { FLATTEN, FC(17), FC(17), SKIP(1), FC(144), SKIP(3), FC(10) } },
};
/* clang-format on */

#define N_NETS (sizeof nets / sizeof *nets)

static const struct rule {
	const char *optimizer, *quantizer;
	quo_reference_optimizer reference_optimizer;
	quo_reference_quantizer reference_quantizer;
	int lr_shift;
} rules[] = {
	{ "train.optimizer={use: amsgrad}", "train.quantizer={use: npow}", QUO_REFERENCE_AMSGRAD,
	  QUO_REFERENCE_NPOW, 0 },
	{ "train.optimizer={use: sgd, lr_shift: 3}", "train.quantizer={use: cpow}",
	  QUO_REFERENCE_SGD, QUO_REFERENCE_CPOW, 3 },
	{ "train.optimizer={use: sgd, lr_shift: 4}", "train.quantizer={use: wage}",
	  QUO_REFERENCE_SGD, QUO_REFERENCE_WAGE, 4 },
};

#define N_RULES (sizeof rules / sizeof *rules)

static const char *const *sets_of(const char **sets, const struct net *net, const struct rule *rule,
				  const char *steps, const char *batch, const char *protocol)
{
	size_t n = 0;

	sets[n++] = "data.train_rows=120";
	sets[n++] = "data.test_rows=40";
	sets[n++] = "train.epochs=4";
	sets[n++] = net->model;
	sets[n++] = rule->optimizer;
	sets[n++] = rule->quantizer;
	sets[n++] = steps;
	sets[n++] = batch;
	if (protocol)
		sets[n++] = protocol;
	sets[n] = NULL;
	return sets;
}

static uint32_t layers_of(const struct net *net)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < MAX_LIST; i++)
		if (net->layer[i].out || net->layer[i].kind != QUO_REFERENCE_FC)
			n = i + 1;
	return n;
}

static void check_clear(const struct net *net, const struct rule *rule, struct trained *clear)
{
	const char *sets[16];
	int changed = 0;

	sets_of(sets, net, rule, "train.max_steps=11", "train.batch=24", NULL);
	train_clear("quickstart.yaml", sets, clear);
	quo_experiment *experiment = train_load("quickstart.yaml", sets);
	quo_dataset data = train_data(experiment);
	quo_reference_config config = { .n_layers = layers_of(net),
					.layers = net->layer,
					.optimizer = rule->reference_optimizer,
					.quantizer = rule->reference_quantizer,
					.lr_shift = { 1, { 0 }, { rule->lr_shift } },
					.batch = 24,
					.seed = 1 };
	quo_reference *reference = quo_reference_new(&config, &data),
		      *start = quo_reference_new(&config, &data);
	quo_reference_steps(reference, 11);
	size_t at = 0;
	for (uint32_t p = 0; p < quo_reference_tensors(reference); p++) {
		size_t n = quo_reference_size(reference, p), moved = 0;
		int8_t *weights = malloc(n), *first = malloc(n);
		assert_true(at + n <= clear->n);
		quo_reference_weights(reference, p, weights);
		quo_reference_weights(start, p, first);
		for (size_t i = 0; i < n; i++) {
			moved += weights[i] != first[i];
			if (weights[i] != clear->weights[at + i])
				fail_msg("%s: weight %zu of tensor %u is %d, the reference says %d",
					 net->model, i, p, clear->weights[at + i], weights[i]);
		}
		changed += moved > n / 8;
		at += n;
		free(weights);
		free(first);
	}
	assert_int_equal(at, clear->n);
	/* A network through which no error comes would show nothing. */
	assert_int_equal(changed, quo_reference_tensors(reference));
	assert_int_equal(quo_reference_correct(reference, 0), (int)(clear->accuracy * 40 + 0.5));
	quo_reference_free(reference);
	quo_reference_free(start);
	quo_dataset_free(&data);
	quo_experiment_free(experiment);
}

static void clear_equals_reference(void **state)
{
	struct trained *clear = quo_test_shared(1, sizeof *clear);

	(void)state;
	for (size_t i = 0; i < N_NETS; i++)
		for (size_t r = 0; r < N_RULES; r++)
			check_clear(&nets[i], &rules[r], clear);
	quo_test_unshare(clear, 1, sizeof *clear);
}

static void check_quotient(const struct net *net, const struct rule *rule, const char *protocol,
			   struct trained *t)
{
	const char *sets[16];
	quo_err err = QUO_ERR_INIT;
	quo_forecast f;

	sets_of(sets, net, rule, "train.max_steps=2", "train.batch=6", protocol);
	quo_experiment *experiment = train_load("quickstart.yaml", sets);
	quo_dataset data = train_data(experiment);
	quo_data_shape shape = quo_data_shape_of(&data);
	quo_test_ok(
		quo_forecast_run(&f, quo_experiment_config_of(experiment), &shape, false, &err));
	train_clear("quickstart.yaml", sets, &t[2]);
	train_two_parties("quickstart.yaml", sets, t);
	for (int i = 0; i < 2; i++) {
		if (t[i].n != t[2].n || memcmp(t[i].weights, t[2].weights, t[2].n) != 0)
			fail_msg("%s, %s: party %d has other weights than clear", net->model,
				 protocol, i);
		assert_true(t[i].accuracy == t[2].accuracy);
		assert_int_equal(t[i].traffic.sent_bytes, f.cost.sent_bytes[i]);
		assert_int_equal(t[i].traffic.received_bytes, f.cost.sent_bytes[1 - i]);
		assert_int_equal(t[i].traffic.rounds, f.cost.rounds);
	}
	quo_forecast_free(&f);
	quo_dataset_free(&data);
	quo_experiment_free(experiment);
}

static void quotient_equals_clear(void **state)
{
	static const char *const protocols[] = {
		"protocol={use: quotient, ot: {use: iknp}, circuits: {use: yao, gc: {use: "
		"halfgates}}, products: {use: cot}}",
		"protocol={use: quotient, ot: {use: softspoken}, circuits: {use: gmw}, products: "
		"{use: cot}}",
	};
	struct trained *t = quo_test_shared(3, sizeof *t);

	(void)state;
	for (size_t i = 0; i < N_NETS; i++)
		for (size_t p = 0; p < 2; p++)
			check_quotient(&nets[i], &rules[(i + p) % N_RULES], protocols[p], t);
	quo_test_unshare(t, 3, sizeof *t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(clear_equals_reference),
		cmocka_unit_test(quotient_equals_clear),
	};

	return cmocka_run_group_tests_name("layers", tests, NULL, NULL);
}
