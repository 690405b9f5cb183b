/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Processes of one run on this machine: forked, watched, and the first failure told.
 *
 *     quo_children *c = quo_children_new(3, &err);
 *     for (int i = 0; i < 3; i++)
 *             quo_children_start(c, i, name[i], party_main, &arg[i], &err);
 *     status = quo_children_wait(c, &err);    // "party 1: what it said"
 *     quo_children_free(c);
 *
 * A child does not outlive its parent. What stands in buffers of stdio is written before a fork.
 */
#ifndef QUOTIENT_CORE_CHILDREN_H
#define QUOTIENT_CORE_CHILDREN_H

#include <sys/types.h>

#include <quotient/status.h>

/* fork() for a process that does not outlive its parent: 0 in the child, its number in the parent,
 * below 0 and a message when there can be none. */
pid_t quo_fork_child(quo_err *err);

typedef struct quo_children quo_children;

/* Room for n of them; NULL with a message. */
quo_children *quo_children_new(int n, quo_err *err);
/* Forks number i: the child runs main(arg) and ends; its error and peak memory are kept. `name`
 * lives as long as c. */
quo_status quo_children_start(quo_children *c, int i, const char *name,
			      quo_status (*main)(void *arg, quo_err *err), void *arg, quo_err *err);
/* In a child: say that it has failed before main() returns, because its peers may notice at
 * once. */
void quo_children_failed(quo_children *c, int i);
/* The most memory that a child has used, `but` left out, of those that have ended; bytes. */
uint64_t quo_children_peak_rss(const quo_children *c, int but);
/* The most memory that number i has used, once it has ended; bytes. */
uint64_t quo_children_rss(const quo_children *c, int i);
/* Wait for all that were started. The first failure in time is the cause, "name: text"; one that
 * died without a word comes before all. */
quo_status quo_children_wait(quo_children *c, quo_err *err);
/* NULL is fine. */
void quo_children_free(quo_children *c);

#endif
