/* SPDX-License-Identifier: Apache-2.0 */
#ifndef QUOTIENT_TOOLS_CHILD_H
#define QUOTIENT_TOOLS_CHILD_H

#include <sys/types.h>

#include <quotient/status.h>

/* fork() for a process that does not outlive its parent: 0 in the child, its number in the parent, below 0 and a
 * message when there can be none. What stands in buffers of stdio is written first. */
pid_t quo_fork_child(quo_err *err);

#endif
