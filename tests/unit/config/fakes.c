/* SPDX-License-Identifier: Apache-2.0 */
#include "fakes.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "data/dataset.h"

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

int live;
static int order;

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

quo_registry *registry;
static char folder[] = "/tmp/quo-experiment-XXXXXX";

int begin(void **state)
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

int end(void **state)
{
	(void)state;
	char command[100];
	quo_registry_free(registry);
	snprintf(command, sizeof command, "rm -r %s", folder);
	return system(command);
}

char *file_of(const char *text)
{
	static char path[200];
	snprintf(path, sizeof path, "%s/exp-1.yaml", folder);
	FILE *f = fopen(path, "wb");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
	return path;
}

quo_experiment *load(const char *text, const char *const *sets, size_t n_sets)
{
	quo_err err = QUO_ERR_INIT;
	quo_experiment *e = NULL;
	if (quo_experiment_load(registry, file_of(text), sets, n_sets, &e, &err) != QUO_OK)
		fail_msg("%s", err.text);
	return e;
}

void refuses(const char *text, int line, const char *why)
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

const char *agreed(const quo_experiment *e, const char *key)
{
	const quo_agreement *a = quo_experiment_agreement(e);
	for (uint32_t i = 0; i < a->n; i++)
		if (!strcmp(a->key[i], key))
			return a->value[i];
	return NULL;
}
