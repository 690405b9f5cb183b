/* SPDX-License-Identifier: Apache-2.0 */
#include "operand.h"
#include "rows.h"

#include <string.h>

/* Multiplications, or bytes moved, that are worth a thread's waking. */
#define PART_WORK ((size_t)1 << 16)

size_t cot_row_bytes(const cot_shape *shape)
{
	return shape->sliced ? shape->ring * cot_stride(cot_plane_bytes(shape))
			     : shape->n * sizeof(uint32_t);
}

/* Rows cut into parts for the pool, each with scratch of its own. */
struct rows {
	const cot_operand *op;
	const quo_matrix_job *job;
	const void *in;
	void *out, *scratch;
	size_t n, parts, scratch_bytes;
};

/* n rows of so much work each; scratch in whole cache lines. */
static quo_status cut_rows(struct rows *rows, size_t n, size_t work, size_t scratch_bytes,
			   quo_pool *pool, quo_arena *arena, quo_err *err)
{
	size_t parts = quo_pool_threads(pool), useful = 1 + (work ? n / (PART_WORK / work + 1) : 0);

	rows->n = n;
	rows->parts = parts < useful ? parts : useful;
	rows->scratch_bytes = (scratch_bytes + 63) / 64 * 64;
	rows->scratch = quo_arena_alloc(arena, rows->parts, rows->scratch_bytes, err);
	return rows->scratch ? QUO_OK : QUO_FAILED;
}

static void *scratch_of(const struct rows *rows, size_t part)
{
	return (uint8_t *)rows->scratch + part * rows->scratch_bytes;
}

static void local_part(void *arg, size_t part)
{
	const struct rows *rows = arg;
	const cot_operand *op = rows->op;
	const uint32_t *y = rows->in;
	uint32_t *z = rows->out, *left = scratch_of(rows, part);
	size_t n = op->shape.n, p = op->shape.p;
	quo_range range = quo_range_of(rows->n, rows->parts, part, 1);

	for (size_t r = range.first; r < range.end; r++) {
		memset(left, 0, p * sizeof *left);
		for (unsigned k = 0; k < rows->job->p->spec.width; k++) {
			const uint64_t *plane = op->planes + k * op->plane_words;
			uint32_t coef = (uint32_t)(uint64_t)quo_plane_coef(rows->job->p,
									   rows->job->coef, k);
			for (size_t j = 0, b = r * p; j < p; j++, b++)
				left[j] += coef & (0 - (uint32_t)(plane[b / 64] >> (b % 64) & 1));
		}
		for (size_t j = 0; j < p; j++) {
			uint32_t v = left[j];
			for (size_t c = 0; c < n; c++)
				z[r * n + c] += v * y[j * n + c];
		}
	}
}

/* Z [m, n] += V [m, p] x Y [p, n] on this party's own values (owned or shared): plain words, no
 * branch on them. */
static quo_status add_local(const cot_operand *op, const quo_matrix_job *job, const uint32_t *y,
			    uint32_t *z, quo_pool *pool, quo_arena *arena, quo_err *err)
{
	const cot_shape *shape = &op->shape;
	struct rows rows = { .op = op, .job = job, .in = y, .out = z };

	QUO_TRY(cut_rows(&rows, shape->m, shape->p * (shape->n + job->p->spec.width),
			 shape->p * sizeof(uint32_t), pool, arena, err));
	quo_parallel(pool, rows.parts, local_part, &rows);
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

static const uint32_t *arrange_words(const quo_matrix_job *job, quo_arena *arena, quo_err *err)
{
	const quo_tensor *y = job->y;

	if (!job->y_t)
		return y->a;
	uint32_t *words = quo_arena_alloc(arena, y->n, sizeof *words, err);
	if (words)
		quo_words_transpose(y->a, y->spec.dim[0], y->n / y->spec.dim[0], words);
	return words;
}

static void slice_part(void *arg, size_t part)
{
	const struct rows *rows = arg;
	const cot_shape *shape = &rows->op->shape;
	size_t n = shape->n, stride = cot_stride(cot_plane_bytes(shape)), row_words = quo_words(n);
	uint64_t *planes = scratch_of(rows, part);
	quo_range range = quo_range_of(rows->n, rows->parts, part, 1);

	for (size_t j = range.first; j < range.end; j++) {
		uint8_t *row = (uint8_t *)rows->out + j * cot_row_bytes(shape);
		quo_planes_from_words((const uint32_t *)rows->in + j * n, n, shape->ring, planes);
		for (unsigned k = 0; k < shape->ring; k++)
			memcpy(row + k * stride, planes + k * row_words,
			       row_words * sizeof *planes);
	}
}

/* odd * Y, as the inner loops want it. */
static const void *arrange_rows(const cot_operand *op, const uint32_t *words, uint32_t odd,
				quo_pool *pool, quo_arena *arena, quo_err *err)
{
	const cot_shape *shape = &op->shape;
	size_t n = shape->n;
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
	struct rows rows = { .op = op, .in = words };
	rows.out = quo_arena_alloc(arena, shape->p, cot_row_bytes(shape), err);
	if (!rows.out ||
	    cut_rows(&rows, shape->p, n * sizeof *words,
		     shape->ring * quo_words(n) * sizeof(uint64_t), pool, arena, err) != QUO_OK)
		return NULL;
	quo_parallel(pool, rows.parts, slice_part, &rows);
	return rows.out;
}

quo_status cot_operand_open(cot_operand *op, const quo_matrix_job *job, int party, quo_pool *pool,
			    quo_arena *arena, quo_err *err)
{
	cot_piece piece[64];

	op->shape = cot_shape_of(job);
	const cot_shape *shape = &op->shape;
	op->z = quo_arena_alloc(arena, shape->m, cot_row_bytes(shape), err);
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
			op->y[k] = arrange_rows(op, words, piece[k].odd, pool, arena, err);
		if (!op->y[k])
			return QUO_FAILED;
	}
	if (!shape->local[party])
		return QUO_OK;
	if (!shape->sliced)
		return add_local(op, job, words, op->z, pool, arena, err);
	op->local = quo_arena_alloc(arena, shape->m * shape->n, sizeof *op->local, err);
	return op->local ? add_local(op, job, words, op->local, pool, arena, err) : QUO_FAILED;
}

static void unslice_part(void *arg, size_t part)
{
	const struct rows *rows = arg;
	const cot_shape *shape = &rows->op->shape;
	size_t n = shape->n, stride = cot_stride(cot_plane_bytes(shape)), row_words = quo_words(n);
	uint64_t tail = n % 64 ? (UINT64_C(1) << n % 64) - 1 : UINT64_MAX;
	uint64_t *planes = scratch_of(rows, part);
	quo_range range = quo_range_of(rows->n, rows->parts, part, 1);

	for (size_t r = range.first; r < range.end; r++) {
		const uint8_t *row = (const uint8_t *)rows->in + r * cot_row_bytes(shape);
		for (unsigned k = 0; k < shape->ring; k++) {
			memcpy(planes + k * row_words, row + k * stride,
			       row_words * sizeof *planes);
			planes[(k + 1) * row_words - 1] &= tail;
		}
		quo_words_from_planes(planes, n, shape->ring, false, (uint32_t *)rows->out + r * n);
	}
}

/* Sliced rows to words [m, n]. */
static uint32_t *unslice(const cot_operand *op, quo_pool *pool, quo_arena *arena, quo_err *err)
{
	const cot_shape *shape = &op->shape;
	struct rows rows = { .op = op, .in = op->z };

	rows.out = quo_arena_alloc(arena, shape->m * shape->n, sizeof(uint32_t), err);
	if (!rows.out || cut_rows(&rows, shape->m, shape->n * sizeof(uint32_t),
				  shape->ring * quo_words(shape->n) * sizeof(uint64_t), pool, arena,
				  err) != QUO_OK)
		return NULL;
	quo_parallel(pool, rows.parts, unslice_part, &rows);
	return rows.out;
}

quo_status cot_operand_close(const cot_operand *op, const quo_matrix_job *job, quo_pool *pool,
			     quo_arena *arena, quo_err *err)
{
	const cot_shape *shape = &op->shape;
	size_t n = shape->m * shape->n;
	uint32_t mask = quo_mask32(shape->ring);
	uint32_t *words = op->z;

	if (!n)
		return QUO_OK;
	if (shape->sliced)
		words = unslice(op, pool, arena, err);
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
