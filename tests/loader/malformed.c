/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A quantiser plugin with one defect, chosen by DEFECT_<name>; with none of them it is whole. It
 * leaves a mark in the environment when any of its code runs.
 */
#include <stdlib.h>

#include <quotient/quotient.h>

struct config {
	int64_t count;
	bool fast;
};

__attribute__((constructor)) static void constructed(void)
{
	setenv("QUO_TEST_CONSTRUCTED", "1", 1);
}

static quo_status init(void *self, const void *config, quo_err *err)
{
	(void)self, (void)config, (void)err;
	setenv("QUO_TEST_INIT", "1", 1);
	return QUO_OK;
}

static quo_int lift(void *self, quo_builder *b, quo_int x)
{
	(void)self, (void)b;
	return x;
}
__attribute__((unused)) static quo_int combine(void *self, quo_builder *b, quo_int x, quo_int y)
{
	(void)self, (void)b, (void)y;
	return x;
}
static quo_int step(void *self, quo_builder *b, quo_int g, quo_int s, int r, quo_int u)
{
	(void)self, (void)b, (void)s, (void)r, (void)u;
	return g;
}

__attribute__((unused)) static const quo_quant_ops ops = {
	.life = { init, NULL },
#ifdef DEFECT_bad_data_member
	.bound = 256,
#else
	.bound = 128,
#endif
	.lift = lift,
#ifndef DEFECT_missing_method
	.combine = combine,
#endif
	.exponent = lift,
	.step = step,
};

#ifdef DEFECT_bad_default
#define COUNT "many"
#elif defined DEFECT_default_out_of_range
#define COUNT "10"
#else
#define COUNT "3"
#endif

static const quo_option options[] = {
	QUO_OPTION(struct config, count, QUO_OPT_INT, COUNT, "how many", .min = 1, .max = 9),
#ifdef DEFECT_option_offset
	{ .name = "fast",
	  .type = QUO_OPT_BOOL,
	  .offset = 4000,
	  .default_yaml = "false",
	  .help = "x" },
#elif defined DEFECT_option_twice
	{ .name = "count",
	  .type = QUO_OPT_BOOL,
	  .offset = 8,
	  .default_yaml = "false",
	  .help = "x" },
#elif defined DEFECT_option_type
	{ .name = "fast",
	  .type = (quo_option_type)77,
	  .offset = 8,
	  .default_yaml = "false",
	  .help = "x" },
#elif defined DEFECT_option_kind
	{ .name = "fast",
	  .type = QUO_OPT_COMPONENT,
	  .offset = 8,
	  .default_yaml = "{use: x}",
	  .help = "x",
	  .component_kind = 99 },
#elif defined DEFECT_option_overlap
	{ .name = "fast", .type = QUO_OPT_BOOL, .offset = 3, .default_yaml = "false", .help = "x" },
#else
	QUO_OPTION(struct config, fast, QUO_OPT_BOOL, "false", "go fast"),
#endif
	{ 0 },
};

#ifndef NAME
#define NAME "malformed"
#endif

static const quo_component component = {
#ifdef DEFECT_component_truncated
	.size = sizeof(quo_component) - 8,
#else
	.size = sizeof(quo_component),
#endif
#ifdef DEFECT_kind_zero
	.kind = 0,
#elif defined DEFECT_kind_unknown
	.kind = 200,
#elif defined DEFECT_kind_data
	.kind = QUO_KIND_DATA,
#else
	.kind = QUO_KIND_QUANT,
#endif
#ifdef DEFECT_name_null
	.name = NULL,
#elif defined DEFECT_name_bad
	.name = "Mal formed",
#else
	.name = NAME,
#endif
#ifndef DEFECT_no_summary
	.summary = "made for a test",
#endif
	.security = "none",
	.wire_version = 1,
	.instance_size = 8,
	.config_size = sizeof(struct config),
#ifdef DEFECT_vtable_truncated
	.ops_size = sizeof(quo_quant_ops) - sizeof(void *),
#elif defined DEFECT_vtable_long
	.ops_size = sizeof(quo_quant_ops) + sizeof(void *),
#else
	.ops_size = sizeof(quo_quant_ops),
#endif
	.options = options,
#ifndef DEFECT_no_vtable
	.ops_ = &ops,
#endif
};

#ifdef DEFECT_undefined_symbol
extern int quo_no_such_function_anywhere(void);
int (*quo_use_it)(void) = quo_no_such_function_anywhere;
#endif

#ifdef DEFECT_private_symbol
extern int quo__cpu_force(const char *);
int (*quo_use_it)(const char *) = quo__cpu_force;
#endif

#ifdef DEFECT_no_symbol
const quo_component *quo_other_symbol = &component;
#elif defined DEFECT_function
QUO_EXPORT void quo_plugin_entry(void);
void quo_plugin_entry(void)
{
	setenv("QUO_TEST_INIT", component.name, 1);
}
#elif defined DEFECT_short_symbol
struct short_entry {
	uint64_t magic;
	uint16_t abi_major, abi_minor;
	uint32_t size, component_size, n_components;
	const quo_component *components;
};
QUO_EXPORT extern const struct short_entry quo_plugin_entry;
const struct short_entry quo_plugin_entry = {
	QUO_PLUGIN_MAGIC,   QUO_ABI_MAJOR,         QUO_ABI_MINOR,
	sizeof(quo_plugin), sizeof(quo_component), 1,
	&component,
};
#else
#ifdef DEFECT_twice_inside
__attribute__((unused)) static const quo_component *const list[] = { &component, &component };
#elif defined DEFECT_component_null
__attribute__((unused)) static const quo_component *const list[] = { &component, NULL };
#else
__attribute__((unused)) static const quo_component *const list[] = { &component };
#endif
QUO_EXPORT extern const quo_plugin quo_plugin_entry;
const quo_plugin quo_plugin_entry = {
#ifdef DEFECT_magic
	.magic = QUO_PLUGIN_MAGIC ^ 1,
#else
	.magic = QUO_PLUGIN_MAGIC,
#endif
#ifdef DEFECT_abi_major
	.abi_major = QUO_ABI_MAJOR + 1,
#else
	.abi_major = QUO_ABI_MAJOR,
#endif
#ifdef DEFECT_abi_minor
	.abi_minor = QUO_ABI_MINOR + 1,
#else
	.abi_minor = QUO_ABI_MINOR,
#endif
#ifdef DEFECT_plugin_truncated
	.size = sizeof(quo_plugin) - 8,
#elif defined DEFECT_plugin_size_beyond
	.size = sizeof(quo_plugin) + 8,
#else
	.size = sizeof(quo_plugin),
#endif
#ifdef DEFECT_component_size
	.component_size = sizeof(quo_component) - 8,
#else
	.component_size = sizeof(quo_component),
#endif
#ifdef DEFECT_no_components
	.n_components = 0,
#elif defined DEFECT_many_components
	.n_components = UINT32_MAX,
#else
	.n_components = sizeof list / sizeof *list,
#endif
#ifdef DEFECT_no_list
	.components = sizeof list ? NULL : list,
#else
	.components = list,
#endif
#ifndef DEFECT_plugin_name_null
	.name = "malformed",
#endif
	.version = "1.0",
#ifdef DEFECT_option_size
	.option_size = sizeof(quo_option) + 8,
#else
	.option_size = sizeof(quo_option),
#endif
};
#endif
