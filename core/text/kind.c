/* SPDX-License-Identifier: Apache-2.0 */
#include "text/kind.h"

#include <string.h>

static const char *const names[QUO_KIND_END] = {
	[QUO_KIND_OT] = "ot",
	[QUO_KIND_GC] = "gc",
	[QUO_KIND_CIRCUITS] = "circuits",
	[QUO_KIND_PRODUCTS] = "products",
	[QUO_KIND_PROTOCOL] = "protocol",
	[QUO_KIND_LAYER] = "layer",
	[QUO_KIND_OPTIM] = "optim",
	[QUO_KIND_QUANT] = "quant",
	[QUO_KIND_DATA] = "data",
};

const char *quo_kind_name(quo_kind kind)
{
	return kind >= 1 && kind < QUO_KIND_END ? names[kind] : "?";
}

quo_kind quo_kind_from_name(const char *name)
{
	for (int k = 1; k < QUO_KIND_END; k++)
		if (!strcmp(names[k], name))
			return (quo_kind)k;
	return QUO_KIND_END;
}
