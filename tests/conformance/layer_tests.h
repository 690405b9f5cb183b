/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of test_layer. */
#ifndef QUOTIENT_TESTS_LAYER_TESTS_H
#define QUOTIENT_TESTS_LAYER_TESTS_H

#include "twoparty.h"

#include "config/experiment.h"

/* A component of the registry by what an experiment says; `owner` holds it. */
quo_status layer_tests_load(quo_kind kind, const char *yaml, quo_experiment **owner,
			    quo_instance **instance, quo_err *error);

/* layer_windows.c */
void windows_take_the_first_largest(void **state);
bool window_has_case(const char *name);

/* layer_refusals.c */
void refusals(void **state);

#endif
