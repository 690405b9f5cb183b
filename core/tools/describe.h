/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Components and option tables in words: for people at a terminal, and as docs/configuration.md.
 */
#ifndef QUOTIENT_TOOLS_DESCRIBE_H
#define QUOTIENT_TOOLS_DESCRIBE_H

#include <stdio.h>

#include "plugin/registry.h"

/* One entry of `quotient-plugins list`. */
void quo_describe_entry(FILE *out, const quo_registered *r);
/* The page of `quotient-plugins help KIND/NAME`. */
void quo_describe_component(FILE *out, const quo_registered *r);
/* docs/configuration.md: the experiment file, then every component of the registry. */
void quo_describe_markdown(FILE *out, const quo_registry *registry);

#endif
