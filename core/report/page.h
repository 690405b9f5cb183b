/* SPDX-License-Identifier: Apache-2.0 */
/* The page of report.html, made by the build: before the title, up to the data, and the rest. */
#ifndef QUOTIENT_CORE_PAGE_H
#define QUOTIENT_CORE_PAGE_H

extern const char *const quo__page[3];

#endif
