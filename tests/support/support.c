/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

#include "config/resolve.h"
#include "data/dataset.h"
#include "plugin/loader.h"
#include "text/kind.h"
#include "text/yaml_read.h"

void quo_test_assert_error(const quo_err *err, quo_status status, const char *part)
{
	if (err->status != status)
		fail_msg("status %d instead of %d: %s", (int)err->status, (int)status, err->text);
	if (!strstr(err->text, part))
		fail_msg("'%s' is not in: %s", part, err->text);
	if (strchr(err->text, '\n'))
		fail_msg("more than one line: %s", err->text);
}

quo_pool *quo_test_pool(int party)
{
	const char *threads = getenv("QUOTIENT_TEST_THREADS");
	quo_err err = QUO_ERR_INIT;
	quo_pool *pool;

	if (!threads)
		return NULL;
	pool = quo_pool_new((unsigned)strtoul(threads, NULL, 10) + (unsigned)party, &err);
	if (!pool)
		fail_msg("QUOTIENT_TEST_THREADS=%s: %s", threads, err.text);
	return pool;
}

uint64_t quo_test_random(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

quo_instance *quo_test_instance_with(const quo_component *component, const void *config)
{
	quo_err err = QUO_ERR_INIT;

	if (!config && component->options)
		return quo_test_configured_instance((quo_kind)component->kind, component->name);
	quo_instance *instance = quo_alloc(1, sizeof *instance, &err);
	const quo_lifecycle *life = component->ops_;

	assert_non_null(instance);
	instance->component = component;
	instance->config = config;
	instance->self = quo_alloc(1, component->instance_size, &err);
	assert_non_null(instance->self);
	if (life->init)
		quo_test_ok(life->init(instance->self, config, &err));
	return instance;
}

quo_instance *quo_test_instance(const quo_component *component)
{
	return quo_test_instance_with(component, NULL);
}

void quo_test_instance_free(quo_instance *instance)
{
	quo_instance_free(instance);
}

static quo_registry *registry;

static void free_registry(void)
{
	quo_registry_free(registry);
	registry = NULL;
}

quo_registry *quo_test_registry(void)
{
	quo_err err = QUO_ERR_INIT;

	if (registry)
		return registry;
	registry = quo_registry_new(quo_data_components, &err);
	if (!registry)
		fail_msg("%s", err.text);
	atexit(free_registry);
	quo_test_ok(quo_registry_load_default(registry, NULL, &err));
	return registry;
}

/* What configured instances are clones of; reachable until the process ends. */
static quo_resolver resolver;

static void free_resolver(void)
{
	quo__resolver_free_instances(&resolver);
	quo_arena_free(resolver.arena);
	resolver.arena = NULL;
}

quo_instance *quo_test_configured_instance(quo_kind kind, const char *yaml)
{
	quo_err err = QUO_ERR_INIT;
	quo_instance *model = NULL, *instance = NULL;
	quo_node *node = NULL, *resolved = NULL;
	const bool is_map = *yaml == '{';
	char text[300];

	if (!resolver.arena) {
		resolver.registry = quo_test_registry();
		resolver.arena = quo_arena_new(&err);
		assert_non_null(resolver.arena);
		atexit(free_resolver);
	}
	resolver.err = &err;
	snprintf(text, sizeof text, "%s%s%s", is_map ? "" : "{use: ", yaml, is_map ? "" : "}");
	quo_test_ok(quo__yaml_text(resolver.arena, text, "test", &node, &err));
	quo_test_ok(quo__resolve_component(&resolver, kind, node, "test", &model, &resolved));
	quo_test_ok(quo_instance_clone(model, &instance, &err));
	resolver.err = NULL;
	return instance;
}

quo_instance *quo_test_registered_instance(quo_kind kind, const char *name)
{
	if (!quo_registry_find(quo_test_registry(), kind, name))
		fail_msg("no component %s/%s is registered", quo_kind_name(kind), name);
	return quo_test_configured_instance(kind, name);
}

/* ---- the dealer ---- */

struct dealer {
	uint64_t state;
	quo_block delta;
	bool is_sender;
};

static quo_status dealer_open(void *self, quo_session *s, int sender, quo_err *err)
{
	struct dealer *d = self;

	(void)err;
	if (quo_is_dry(s))
		return QUO_OK;
	d->state = s->hash_start.w[0] ^ s->hash_start.w[1] ^ (uint64_t)(sender + 1) << 32;
	d->delta.w[0] = quo_test_random(&d->state) | 1;
	d->delta.w[1] = quo_test_random(&d->state);
	d->is_sender = s->party == sender;
	return QUO_OK;
}

static quo_status dealer_extend(void *self, quo_session *s, size_t n, quo_block *out,
				uint64_t *choices, quo_err *err)
{
	struct dealer *d = self;

	(void)err;
	if (quo_is_dry(s))
		return QUO_OK;
	if (!d->is_sender)
		memset(choices, 0, (n + 63) / 64 * sizeof *choices);
	for (size_t i = 0; i < n; i++) {
		uint64_t c = quo_test_random(&d->state) >> 63;
		out[i].w[0] = quo_test_random(&d->state);
		out[i].w[1] = quo_test_random(&d->state);
		if (!d->is_sender) {
			out[i] = quo_xor_if(out[i], d->delta, c);
			choices[i / 64] |= c << (i % 64);
		}
	}
	return QUO_OK;
}

static quo_block dealer_delta(void *self)
{
	return ((struct dealer *)self)->delta;
}

static const quo_ot_ops dealer_ops = {
	.open = dealer_open,
	.extend = dealer_extend,
	.delta = dealer_delta,
};

const quo_component quo_test_dealer_ot = {
	QUO_COMPONENT(QUO_KIND_OT, &dealer_ops),
	.name = "dealer",
	.summary = "a trusted dealer, for tests",
	.security = "none",
	.wire_version = 1,
	.instance_size = sizeof(struct dealer),
};
