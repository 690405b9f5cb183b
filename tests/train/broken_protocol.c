/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A protocol with one rule broken on purpose: everything is handed to another one, and one result
 * is spoiled, in piece 0 at all that hold it: one more, or one bit flipped.
 *
 *     protocol: {use: broken, product: 5}             the sixth product
 *     protocol: {use: broken, output: V, map: 2}      the third job whose first output is V
 */
#include "broken.h"

struct config {
	quo_instance *inner;
	const char *output;
	int64_t product, map;
};

struct protocol {
	const struct config *config;
	int64_t products, maps;
};

static const quo_option options[] = {
	QUO_OPTION(struct config, inner, QUO_OPT_COMPONENT, "{use: replicated}", "Does the work.",
		   .component_kind = QUO_KIND_PROTOCOL),
	QUO_OPTION(struct config, output, QUO_OPT_STRING, "A",
		   "Name of the first output of the jobs that count."),
	QUO_OPTION(struct config, product, QUO_OPT_INT, "-1", "Number of the product to spoil.",
		   .min = -1, .max = INT64_MAX),
	QUO_OPTION(struct config, map, QUO_OPT_INT, "-1", "Number of the job to spoil.", .min = -1,
		   .max = INT64_MAX),
	{ 0 },
};

static quo_status init(void *self, const void *config, quo_err *err)
{
	(void)err;
	((struct protocol *)self)->config = config;
	return QUO_OK;
}

static const quo_instance *inner(void *self)
{
	return ((struct protocol *)self)->config->inner;
}

static const quo_protocol_ops *inner_ops(void *self)
{
	return quo_protocol(inner(self));
}

static void sharing(void *self, int parties, quo_sharing *out)
{
	inner_ops(self)->sharing(inner(self)->self, parties, out);
}

static void spoil(void *self, const quo_session *s, const quo_tensor *t)
{
	quo_sharing who;

	sharing(self, quo_parties(s), &who);
	for (unsigned k = 0; k < t->parts; k++) {
		quo_tensor part = quo_part(t, k);
		if (who.piece[quo_me(s)][k])
			continue;
		if (t->spec.kind == QUO_BITS)
			quo_plane(&part, 0)[0] ^= 1;
		else
			part.a[0] = (part.a[0] + 1) & quo_mask32(t->spec.width);
	}
}

static quo_status open_session(void *self, quo_session *s, quo_err *err)
{
	return inner_ops(self)->open(inner(self)->self, s, err);
}

static void close_session(void *self, quo_session *s)
{
	inner_ops(self)->close(inner(self)->self, s);
}

static quo_status share(void *self, quo_session *s, quo_tensor *out, const int32_t *values,
			int owner, quo_err *err)
{
	return inner_ops(self)->share(inner(self)->self, s, out, values, owner, err);
}

static quo_status reveal(void *self, quo_session *s, const quo_tensor *in, int32_t *out, int to,
			 quo_err *err)
{
	return inner_ops(self)->reveal(inner(self)->self, s, in, out, to, err);
}

static quo_status product(void *self, quo_session *s, const quo_matrix_job *jobs, size_t n_jobs,
			  quo_err *err)
{
	struct protocol *p = self;

	QUO_TRY(inner_ops(self)->product(inner(self)->self, s, jobs, n_jobs, err));
	for (size_t i = 0; !quo_is_dry(s) && i < n_jobs; i++)
		if (p->products++ == p->config->product)
			spoil(self, s, jobs[i].z);
	return QUO_OK;
}

static quo_status convert(void *self, quo_session *s, const quo_convert_job *jobs, size_t n_jobs,
			  quo_err *err)
{
	return inner_ops(self)->convert(inner(self)->self, s, jobs, n_jobs, err);
}

static quo_status map(void *self, quo_session *s, const quo_map_job *jobs, size_t n_jobs,
		      quo_err *err)
{
	struct protocol *p = self;

	QUO_TRY(inner_ops(self)->map(inner(self)->self, s, jobs, n_jobs, err));
	for (size_t i = 0; !quo_is_dry(s) && i < n_jobs; i++)
		if (strcmp(jobs[i].circuit->out[0].name, p->config->output) == 0 &&
		    p->maps++ == p->config->map)
			spoil(self, s, jobs[i].out[0]);
	return QUO_OK;
}

static quo_goal goal(void *self, const quo_session *s, size_t n)
{
	return inner_ops(self)->goal(inner(self)->self, s, n);
}

static const quo_protocol_ops ops = {
	.life = { .init = init },
	.parties = 3,
	.exposed = true,
	.sharing = sharing,
	.open = open_session,
	.close = close_session,
	.share = share,
	.reveal = reveal,
	.product = product,
	.convert = convert,
	.map = map,
	.goal = goal,
};

const quo_component broken_protocol = {
	QUO_COMPONENT(QUO_KIND_PROTOCOL, &ops),
	.name = "broken",
	.summary = "for tests: spoils one result",
	.security = "as its inner protocol",
	.wire_version = 1,
	.instance_size = sizeof(struct protocol),
	.config_size = sizeof(struct config),
	.options = options,
};
