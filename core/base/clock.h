/* SPDX-License-Identifier: Apache-2.0 */
/* Time: of the wall, which never goes back, and of this process's processors. */
#ifndef QUOTIENT_CORE_CLOCK_H
#define QUOTIENT_CORE_CLOCK_H

#include <stdint.h>

int64_t quo_now_ns(void);
double quo_now_seconds(void);
/* Processor time of all threads of this process. */
double quo_cpu_seconds(void);

#endif
