/* SPDX-License-Identifier: Apache-2.0 */
/* A tiny experiment, and what a run of it leaves. Paths are in the scratch folder (tool.h). */
#ifndef QUOTIENT_TESTS_RESULTS_H
#define QUOTIENT_TESTS_RESULTS_H

#include "tool.h"

/* Four steps of 16 of 40 digits, two layers, amsgrad and npow. */
const char *tiny_yaml(void); /* its path */
void tiny_write(void);       /* write it */
/* "output.dir=<folder>/<name>" for --set; a few buffers take turns. */
const char *tiny_output(const char *name);

struct results {
	char folder[1000]; /* of the run, in the one that output.dir names */
	char *summary;     /* the text of summary.json */
	struct tool_result printed;
};

/* Fail unless the run ended well and left one folder in <folder>/dir. Takes `printed` over. */
void results_look(struct results *l, struct tool_result printed, const char *dir);
void results_forget(struct results *l);
/* quotient-run --reveal-model --quiet on a file, with one --set unless NULL, and results_look(). */
void results_run(struct results *l, const char *dir, const char *file, const char *set);
/* The text of a file of the run's folder; the caller frees. */
char *results_file(const struct results *l, const char *name);
/* Fail unless two JSON texts have the same first value of a key. */
void results_assert_equal(const char *a, const char *b, const char *key);

#endif
