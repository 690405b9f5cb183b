/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checks of what a plugin declares: whether a component and its option table can be used at all.
 */
#ifndef QUOTIENT_CORE_CHECK_H
#define QUOTIENT_CORE_CHECK_H

#include <quotient/plugin.h>

#define QUO__MAX_OPTIONS 256

/*
 * Check `component` and copy its vtable into `ops`, quo__kind_info(kind)->ops_size zeroed bytes,
 * then check that. `origin` (a path, or "built-in") opens every message.
 */
quo_status quo__component_check(const quo_component *component, const char *origin, quo_err *err);
quo_status quo__ops_copy(const quo_component *component, const char *origin, void *ops,
			 quo_err *err);

/* Check an option table against the config struct it fills; `where` opens every message. */
quo_status quo__options_check(const quo_option *options, uint32_t config_size, const char *where,
			      quo_err *err);

/* Bytes that an option of this type fills in the config struct; 0 for a number that is no type. */
size_t quo__option_size(quo_option_type type);

/* Whether s is 1..64 characters of a-z, 0-9 and `extra`. */
bool quo__name_ok(const char *s, char extra);

#endif
