/* SPDX-License-Identifier: Apache-2.0 */
#include "train_support.h"

#include "train/link.h"
#include "twoparty.h"

quo_experiment *train_load(const char *config, const char *const *sets)
{
	quo_err err = QUO_ERR_INIT;
	quo_experiment *experiment = NULL;
	char path[4096];
	size_t n = 0;

	snprintf(path, sizeof path, "%s/configs/%s", getenv("QUOTIENT_SOURCE_ROOT"), config);
	while (sets[n])
		n++;
	quo_test_ok(quo_experiment_load(quo_test_registry(), path, sets, n, &experiment, &err));
	return experiment;
}

quo_dataset train_data(const quo_experiment *experiment)
{
	quo_err err = QUO_ERR_INIT;
	const quo_experiment_config *config = quo_experiment_config_of(experiment);
	const quo_data_ops *ops = quo_data(config->data);
	quo_dataset data = { 0 };

	quo_test_ok(ops->load(config->data->self, (uint64_t)config->train.seed, &data, &err));
	return data;
}

static void train(quo_session *s, const quo_experiment *experiment, const quo_holding *input,
		  struct trained *out)
{
	const quo_experiment_config *config = quo_experiment_config_of(experiment);
	quo_err err = QUO_ERR_INIT;
	quo_trainer t;

	s->protocol = config->protocol;
	s->link = quo_link_given(&config->network);
	quo_test_ok(quo_trainer_init(&t, s, config, input, &err));
	quo_test_ok(quo_trainer_run(&t, &err));
	out->traffic = s->peer ? quo_channel_traffic(s->peer) : (quo_traffic){ 0 };
	out->accuracy = t.n_accuracy ? t.accuracy[t.n_accuracy - 1] : -1;
	out->n = quo_trainer_weights(&t);
	assert_true(out->n <= TRAIN_MAX_WEIGHTS);
	quo_test_ok(quo_trainer_reveal_model(&t, out->weights, &err));
	quo_trainer_fini(&t);
}

static quo_experiment *load_under(const char *config, const char *const *sets, const char *protocol)
{
	const char *all[64];
	size_t n = 0;

	while (sets[n]) {
		all[n] = sets[n];
		n++;
	}
	all[n++] = protocol;
	all[n] = NULL;
	return train_load(config, all);
}

void train_clear(const char *config, const char *const *sets, struct trained *out)
{
	train_clear_traced(config, sets, out, NULL, NULL);
}

void train_clear_traced(const char *config, const char *const *sets, struct trained *out,
			train_trace *trace, void *arg)
{
	quo_err err = QUO_ERR_INIT;
	quo_experiment *experiment = load_under(config, sets, "protocol={use: clear}");
	quo_dataset data = train_data(experiment);
	quo_holding input;
	quo_session s = { .parties = 1,
			  .parts = 1,
			  .run = quo_arena_new(&err),
			  .step = quo_arena_new(&err),
			  .rng = quo_rng_new(&err),
			  .trace = trace,
			  .trace_arg = arg,
			  .pool = quo_test_pool(0) };

	assert_true(s.run && s.step && s.rng);
	quo_test_ok(quo_holding_own(&input, &data, 0, &err));
	train(&s, experiment, &input, out);
	quo_holding_free(&input);
	quo_dataset_free(&data);
	quo_arena_free(s.run);
	quo_arena_free(s.step);
	quo_rng_free(s.rng);
	quo_pool_free(s.pool);
	quo_experiment_free(experiment);
}

struct two {
	const quo_experiment *experiment;
	quo_holding input[2];
	struct trained *out;
};

static void party(quo_session *s, void *arg)
{
	struct two *two = arg;

	train(s, two->experiment, &two->input[s->party], &two->out[s->party]);
}

void train_two_parties(const char *config, const char *const *sets, struct trained *out)
{
	quo_err err = QUO_ERR_INIT;
	quo_experiment *experiment = train_load(config, sets);
	quo_dataset data = train_data(experiment);
	const quo_data_common *common = quo_experiment_config_of(experiment)->data->config;
	quo_data_shape shape = quo_data_shape_of(&data);
	const quo_sharing sharing = quo_protocol_sharing(NULL, 2);
	struct two two = { .experiment = experiment, .out = out };

	if (common->owner == QUO_OWNER_DEALER) {
		quo_test_ok(quo_holding_deal(two.input, 2, &sharing, &data, &err));
	} else {
		int owner = common->owner - QUO_OWNER_0;
		quo_test_ok(quo_holding_own(&two.input[owner], &data, owner, &err));
		quo_holding_empty(&two.input[1 - owner], &shape, owner);
	}
	quo_test_two_parties(party, &two);
	for (int i = 0; i < 2; i++)
		quo_holding_free(&two.input[i]);
	quo_dataset_free(&data);
	quo_experiment_free(experiment);
}
