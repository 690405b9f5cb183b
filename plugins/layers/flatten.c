/* SPDX-License-Identifier: Apache-2.0 */
/* layer/flatten: one dimension instead of rows x columns x channels; no element moves. */
#include "layers.h"

static quo_status plan(void *self, const quo_layer_input *in, quo_layer_plan *plan, quo_err *err)
{
	uint64_t features = 1;

	(void)self;
	for (unsigned i = 0; i < in->n_dims; i++)
		features *= in->dim[i];
	if (features > UINT32_MAX)
		return quo_fail(err, QUO_USAGE, "flatten takes at most 2^32 - 1 elements, not %llu",
				(unsigned long long)features);
	*plan = (quo_layer_plan){ .n_dims = 1, .dim = { (uint32_t)features } };
	return QUO_OK;
}

static const quo_layer_ops ops = {
	.plan = plan,
	.role = QUO_LAYER_SHAPE,
};

const quo_component flatten_component = {
	QUO_COMPONENT(QUO_KIND_LAYER, &ops),
	.name = "flatten",
	.summary = "one dimension instead of rows x columns x channels",
	.security = "local",
	.wire_version = 1,
};
