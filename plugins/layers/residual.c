/* SPDX-License-Identifier: Apache-2.0 */
/*
 * layer/residual: an earlier activation added to Z, as it is or through a strided 1 x 1 convolution
 * (He, Zhang, Ren, Sun 2016, section 3.2: identity and projection shortcuts).
 *
 * Z <- Z + 2^alpha A, or Z + 2^(alpha - alpha_p) (A T_p): the skip counts as much as it does at the
 * scale of an activation, exactly, and mask and activation are the ordinary ones of the sum. The
 * errors of both ways meet at one scale (docs/numerics.md, "Residual"). The core adds; this layer
 * says what and from where.
 */
#include "conv.h"
#include "layers.h"

struct config {
	int64_t over;
	bool project;
};

struct residual {
	const struct config *config;
	struct conv_geometry projection; /* once planned */
};

static const quo_option options[] = {
	QUO_OPTION(
		struct config, over, QUO_OPT_INT, "2",
		"How many layers with parameters it skips, the one before it included: it adds what "
		"went into the first of them.",
		.min = 1, .max = 64),
	QUO_OPTION(
		struct config, project, QUO_OPT_BOOL, "false",
		"Add a 1 x 1 convolution of it, with parameters of its own and the stride that brings "
		"it to the shape of Z."),
	{ 0 },
};

static quo_status init(void *self, const void *config, quo_err *err)
{
	(void)err;
	((struct residual *)self)->config = config;
	return QUO_OK;
}

static quo_status plan(void *self, const quo_layer_input *in, quo_layer_plan *plan, quo_err *err)
{
	struct residual *r = self;

	if (!r->config->project) {
		*plan = (quo_layer_plan){ .n_dims = in->n_dims,
					  .dim = { in->dim[0], in->dim[1], in->dim[2] } };
		return QUO_OK;
	}
	if (in->n_dims != 3 || in->z_dims != 3)
		return quo_fail(
			err, QUO_USAGE,
			"project: true wants rows x columns x channels at both ends; use it between "
			"conv2d layers");
	/* The smallest strides that can reach the shape; if they miss it, none does. */
	r->projection = (struct conv_geometry){ .kh = 1,
						.kw = 1,
						.sh = (in->dim[0] - 1) / in->z_dim[0] + 1,
						.sw = (in->dim[1] - 1) / in->z_dim[1] + 1,
						.out = in->z_dim[2] };
	return conv_plan(&r->projection, in, plan, err);
}

static quo_status forward(void *self, quo_session *s, quo_value *a, quo_value *t, quo_tensor *z,
			  quo_err *err)
{
	return conv_forward(&((struct residual *)self)->projection, s, a, t, z, err);
}

static quo_status backward(void *self, quo_session *s, quo_value *a, quo_value *e, quo_value *t,
			   quo_tensor *g, quo_tensor *e_prev, quo_err *err)
{
	return conv_backward(&((struct residual *)self)->projection, s, a, e, t, g, e_prev, err);
}

static uint32_t over(void *self)
{
	return (uint32_t)((struct residual *)self)->config->over;
}

static const quo_layer_ops ops = {
	.life = { .init = init },
	.plan = plan,
	.forward = forward,
	.backward = backward,
	.role = QUO_LAYER_SKIP,
	.over = over,
};

const quo_component residual_component = {
	QUO_COMPONENT(QUO_KIND_LAYER, &ops),
	.name = "residual",
	.summary = "an earlier activation, or a 1 x 1 convolution of it, added to Z",
	.security = "local; with project: as the protocol's products",
	.wire_version = 1,
	.instance_size = sizeof(struct residual),
	.config_size = sizeof(struct config),
	.options = options,
};
