/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The plugin interface: one constant data symbol per shared object, which lists components.
 *
 *     QUO_PLUGIN("ot-iknp", "1.0", &iknp_component)
 *
 * The core checks magic, ABI and sizes of the symbol before it calls anything in the object, copies
 * every vtable into a zero-filled one of its own size, checks that required methods are there, and
 * refuses with one line that names the file, the component and the cause. Tables are append-only
 * within an ABI major version: a plugin built against an older minor version has shorter tables,
 * and what it lacks reads as NULL.
 *
 * Plugins include quotient/ headers and nothing else of the core; they export the entry symbol
 * alone, create no threads, do not print, and never exit or abort. One caller per instance at a
 * time.
 */
#ifndef QUOTIENT_PLUGIN_H
#define QUOTIENT_PLUGIN_H

#include <quotient/option.h>

QUO_BEGIN_DECLS

#define QUO_PLUGIN_MAGIC UINT64_C(0x544e4549544f5551) /* "QUOTIENT" */
#define QUO_ABI_MAJOR 1
#define QUO_ABI_MINOR 1

typedef enum quo_kind {
	QUO_KIND_OT = 1,
	QUO_KIND_GC,
	QUO_KIND_CIRCUITS,
	QUO_KIND_PRODUCTS,
	QUO_KIND_PROTOCOL,
	QUO_KIND_LAYER,
	QUO_KIND_OPTIM,
	QUO_KIND_QUANT,
	QUO_KIND_DATA, /* built-in readers; not loaded from plugins in ABI 1 */
	QUO_KIND_END,
} quo_kind;

typedef struct quo_component {
	uint32_t size;          /* sizeof(quo_component) as the plugin saw it */
	uint32_t kind;          /* quo_kind */
	const char *name;       /* [a-z0-9-]+, what `use:` says */
	const char *summary;    /* one line */
	const char *security;   /* one line: claimed security and assumption, or "none" */
	uint32_t wire_version;  /* both parties must run the same */
	uint32_t instance_size; /* bytes of zeroed, 64-byte aligned state that the core allocates */
	uint32_t config_size;   /* bytes of the config struct that the option table fills */
	uint32_t ops_size;      /* sizeof the vtable as the plugin saw it */
	const quo_option *options; /* NULL: none */
	const void *ops;           /* the vtable of the kind */
} quo_component;

typedef struct quo_plugin {
	uint64_t magic;
	uint16_t abi_major, abi_minor;
	uint32_t size;           /* sizeof(quo_plugin) */
	uint32_t component_size; /* sizeof(quo_component) */
	uint32_t n_components;
	const quo_component *const *components;
	const char *name, *version;
	uint32_t option_size; /* sizeof(quo_option): the stride of option tables */
} quo_plugin;

#define QUO_PLUGIN_SYMBOL "quo_plugin_entry"

#if defined(__GNUC__)
#define QUO_EXPORT __attribute__((visibility("default")))
#else
#define QUO_EXPORT
#endif

#define QUO_PLUGIN(name_, version_, ...) \
	static const quo_component *const quo_plugin_components_[] = { __VA_ARGS__ }; \
	QUO_EXPORT extern const quo_plugin quo_plugin_entry; \
	const quo_plugin quo_plugin_entry = { \
		QUO_PLUGIN_MAGIC, \
		QUO_ABI_MAJOR, \
		QUO_ABI_MINOR, \
		sizeof(quo_plugin), \
		sizeof(quo_component), \
		sizeof quo_plugin_components_ / sizeof *quo_plugin_components_, \
		quo_plugin_components_, \
		(name_), \
		(version_), \
		sizeof(quo_option), \
	};

/*
 * An instance: a component, its vtable (the core's own full-size copy), its parsed config and its
 * state. Every vtable starts with these two methods.
 */
typedef struct quo_instance {
	const quo_component *component;
	const void *ops;
	const void *config;
	void *self;
} quo_instance;

/* An instance of the same component and config with a state of its own, after init(). */
quo_status quo_instance_clone(const quo_instance *of, quo_instance **out, quo_err *err);
/* fini(), wipe, free; NULL is fine. */
void quo_instance_free(quo_instance *instance);

typedef struct quo_lifecycle {
	/* Optional. Check the config (QUO_USAGE with one line if it cannot work) and keep the
	 * pointer: it outlives the instance. Sub-components named in the config are ready. */
	quo_status (*init)(void *self, const void *config, quo_err *err);
	/* Optional. Release what the instance holds; secrets wiped. Also called after a failed init
	 * or open. */
	void (*fini)(void *self);
} quo_lifecycle;

QUO_END_DECLS

#endif
