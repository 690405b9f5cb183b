/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/check.h"

#include <stdio.h>
#include <string.h>

#include "plugin/kinds.h"
#include "text/kind.h"
#include "text/value.h"

#define MAX_NAME 64
#define MAX_INSTANCE_BYTES (UINT32_C(1) << 26)
#define MAX_CONFIG_BYTES (UINT32_C(1) << 20)
#define WHERE_BYTES 400

bool quo__name_ok(const char *s, char extra)
{
	size_t n = 0;
	for (; s[n]; n++) {
		bool letter = (s[n] >= 'a' && s[n] <= 'z') || (s[n] >= '0' && s[n] <= '9');
		if ((!letter && s[n] != extra) || n >= MAX_NAME)
			return false;
	}
	return n > 0;
}

size_t quo__option_size(quo_option_type type)
{
	switch (type) {
	case QUO_OPT_INT:
		return sizeof(int64_t);
	case QUO_OPT_REAL:
	case QUO_OPT_SECONDS:
	case QUO_OPT_RATE:
		return sizeof(double);
	case QUO_OPT_BOOL:
		return sizeof(bool);
	case QUO_OPT_STRING:
		return sizeof(const char *);
	case QUO_OPT_ENUM:
		return sizeof(int);
	case QUO_OPT_STRINGS:
		return sizeof(quo_strings);
	case QUO_OPT_SCHEDULE:
		return sizeof(quo_schedule);
	case QUO_OPT_COLUMNS:
		return sizeof(quo_columns);
	case QUO_OPT_COMPONENT:
		return sizeof(quo_instance *);
	}
	return 0;
}

static size_t option_alignment(quo_option_type type)
{
	switch (type) {
	case QUO_OPT_BOOL:
		return 1;
	case QUO_OPT_ENUM:
	case QUO_OPT_SCHEDULE:
		return _Alignof(int32_t);
	default:
		return _Alignof(int64_t);
	}
}

static quo_status check_option(const quo_option *o, uint32_t config_size, const char *where,
			       quo_err *err)
{
	size_t size = quo__option_size(o->type);

	if (!quo__name_ok(o->name, '_'))
		return quo_fail(err, QUO_USAGE,
				"%s: option name '%.64s' is not made of a-z, 0-9 and _", where,
				o->name);
	if (!strcmp(o->name, "use") || !strcmp(o->name, "extends"))
		return quo_fail(err, QUO_USAGE,
				"%s: option '%s': this name is taken by the experiment file", where,
				o->name);
	if (!size)
		return quo_fail(err, QUO_USAGE, "%s: option '%s' has type %d, which is none", where,
				o->name, (int)o->type);
	if (!o->help)
		return quo_fail(err, QUO_USAGE, "%s: option '%s' has no help text", where, o->name);
	if ((size_t)o->offset + size > config_size)
		return quo_fail(err, QUO_USAGE,
				"%s: option '%s' fills bytes %u..%zu of a config struct of %u "
				"bytes; check its offset "
				"and config_size",
				where, o->name, o->offset, (size_t)o->offset + size - 1,
				config_size);
	if (o->offset % option_alignment(o->type))
		return quo_fail(
			err, QUO_USAGE,
			"%s: option '%s' is at offset %u, which its type cannot have; check "
			"the type of the config member",
			where, o->name, o->offset);
	if (o->min > o->max || o->min_real > o->max_real)
		return quo_fail(err, QUO_USAGE,
				"%s: option '%s' has a range that ends before it begins", where,
				o->name);
	if (o->type == QUO_OPT_ENUM && (!o->choices || !o->choices[0]))
		return quo_fail(err, QUO_USAGE, "%s: option '%s' is an enum without choices", where,
				o->name);
	if (o->type == QUO_OPT_COMPONENT && !quo__kind_info(o->component_kind))
		return quo_fail(err, QUO_USAGE,
				"%s: option '%s' wants a component of kind %u, which is none",
				where, o->name, o->component_kind);
	return QUO_OK;
}

quo_status quo__options_check(const quo_option *options, uint32_t config_size, const char *where,
			      quo_err *err)
{
	for (size_t i = 0; options && options[i].name; i++) {
		if (i >= QUO__MAX_OPTIONS)
			return quo_fail(
				err, QUO_USAGE,
				"%s: more than %d options; does the table end with a zero entry?",
				where, QUO__MAX_OPTIONS);
		const quo_option *o = &options[i];
		QUO_TRY(check_option(o, config_size, where, err));
		for (size_t j = 0; j < i; j++) {
			const quo_option *p = &options[j];
			if (!strcmp(p->name, o->name))
				return quo_fail(err, QUO_USAGE, "%s: option '%s' is there twice",
						where, o->name);
			if (o->offset < p->offset + quo__option_size(p->type) &&
			    p->offset < o->offset + quo__option_size(o->type))
				return quo_fail(
					err, QUO_USAGE,
					"%s: options '%s' and '%s' overlap in the config struct; "
					"check the types of its members",
					where, p->name, o->name);
		}
	}
	return quo__defaults_check(options, where, err);
}

static quo_status check_vtable_size(const quo_component *c, const quo_kind_info *kind,
				    const char *where, quo_err *err)
{
	if (c->ops_size < quo__kind_min_size(kind))
		return quo_fail(err, QUO_USAGE,
				"%s: its vtable of %u bytes is truncated (ABI %d.0 has %u); "
				"rebuild it against this version's headers",
				where, c->ops_size, QUO_ABI_MAJOR, quo__kind_min_size(kind));
	if (c->ops_size > kind->ops_size)
		return quo_fail(err, QUO_USAGE,
				"%s: its vtable of %u bytes is longer than the %u of ABI %d.%d; "
				"rebuild it against this version's headers",
				where, c->ops_size, kind->ops_size, QUO_ABI_MAJOR, QUO_ABI_MINOR);
	return QUO_OK;
}

quo_status quo__component_check(const quo_component *c, const char *origin, quo_err *err)
{
	if (!c)
		return quo_fail(err, QUO_USAGE, "%s: a component of the list is NULL", origin);
	if (c->size < sizeof(quo_component))
		return quo_fail(err, QUO_USAGE,
				"%s: a component struct of %u bytes is truncated (ABI %d.0 has "
				"%zu); rebuild it "
				"against this version's headers",
				origin, c->size, QUO_ABI_MAJOR, sizeof(quo_component));
	if (c->size > sizeof(quo_component))
		return quo_fail(err, QUO_USAGE,
				"%s: a component struct of %u bytes is longer than the %zu of ABI "
				"%d.%d; rebuild it "
				"against this version's headers",
				origin, c->size, sizeof(quo_component), QUO_ABI_MAJOR,
				QUO_ABI_MINOR);
	const quo_kind_info *kind = quo__kind_info(c->kind);
	if (!c->name)
		return quo_fail(err, QUO_USAGE, "%s: a component of kind %s has no name", origin,
				quo_kind_name((quo_kind)c->kind));
	if (!quo__name_ok(c->name, '-'))
		return quo_fail(
			err, QUO_USAGE,
			"%s: component name '%.64s' is not 1..%d characters of a-z, 0-9 and -",
			origin, c->name, MAX_NAME);
	if (!kind)
		return quo_fail(err, QUO_USAGE,
				"%s: component '%s' has kind %u; this core knows 1..%d", origin,
				c->name, c->kind, QUO_KIND_END - 1);

	char where[WHERE_BYTES];
	snprintf(where, sizeof where, "%s: component %s/%s", origin,
		 quo_kind_name((quo_kind)c->kind), c->name);
	if (!c->summary || !*c->summary)
		return quo_fail(err, QUO_USAGE, "%s: no summary; say in one line what it is",
				where);
	if (!c->security || !*c->security)
		return quo_fail(err, QUO_USAGE,
				"%s: no security claim; say \"none\" if there is none", where);
	if (!c->ops_)
		return quo_fail(err, QUO_USAGE, "%s: no vtable", where);
	QUO_TRY(check_vtable_size(c, kind, where, err));
	if (c->instance_size > MAX_INSTANCE_BYTES || c->config_size > MAX_CONFIG_BYTES)
		return quo_fail(
			err, QUO_USAGE,
			"%s: asks for %u bytes of state and %u of config; at most %u and %u", where,
			c->instance_size, c->config_size, MAX_INSTANCE_BYTES, MAX_CONFIG_BYTES);
	return quo__options_check(c->options, c->config_size, where, err);
}

quo_status quo__ops_copy(const quo_component *c, const char *origin, void *ops, quo_err *err)
{
	const quo_kind_info *kind = quo__kind_info(c->kind);

	memcpy(ops, c->ops_, c->ops_size);
	for (const quo_method *m = kind->required; m->name; m++) {
		void (*method)(void);
		memcpy(&method, (const char *)ops + m->offset, sizeof method);
		if (!method)
			return quo_fail(err, QUO_USAGE,
					"%s: component %s/%s: lacks the required method '%s'",
					origin, quo_kind_name((quo_kind)c->kind), c->name, m->name);
	}
	const char *wrong = kind->check ? kind->check(ops) : NULL;
	if (wrong)
		return quo_fail(err, QUO_USAGE, "%s: component %s/%s: %s", origin,
				quo_kind_name((quo_kind)c->kind), c->name, wrong);
	return QUO_OK;
}
