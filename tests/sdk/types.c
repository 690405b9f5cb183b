/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One option table and one component, whose types are given by the command line: check_types.py
 * compiles this with right and wrong ones.
 *
 *   OPTION, MEMBER   the option's type, and the C type of the member that it fills
 *   COMPONENT, OPS   the first line of a component, and the C type of its vtable `ops`
 */
#include <stddef.h>

#ifdef OPTION
#include <quotient/plugin.h>

struct inner {
	int before;
	MEMBER value;
};
struct config {
	MEMBER member;
	MEMBER item[2];
	struct inner in;
};
static const quo_option options[] = {
	QUO_OPTION(struct config, member, OPTION, "x", "plain", .min = 0),
	QUO_OPTION_AS("second", struct config, item[1], OPTION, "x", "of an array"),
	QUO_OPTION_AS("inner", struct config, in.value, OPTION, NULL, "of a struct"),
};
const quo_option *used_options(void);
const quo_option *used_options(void)
{
	return options;
}
#endif

#ifdef COMPONENT
#include <quotient/quotient.h>

#include "plugin/data_kind.h"

static const OPS ops = { .life = { NULL, NULL } };
static const quo_component component = {
	COMPONENT,
	.name = "x",
	.summary = "x",
};
const quo_component *used_component(void);
const quo_component *used_component(void)
{
	return &component;
}
#endif
