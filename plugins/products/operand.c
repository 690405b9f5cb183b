/* SPDX-License-Identifier: Apache-2.0 */
#include "operand.h"
#include "rows.h"

#include <string.h>

static size_t row_bytes(const cot_shape *shape)
{
	return shape->ring * cot_stride(cot_plane_bytes(shape));
}

/* Z [m, n] += V [m, p] x Y [p, n] on this party's own values (owned or shared): plain words, no
 * branch on them. */
static quo_status add_local(const cot_operand *op, const quo_product_job *job, const uint32_t *y,
			    uint32_t *z, quo_arena *arena, quo_err *err)
{
	const cot_shape *shape = &op->shape;
	size_t n = shape->n, p = shape->p;
	uint32_t *left = quo_arena_alloc(arena, p, sizeof *left, err);

	if (!left)
		return QUO_FAILED;
	for (size_t r = 0; r < shape->m; r++) {
		memset(left, 0, p * sizeof *left);
		for (unsigned k = 0; k < job->p->spec.width; k++) {
			const uint64_t *plane = op->planes + k * op->plane_words;
			uint32_t coef = (uint32_t)(uint64_t)quo_product_coef(job, k);
			for (size_t j = 0, b = r * p; j < p; j++, b++)
				left[j] += coef & (0 - (uint32_t)(plane[b / 64] >> (b % 64) & 1));
		}
		for (size_t j = 0; j < p; j++) {
			uint32_t v = left[j];
			for (size_t c = 0; c < n; c++)
				z[r * n + c] += v * y[j * n + c];
		}
	}
	return QUO_OK;
}

static quo_status arrange_planes(cot_operand *op, const quo_tensor *p, bool transpose,
				 quo_arena *arena, quo_err *err)
{
	op->planes = p->b;
	op->plane_words = p->words;
	if (!transpose)
		return QUO_OK;
	uint64_t *planes = quo_arena_alloc(arena, p->words, p->spec.width * sizeof *planes, err);
	if (!planes)
		return QUO_FAILED;
	for (unsigned k = 0; k < p->spec.width; k++)
		quo_plane_transpose(quo_plane(p, k), op->shape.p, op->shape.m,
				    planes + k * p->words);
	op->planes = planes;
	return QUO_OK;
}

static const uint32_t *arrange_words(const quo_product_job *job, quo_arena *arena, quo_err *err)
{
	const quo_tensor *y = job->y;

	if (!job->y_t)
		return y->a;
	uint32_t *words = quo_arena_alloc(arena, y->n, sizeof *words, err);
	if (words)
		quo_words_transpose(y->a, y->spec.dim[0], y->n / y->spec.dim[0], words);
	return words;
}

/* odd * Y, as the inner loops want it. */
static const void *arrange_rows(const cot_shape *shape, const uint32_t *words, uint32_t odd,
				quo_arena *arena, quo_err *err)
{
	size_t n = shape->n, stride = cot_stride(cot_plane_bytes(shape)), row_words = quo_words(n);
	uint32_t *scaled = NULL;

	if (odd != 1) {
		scaled = quo_arena_alloc(arena, shape->p * n, sizeof *scaled, err);
		if (!scaled)
			return NULL;
		for (size_t i = 0; i < shape->p * n; i++)
			scaled[i] = odd * words[i];
		words = scaled;
	}
	if (!shape->sliced)
		return words;
	uint8_t *rows = quo_arena_alloc(arena, shape->p, row_bytes(shape), err);
	uint64_t *planes = quo_arena_alloc(arena, row_words, shape->ring * sizeof *planes, err);
	if (!rows || !planes)
		return NULL;
	for (size_t j = 0; j < shape->p; j++) {
		quo_planes_from_words(words + j * n, n, shape->ring, planes);
		for (unsigned k = 0; k < shape->ring; k++)
			memcpy(rows + j * row_bytes(shape) + k * stride, planes + k * row_words,
			       row_words * sizeof *planes);
	}
	return rows;
}

quo_status cot_operand_open(cot_operand *op, const quo_product_job *job, int party,
			    quo_arena *arena, quo_err *err)
{
	cot_piece piece[64];

	op->shape = cot_shape_of(job);
	const cot_shape *shape = &op->shape;
	op->z = quo_arena_alloc(arena, shape->m,
				shape->sliced ? row_bytes(shape) : shape->n * sizeof(uint32_t),
				err);
	if (!op->z)
		return QUO_FAILED;
	if (!shape->direction[0] && !shape->direction[1] && !shape->local[party])
		return QUO_OK;
	QUO_TRY(arrange_planes(op, job->p, job->p_t, arena, err));
	const uint32_t *words = arrange_words(job, arena, err);
	if (!words)
		return QUO_FAILED;
	for (unsigned k = 0; k < job->p->spec.width && shape->direction[party]; k++) {
		if (!cot_split_coef(job, k, &piece[k])) {
			piece[k].odd = 0;
			continue;
		}
		for (unsigned before = 0; before < k && !op->y[k]; before++)
			if (piece[before].odd == piece[k].odd)
				op->y[k] = op->y[before];
		if (!op->y[k])
			op->y[k] = arrange_rows(shape, words, piece[k].odd, arena, err);
		if (!op->y[k])
			return QUO_FAILED;
	}
	if (!shape->local[party])
		return QUO_OK;
	if (!shape->sliced)
		return add_local(op, job, words, op->z, arena, err);
	op->local = quo_arena_alloc(arena, shape->m * shape->n, sizeof *op->local, err);
	return op->local ? add_local(op, job, words, op->local, arena, err) : QUO_FAILED;
}

/* Sliced rows to words [m, n], on top of the local term. */
static uint32_t *unslice(const cot_operand *op, quo_arena *arena, quo_err *err)
{
	const cot_shape *shape = &op->shape;
	size_t n = shape->n, plane_bytes = cot_plane_bytes(shape), stride = cot_stride(plane_bytes);
	size_t row_words = quo_words(n);
	uint64_t tail = n % 64 ? (UINT64_C(1) << n % 64) - 1 : UINT64_MAX;
	uint64_t *planes = quo_arena_alloc(arena, row_words, shape->ring * sizeof *planes, err);
	uint32_t *words = quo_arena_alloc(arena, shape->m * n, sizeof *words, err);

	if (!planes || !words)
		return NULL;
	for (size_t r = 0; r < shape->m; r++) {
		const uint8_t *row = (const uint8_t *)op->z + r * row_bytes(shape);
		for (unsigned k = 0; k < shape->ring; k++) {
			memcpy(planes + k * row_words, row + k * stride,
			       row_words * sizeof *planes);
			planes[(k + 1) * row_words - 1] &= tail;
		}
		quo_words_from_planes(planes, n, shape->ring, false, words + r * n);
	}
	return words;
}

quo_status cot_operand_close(const cot_operand *op, const quo_product_job *job, quo_arena *arena,
			     quo_err *err)
{
	const cot_shape *shape = &op->shape;
	size_t n = shape->m * shape->n;
	uint32_t mask = quo_mask32(shape->ring);
	uint32_t *words = op->z;

	if (!n)
		return QUO_OK;
	if (shape->sliced)
		words = unslice(op, arena, err);
	if (!words)
		return QUO_FAILED;
	for (size_t i = 0; i < n; i++)
		words[i] = (words[i] + (op->local ? op->local[i] : 0)) & mask;
	if (job->z_t)
		quo_words_transpose(words, shape->m, shape->n, job->z->a);
	else
		memcpy(job->z->a, words, n * sizeof *words);
	return QUO_OK;
}
