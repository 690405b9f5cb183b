/* SPDX-License-Identifier: Apache-2.0 */
#include "plan.h"

static size_t columns(const quo_tensor *t)
{
	size_t n = 1;

	for (unsigned i = 1; i < t->spec.n_dims; i++)
		n *= t->spec.dim[i];
	return n;
}

static bool may_hold(const quo_tensor *t, int party)
{
	return t->spec.owner == QUO_SHARED || t->spec.owner == party;
}

cot_shape cot_shape_of(const quo_matrix_job *job)
{
	size_t rows = job->p->spec.dim[0], cols = columns(job->p);
	cot_shape shape = {
		.m = job->p_t ? cols : rows,
		.p = job->p_t ? rows : cols,
		.n = job->y_t ? job->y->spec.dim[0] : columns(job->y),
		.ring = job->z->spec.width,
	};
	bool empty = !shape.m || !shape.p || !shape.n;

	for (int i = 0; i < 2 && !empty; i++) {
		shape.direction[i] = may_hold(job->y, i) && may_hold(job->p, 1 - i);
		shape.local[i] = may_hold(job->y, i) && may_hold(job->p, i) && !shape.direction[i];
	}
	size_t waste = (8 - shape.n % 8) % 8;
	shape.sliced = shape.n >= 8 && 8 * waste <= shape.n;
	return shape;
}

bool cot_split_coef(const quo_matrix_job *job, unsigned k, cot_piece *piece)
{
	int64_t c = quo_plane_coef(job->p, job->coef, k);
	uint64_t magnitude = c < 0 ? 0 - (uint64_t)c : (uint64_t)c;
	unsigned ring = job->z->spec.width;

	if (!c || (unsigned)__builtin_ctzll(magnitude) >= ring)
		return false;
	piece->shift = (unsigned)__builtin_ctzll(magnitude);
	piece->width = ring - piece->shift;
	piece->odd = (uint32_t)(magnitude >> piece->shift);
	piece->negative = c < 0;
	return true;
}

bool cot_cursor_next(cot_cursor *cursor, size_t room, cot_piece *piece)
{
	for (; cursor->job < cursor->n_jobs; cursor->job++, cursor->plane = 0) {
		const quo_matrix_job *job = &cursor->jobs[cursor->job];
		cot_shape shape = cot_shape_of(job);
		if (!shape.direction[cursor->direction])
			continue;
		size_t total = shape.m * shape.p;
		for (; cursor->plane < job->p->spec.width; cursor->plane++, cursor->done = 0) {
			if (cursor->done == total || !cot_split_coef(job, cursor->plane, piece))
				continue;
			size_t left = total - cursor->done;
			piece->job = job;
			piece->job_index = cursor->job;
			piece->plane = cursor->plane;
			piece->first = cursor->done;
			piece->count = left < room ? left : room;
			cursor->done += piece->count;
			return true;
		}
	}
	return false;
}

size_t cot_plane_bytes(const cot_shape *shape)
{
	return shape->n / 8 + (shape->n % 8 != 0);
}

size_t cot_wire_bytes(const cot_shape *shape, unsigned width, size_t count)
{
	if (shape->sliced)
		return count * width * cot_plane_bytes(shape);
	return quo_packed_bytes(count * shape->n, width);
}
