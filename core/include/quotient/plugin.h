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
#define QUO_ABI_MAJOR 2
#define QUO_ABI_MINOR 0

typedef enum quo_kind {
	QUO_KIND_OT = 1,
	QUO_KIND_GC,
	QUO_KIND_CIRCUITS,
	QUO_KIND_PRODUCTS,
	QUO_KIND_PROTOCOL,
	QUO_KIND_LAYER,
	QUO_KIND_OPTIM,
	QUO_KIND_QUANT,
	QUO_KIND_DATA, /* built-in readers; not loaded from plugins in ABI 2 */
	QUO_KIND_END,
} quo_kind;

typedef struct quo_component {
	/* These four by QUO_COMPONENT(). */
	uint32_t size;     /* sizeof(quo_component) as the plugin saw it */
	uint32_t kind;     /* quo_kind */
	uint32_t ops_size; /* sizeof the vtable as the plugin saw it */
	const void *ops_;  /* the vtable; read through QUO_OPS(), or the accessor of the kind */

	const char *name;       /* [a-z0-9-]+, what `use:` says */
	const char *summary;    /* one line */
	const char *security;   /* one line: claimed security and assumption, or "none" */
	uint32_t wire_version;  /* all parties must run the same */
	uint32_t instance_size; /* bytes of zeroed, 64-byte aligned state that the core allocates */
	uint32_t config_size;   /* bytes of the config struct that the option table fills */
	const quo_option *options; /* NULL: none */
} quo_component;

/*
 * The first line of a component, which says its kind and its vtable:
 *
 *     static const quo_component iknp = {
 *             QUO_COMPONENT(QUO_KIND_OT, &iknp_ops),
 *             .name = "iknp",
 *             ..
 *     };
 *
 * The kind is an enumerator of quo_kind by its name. A vtable of another kind's type does not
 * compile. The header of a kind names the type of its vtables: QUO_KIND_OT_ops in ot.h. In C++17,
 * which has no designators, the fields from name on follow in their order.
 */
/* clang-format off */
#ifdef __cplusplus
#define QUO_COMPONENT(kind_, table_) \
	sizeof(quo_component), (kind_), sizeof(kind_##_ops), static_cast<const kind_##_ops *>(table_)
#else
#define QUO_OPS_OF_KIND_(kind_, table_) \
	_Generic((table_), const kind_##_ops * : (table_), kind_##_ops * : (table_))
#define QUO_COMPONENT(kind_, table_) \
	.size = sizeof(quo_component), .kind = (kind_), .ops_size = sizeof(kind_##_ops), \
	.ops_ = QUO_OPS_OF_KIND_(kind_, table_)
#endif
/* clang-format on */

/* The vtable of a component of the kind given, e.g. QUO_OPS(QUO_KIND_OT, component): what the
 * accessors of the kinds (quo_ot(), quo_gc(), ..) are made of. */
#define QUO_OPS(kind_, component_) ((const kind_##_ops *)quo_component_ops_((component_), (kind_)))

static inline const void *quo_component_ops_(const quo_component *component, uint32_t kind)
{
	quo_assert(component->kind == kind);
	(void)kind;
	return component->ops_;
}

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

/* An instance: a component (the core's own copy, its vtable of full size), its parsed config and its
 * state. The header of each kind has an accessor of its vtable: quo_ot(instance)->open(..). */
struct quo_instance {
	const quo_component *component;
	const void *config;
	void *self;
};

/* An instance of the same component and config with a state of its own, after init(). */
quo_status quo_instance_clone(const quo_instance *of, quo_instance **out, quo_err *err);
/* fini(), wipe, free; NULL is fine. */
void quo_instance_free(quo_instance *instance);

/* What every vtable starts with. */
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
