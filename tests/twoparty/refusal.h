/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A table of bad input: quotient-run and quotient-check must refuse each with one line and leave
 * nothing. The experiment is bad.yaml in the scratch folder (tool.h).
 */
#ifndef QUOTIENT_TESTS_REFUSAL_H
#define QUOTIENT_TESTS_REFUSAL_H

#include "tool.h"

/* Line 1 to 4 of an experiment that could run. */
#define DATA "data: {use: digits, size: 8, train_rows: 40, test_rows: 20}\n"
#define MODEL "model: [{use: fc, out: 8}, {use: fc, out: 10}]\n"
#define TRAIN "train: {batch: 16}\n"
#define PROTOCOL "protocol: {use: quotient}\n"
#define GOOD DATA MODEL TRAIN PROTOCOL

#define MAX_WORDS 7

struct refusal {
	const char *what;
	const char *yaml;             /* NULL: GOOD */
	const char *args[MAX_WORDS];  /* after the file; "@name" stands for a path in the scratch
					 folder */
	const char *parts[MAX_WORDS]; /* of the line */
	int status;                   /* 0: 2 */
	bool run_only;                /* quotient-check has nothing against it, or other words */
};

/* "output.dir=<folder>/out", which must not be there after a refusal. */
const char *refusal_output(void);
void refuse(const struct refusal *c);
/* One tool, on a bad.yaml that is there. */
void refuse_with(const char *tool, const struct refusal *c);

#define REFUSE(cases) \
	for (size_t i_ = 0; i_ < sizeof(cases) / sizeof *(cases); i_++) \
	refuse(&(cases)[i_])

#endif
