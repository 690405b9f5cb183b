/* SPDX-License-Identifier: Apache-2.0 */
#include "layers.h"

#include <stdlib.h>
#include <string.h>

static bool number(const char *text, uint32_t least, uint32_t most, uint32_t *out)
{
	size_t digits = strspn(text, "0123456789");

	if (!digits || digits > 9 || text[digits])
		return false;
	*out = (uint32_t)strtoul(text, NULL, 10);
	return *out >= least && *out <= most;
}

quo_status layers_pair(const quo_strings *text, const char *name, uint32_t least, uint32_t most,
		       uint32_t out[2], quo_err *err)
{
	if (text->n != 1 && text->n != 2)
		return quo_fail(err, QUO_USAGE,
				"%s wants one integer or [rows, columns], not %u entries", name,
				text->n);
	for (uint32_t i = 0; i < 2; i++) {
		const char *item = text->item[i < text->n ? i : 0];
		if (!number(item, least, most, &out[i]))
			return quo_fail(
				err, QUO_USAGE,
				"%s wants integers in %u..%u, one or [rows, columns], not '%.40s'",
				name, least, most, item);
	}
	return QUO_OK;
}
