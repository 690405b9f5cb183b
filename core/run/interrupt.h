/* SPDX-License-Identifier: Apache-2.0 */
#ifndef QUOTIENT_CORE_INTERRUPT_H
#define QUOTIENT_CORE_INTERRUPT_H

/* When SIGINT or SIGTERM ends this process (not one that it forks), say on standard error what is left:
 * "interrupted; WHAT FOLDER". Anything beyond 4096 bytes is cut. */
void quo_tell_when_interrupted(const char *what, const char *folder);

#endif
