/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Training end to end: `clear` equals an independent implementation of docs/numerics.md, `quotient`
 * equals `clear`, the forecast equals the run, for every optimiser, quantiser and owner of the
 * data.
 */
#include "../reference/reference.h"
#include "train/forecast.h"
#include "train_support.h"
#include "twoparty.h"

struct rule {
	const char *optimizer, *quantizer;
	quo_reference_optimizer reference_optimizer;
	quo_reference_quantizer reference_quantizer;
	quo_schedule lr_shift;
};

static const struct rule rules[] = {
	{ "{use: amsgrad}",
	  "{use: npow}",
	  QUO_REFERENCE_AMSGRAD,
	  QUO_REFERENCE_NPOW,
	  { 1, { 0 }, { 0 } } },
	{ "{use: amsgrad, lr_shift: 1}",
	  "{use: cpow}",
	  QUO_REFERENCE_AMSGRAD,
	  QUO_REFERENCE_CPOW,
	  { 1, { 0 }, { 1 } } },
	{ "{use: sgd, lr_shift: {0: 3, 1: 5}}",
	  "{use: npow}",
	  QUO_REFERENCE_SGD,
	  QUO_REFERENCE_NPOW,
	  { 2, { 0, 1 }, { 3, 5 } } },
	{ "{use: sgd}", "{use: cpow}", QUO_REFERENCE_SGD, QUO_REFERENCE_CPOW, { 1, { 0 }, { 4 } } },
	{ "{use: sgd, lr_shift: {0: 3, 1: 9}}",
	  "{use: wage}",
	  QUO_REFERENCE_SGD,
	  QUO_REFERENCE_WAGE,
	  { 2, { 0, 1 }, { 3, 9 } } },
	{ "{use: amsgrad-std}",
	  "{use: npow}",
	  QUO_REFERENCE_AMSGRAD_STD,
	  QUO_REFERENCE_NPOW,
	  { 1, { 0 }, { 1 } } },
	{ "{use: amsgrad-std, lr_shift: {0: 0, 1: 2}}",
	  "{use: cpow}",
	  QUO_REFERENCE_AMSGRAD_STD,
	  QUO_REFERENCE_CPOW,
	  { 2, { 0, 1 }, { 0, 2 } } },
};

#define N_RULES (sizeof rules / sizeof *rules)

/* A small network over the quickstart's data; 10 steps cross an epoch's end (8 steps). */
struct sets {
	char optimizer[128], quantizer[128], steps[64];
	const char *item[16];
};

static const char *const *small(struct sets *s, const struct rule *rule, int steps,
				const char *extra)
{
	size_t n = 0;

	snprintf(s->optimizer, sizeof s->optimizer, "train.optimizer=%s", rule->optimizer);
	snprintf(s->quantizer, sizeof s->quantizer, "train.quantizer=%s", rule->quantizer);
	snprintf(s->steps, sizeof s->steps, "train.max_steps=%d", steps);
	s->item[n++] = "data.train_rows=256";
	s->item[n++] = "data.test_rows=77";
	s->item[n++] = "train.batch=32";
	s->item[n++] = "train.epochs=3";
	s->item[n++] = "model=[{use: fc, out: 20}, {use: fc, out: 17}, {use: fc, out: 10}]";
	s->item[n++] = s->optimizer;
	s->item[n++] = s->quantizer;
	s->item[n++] = s->steps;
	if (extra)
		s->item[n++] = extra;
	s->item[n] = NULL;
	return s->item;
}

static struct trained *shared_results(size_t n)
{
	return quo_test_shared(n, sizeof(struct trained));
}

static void drop(struct trained *t, size_t n)
{
	quo_test_unshare(t, n, sizeof *t);
}

static void clear_equals_reference(void **state)
{
	static const uint32_t out[] = { 20, 17, 10 };
	struct trained *clear = shared_results(1);

	(void)state;
	for (size_t i = 0; i < N_RULES; i++) {
		struct sets s;
		const char *const *sets = small(&s, &rules[i], 10, NULL);
		train_clear("quickstart.yaml", sets, clear);
		quo_experiment *experiment = train_load("quickstart.yaml", sets);
		quo_dataset data = train_data(experiment);
		quo_reference_config config = { .n_layers = 3,
						.out = out,
						.optimizer = rules[i].reference_optimizer,
						.quantizer = rules[i].reference_quantizer,
						.lr_shift = rules[i].lr_shift,
						.batch = 32,
						.seed = 1 };
		quo_reference *reference = quo_reference_new(&config, &data);
		quo_reference_steps(reference, 10);
		int8_t *weights = malloc(clear->n);
		size_t at = 0, in = data.features;
		for (uint32_t l = 0; l < 3; in = out[l++]) {
			quo_reference_weights(reference, l, weights + at);
			at += in * out[l];
		}
		assert_int_equal(at, clear->n);
		assert_memory_equal(weights, clear->weights, clear->n);
		assert_int_equal(quo_reference_correct(reference, 0),
				 (int)(clear->accuracy * 77 + 0.5));
		free(weights);
		quo_reference_free(reference);
		quo_dataset_free(&data);
		quo_experiment_free(experiment);
	}
	drop(clear, 1);
}

static void equal_to_clear(const char *const *sets, const char *config)
{
	struct trained *t = shared_results(3);

	train_clear(config, sets, &t[2]);
	train_two_parties(config, sets, t);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(t[i].n, t[2].n);
		assert_memory_equal(t[i].weights, t[2].weights, t[2].n);
		assert_true(t[i].accuracy == t[2].accuracy);
		assert_true(t[i].accuracy >= 0);
	}
	drop(t, 3);
}

static void quotient_equals_clear(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_RULES; i++) {
		struct sets s;
		bool sgd = rules[i].reference_optimizer == QUO_REFERENCE_SGD;
		equal_to_clear(small(&s, &rules[i], sgd ? 4 : 9, NULL), "quickstart.yaml");
	}
}

static void any_owner_gives_the_same(void **state)
{
	struct sets s;

	(void)state;
	equal_to_clear(small(&s, &rules[0], 2, "data.owner=0"), "quickstart.yaml");
	equal_to_clear(small(&s, &rules[0], 2, "data.owner=1"), "quickstart.yaml");
}

static void training_learns(void **state)
{
	static const char *const sets[] = { "train.epochs=1", NULL };
	struct trained *clear = shared_results(1);

	(void)state;
	train_clear("quickstart.yaml", sets, clear);
	assert_true(clear->accuracy > 0.8);
	drop(clear, 1);
}

/* Bytes by party and rounds: exactly as in the forecast. */
static void forecast_equals_run(void **state)
{
	static const char *const owner[] = { "data.owner=dealer", "data.owner=0", "data.owner=1" };
	struct trained *t = shared_results(2);
	quo_err err = QUO_ERR_INIT;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct sets s;
		/* The last: nine steps, so that its schedule changes the circuit on the way. */
		const struct rule *rule = &rules[i == 0 ? 0 : i == 1 ? 4 : N_RULES - 1];
		const char *const *sets = small(&s, rule, i == 2 ? 9 : 3, owner[i]);
		quo_experiment *experiment = train_load("quickstart.yaml", sets);
		quo_dataset data = train_data(experiment);
		quo_data_shape shape = quo_data_shape_of(&data);
		quo_forecast f;
		quo_test_ok(quo_forecast_run(&f, quo_experiment_config_of(experiment), &shape,
					     false, &err));
		train_two_parties("quickstart.yaml", sets, t);
		for (int p = 0; p < 2; p++) {
			assert_int_equal(t[p].traffic.sent_bytes, f.cost.sent_bytes[p]);
			assert_int_equal(t[p].traffic.received_bytes, f.cost.sent_bytes[1 - p]);
			assert_int_equal(t[p].traffic.rounds, f.cost.rounds);
		}
		quo_forecast_free(&f);
		quo_dataset_free(&data);
		quo_experiment_free(experiment);
	}
	drop(t, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(clear_equals_reference),   cmocka_unit_test(quotient_equals_clear),
		cmocka_unit_test(any_owner_gives_the_same), cmocka_unit_test(training_learns),
		cmocka_unit_test(forecast_equals_run),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
