/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Copy me: a whole plugin in one file. It adds the optimiser `optim/sign-sgd`, which moves every
 * weight by 2^shift against the sign of its gradient:  V <- sat(V - sign(G) * 2^shift).
 *
 * Rename the component (.name at the end: two files must not hold the same one), build it anywhere,
 * against the installed headers alone (or core/include), look at it, and train with it:
 *     cc -std=c11 -O2 -shared -fPIC -fvisibility=hidden -I PREFIX/include mine.c -o mine.so
 *     quotient-plugins test mine.so
 *     quotient-run configs/quickstart.yaml --plugin-dir . --set train.optimizer.use=mine
 *
 * docs/adding-a-plugin.md has the other kinds, and how to run the conformance tests.
 */
#include <quotient/quotient.h>

/* 1. What the YAML may say. The core parses it into this struct by the table below, checks the
 * range, reports unknown keys by line, prints `quotient-plugins help optim/sign-sgd` and writes the
 * documentation. */
struct config {
	quo_schedule shift;
};

static const quo_option options[] = {
	QUO_OPTION(struct config, shift, QUO_OPT_SCHEDULE, "{0: 1, 2: 0}",
		   "a step is 2^shift of 127 parts of the weight's range, by epoch", .min = 0,
		   .max = 6),
	{ 0 },
};

/* 2. The state of an instance: zeroed by the core, wiped when it is freed. No global variables. */
struct sign_sgd {
	const struct config *config;
};

/* The config outlives the instance. Refuse here what a range cannot say:
 * return quo_fail(err, QUO_USAGE, "one line: what is wrong and what to do"); */
static quo_status init(void *self, const void *config, quo_err *err)
{
	struct sign_sgd *o = self;
	(void)err;
	o->config = config;
	return QUO_OK;
}

/* 3. The methods of the kind, here those of quotient/optim.h. No momentum: no integers kept beside
 * a weight. */
static quo_status states(void *self, const quo_instance *quant, quo_optim_state *out, unsigned *n,
			 quo_err *err)
{
	(void)self, (void)quant, (void)out, (void)err;
	*n = 0;
	return QUO_OK;
}

/* Epochs with the same shift share one circuit. */
static int variant(void *self, int epoch)
{
	const struct sign_sgd *o = self;
	return quo_schedule_at(&o->config->shift, epoch);
}

/* Gates, not numbers: nobody knows u->g here. Values that are public (the shift) shape the circuit;
 * values that are secret only ever go through gates. Only AND gates cost anything: mux, nonzero,
 * sub and clamp have some, constants none. */
static void update(void *self, quo_builder *b, quo_update *u)
{
	int32_t size = 1 << variant(self, u->epoch);
	quo_int up = quo_const(size, 8, true), down = quo_const(-size, 8, true);
	quo_int step = quo_mux(b, quo_sign(u->g), down, up);

	step = quo_and_bit(b, step, quo_nonzero(b, u->g)); /* sign(0) = 0 */
	u->v = quo_clamp(b, quo_sub(b, u->v, step), -127, 127);
}

/* 4. The vtable and the component. A missing required method is refused by name when the plugin is
 * loaded. */
static const quo_optim_ops ops = {
	.life = { .init = init }, /* .fini: free what init allocated */
	.states = states,
	.update = update,
	.variant = variant,
};

static const quo_component sign_sgd = {
	QUO_COMPONENT(QUO_KIND_OPTIM, &ops),
	.name = "sign-sgd", /* what `use:` says */
	.summary = "moves every weight by a constant against the sign of its gradient",
	.security = "as the protocol's circuits",
	.wire_version = 1, /* add one whenever the same input gives other bytes or other integers */
	.instance_size = sizeof(struct sign_sgd),
	.config_size = sizeof(struct config),
	.options = options,
};

/* 5. The only exported symbol: constant data, read before any code of the plugin runs. */
QUO_PLUGIN("skeleton", "1.0", &sign_sgd)
