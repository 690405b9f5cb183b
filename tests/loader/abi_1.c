/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A plugin of ABI 1.1, byte for byte: a quantiser whose structs are written out here as
 * quotient 0.1's headers had them. None of today's headers is included, so that they may change.
 * Whole by its own ABI; it must be refused by its number before anything else of it is read.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

struct option_1 {
	const char *name;
	int type; /* 0: an integer */
	uint32_t offset;
	const char *default_yaml, *help;
	int64_t min, max;
	double min_real, max_real;
	const char *const *choices;
	uint32_t component_kind;
	bool local;
};

struct component_1 {
	uint32_t size, kind;
	const char *name, *summary, *security;
	uint32_t wire_version, instance_size, config_size, ops_size;
	const struct option_1 *options;
	const void *ops;
};

struct plugin_1 {
	uint64_t magic;
	uint16_t abi_major, abi_minor;
	uint32_t size, component_size, n_components;
	const struct component_1 *const *components;
	const char *name, *version;
	uint32_t option_size;
};

/* An integer of a circuit: its wires, width and sign. Never looked at. */
struct int_1 {
	uint32_t wire[64];
	uint8_t width;
	bool is_signed;
};

struct quant_ops_1 {
	int (*init)(void *self, const void *config, void *err);
	void (*fini)(void *self);
	uint32_t bound, random_bits;
	struct int_1 (*lift)(void *self, void *builder, struct int_1 x);
	struct int_1 (*combine)(void *self, void *builder, struct int_1 x, struct int_1 y);
	struct int_1 (*exponent)(void *self, void *builder, struct int_1 m);
	struct int_1 (*step)(void *self, void *builder, struct int_1 g, struct int_1 s, int r,
			     struct int_1 u);
};

__attribute__((constructor)) static void constructed(void)
{
	setenv("QUO_TEST_CONSTRUCTED", "1", 1);
}

static int init(void *self, const void *config, void *err)
{
	(void)self, (void)config, (void)err;
	setenv("QUO_TEST_INIT", "1", 1);
	return 0;
}

static struct int_1 same(void *self, void *builder, struct int_1 x)
{
	(void)self, (void)builder;
	return x;
}

static struct int_1 combine(void *self, void *builder, struct int_1 x, struct int_1 y)
{
	(void)self, (void)builder, (void)y;
	return x;
}

static struct int_1 step(void *self, void *builder, struct int_1 g, struct int_1 s, int r,
			 struct int_1 u)
{
	(void)self, (void)builder, (void)s, (void)r, (void)u;
	return g;
}

static const struct quant_ops_1 ops = {
	.init = init,
	.bound = 128,
	.lift = same,
	.combine = combine,
	.exponent = same,
	.step = step,
};

static const struct option_1 options[] = {
	{ .name = "count", .default_yaml = "3", .help = "how many", .min = 1, .max = 9 },
	{ 0 },
};

static const struct component_1 component = {
	.size = sizeof(struct component_1),
	.kind = 8,
	.name = "old",
	.summary = "made for a test",
	.security = "none",
	.wire_version = 1,
	.instance_size = 8,
	.config_size = 8,
	.ops_size = sizeof(struct quant_ops_1),
	.options = options,
	.ops = &ops,
};

static const struct component_1 *const components[] = { &component };

#define EXPORT __attribute__((visibility("default")))

EXPORT extern const struct plugin_1 quo_plugin_entry;
EXPORT const struct plugin_1 quo_plugin_entry = {
	.magic = UINT64_C(0x544e4549544f5551),
	.abi_major = 1,
	.abi_minor = 1,
	.size = sizeof(struct plugin_1),
	.component_size = sizeof(struct component_1),
	.n_components = 1,
	.components = components,
	.name = "old",
	.version = "1.0",
	.option_size = sizeof(struct option_1),
};
