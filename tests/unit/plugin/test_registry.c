/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <quotient/quotient.h>

#include "plugin/registry.h"
#include "text/kind.h"

struct config {
	int64_t count;
	bool fast;
};

struct state {
	const struct config *config;
	int marker;
};

static int finished;

static quo_status init(void *self, const void *config, quo_err *err)
{
	struct state *s = self;
	assert_int_equal(s->marker, 0);
	assert_int_equal((uintptr_t)self % 64, 0);
	s->config = config;
	if (s->config->count == 13)
		return quo_fail(err, QUO_USAGE, "thirteen");
	return QUO_OK;
}

static void fini(void *self)
{
	(void)self;
	finished++;
}

static quo_status plan(void *self, const quo_layer_input *in, quo_layer_plan *out, quo_err *err)
{
	(void)self, (void)in, (void)out, (void)err;
	return QUO_OK;
}
static quo_status forward(void *self, quo_session *s, quo_value *a, quo_value *t, quo_tensor *z,
			  quo_err *err)
{
	(void)self, (void)s, (void)a, (void)t, (void)z, (void)err;
	return QUO_OK;
}
static quo_status backward(void *self, quo_session *s, quo_value *a, quo_value *e, quo_value *t,
			   quo_tensor *g, quo_tensor *p, quo_err *err)
{
	(void)self, (void)s, (void)a, (void)e, (void)t, (void)g, (void)p, (void)err;
	return QUO_OK;
}

static const quo_layer_ops layer_ops = {
	.life = { init, fini }, .plan = plan, .forward = forward, .backward = backward
};

static const quo_option options[] = {
	QUO_OPTION(struct config, count, QUO_OPT_INT, "3", "how many", .min = 1, .max = 9),
	QUO_OPTION(struct config, fast, QUO_OPT_BOOL, "false", "go fast"),
	{ 0 },
};

static quo_component layer(const char *name)
{
	return (quo_component){
		QUO_COMPONENT(QUO_KIND_LAYER, &layer_ops),
		.name = name,
		.summary = "a layer",
		.security = "none",
		.wire_version = 1,
		.instance_size = sizeof(struct state),
		.config_size = sizeof(struct config),
		.options = options,
	};
}

static int setup(void **state)
{
	*state = quo_registry_new(NULL, NULL);
	return *state ? 0 : -1;
}

static int teardown(void **state)
{
	quo_registry_free(*state);
	return 0;
}

static void refused(quo_registry *r, const quo_component *c, const char *why)
{
	quo_err err = QUO_ERR_INIT;
	size_t before = quo_registry_count(r);
	assert_int_equal(quo_registry_add(r, c, "here.so", &err), QUO_USAGE);
	assert_non_null(strstr(err.text, "here.so"));
	if (!strstr(err.text, why))
		fail_msg("'%s' does not say '%s'", err.text, why);
	assert_null(strchr(err.text, '\n'));
	assert_int_equal(quo_registry_count(r), before);
}

static void finds_what_was_added_in_order(void **state)
{
	quo_registry *r = *state;
	const char *names[] = { "conv", "fc", "add" };
	for (int i = 0; i < 3; i++) {
		quo_component c = layer(names[i]);
		assert_int_equal(quo_registry_add(r, &c, "built-in", NULL), QUO_OK);
	}
	assert_int_equal(quo_registry_count(r), 3);
	assert_string_equal(quo_registry_at(r, 0)->component.name, "add");
	assert_string_equal(quo_registry_at(r, 2)->component.name, "fc");
	assert_null(quo_registry_at(r, 3));
	assert_string_equal(quo_registry_find(r, QUO_KIND_LAYER, "fc")->component.name, "fc");
	assert_null(quo_registry_find(r, QUO_KIND_OPTIM, "fc"));
	assert_null(quo_registry_find(r, QUO_KIND_LAYER, "f"));
}

static void copies_the_vtable(void **state)
{
	quo_registry *r = *state;
	quo_layer_ops ops = layer_ops;
	quo_component c = layer("fc");
	c.ops_ = &ops;
	assert_int_equal(quo_registry_add(r, &c, "built-in", NULL), QUO_OK);
	memset(&ops, 0, sizeof ops);
	const quo_layer_ops *copy =
		QUO_OPS(QUO_KIND_LAYER, &quo_registry_find(r, QUO_KIND_LAYER, "fc")->component);
	assert_true(copy->plan == plan);
}

static void refuses_a_second_of_one_name(void **state)
{
	quo_component c = layer("fc");
	assert_int_equal(quo_registry_add(*state, &c, "first.so", NULL), QUO_OK);
	refused(*state, &c, "layer/fc is already there, from first.so");
}

static void refuses_bad_components(void **state)
{
	quo_component c;
	quo_layer_ops ops = layer_ops;
	refused(*state, NULL, "NULL");
#define BAD(change, why) (c = layer("fc"), change, refused(*state, &c, why))
	BAD(c.size = 8, "truncated");
	BAD(c.size += 8, "longer");
	BAD(c.name = NULL, "no name");
	BAD(c.name = "", "''");
	BAD(c.name = "Fc", "'Fc'");
	BAD(c.name = "a b", "'a b'");
	BAD(c.kind = 0, "kind 0");
	BAD(c.kind = QUO_KIND_END, "kind 10");
	BAD(c.summary = NULL, "layer/fc: no summary");
	BAD(c.security = "", "layer/fc: no security claim");
	BAD(c.ops_ = NULL, "layer/fc: no vtable");
	char longer[80], shorter[80];
	snprintf(longer, sizeof longer, "layer/fc: its vtable of %zu bytes is longer",
		 sizeof(quo_layer_ops) + 1);
	snprintf(shorter, sizeof shorter, "layer/fc: its vtable of %zu bytes is truncated",
		 sizeof(quo_layer_ops) - 1);
	BAD(c.ops_size = sizeof(quo_layer_ops) - 1, shorter);
	BAD(c.ops_size = sizeof(quo_layer_ops) + 1, longer);
	BAD(c.instance_size = UINT32_MAX, "4294967295 bytes of state");
	BAD(c.config_size = UINT32_MAX, "4294967295 of config");
	BAD(c.config_size = 8, "option 'fast' fills bytes 8..8 of a config struct of 8 bytes");
	ops.backward = NULL;
	BAD(c.ops_ = &ops, "layer/fc: a linear layer without forward or backward");
	ops.plan = NULL;
	BAD(c.ops_ = &ops, "layer/fc: lacks the required method 'plan'");
}

static void refuses_bad_data_members(void **state)
{
	quo_component c = layer("npow");
	quo_quant_ops ops = { 0 };
	/* Any non-NULL pointer passes for a method: none is called. */
	ops.lift = (quo_int(*)(void *, quo_builder *, quo_int))(uintptr_t)1;
	ops.combine = (quo_int(*)(void *, quo_builder *, quo_int, quo_int))(uintptr_t)1;
	ops.exponent = ops.lift;
	ops.step = (quo_int(*)(void *, quo_builder *, quo_int, quo_int, int, quo_int))(uintptr_t)1;
	c.kind = QUO_KIND_QUANT;
	c.ops_ = &ops;
	c.ops_size = sizeof ops;
	refused(*state, &c, "quant/npow: bound is not in 1..255");
	ops.bound = 128;
	ops.random_bits = 3;
	refused(*state, &c, "random_bits");
	ops.random_bits = 8;
	assert_int_equal(quo_registry_add(*state, &c, "built-in", NULL), QUO_OK);
}

static void refuses_bad_option_tables(void **state)
{
	quo_component c = layer("fc");
	quo_option table[3] = { options[0], options[1], { 0 } };
	c.options = table;
#define BAD_OPTION(i, change, why) \
	(table[0] = options[0], table[1] = options[1], table[i] change, refused(*state, &c, why))
	BAD_OPTION(0, .name = "Count", "option name 'Count'");
	BAD_OPTION(0, .name = "use", "'use': this name is taken");
	BAD_OPTION(0, .type = (quo_option_type)99, "type 99");
	BAD_OPTION(0, .help = NULL, "no help");
	BAD_OPTION(0, .offset = 4, "offset 4");
	BAD_OPTION(0, .max = 0, "range");
	BAD_OPTION(1, .name = "count", "'count' is there twice");
	BAD_OPTION(1, .offset = 7, "'count' and 'fast' overlap");
	BAD_OPTION(1, .type = QUO_OPT_COMPONENT, "kind 0");
	quo_option choice = {
		.name = "mode", .type = QUO_OPT_ENUM, .help = "x", .offset = 8, .default_yaml = "a"
	};
	BAD_OPTION(1, = choice, "without choices");
}

static void an_instance_lives(void **state)
{
	quo_component c = layer("fc");
	struct config config = { 3, true };
	quo_instance *instance = NULL;
	quo_err err = QUO_ERR_INIT;
	assert_int_equal(quo_registry_add(*state, &c, "built-in", &err), QUO_OK);
	const quo_registered *fc = quo_registry_find(*state, QUO_KIND_LAYER, "fc");

	finished = 0;
	assert_int_equal(quo_instance_new(fc, &config, &instance, &err), QUO_OK);
	assert_ptr_equal(instance->config, &config);
	assert_ptr_equal(((struct state *)instance->self)->config, &config);
	assert_ptr_equal(instance->component, &fc->component);
	quo_instance_free(instance);
	assert_int_equal(finished, 1);

	config.count = 13;
	instance = NULL;
	assert_int_equal(quo_instance_new(fc, &config, &instance, &err), QUO_USAGE);
	assert_null(instance);
	assert_string_equal(err.text, "thirteen");
	assert_int_equal(finished, 2);
	quo_instance_free(NULL);
}

static void kinds_have_names(void **state)
{
	(void)state;
	for (int k = 1; k < QUO_KIND_END; k++)
		assert_int_equal(quo_kind_from_name(quo_kind_name((quo_kind)k)), k);
	assert_int_equal(quo_kind_from_name("nothing"), QUO_KIND_END);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(finds_what_was_added_in_order),
		T(copies_the_vtable),
		T(refuses_a_second_of_one_name),
		T(refuses_bad_components),
		T(refuses_bad_data_members),
		T(refuses_bad_option_tables),
		T(an_instance_lives),
		T(kinds_have_names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
