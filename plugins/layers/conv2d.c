/* SPDX-License-Identifier: Apache-2.0 */
/*
 * layer/conv2d: convolution with any kernel, stride and padding (conv.h); channels last. A kernel
 * of [k, 1] on an input of one column serves sequences.
 */
#include "conv.h"
#include "layers.h"

#include <string.h>

#define MOST (1u << 20)

struct config {
	int64_t out, shift;
	quo_strings kernel, stride, padding;
};

struct conv2d {
	struct conv_geometry geometry;
	int32_t shift;
};

static const quo_option options[] = {
	QUO_OPTION(struct config, out, QUO_OPT_INT, NULL, "Number of output channels.", .min = 1,
		   .max = 1 << 24),
	LAYERS_SHIFT_OPTION(struct config),
	QUO_OPTION(struct config, kernel, QUO_OPT_STRINGS, NULL,
		   "Places that a kernel covers: one integer for a square, or [rows, columns]."),
	QUO_OPTION(struct config, stride, QUO_OPT_STRINGS, "1",
		   "Steps from one place of the kernel to the next: one integer, or [rows, "
		   "columns]."),
	QUO_OPTION(
		struct config, padding, QUO_OPT_STRINGS, "valid",
		"Zeros around the input: valid (none), same (the output has ceil(input / stride) "
		"places), one integer for every side, or [rows, columns]."),
	{ 0 },
};

static bool is(const quo_strings *text, const char *word)
{
	return text->n == 1 && !strcmp(text->item[0], word);
}

static quo_status padding(const quo_strings *text, struct conv_geometry *g, quo_err *err)
{
	uint32_t pair[2] = { 0 };

	g->same = is(text, "same");
	if (g->same || is(text, "valid"))
		return QUO_OK;
	if (text->n == 1 && (*text->item[0] < '0' || *text->item[0] > '9'))
		return quo_fail(
			err, QUO_USAGE,
			"padding is valid, same, an integer or [rows, columns], not '%.40s'",
			text->item[0]);
	QUO_TRY(layers_pair(text, "padding", 0, MOST, pair, err));
	g->ph = pair[0];
	g->pw = pair[1];
	return QUO_OK;
}

static quo_status init(void *self, const void *config_, quo_err *err)
{
	struct conv_geometry *g = &((struct conv2d *)self)->geometry;
	const struct config *config = config_;
	uint32_t pair[2];

	g->out = (uint32_t)config->out;
	((struct conv2d *)self)->shift = (int32_t)config->shift;
	QUO_TRY(layers_pair(&config->kernel, "kernel", 1, MOST, pair, err));
	g->kh = pair[0];
	g->kw = pair[1];
	QUO_TRY(layers_pair(&config->stride, "stride", 1, MOST, pair, err));
	g->sh = pair[0];
	g->sw = pair[1];
	return padding(&config->padding, g, err);
}

static quo_status plan(void *self, const quo_layer_input *in, quo_layer_plan *plan, quo_err *err)
{
	const struct conv2d *conv = self;

	QUO_TRY(conv_plan(&conv->geometry, in, plan, err));
	plan->alpha_shift = conv->shift;
	return QUO_OK;
}

static quo_status forward(void *self, quo_session *s, quo_value *a, quo_value *t, quo_tensor *z,
			  quo_err *err)
{
	const struct conv2d *conv = self;

	return conv_forward(&conv->geometry, s, a, t, z, err);
}

static quo_status backward(void *self, quo_session *s, quo_value *a, quo_value *e, quo_value *t,
			   quo_tensor *g, quo_tensor *e_prev, quo_err *err)
{
	const struct conv2d *conv = self;

	return conv_backward(&conv->geometry, s, a, e, t, g, e_prev, err);
}

static const quo_layer_ops ops = {
	.life = { .init = init },
	.plan = plan,
	.forward = forward,
	.backward = backward,
};

const quo_component conv2d_component = {
	QUO_COMPONENT(QUO_KIND_LAYER, &ops),
	.name = "conv2d",
	.summary = "convolution over rows and columns: Z = patches(A) T",
	.security = "as the protocol's products",
	.wire_version = 1,
	.instance_size = sizeof(struct conv2d),
	.config_size = sizeof(struct config),
	.options = options,
};
