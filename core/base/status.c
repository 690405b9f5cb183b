/* SPDX-License-Identifier: Apache-2.0 */
#include <quotient/status.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

quo_status quo_fail(quo_err *err, quo_status status, const char *format, ...)
{
	if (err && err->status == QUO_OK) {
		va_list args;
		va_start(args, format);
		vsnprintf(err->text, sizeof err->text, format, args);
		va_end(args);
		err->status = status;
	}
	return status;
}

#ifndef NDEBUG
void quo_assert_failed(const char *expression, const char *file, int line)
{
	fprintf(stderr, "%s:%d: broken assertion: %s\n", file, line, expression);
	abort();
}
#endif
