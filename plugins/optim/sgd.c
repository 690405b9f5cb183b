/* SPDX-License-Identifier: Apache-2.0 */
/* sgd: V <- sat(V - step), the quantiser's step at rate 2^-lr_shift. No state. */
#include "optim.h"

struct config {
	quo_schedule lr_shift;
};

struct sgd {
	const struct config *config;
};

static const quo_option options[] = {
	QUO_OPTION(struct config, lr_shift, QUO_OPT_SCHEDULE, "4",
		   "learning rate 2^-lr_shift in units of the 8-bit weight; one number, or {epoch: "
		   "number}.",
		   .min = 0, .max = 15),
	{ 0 },
};

static quo_status init(void *self, const void *config, quo_err *err)
{
	(void)err;
	((struct sgd *)self)->config = config;
	return QUO_OK;
}

static quo_status states(void *self, const quo_instance *quant, quo_optim_state *states,
			 unsigned *n, quo_err *err)
{
	(void)self, (void)quant, (void)states, (void)err;
	*n = 0;
	return QUO_OK;
}

static int variant(void *self, int epoch)
{
	return quo_schedule_at(&((struct sgd *)self)->config->lr_shift, epoch);
}

static void update(void *self, quo_builder *b, quo_update *u)
{
	quo_int step = quo_quant(u->quant)->step(u->quant->self, b, u->g, u->s,
						 variant(self, u->epoch), u->u);

	u->v = quo_clamp(b, quo_sub(b, u->v, step), -127, 127);
}

static const quo_optim_ops ops = {
	.life = { .init = init },
	.states = states,
	.update = update,
	.variant = variant,
};

static const quo_component sgd = {
	QUO_COMPONENT(QUO_KIND_OPTIM, &ops),
	.name = "sgd",
	.summary = "stochastic gradient descent on normalised gradients",
	.security = "as the circuits of the protocol",
	.wire_version = 1,
	.instance_size = sizeof(struct sgd),
	.config_size = sizeof(struct config),
	.options = options,
};

QUO_PLUGIN("optim", "1.0", &sgd, &optim_amsgrad, &optim_amsgrad_std)
