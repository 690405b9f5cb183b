/* SPDX-License-Identifier: Apache-2.0 */
/*
 * layer/maxpool: the largest of every window of Z, before the activation; the first in row-major
 * order wins (docs/numerics.md, "Forward").
 *
 * Windows do not overlap: the stride is the size. The winner's place is kept as one bit for each
 * element of the window, and the error goes there.
 */
#include "layers.h"

#define MAX_SIDE 64

enum remainder { REFUSE, DROP };
static const char *const remainders[] = { "refuse", "drop", NULL };

struct config {
	quo_strings size;
	int remainder;
};

struct maxpool {
	uint32_t size[2];
	bool drop;
};

static const quo_option options[] = {
	QUO_OPTION(struct config, size, QUO_OPT_STRINGS, "2",
		   "Size of a window: one integer, or [rows, columns]. The stride is the same."),
	QUO_OPTION(
		struct config, remainder, QUO_OPT_ENUM, "refuse",
		"When windows do not divide the input: refuse it, or drop the last rows and columns.",
		.choices = remainders),
	{ 0 },
};

static quo_status init(void *self, const void *config, quo_err *err)
{
	struct maxpool *m = self;
	const struct config *c = config;

	m->drop = c->remainder == DROP;
	QUO_TRY(layers_pair(&c->size, "size", 1, MAX_SIDE, m->size, err));
	if (m->size[0] * m->size[1] > QUO_MAX_WINDOW)
		return quo_fail(
			err, QUO_USAGE,
			"size: a window of %u x %u has more than %d elements; pool in two steps",
			m->size[0], m->size[1], QUO_MAX_WINDOW);
	return QUO_OK;
}

static quo_status plan(void *self, const quo_layer_input *in, quo_layer_plan *plan, quo_err *err)
{
	const struct maxpool *m = self;

	if (in->n_dims != 3)
		return quo_fail(
			err, QUO_USAGE,
			"it pools rows x columns x channels, and its input has %u dimension%s; put it "
			"directly after conv2d",
			in->n_dims, in->n_dims == 1 ? "" : "s");
	for (unsigned d = 0; d < 2; d++) {
		if (in->dim[d] < m->size[d])
			return quo_fail(err, QUO_USAGE,
					"a window of %u x %u is larger than the input, %u x %u",
					m->size[0], m->size[1], in->dim[0], in->dim[1]);
		if (in->dim[d] % m->size[d] && !m->drop)
			return quo_fail(
				err, QUO_USAGE,
				"windows of %u x %u do not divide the input, %u x %u; pad the layer "
				"before, or say remainder: drop",
				m->size[0], m->size[1], in->dim[0], in->dim[1]);
	}
	*plan = (quo_layer_plan){ .n_dims = 3,
				  .dim = { in->dim[0] / m->size[0], in->dim[1] / m->size[1],
					   in->dim[2] },
				  .window = m->size[0] * m->size[1] };
	return QUO_OK;
}

static void places(void *self, const quo_layer_input *in, const quo_layer_plan *plan, uint32_t k,
		   uint32_t *place)
{
	const struct maxpool *m = self;
	uint32_t down = k / m->size[1], right = k % m->size[1], channels = in->dim[2];

	for (uint32_t r = 0; r < plan->dim[0]; r++)
		for (uint32_t c = 0; c < plan->dim[1]; c++) {
			uint32_t from =
				((r * m->size[0] + down) * in->dim[1] + c * m->size[1] + right) *
				channels;
			for (uint32_t i = 0; i < channels; i++)
				*place++ = from + i;
		}
}

/* A tournament of neighbours: of two that are equal the earlier one wins. */
static quo_int combine(void *self, quo_builder *b, const quo_int *z, uint32_t n, quo_wire *takes)
{
	quo_int best[QUO_MAX_WINDOW];

	(void)self;
	for (uint32_t k = 0; k < n; k++) {
		best[k] = z[k];
		takes[k] = QUO_WIRE_1;
	}
	for (uint32_t step = 1; step < n; step *= 2)
		for (uint32_t k = 0; k + step < n; k += 2 * step) {
			quo_wire later = quo_less(b, best[k], best[k + step]);
			quo_wire earlier = quo_bit_not(b, later);
			best[k] = quo_mux(b, later, best[k + step], best[k]);
			for (uint32_t i = k; i < k + 2 * step && i < n; i++)
				takes[i] = quo_bit_and(b, takes[i], i < k + step ? earlier : later);
		}
	return best[0];
}

static const quo_layer_ops ops = {
	.life = { .init = init },
	.plan = plan,
	.role = QUO_LAYER_WINDOW,
	.places = places,
	.combine = combine,
};

const quo_component maxpool_component = {
	QUO_COMPONENT(QUO_KIND_LAYER, &ops),
	.name = "maxpool",
	.summary = "the largest of every window of Z, before the activation",
	.security = "as the circuits of the protocol",
	.wire_version = 1,
	.instance_size = sizeof(struct maxpool),
	.config_size = sizeof(struct config),
	.options = options,
};
