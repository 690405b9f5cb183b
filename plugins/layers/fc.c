/* SPDX-License-Identifier: Apache-2.0 */
/*
 * layer/fc: fully connected, Z = A T with A [batch, in] and T ternary [in, out] (QUOTIENT section
 * 3, algorithm 2).
 *
 * Inputs of any shape are flattened. Backward: E_prev = E T^T and G = A^T E.
 */
#include "layers.h"
#include "linear.h"

struct config {
	int64_t out, shift;
};

struct fc {
	const struct config *config;
};

static const quo_option options[] = {
	QUO_OPTION(struct config, out, QUO_OPT_INT, NULL, "Number of outputs.", .min = 1,
		   .max = 1 << 26),
	LAYERS_SHIFT_OPTION(struct config),
	{ 0 },
};

static quo_status init(void *self, const void *config, quo_err *err)
{
	(void)err;
	((struct fc *)self)->config = config;
	return QUO_OK;
}

static quo_status plan(void *self, const quo_layer_input *in, quo_layer_plan *plan, quo_err *err)
{
	const struct fc *fc = self;
	uint64_t features = 1;

	for (unsigned i = 0; i < in->n_dims; i++)
		features *= in->dim[i];
	if (features > UINT32_MAX)
		return quo_fail(err, QUO_USAGE, "fc takes at most 2^32 - 1 inputs, not %llu",
				(unsigned long long)features);
	uint64_t outputs = (uint64_t)fc->config->out;
	*plan = (quo_layer_plan){
		.n_dims = 1,
		.dim = { (uint32_t)outputs },
		.param_rows = (uint32_t)features,
		.param_cols = (uint32_t)outputs,
		.fan_in = (uint32_t)features,
		.alpha_shift = (int32_t)fc->config->shift,
		.z_terms = features,
		.g_terms = in->batch,
		.e_terms = outputs,
	};
	return QUO_OK;
}

static quo_status forward(void *self, quo_session *s, quo_value *a, quo_value *t, quo_tensor *z,
			  quo_err *err)
{
	(void)self;
	return linear_forward(s, NULL, a, t, z, err);
}

static quo_status backward(void *self, quo_session *s, quo_value *a, quo_value *e, quo_value *t,
			   quo_tensor *g, quo_tensor *e_prev, quo_err *err)
{
	(void)self;
	return linear_backward(s, NULL, a, e, t, g, e_prev, err);
}

static const quo_layer_ops ops = {
	.life = { .init = init },
	.plan = plan,
	.forward = forward,
	.backward = backward,
};

const quo_component fc_component = {
	QUO_COMPONENT(QUO_KIND_LAYER, &ops),
	.name = "fc",
	.summary = "fully connected: Z = A T",
	.security = "as the protocol's products",
	.wire_version = 1,
	.instance_size = sizeof(struct fc),
	.config_size = sizeof(struct config),
	.options = options,
};
