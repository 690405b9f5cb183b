/* SPDX-License-Identifier: Apache-2.0 */
/* Experiments as a whole: defaults, files, overrides, agreement and the resolved text. */
#include "fakes.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void fills_in_defaults(void **state)
{
	(void)state;
	quo_experiment *e = load(GOOD, NULL, 0);
	const quo_experiment_config *c = quo_experiment_config_of(e);
	assert_string_equal(c->name, "exp-1");
	assert_int_equal(c->train.epochs, 1);
	assert_int_equal(c->train.batch, 128);
	assert_int_equal(c->train.seed, 1);
	assert_int_equal(c->train.evaluate, QUO_EVALUATE_EPOCH);
	assert_string_equal(c->train.optimizer->component->name, "amsgrad");
	assert_string_equal(c->train.quantizer->component->name, "npow");
	assert_string_equal(c->protocol->component->name, "quotient");
	assert_int_equal(c->reveal.n, 1);
	assert_string_equal(c->reveal.item[0], "accuracy");
	assert_int_equal(c->network.mode, QUO_MODE_LOCAL);
	assert_string_equal(c->output.dir, "runs");
	assert_int_equal(c->n_layers, 2);
	const struct fake *second = c->layers[1]->config;
	assert_int_equal(second->count, 4);
	assert_true(second->rate > 0.49 && second->rate < 0.51);
	assert_int_equal(second->schedule.n, 1);
	assert_int_equal(second->schedule.value[0], 4);
	assert_non_null(strstr(c->layer_where[1], "exp-1.yaml:4"));
	assert_int_equal(quo_experiment_instances(e), 7);
	const char *path;
	assert_string_equal(quo_experiment_instance_at(e, 1, &path)->component->name, "iknp");
	assert_string_equal(path, "protocol.ot");
	assert_null(quo_experiment_instance_at(e, 7, NULL));
	assert_int_equal(live, 7);
	quo_experiment_free(e);
	assert_int_equal(live, 0);
}

static void refuses_wrong_files(void **state)
{
	(void)state;
	refuses("name: x\n", 1, "data is missing: where rows and labels come from");
	refuses("data: {use: table, count: 1}\n", 1, "model is missing");
	refuses(GOOD "trian: {epochs: 2}\n", 5,
		"unknown key 'trian' in the experiment; did you mean 'train'?");
	refuses(GOOD "zzzzzz: 1\n", 5,
		"unknown key 'zzzzzz' in the experiment; it has model, train");
	refuses(GOOD "train:\n  optimiser: {use: sgd}\n", 6,
		"unknown key 'optimiser' in train; did you mean 'optimizer'?");
	refuses(GOOD "train:\n  epochs: 0\n", 6,
		"train.epochs wants an integer in 1..100000, not '0'");
	refuses(GOOD "train:\n  seed: -1\n", 6,
		"train.seed wants an integer of at least 0, not '-1'");
	refuses(GOOD "train: fast\n", 5, "train wants a map of options, not 'fast'");
	refuses(GOOD "train: {optimizer: sgd}\n", 5,
		"train.optimizer wants a component: write {use: sgd}");
	refuses(GOOD "train: {optimizer: {use: sdg}}\n", 5,
		"train.optimizer: no component optim/sdg; did you mean 'sgd'?");
	refuses(GOOD "train: {optimizer: {use: npow}}\n", 5,
		"'npow' is of kind quant, here goes one of kind optim: amsgrad, sgd");
	refuses(GOOD "train: {optimizer: {use: momentum}}\n", 5,
		"no component optim/momentum; there are: amsgrad, sgd");
	refuses(GOOD "train: {optimizer: {use: }}\n", 5,
		"train.optimizer.use wants a name of kind optim, not nothing");
	refuses(GOOD "protocol:\n  ot: {use: ferret}\n", 6,
		"protocol.ot: no component ot/ferret; there are: iknp");
	refuses(GOOD "protocol: {ot: {use: iknp, x: 1}}\n", 5,
		"unknown key 'x' in protocol.ot (ot/iknp)");
	refuses("data: {use: table}\nmodel: []\n", 1,
		"data.count is missing: how many (an integer in 1..9)");
	refuses("data: {use: table, count: 1}\nmodel: []\n", 2, "model has 0 layers");
	refuses("data: {use: table, count: 1}\nmodel: {use: fc}\n", 2, "model wants a list");
	refuses("data: {use: table, count: 1}\nmodel:\n  - {count: 3}\n", 3,
		"model.0 names no component");
	refuses("data: {use: table, count: 1}\nmodel:\n  - fc\n", 3, "write {use: fc}");
	refuses(GOOD "reveal: [weights]\n", 5, "'weights' is not known");
	refuses(GOOD "reveal: {a: b}\n", 5, "reveal wants a list of texts");
	refuses(GOOD "network: {mode: listen}\n", 5, "network.address is missing");
	refuses(GOOD "network: {mode: mesh}\n", 5, "network.parties is missing");
	refuses(GOOD "network: {mode: mesh, parties: [a:1]}\n", 5, "network.parties is missing");
	refuses(GOOD "name: a/b\n", 5, "names the run's folder");
	refuses(GOOD "name: ..\n", 5, "names the run's folder");
	refuses(GOOD "sweep: {train.seed: [1, 2]}\n", 5, "this is a sweep of several experiments");
	char many[8000] = "data: {use: table, count: 1}\nmodel:\n";
	for (int i = 0; i < 257; i++)
		strcat(many, "  - {use: fc, count: 1}\n");
	refuses(many, 3, "model has 257 layers; a network has 1..256");
}

static void says_where_it_looked(void **state)
{
	(void)state;
	quo_registry *empty = quo_registry_new(NULL, NULL);
	quo_experiment *e = NULL;
	quo_err err = QUO_ERR_INIT;
	assert_int_equal(quo_experiment_load(empty, file_of(GOOD), NULL, 0, &e, &err), QUO_USAGE);
	assert_non_null(strstr(
		err.text, "no component data/table: no plugin of kind data was found; say where"));
	quo_registry_free(empty);
}

static void sets_override(void **state)
{
	(void)state;
	const char *const sets[] = { "train.epochs=7",
				     "model.1.count=8",
				     "train.optimizer.use=sgd",
				     "train.optimizer.schedule={0: 3, 2: 4}",
				     "network.mode=connect",
				     "network.address=h:1",
				     "reveal=[]" };
	quo_experiment *e = load(GOOD, sets, 7);
	const quo_experiment_config *c = quo_experiment_config_of(e);
	assert_int_equal(c->train.epochs, 7);
	assert_int_equal(((const struct fake *)c->layers[1]->config)->count, 8);
	assert_string_equal(c->train.optimizer->component->name, "sgd");
	assert_int_equal(((const struct fake *)c->train.optimizer->config)->schedule.n, 2);
	assert_string_equal(c->network.address, "h:1");
	assert_int_equal(c->reveal.n, 0);
	quo_experiment_free(e);

	const char *const bad[] = { "train.epohcs=7" };
	quo_err err = QUO_ERR_INIT;
	e = NULL;
	assert_int_equal(quo_experiment_load(registry, file_of(GOOD), bad, 1, &e, &err), QUO_USAGE);
	assert_string_equal(
		err.text,
		"--set train.epohcs=7: unknown key 'epohcs' in train; did you mean 'epochs'?");
	assert_int_equal(live, 0);
}

static void agrees_on_what_is_not_local(void **state)
{
	(void)state;
	const char *const sets[] = {
		"train.optimizer={use: sgd, schedule: {0: 3, 2: 4}, files: [a, b]}"
	};
	quo_experiment *e = load(GOOD, sets, 1);
	assert_string_equal(agreed(e, "train.seed"), "1");
	assert_string_equal(agreed(e, "train.optimizer.schedule"), "{0: 3, 2: 4}");
	assert_string_equal(agreed(e, "train.optimizer.files"), "[a, b]");
	assert_string_equal(agreed(e, "model.1.count"), "4");
	assert_string_equal(agreed(e, "model.1.use"), "fc");
	assert_string_equal(agreed(e, "model.1.wire"), "fc/1");
	assert_string_equal(agreed(e, "protocol.ot.wire"), "iknp/1");
	assert_string_equal(agreed(e, "reveal"), "[accuracy]");
	const char *const own[] = { "name",         "network.mode",
				    "network.bind", "network.timeout",
				    "output.dir",   "protocol.folder" };
	for (size_t i = 0; i < sizeof own / sizeof *own; i++)
		assert_null(agreed(e, own[i]));
	quo_experiment_free(e);
}

static void writes_itself_stably(void **state)
{
	(void)state;
	const char *const sets[] = {
		"data.text=\"a: b\"", "data.files=[x, \"\"]", "data.columns=[label, {numeric: 2}]",
		"train.optimizer={use: sgd, schedule: {0: 3, 2: 4}, rate: 0.1}"
	};
	quo_experiment *first = load(GOOD, sets, 4);
	char *text = quo_experiment_yaml(first, NULL);
	quo_experiment *second = load(text, NULL, 0);
	char *again = quo_experiment_yaml(second, NULL);
	assert_string_equal(text, again);
	assert_non_null(strstr(text, "rate: 0.1\n"));
	assert_non_null(strstr(text, "columns: [{label: 1}, {numeric: 2, scale: min_max}]\n"));
	const quo_agreement *a = quo_experiment_agreement(first),
			    *b = quo_experiment_agreement(second);
	assert_int_equal(a->n, b->n);
	for (uint32_t i = 0; i < a->n; i++) {
		assert_string_equal(a->key[i], b->key[i]);
		assert_string_equal(a->value[i], b->value[i]);
	}
	free(text);
	free(again);
	quo_experiment_free(first);
	quo_experiment_free(second);
}

static void loads_one_component(void **state)
{
	(void)state;
	quo_experiment *owner = NULL;
	quo_instance *sgd = NULL;
	quo_err err = QUO_ERR_INIT;
	assert_int_equal(quo_component_load(registry, QUO_KIND_OPTIM, "{use: sgd, rate: 1}", &owner,
					    &sgd, &err),
			 QUO_OK);
	assert_true(((const struct fake *)sgd->config)->rate == 1.0);
	quo_experiment_free(owner);
	assert_int_equal(live, 0);
	owner = NULL;
	assert_int_equal(quo_component_load(registry, QUO_KIND_OPTIM, "{use: sgd, x: 1}", &owner,
					    &sgd, &err),
			 QUO_USAGE);
	assert_non_null(strstr(err.text, "unknown key 'x'"));
	assert_null(owner);
}

/* Whatever bytes a file has: an experiment, or one line. */
static void survives_damage(void **state)
{
	(void)state;
	static const char good[] = "name: x\ndata: {use: table, count: 2, files: [a, b], columns: "
				   "[{numeric: 3}, label]}\n"
				   "model:\n  - {use: fc, count: 3}\n  - use: fc\n    count: 4\n   "
				   " schedule: {0: 3, 3: 4}\n"
				   "train:\n  optimizer: {use: sgd, rate: 0.5}\n  epochs: "
				   "3\nprotocol: {ot: {use: iknp}}\n";
	static const char spice[] = "{}[],:#&*!|>'\"%@`-? \n\t~0a\\\x80\xff";
	uint64_t x = 88172645463325252u;
	int loaded = 0;
	for (int round = 0; round < 3000; round++) {
		char text[sizeof good];
		memcpy(text, good, sizeof good);
		for (int i = 0; i <= round % 4; i++) {
			x ^= x << 13, x ^= x >> 7, x ^= x << 17;
			text[(x >> 8) % (sizeof good - 1)] = spice[(x >> 40) % (sizeof spice - 1)];
		}
		quo_err err = QUO_ERR_INIT;
		quo_experiment *e = NULL;
		quo_status status = quo_experiment_load(registry, file_of(text), NULL, 0, &e, &err);
		if (status == QUO_OK)
			loaded++;
		else if (status != QUO_USAGE || !*err.text || strchr(err.text, '\n'))
			fail_msg("status %d, '%s' from:\n%s", status, err.text, text);
		quo_experiment_free(e);
		assert_int_equal(live, 0);
	}
	assert_true(loaded > 10 && loaded < 2500);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fills_in_defaults),
		cmocka_unit_test(refuses_wrong_files),
		cmocka_unit_test(says_where_it_looked),
		cmocka_unit_test(sets_override),
		cmocka_unit_test(agrees_on_what_is_not_local),
		cmocka_unit_test(writes_itself_stably),
		cmocka_unit_test(loads_one_component),
		cmocka_unit_test(survives_damage),
	};
	return cmocka_run_group_tests(tests, begin, end);
}
