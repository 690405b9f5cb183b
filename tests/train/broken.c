/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Engines with one rule broken on purpose, for the tests of --verify: they hand everything to
 * another engine and spoil one result at party 0. As every share counts, that changes the value by
 * one bit or by one.
 *
 *     protocol: {circuits: {use: broken, output: V, at: 2}}    the third job whose first output is
 * called V protocol: {products: {use: broken, at: 5}}               the sixth product
 */
#include "broken.h"

/* ---- circuits ---- */

struct circuits_config {
	quo_instance *inner;
	const char *output;
	int64_t at;
};

struct circuits {
	const struct circuits_config *config;
	int64_t seen;
};

static const quo_option circuits_options[] = {
	QUO_OPTION(struct circuits_config, inner, QUO_OPT_COMPONENT, "{use: yao}", "Does the work.",
		   .component_kind = QUO_KIND_CIRCUITS),
	QUO_OPTION(struct circuits_config, output, QUO_OPT_STRING, "A",
		   "Name of the first output of the jobs that count."),
	QUO_OPTION(struct circuits_config, at, QUO_OPT_INT, "0", "Number of the job to spoil.",
		   .min = 0, .max = INT64_MAX),
	{ 0 },
};

static quo_status circuits_init(void *self, const void *config, quo_err *err)
{
	(void)err;
	((struct circuits *)self)->config = config;
	return QUO_OK;
}

static quo_status circuits_open(void *self, quo_session *s, quo_err *err)
{
	const quo_instance *inner = ((struct circuits *)self)->config->inner;
	const quo_circuits_ops *ops = quo_circuits(inner);

	return ops->open(inner->self, s, err);
}

static quo_status circuits_map(void *self, quo_session *s, const quo_map_job *jobs, size_t n_jobs,
			       quo_err *err)
{
	struct circuits *c = self;
	const quo_circuits_ops *ops = quo_circuits(c->config->inner);

	QUO_TRY(ops->map(c->config->inner->self, s, jobs, n_jobs, err));
	for (size_t i = 0; !quo_is_dry(s) && i < n_jobs; i++)
		if (strcmp(jobs[i].circuit->out[0].name, c->config->output) == 0 &&
		    c->seen++ == c->config->at && quo_me(s) == 0)
			quo_plane(jobs[i].out[0], 0)[0] ^= 1;
	return QUO_OK;
}

static quo_goal circuits_goal(void *self, const quo_session *s, size_t n)
{
	struct circuits *c = self;
	const quo_circuits_ops *ops = quo_circuits(c->config->inner);

	return ops->goal(c->config->inner->self, s, n);
}

static const quo_circuits_ops circuits_ops = {
	.life = { .init = circuits_init },
	.open = circuits_open,
	.map = circuits_map,
	.goal = circuits_goal,
};

static const quo_component broken_circuits = {
	QUO_COMPONENT(QUO_KIND_CIRCUITS, &circuits_ops),
	.name = "broken",
	.summary = "for tests: flips a bit of one result",
	.security = "as its inner engine",
	.wire_version = 1,
	.instance_size = sizeof(struct circuits),
	.config_size = sizeof(struct circuits_config),
	.options = circuits_options,
};

/* ---- products ---- */

struct products_config {
	quo_instance *inner;
	int64_t at;
};

struct products {
	const struct products_config *config;
	int64_t seen;
};

static const quo_option products_options[] = {
	QUO_OPTION(struct products_config, inner, QUO_OPT_COMPONENT, "{use: cot}", "Does the work.",
		   .component_kind = QUO_KIND_PRODUCTS),
	QUO_OPTION(struct products_config, at, QUO_OPT_INT, "0", "Number of the product to spoil.",
		   .min = 0, .max = INT64_MAX),
	{ 0 },
};

static quo_status products_init(void *self, const void *config, quo_err *err)
{
	(void)err;
	((struct products *)self)->config = config;
	return QUO_OK;
}

static quo_status products_open(void *self, quo_session *s, quo_err *err)
{
	const quo_instance *inner = ((struct products *)self)->config->inner;
	const quo_products_ops *ops = quo_products(inner);

	return ops->open(inner->self, s, err);
}

static quo_status products_product(void *self, quo_session *s, const quo_matrix_job *jobs,
				   size_t n_jobs, quo_err *err)
{
	struct products *p = self;
	const quo_products_ops *ops = quo_products(p->config->inner);

	QUO_TRY(ops->product(p->config->inner->self, s, jobs, n_jobs, err));
	for (size_t i = 0; !quo_is_dry(s) && i < n_jobs; i++)
		if (p->seen++ == p->config->at && quo_me(s) == 0)
			jobs[i].z->a[0] = (jobs[i].z->a[0] + 1) & quo_mask32(jobs[i].z->spec.width);
	return QUO_OK;
}

static quo_status products_convert(void *self, quo_session *s, const quo_convert_job *jobs,
				   size_t n_jobs, quo_err *err)
{
	const quo_instance *inner = ((struct products *)self)->config->inner;
	const quo_products_ops *ops = quo_products(inner);

	return ops->convert(inner->self, s, jobs, n_jobs, err);
}

static quo_product_side products_planes(void *self, const quo_session *s,
					const quo_product_job *job)
{
	const quo_instance *inner = ((struct products *)self)->config->inner;
	const quo_products_ops *ops = quo_products(inner);

	return ops->planes ? ops->planes(inner->self, s, job) : QUO_SIDE_NONE;
}

static const quo_products_ops products_ops = {
	.life = { .init = products_init },
	.open = products_open,
	.product = products_product,
	.convert = products_convert,
	.planes = products_planes,
};

static const quo_component broken_products = {
	QUO_COMPONENT(QUO_KIND_PRODUCTS, &products_ops),
	.name = "broken",
	.summary = "for tests: adds one to one result",
	.security = "as its inner engine",
	.wire_version = 1,
	.instance_size = sizeof(struct products),
	.config_size = sizeof(struct products_config),
	.options = products_options,
};

QUO_PLUGIN("broken", "1.0", &broken_circuits, &broken_products, &broken_protocol)
