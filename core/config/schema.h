/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The option tables of the experiment file itself.
 */
#ifndef QUOTIENT_CORE_SCHEMA_H
#define QUOTIENT_CORE_SCHEMA_H

#include <quotient/option.h>

#define QUO__MAX_LAYERS 256

typedef struct quo__section {
	const char *name;
	const char *help;
	const quo_option *options;
	uint32_t offset; /* of its struct in quo_experiment_config, or in the outer section's */
	bool local;
	const struct quo__section *sections; /* maps inside it; NULL, or ends with a NULL name */
} quo__section;

extern const quo_option quo__schema_top[]; /* name, data, protocol, reveal, threads */
extern const quo__section
	quo__schema_sections[]; /* train, predict, network, output; ends with a NULL name */
extern const char *const quo__schema_keys[]; /* keys beside those of quo__schema_top */

#endif
