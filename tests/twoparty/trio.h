/* SPDX-License-Identifier: Apache-2.0 */
/* Three processes of one run over loopback, under protocol replicated. Paths are in the scratch
 * folder (tool.h). */
#ifndef QUOTIENT_TESTS_TRIO_H
#define QUOTIENT_TESTS_TRIO_H

#include "results.h"

enum { TRIO = 3 };

/* Two layers, four steps; its path, and write it. */
const char *trio_yaml(void);
void trio_write(void);

/* Where the three meet: network.parties with ports that were free a moment ago. */
struct trio {
	int port[TRIO];
	char parties[120]; /* "network.parties=[..]" */
	struct tool tool[TRIO];
};
void trio_meet(struct trio *t);
void trio_parties(char parties[120], const int port[TRIO]);

/* Starts a tool on trio_yaml() as a party, with more arguments (up to a NULL, may be NULL); its
 * results go to <dir>-<number>. */
void trio_start_one(struct tool *tool, const char *name, int party, const char *parties,
		    const char *dir, const char *const *more);
/* quotient-run, all three. */
void trio_start(struct trio *t, const char *dir, const char *const *more);

#endif
