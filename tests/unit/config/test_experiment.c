/* SPDX-License-Identifier: Apache-2.0 */
/* Experiments against components made here: no plugin is needed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <quotient/quotient.h>

#include "config/experiment.h"
#include "data/dataset.h"

struct fake {
	int64_t count;
	double rate;
	bool fast;
	int mode;
	const char *text;
	quo_strings files;
	quo_schedule schedule;
	quo_columns columns;
};
struct fake_protocol {
	quo_instance *ot;
	const char *folder;
};

static const char *const modes[] = { "plain", "gzip", NULL };

static const quo_option fake_options[] = {
	QUO_OPTION(struct fake, count, QUO_OPT_INT, NULL, "how many", .min = 1, .max = 9),
	QUO_OPTION(struct fake, rate, QUO_OPT_REAL, "0.5", "how fast", .min_real = 0,
		   .max_real = 1),
	QUO_OPTION(struct fake, fast, QUO_OPT_BOOL, "false", "go fast"),
	QUO_OPTION(struct fake, mode, QUO_OPT_ENUM, "plain", "how", .choices = modes),
	QUO_OPTION(struct fake, text, QUO_OPT_STRING, "\"\"", "a note"),
	QUO_OPTION(struct fake, files, QUO_OPT_STRINGS, "[]", "files"),
	QUO_OPTION(struct fake, schedule, QUO_OPT_SCHEDULE, "4", "rate by epoch", .min = 0,
		   .max = 15),
	QUO_OPTION(struct fake, columns, QUO_OPT_COLUMNS, "[]", "columns"),
	{ 0 },
};
static const quo_option protocol_options[] = {
	QUO_OPTION(struct fake_protocol, ot, QUO_OPT_COMPONENT, "{use: iknp}", "OT engine",
		   .component_kind = QUO_KIND_OT),
	QUO_OPTION(struct fake_protocol, folder, QUO_OPT_STRING, "here", "own folder",
		   .local = true),
	{ 0 },
};

static int live, order;

static quo_status init(void *self, const void *config, quo_err *err)
{
	(void)config, (void)err;
	*(int *)self = ++order;
	live++;
	return QUO_OK;
}
static quo_status init_data(void *self, const void *config, quo_err *err)
{
	const struct fake *c = config;
	QUO_TRY(init(self, config, err));
	return c->count == 9 ? quo_fail(err, QUO_USAGE, "nine is not allowed") : QUO_OK;
}
static quo_status init_protocol(void *self, const void *config, quo_err *err)
{
	const struct fake_protocol *c = config;
	assert_non_null(c->ot);
	assert_true(*(int *)c->ot->self > 0); /* ready */
	return init(self, config, err);
}
static void fini(void *self)
{
	assert_true(*(int *)self > 0);
	live--;
}

/* A vtable of any kind: every method is there, none is ever called. */
static void *vtable(quo_status (*start)(void *, const void *, quo_err *))
{
	static char pool[16][256];
	static int used;
	char *v = pool[used++ % 16];
	memset(v, 1, sizeof pool[0]);
	quo_lifecycle life = { start, fini };
	memcpy(v, &life, sizeof life);
	return v;
}

static void add(quo_registry *r, quo_kind kind, const char *name, uint32_t ops_size, void *ops,
		const quo_option *options, uint32_t config_size)
{
	quo_err err = QUO_ERR_INIT;
	quo_component c = {
		.size = sizeof c,
		.kind = (uint32_t)kind,
		.ops_size = ops_size,
		.ops_ = ops,
		.name = name,
		.summary = "made up",
		.security = "none",
		.wire_version = 1,
		.instance_size = 16,
		.config_size = config_size,
		.options = options,
	};
	if (kind == QUO_KIND_LAYER)
		((quo_layer_ops *)ops)->role = QUO_LAYER_LINEAR;
	if (quo_registry_add(r, &c, "built-in", &err) != QUO_OK)
		fail_msg("%s", err.text);
}

static quo_registry *registry;
static char folder[] = "/tmp/quo-experiment-XXXXXX";

static int begin(void **state)
{
	(void)state;
	registry = quo_registry_new(NULL, NULL);
	if (!registry || !mkdtemp(folder))
		return -1;
	add(registry, QUO_KIND_DATA, "table", sizeof(quo_data_ops), vtable(init_data), fake_options,
	    sizeof(struct fake));
	add(registry, QUO_KIND_LAYER, "fc", sizeof(quo_layer_ops), vtable(init), fake_options,
	    sizeof(struct fake));
	add(registry, QUO_KIND_OPTIM, "amsgrad", sizeof(quo_optim_ops), vtable(init), NULL, 0);
	add(registry, QUO_KIND_OPTIM, "sgd", sizeof(quo_optim_ops), vtable(init), fake_options + 1,
	    sizeof(struct fake));
	add(registry, QUO_KIND_OT, "iknp", sizeof(quo_ot_ops), vtable(init), NULL, 0);
	quo_quant_ops *quant = vtable(init);
	quant->bound = 128;
	quant->random_bits = 0;
	add(registry, QUO_KIND_QUANT, "npow", sizeof *quant, quant, NULL, 0);
	quo_protocol_ops *protocol = vtable(init_protocol);
	protocol->parties = 2;
	add(registry, QUO_KIND_PROTOCOL, "quotient", sizeof *protocol, protocol, protocol_options,
	    sizeof(struct fake_protocol));
	return 0;
}

static int end(void **state)
{
	(void)state;
	char command[100];
	quo_registry_free(registry);
	snprintf(command, sizeof command, "rm -r %s", folder);
	return system(command);
}

static char *file_of(const char *text)
{
	static char path[200];
	snprintf(path, sizeof path, "%s/exp-1.yaml", folder);
	FILE *f = fopen(path, "wb");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
	return path;
}

#define GOOD \
	"data: {use: table, count: 2}\nmodel:\n  - {use: fc, count: 3}\n  - {use: fc, count: 4}\n"

static quo_experiment *load(const char *text, const char *const *sets, size_t n_sets)
{
	quo_err err = QUO_ERR_INIT;
	quo_experiment *e = NULL;
	if (quo_experiment_load(registry, file_of(text), sets, n_sets, &e, &err) != QUO_OK)
		fail_msg("%s", err.text);
	return e;
}

static void refuses(const char *text, int line, const char *why)
{
	quo_err err = QUO_ERR_INIT;
	quo_experiment *e = NULL;
	char place[220];
	const char *path = file_of(text);
	snprintf(place, sizeof place, "%s:%d: ", path, line);
	assert_int_equal(quo_experiment_load(registry, path, NULL, 0, &e, &err), QUO_USAGE);
	assert_null(e);
	if (strncmp(err.text, place, strlen(place)) || !strstr(err.text, why) ||
	    strchr(err.text, '\n'))
		fail_msg("'%s' is not '%s%s'", err.text, place, why);
	assert_int_equal(live, 0);
}

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

static void reads_every_type(void **state)
{
	(void)state;
	quo_experiment *e =
		load("model: [{use: fc, count: 1}]\n"
		     "data:\n"
		     "  use: table\n"
		     "  count: 7\n"
		     "  rate: 1e-3\n"
		     "  fast: true\n"
		     "  mode: gzip\n"
		     "  text: 12\n"
		     "  files: [a, \"b c\"]\n"
		     "  schedule: {0: 3, 3: 4, 6: 5}\n"
		     "  columns: [{numeric: 3, scale: log_z}, one_hot, {ignore: 2}, label]\n",
		     NULL, 0);
	const struct fake *c = quo_experiment_config_of(e)->data->config;
	assert_int_equal(c->count, 7);
	assert_true(c->rate == 1e-3);
	assert_true(c->fast);
	assert_int_equal(c->mode, 1);
	assert_string_equal(c->text, "12");
	assert_int_equal(c->files.n, 2);
	assert_string_equal(c->files.item[1], "b c");
	assert_int_equal(c->schedule.n, 3);
	assert_int_equal(quo_schedule_at(&c->schedule, 2), 3);
	assert_int_equal(quo_schedule_at(&c->schedule, 7), 5);
	assert_int_equal(c->columns.n, 4);
	assert_int_equal(c->columns.item[0].count, 3);
	assert_int_equal(c->columns.item[0].scale, QUO_SCALE_LOG_Z);
	assert_int_equal(c->columns.item[2].role, QUO_COL_IGNORE);
	assert_int_equal(c->columns.item[3].role, QUO_COL_LABEL);
	assert_int_equal(c->columns.item[3].count, 1);
	quo_experiment_free(e);
}

/* A good file plus one more line of the data component. */
static void refuses_value(const char *line, const char *why)
{
	char text[500];
	snprintf(text, sizeof text, "model: [{use: fc, count: 1}]\ndata:\n  use: table\n%s  %s\n",
		 strncmp(line, "count", 5) ? "  count: 1\n" : "", line);
	refuses(text, strncmp(line, "count", 5) ? 5 : 4, why);
}

static void refuses_wrong_values(void **state)
{
	(void)state;
	refuses_value("count: 0", "data.count wants an integer in 1..9, not '0'");
	refuses_value("count: 10", "1..9");
	refuses_value("count: 99999999999999999999", "1..9");
	refuses_value("count: two", "not 'two'");
	refuses_value("count: \"2\"", "not the text \"2\"");
	refuses_value("count: 2.5", "not '2.5'");
	refuses_value("count: [2]", "not a list");
	refuses_value("count: {2: 3}", "not a map");
	refuses_value("count:", "not nothing");
	refuses_value("rate: 1.5", "a number in 0..1");
	refuses_value("rate: nan", "not 'nan'");
	refuses_value("rate: .inf", "not '.inf'");
	refuses_value("rate: 1e999", "not '1e999'");
	refuses_value("fast: yes", "true or false, not 'yes'");
	refuses_value("fast: \"true\"", "true or false");
	refuses_value("mode: gzp", "did you mean 'gzip'?");
	refuses_value("mode: bzip2-or-so", "wants plain or gzip, not 'bzip2-or-so'");
	refuses_value("mode: \"gzip\\nx: y\"", "gzip x: y");
	refuses_value("text: [a]", "a text, not a list");
	refuses_value("text: ~", "not nothing");
	refuses_value("files: {a: b}", "a list of texts");
	refuses_value("files: [a, [b]]", "not a list");
	refuses_value("schedule: {1: 3}", "starts at epoch 1");
	refuses_value("schedule: {0: 3, 0x3: 4}", "'0x3' is not an epoch");
	refuses_value("schedule: {0: 3, 5: 4, 4: 4}", "epoch 4 comes after epoch 5");
	refuses_value("schedule: {0: 16}", "an integer in 0..15");
	refuses_value("schedule: {}", "not a map");
	refuses_value("schedule: [3]", "not a list");
	refuses_value("columns: numeric", "a list of columns");
	refuses_value("columns: [numbers]", "no kind of column 'numbers'");
	refuses_value("columns: [nummeric]", "did you mean 'numeric'?");
	refuses_value("columns: [{numeric: 0}]", "1..1000000, not '0'");
	refuses_value("columns: [{numeric: 1, label: 1}]", "two kinds");
	refuses_value("columns: [{scale: z}]", "without a kind");
	refuses_value("columns: [{label: 1, scale: z}]", "only numeric");
	refuses_value("columns: [{numeric: 1, scale: zz}]", "no scale 'zz'");
	refuses_value("columns: [[numeric]]", "not a list");
	refuses("data: {use: table, count: 9}\nmodel: [{use: fc, count: 1}]\n", 1,
		"data: nine is not allowed");
	refuses_value("conut: 1",
		      "unknown key 'conut' in data (data/table); did you mean 'count'?");
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

static const char *agreed(const quo_experiment *e, const char *key)
{
	const quo_agreement *a = quo_experiment_agreement(e);
	for (uint32_t i = 0; i < a->n; i++)
		if (!strcmp(a->key[i], key))
			return a->value[i];
	return NULL;
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
	const char *const own[] = { "name", "network.mode", "network.timeout", "output.dir",
				    "protocol.folder" };
	for (size_t i = 0; i < sizeof own / sizeof *own; i++)
		assert_null(agreed(e, own[i]));
	quo_experiment_free(e);
}

static void shaped(const char *latency, const char *bandwidth, double seconds, double rate,
		   const char *canonical_latency, const char *canonical_bandwidth)
{
	char set[200];
	snprintf(set, sizeof set, "network.shape={latency: %s, bandwidth: %s}", latency, bandwidth);
	const char *const sets[] = { set };
	quo_experiment *e = load(GOOD, sets, 1);
	const quo_shape_config *c = &quo_experiment_config_of(e)->network.shape;
	assert_true(c->latency == seconds);
	assert_true(c->bandwidth == rate);
	assert_string_equal(agreed(e, "network.shape.latency"), canonical_latency);
	assert_string_equal(agreed(e, "network.shape.bandwidth"), canonical_bandwidth);
	char *text = quo_experiment_yaml(e, NULL);
	quo_experiment *again = load(text, NULL, 0);
	assert_true(quo_experiment_config_of(again)->network.shape.latency == seconds);
	assert_true(quo_experiment_config_of(again)->network.shape.bandwidth == rate);
	free(text);
	quo_experiment_free(again);
	quo_experiment_free(e);
}

/* One link is one text, however it was written; both parties must imitate the same. */
static void reads_quantities(void **state)
{
	(void)state;
	quo_experiment *e = load(GOOD, NULL, 0);
	assert_string_equal(agreed(e, "network.shape.latency"), "0s");
	assert_string_equal(agreed(e, "network.shape.bandwidth"), "0B/s");
	quo_experiment_free(e);
	shaped("42ms", "24.3MB/s", 0.042, 24.3e6, "42ms", "24.3MB/s");
	shaped("0.042s", "24300 kB/s", 0.042, 24.3e6, "42ms", "24.3MB/s");
	shaped("42000us", "194.4Mbit/s", 0.042, 24.3e6, "42ms", "24.3MB/s");
	shaped("1.5 s", "1GB/s", 1.5, 1e9, "1.5s", "1GB/s");
	shaped("7us", "8kbit/s", 7e-6, 1000, "7us", "1kB/s");
	shaped("0", "0", 0, 0, "0s", "0B/s");
	shaped("60s", "1000B/s", 60, 1000, "60s", "1kB/s");
	shaped(".5us", "1000000000000 B/s", 5e-7, 1e12, "0.5us", "1000GB/s");
}

static void refuses_quantities(void **state)
{
	static const char *const latency[] = { "42",  "42 m",   "-1ms",    "0x1ms", "ms",
					       "61s", "1e999s", "42ms ms", "nan",   "{a: 1}",
					       "~",   "[1ms]",  "1MB/s" };
	static const char *const bandwidth[] = { "24.3",    "24.3 mb/s", "24.3MB",
						 "2e12B/s", "1s",        "true" };
	char text[500];

	(void)state;
	for (size_t i = 0; i < sizeof latency / sizeof *latency; i++) {
		snprintf(text, sizeof text, "%snetwork: {shape: {latency: %s}}\n", GOOD,
			 latency[i]);
		refuses(text, 5,
			"network.shape.latency wants a time with its unit (us, ms, s) up to 60s, e.g. 42ms, not");
	}
	for (size_t i = 0; i < sizeof bandwidth / sizeof *bandwidth; i++) {
		snprintf(text, sizeof text, "%snetwork: {shape: {bandwidth: %s}}\n", GOOD,
			 bandwidth[i]);
		refuses(text, 5, "network.shape.bandwidth wants a rate with its unit");
	}
	refuses(GOOD "network: {shape: {bandwidth: 999B/s}}\n", 5, "less than 1kB/s");
	refuses(GOOD "network: {bandwidth: 999B/s}\n", 5, "network.bandwidth is less than 1kB/s");
	refuses(GOOD "network: {latency: 61s}\n", 5, "network.latency wants a time");
	refuses(GOOD "network: {shape: 42ms}\n", 5, "network.shape wants a map of options, not");
	refuses(GOOD "network: {shape: {latncy: 1s}}\n", 5,
		"unknown key 'latncy' in network.shape; did you mean 'latency'?");
	refuses(GOOD "network: {shap: {}}\n", 5, "did you mean 'shape'?");
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
		cmocka_unit_test(reads_every_type),
		cmocka_unit_test(refuses_wrong_values),
		cmocka_unit_test(refuses_wrong_files),
		cmocka_unit_test(says_where_it_looked),
		cmocka_unit_test(sets_override),
		cmocka_unit_test(agrees_on_what_is_not_local),
		cmocka_unit_test(reads_quantities),
		cmocka_unit_test(refuses_quantities),
		cmocka_unit_test(writes_itself_stably),
		cmocka_unit_test(loads_one_component),
		cmocka_unit_test(survives_damage),
	};
	return cmocka_run_group_tests(tests, begin, end);
}
