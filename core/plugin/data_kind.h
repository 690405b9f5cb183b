/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kind `data`: readers of datasets. Its header is not part of the SDK, because all readers are
 * in the core (core/data) so far; dataset.h says what a dataset is.
 */
#ifndef QUOTIENT_CORE_DATA_KIND_H
#define QUOTIENT_CORE_DATA_KIND_H

#include <quotient/plugin.h>

typedef struct quo_dataset quo_dataset;

typedef struct quo_data_ops {
	quo_lifecycle life;
	/* Required. Read everything; QUO_USAGE with one line for bad files. On failure *out is
	 * untouched. `seed` is the experiment's public seed (split by fraction). */
	quo_status (*load)(void *self, uint64_t seed, quo_dataset *out, quo_err *err);
} quo_data_ops;
typedef quo_data_ops QUO_KIND_DATA_ops;

/* The vtable of an instance, which must be a reader. */
static inline const quo_data_ops *quo_data(const quo_instance *data)
{
	return QUO_OPS(QUO_KIND_DATA, data->component);
}

#endif
