/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The instance of protocol/replicated.
 */
#ifndef QUOTIENT_PLUGINS_REPLICATED_INSTANCE_H
#define QUOTIENT_PLUGINS_REPLICATED_INSTANCE_H

#include <quotient/gemm.h>
#include <quotient/quotient.h>

#include "streams.h"

struct rep_config {
	int goal;
};

struct rep_program;
struct rep_adder;
struct replicated {
	const struct rep_config *config;
	struct rep_keys keys;
	quo_gemm *gemm;
	struct rep_program **programs; /* program.c */
	size_t n_programs;
	struct rep_adder *adders; /* words.c */
	size_t n_adders;
};

#endif
