/* SPDX-License-Identifier: Apache-2.0 */
#include "text/append.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void quo__append(char *text, size_t n, const char *format, ...)
{
	size_t used = strlen(text);
	va_list args;
	va_start(args, format);
	vsnprintf(text + used, n - used, format, args);
	va_end(args);
}
