/* SPDX-License-Identifier: Apache-2.0 */
#include "numerics/parts.h"

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

static size_t common_divisor(size_t a, size_t b)
{
	while (b) {
		size_t rest = a % b;
		a = b;
		b = rest;
	}
	return a;
}

/* The largest n such that places 0 .. count - 1 are runs of n successive ones. */
static size_t run_of(const uint32_t *place, size_t count)
{
	size_t run = count;

	for (size_t o = 1; o < count && run > 1; o++)
		if (place[o] != place[o - 1] + 1)
			run = common_divisor(run, o);
	return run;
}

static void gather(const uint32_t *place, size_t run, size_t count, const uint32_t *in,
		   uint32_t *out)
{
	if (run < 8)
		for (size_t o = 0; o < count; o++)
			out[o] = in[place[o]];
	else
		for (size_t o = 0; o < count; o += run)
			memcpy(out + o, in + place[o], run * sizeof *out);
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
		size_t run = t->parts ? run_of(place, to) : 0;
		for (unsigned i = 0; i < t->parts; i++) {
			const uint32_t *in = quo_part(z, i).a;
			uint32_t *out = quo_part(t, i).a;
			for (size_t r = 0; r < rows; r++)
				gather(place, run, to, in + r * from, out + r * to);
		}
	}
	return QUO_OK;
}

/* Whether runs, and where they stand, are whole bytes of a plane, in all rows. */
static bool are_bytes(const uint32_t *place, size_t run, size_t from, size_t to)
{
	size_t bits = run | from | to;

	for (size_t o = 0; o < from; o += run)
		bits |= place[o];
	return bits % 8 == 0;
}

/* Runs of whole bytes to their places in a plane, inlined for the usual ones. */
static inline __attribute__((always_inline)) void move_bytes(const uint32_t *place, size_t bytes,
							     size_t from, size_t to, size_t rows,
							     const uint64_t *in, uint64_t *out)
{
	for (size_t r = 0; r < rows; r++) {
		const char *source = (const char *)in + r * from / 8;
		char *target = (char *)out + r * to / 8;
		for (size_t o = 0; o < from / 8; o += bytes)
			memcpy(target + place[8 * o] / 8, source + o, bytes);
	}
}

static void move_runs(const uint32_t *place, size_t run, size_t from, size_t to, size_t rows,
		      const uint64_t *in, uint64_t *out)
{
	switch (run) {
	case 16:
		move_bytes(place, 2, from, to, rows, in, out);
		break;
	case 32:
		move_bytes(place, 4, from, to, rows, in, out);
		break;
	case 64:
		move_bytes(place, 8, from, to, rows, in, out);
		break;
	default:
		move_bytes(place, run / 8, from, to, rows, in, out);
	}
}

/* By words: any runs. `words`, zeroed, takes the parts one after the other. */
static void scatter_words(const uint32_t *place, size_t from, size_t to, size_t rows,
			  const quo_tensor *part, uint32_t *own, uint32_t *words)
{
	quo_words_from_planes(part->b, part->n, part->spec.width, false, own);
	for (size_t r = 0; r < rows; r++) {
		const uint32_t *in = own + r * from;
		uint32_t *out = words + r * to;
		for (size_t o = 0; o < from; o++)
			out[place[o]] = in[o];
	}
}

/* All window elements of part i by bytes, as long as they go; false: some do not. */
static bool scatter_bytes(const quo_net_window *w, size_t from, size_t to, size_t rows,
			  quo_tensor *const *part, unsigned i, const quo_tensor *e)
{
	for (uint32_t k = 0; k < w->n; k++) {
		const uint32_t *place = w->place + k * from;
		size_t run = run_of(place, from);
		if (!are_bytes(place, run, from, to))
			return false;
		quo_tensor in = quo_part(part[k], i);
		for (unsigned b = 0; b < in.spec.width; b++)
			move_runs(place, run, from, to, rows, quo_plane(&in, b), quo_plane(e, b));
	}
	return true;
}

/* Part i of all window elements to their places in part i of e. */
static quo_status scatter_part(quo_session *s, const quo_net_window *w, size_t from, size_t to,
			       size_t rows, quo_tensor *const *part, unsigned i,
			       const quo_tensor *e, quo_err *err)
{
	if (scatter_bytes(w, from, to, rows, part, i, e))
		return QUO_OK;
	/* What was moved already is moved once more. */
	quo_arena_mark mark = quo_arena_here(quo_step_arena(s));
	uint32_t *words = quo_arena_alloc(quo_step_arena(s), e->n, sizeof *words, err);
	uint32_t *own = quo_arena_alloc(quo_step_arena(s), part[0]->n, sizeof *own, err);
	if (!words || !own)
		return QUO_FAILED;
	for (uint32_t k = 0; k < w->n; k++) {
		quo_tensor in = quo_part(part[k], i);
		scatter_words(w->place + k * from, from, to, rows, &in, own, words);
	}
	quo_planes_from_words(words, e->n, e->spec.width, e->b);
	quo_arena_release(quo_step_arena(s), mark);
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
	for (unsigned i = 0; i < (*e)->parts; i++) {
		quo_tensor out = quo_part(*e, i), in = quo_part(part[0], i);
		if (w->layer)
			QUO_TRY(scatter_part(s, w, from, to, rows, part, i, &out, err));
		else /* other dimensions alone */
			memcpy(out.b, in.b, width * in.words * sizeof *in.b);
	}
	return QUO_OK;
}
