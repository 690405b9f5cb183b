/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Convolution, pooling and residuals in whole networks: `clear` equals the reference trainer,
 * `quotient` equals `clear` under Yao and GMW, and sends what the forecast says.
 */
#include "nets.h"
#include "train/forecast.h"
#include "train_support.h"
#include "twoparty.h"

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

static void check_clear(const struct net *net, const struct rule *rule, struct trained *clear)
{
	const char *sets[16];
	int changed = 0;

	sets_of(sets, net, rule, "train.max_steps=11", "train.batch=24", NULL);
	train_clear("quickstart.yaml", sets, clear);
	quo_experiment *experiment = train_load("quickstart.yaml", sets);
	quo_dataset data = train_data(experiment);
	quo_reference_config config = { .n_layers = net->n,
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
