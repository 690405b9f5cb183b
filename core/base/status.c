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
		/* One line, whatever a file, a peer or a path brought in; and nothing that a terminal obeys. */
		for (char *c = err->text; *c; c++)
			if ((unsigned char)*c < ' ' || *c == 0x7f)
				*c = ' ';
		err->status = status;
	}
	return status;
}

void quo_assert_failed(const char *expression, const char *file, int line)
{
	fprintf(stderr, "%s:%d: broken assertion: %s\n", file, line, expression);
	abort();
}
