/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Experiments against components made here: no plugin is needed. There are data/table and layer/fc (struct fake),
 * optim/sgd (struct fake without `count`) and optim/amsgrad, ot/iknp, quant/npow and protocol/quotient (struct
 * fake_protocol).
 */
#ifndef QUOTIENT_TESTS_FAKES_H
#define QUOTIENT_TESTS_FAKES_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include <quotient/quotient.h>

#include "config/experiment.h"

struct fake {
	int64_t count;
	double rate;
	bool fast;
	int mode;
	const char *text;
	quo_strings files;
	quo_schedule schedule;
	quo_columns columns;
};
struct fake_protocol {
	quo_instance *ot;
	const char *folder;
};

extern quo_registry *registry; /* all of them */
extern int live;               /* instances that init() has seen and fini() has not */

/* Set-up and teardown of a group of tests. */
int begin(void **state);
int end(void **state);

/* An experiment that can be loaded; its last line is 4. */
#define GOOD \
	"data: {use: table, count: 2}\nmodel:\n  - {use: fc, count: 3}\n  - {use: fc, count: 4}\n"

/* The path of a file exp-1.yaml that holds this text, until the next call. */
char *file_of(const char *text);
/* The experiment of this text; the test fails when it is refused. */
quo_experiment *load(const char *text, const char *const *sets, size_t n_sets);
/* The test fails unless the text is refused in one line, for its line `line`, with `why` in it. */
void refuses(const char *text, int line, const char *why);
/* What all parties have to agree on for the key; NULL: nothing. */
const char *agreed(const quo_experiment *e, const char *key);

#endif
