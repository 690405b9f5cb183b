/* SPDX-License-Identifier: Apache-2.0 */
#include "train/parts.h"

#include <string.h>

static quo_spec spec_of(const quo_layer_input *shape, uint32_t rows, quo_tensor_kind kind,
			unsigned width, bool is_signed)
{
	uint32_t dim[QUO_MAX_DIMS] = { rows };

	for (unsigned i = 0; i < shape->n_dims; i++)
		dim[i + 1] = shape->dim[i];
	return kind == QUO_ARITH ? quo_spec_arith(width, shape->n_dims + 1u, dim)
				 : quo_spec_bits(width, is_signed, shape->n_dims + 1u, dim);
}

quo_tensor *quo__temp_arith(quo_session *s, const quo_layer_input *shape, uint32_t rows,
			    unsigned width, quo_err *err)
{
	return quo_temp(s, spec_of(shape, rows, QUO_ARITH, width, true), err);
}

quo_tensor *quo__temp_bits(quo_session *s, const quo_layer_input *shape, uint32_t rows,
			   unsigned width, bool is_signed, quo_err *err)
{
	return quo_temp(s, spec_of(shape, rows, QUO_BITS, width, is_signed), err);
}

quo_status quo__window_gather(quo_session *s, const quo_net_stage *st, quo_tensor *z,
			      const quo_tensor **part, quo_err *err)
{
	const quo_net_window *w = &st->window;
	uint32_t rows = z->spec.dim[0];
	size_t from = quo_shape_elements(&st->z), to = quo_shape_elements(&st->out);

	if (!w->layer) {
		part[0] = z;
		return QUO_OK;
	}
	for (uint32_t k = 0; k < w->n; k++) {
		quo_tensor *t = quo__temp_arith(s, &st->out, rows, z->spec.width, err);
		if (!t)
			return QUO_FAILED;
		part[k] = t;
		const uint32_t *place = w->place + k * to;
		for (size_t r = 0; !s->dry && r < rows; r++) {
			const uint32_t *in = z->a + r * from;
			uint32_t *out = t->a + r * to;
			for (size_t o = 0; o < to; o++)
				out[o] = in[place[o]];
		}
	}
	return QUO_OK;
}

quo_status quo__window_scatter(quo_session *s, const quo_net_stage *st, quo_tensor *const *part,
			       quo_tensor **e, quo_err *err)
{
	const quo_net_window *w = &st->window;
	uint32_t rows = part[0]->spec.dim[0];
	size_t to = quo_shape_elements(&st->z), from = quo_shape_elements(&st->out);
	unsigned width = part[0]->spec.width;

	if (!w->layer && part[0]->spec.n_dims == st->z.n_dims + 1u) {
		*e = part[0];
		return QUO_OK;
	}
	*e = quo__temp_bits(s, &st->z, rows, width, part[0]->spec.is_signed, err);
	if (!*e)
		return QUO_FAILED;
	if (s->dry)
		return QUO_OK;
	if (!w->layer) { /* other dimensions alone */
		memcpy((*e)->b, part[0]->b, width * part[0]->words * sizeof *part[0]->b);
		return QUO_OK;
	}
	quo_arena_mark mark = quo_arena_here(s->step);
	uint32_t *words = quo_arena_alloc(s->step, (*e)->n, sizeof *words, err);
	uint32_t *own = quo_arena_alloc(s->step, part[0]->n, sizeof *own, err);
	if (!words || !own)
		return QUO_FAILED;
	for (uint32_t k = 0; k < w->n; k++) {
		const uint32_t *place = w->place + k * from;
		quo_words_from_planes(part[k]->b, part[k]->n, width, false, own);
		for (size_t r = 0; r < rows; r++) {
			const uint32_t *in = own + r * from;
			uint32_t *out = words + r * to;
			for (size_t o = 0; o < from; o++)
				out[place[o]] = in[o];
		}
	}
	quo_planes_from_words(words, (*e)->n, width, (*e)->b);
	quo_arena_release(s->step, mark);
	return QUO_OK;
}
