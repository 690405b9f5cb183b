/* SPDX-License-Identifier: Apache-2.0 */
/* Blocking, packing and the limbs of wide entries; the arithmetic is in gemm_<tier>.c. */
#include <stdatomic.h>
#include <string.h>

#include <quotient/bits.h>
#include <quotient/memory.h>

#include "kit/gemm_kernel.h"

/* Entries of the summed index and words of B's rows per block, multiples of every tier's tile: B's
 * packed block (768 KB) stays in a second-level cache and A's panel in the first. */
#define BLOCK_P ((size_t)1024)
#define BLOCK_N ((size_t)192)

_Static_assert(BLOCK_P * 128 * 128 <= 1 << 24, "gemm_portable.c adds bytes as floats");

/* Multiplications that are worth a thread's waking. */
#define PART_WORK ((size_t)1 << 20)

struct quo_gemm {
	const quo__gemm_kernel *kernel;
	quo_pool *pool;
	size_t n_panels; /* of A, one for each thread */
	uint32_t *a, *b;
	uint32_t trace;
};

static size_t panel_words(const quo__gemm_kernel *kernel)
{
	return kernel->rows * BLOCK_P;
}

static size_t block_words(const quo__gemm_kernel *kernel)
{
	size_t heads = kernel->bytes.group * BLOCK_N / kernel->cols * kernel->bytes.head;

	return BLOCK_N * BLOCK_P + heads;
}

const quo__gemm_kernel *quo__gemm_kernel_here(void)
{
#if defined(__x86_64__)
	/* Beyond the tier: VNNI. */
	if (quo_tier_in_use() == QUO_TIER_AVX512 && !__builtin_cpu_supports("avx512vnni"))
		return &quo__gemm_avx2;
#endif
	return QUO_TIER_PICK(&quo__gemm_portable, &quo__gemm_avx2, &quo__gemm_avx512);
}

quo_gemm *quo_gemm_new(quo_err *err)
{
	return quo__gemm_new_with(quo__gemm_kernel_here(), err);
}

quo_gemm *quo__gemm_new_with(const quo__gemm_kernel *kernel, quo_err *err)
{
	quo_gemm *g = quo_alloc(1, sizeof *g, err);

	if (!g)
		return NULL;
	g->kernel = kernel;
	g->n_panels = 1;
	g->a = quo_alloc(panel_words(g->kernel), sizeof *g->a, err);
	g->b = quo_alloc(block_words(g->kernel), sizeof *g->b, err);
	if (!g->a || !g->b) {
		quo_gemm_free(g);
		return NULL;
	}
	return g;
}

quo_status quo_gemm_use(quo_gemm *g, quo_pool *pool, quo_err *err)
{
	size_t threads = quo_pool_threads(pool);

	if (threads != g->n_panels) {
		uint32_t *a = quo_alloc(threads, panel_words(g->kernel) * sizeof *a, err);
		if (!a)
			return QUO_FAILED;
		quo_free(g->a);
		g->a = a;
		g->n_panels = threads;
	}
	g->pool = pool;
	return QUO_OK;
}

void quo_gemm_free(quo_gemm *g)
{
	if (!g)
		return;
	quo_free(g->a);
	quo_free(g->b);
	quo_free(g);
}

/* Whether every entry of an operand of rows x cols fits a signed 16-bit limb. */
static bool fits_limb(const quo_gemm_operand *x, size_t rows, size_t cols)
{
	unsigned extend = 32 - x->width;
	bool by_rows = x->col_stride == 1;
	size_t outer = by_rows ? rows : cols, inner = by_rows ? cols : rows;
	size_t step_outer = by_rows ? x->row_stride : x->col_stride;
	size_t step = by_rows ? 1 : x->row_stride;

	if (x->width <= 16 || x->bytes)
		return true;
	for (size_t i = 0; i < outer; i++) {
		const uint32_t *row = x->data + i * step_outer;
		uint32_t high = 0;
		for (size_t j = 0; j < inner; j++) {
			int32_t v = (int32_t)(row[j * step] << extend) >> extend;
			high |= (uint32_t)(v ^ (v >> 31));
		}
		if (high >> 15)
			return false;
	}
	return true;
}

struct run {
	quo_gemm *g;
	const quo__gemm_method *method;
	size_t m, n, p;
	const quo_gemm_operand *a, *b;
	uint32_t *c;
	size_t row_stride, col_stride;
	uint32_t mask;
	atomic_bool beyond; /* an entry is too large for the method */
};

/* One block of B, cols wide and `count` long, and what the pool's tasks do with it. */
struct block {
	struct run *r;
	size_t k0, count, j0, cols, parts;
	unsigned la, lb;
	bool first;
};

static size_t groups_of(const struct block *b)
{
	return (b->count + b->r->method->group - 1) / b->r->method->group;
}

/* B's panel for column j of the block, a multiple of the tile's. */
static uint32_t *panel_at(const struct block *b, size_t j)
{
	const quo_gemm *g = b->r->g;

	return g->b + j * groups_of(b) + j / g->kernel->cols * b->r->method->head;
}

/* Entries from (r, k) on, n_rows x count of them. */
static quo__gemm_view view_of(const quo_gemm_operand *x, size_t stride_r, size_t stride_k, size_t r,
			      size_t k, size_t n_rows, size_t count)
{
	size_t at = r * stride_r + k * stride_k;

	return (quo__gemm_view){ .words = x->bytes ? NULL : x->data + at,
				 .bytes = x->bytes ? x->bytes + at : NULL,
				 .stride_r = stride_r,
				 .stride_k = stride_k,
				 .n_rows = n_rows,
				 .count = count,
				 .extend = x->bytes ? 0 : 32 - x->width };
}

static void pack_part(void *arg, size_t part)
{
	const struct block *b = arg;
	struct run *r = b->r;
	unsigned width = r->g->kernel->cols;
	quo_range range = quo_range_of(b->cols, b->parts, part, width);
	uint32_t beyond = 0;

	for (size_t j = range.first; j < range.end; j += width) {
		quo__gemm_view x =
			view_of(r->b, r->b->col_stride, r->b->row_stride, b->j0 + j, b->k0,
				b->cols - j < width ? b->cols - j : width, b->count);
		beyond |= r->method->pack_b(&x, b->lb, panel_at(b, j));
	}
	if (beyond)
		atomic_store(&r->beyond, true);
}

static void rows_part(void *arg, size_t part)
{
	const struct block *b = arg;
	struct run *r = b->r;
	const quo__gemm_kernel *kernel = r->g->kernel;
	_Alignas(64) uint32_t tile[QUO__GEMM_MAX_TILE];
	uint32_t *panel = r->g->a + part * panel_words(kernel);
	quo_range range = quo_range_of(r->m, b->parts, part, kernel->rows);
	size_t groups = groups_of(b);

	for (size_t i = range.first; i < range.end; i += kernel->rows) {
		size_t rows = r->m - i < kernel->rows ? r->m - i : kernel->rows;
		quo__gemm_view x =
			view_of(r->a, r->a->row_stride, r->a->col_stride, i, b->k0, rows, b->count);
		if (r->method->pack_a(&x, b->la, panel)) {
			atomic_store(&r->beyond, true);
			return;
		}
		for (size_t j = 0; j < b->cols; j += kernel->cols) {
			r->method->tile(groups, panel, panel_at(b, j), tile);
			quo__gemm_store to = {
				.c = r->c + i * r->row_stride + (b->j0 + j) * r->col_stride,
				.row_stride = r->row_stride,
				.col_stride = r->col_stride,
				.rows = rows,
				.cols = b->cols - j < kernel->cols ? b->cols - j : kernel->cols,
				.shift = 16 * (b->la + b->lb),
				.mask = r->mask,
				.add = !b->first || b->k0 > 0,
			};
			kernel->store(tile, &to);
		}
	}
}

/* c (+)= (limb la of a) x (limb lb of b) << shift; `first` overwrites. False, with c in pieces,
 * when an entry is too large for the method. */
static bool pass(struct run *r, unsigned la, unsigned lb, bool first)
{
	struct block b = { .r = r, .la = la, .lb = lb, .first = first };
	size_t block_n = BLOCK_N * r->method->group;

	r->g->trace = r->g->trace << 4 |
		      (r->method == &r->g->kernel->bytes ? QUO__GEMM_BYTES : 1 + la + 2 * lb);
	for (b.k0 = 0; b.k0 < r->p; b.k0 += BLOCK_P) {
		b.count = r->p - b.k0 < BLOCK_P ? r->p - b.k0 : BLOCK_P;
		for (b.j0 = 0; b.j0 < r->n; b.j0 += block_n) {
			b.cols = r->n - b.j0 < block_n ? r->n - b.j0 : block_n;
			size_t useful = 1 + r->m * b.cols * b.count / PART_WORK;
			b.parts = r->g->n_panels < useful ? r->g->n_panels : useful;
			quo_parallel(r->g->pool, b.parts, pack_part, &b);
			if (!atomic_load(&r->beyond))
				quo_parallel(r->g->pool, b.parts, rows_part, &b);
			if (atomic_load(&r->beyond))
				return false;
		}
	}
	return true;
}

/* c = 0 where nothing is summed; else the tile's rows are made to lie in c as wholes, by
 * C^T = B^T A^T, but where that wastes a tile: then a_t and b_t hold the operands. False: done. */
static bool begin(struct run *r, quo_gemm_operand *a_t, quo_gemm_operand *b_t)
{
	const quo_gemm_operand *a = r->a, *b = r->b;

	r->g->trace = 0;
	if (r->p == 0) {
		for (size_t i = 0; i < r->m; i++)
			for (size_t j = 0; j < r->n; j++)
				r->c[i * r->row_stride + j * r->col_stride] = 0;
		return false;
	}
	*a_t = *a, *b_t = *b;
	if (r->row_stride == 1 && r->col_stride != 1 && r->m >= r->g->kernel->cols) {
		size_t m = r->m, stride = r->row_stride;
		*a_t = *b, *b_t = *a;
		a_t->row_stride = b->col_stride, a_t->col_stride = b->row_stride;
		b_t->row_stride = a->col_stride, b_t->col_stride = a->row_stride;
		r->m = r->n, r->n = m;
		r->row_stride = r->col_stride, r->col_stride = stride;
	}
	r->a = a_t, r->b = b_t;
	return true;
}

void quo_gemm_run(quo_gemm *g, size_t m, size_t n, size_t p, const quo_gemm_operand *a,
		  const quo_gemm_operand *b, uint32_t *c, size_t row_stride, size_t col_stride,
		  unsigned width)
{
	struct run r = { .g = g, .m = m, .n = n, .p = p };
	quo_gemm_operand a_t, b_t;

	r.a = a, r.b = b, r.c = c;
	r.row_stride = row_stride, r.col_stride = col_stride;
	r.mask = quo_mask32(width);
	if (!begin(&r, &a_t, &b_t))
		return;
	/* What fits bytes is seen while packing; the attempt is given up at the first that does
	 * not. */
	r.method = &g->kernel->bytes;
	if (r.method->group && pass(&r, 0, 0, true))
		return;
	r.method = &g->kernel->limbs;
	atomic_store(&r.beyond, false);
	pass(&r, 0, 0, true);
	if (!fits_limb(r.a, r.m, p))
		pass(&r, 1, 0, false);
	if (!fits_limb(r.b, p, r.n))
		pass(&r, 0, 1, false);
}

/* What an operand's entries count for mod 2^width, in bits. */
static unsigned useful_width(quo_gemm_operand *x, unsigned width)
{
	if (x->bytes)
		return 8;
	x->width = x->width < width ? x->width : width;
	return x->width;
}

void quo_gemm_run_shares(quo_gemm *g, size_t m, size_t n, size_t p, const quo_gemm_operand *a,
			 const quo_gemm_operand *b, uint32_t *c, size_t row_stride,
			 size_t col_stride, unsigned width)
{
	struct run r = { .g = g, .m = m, .n = n, .p = p };
	quo_gemm_operand a_t, b_t;

	r.a = a, r.b = b, r.c = c;
	r.row_stride = row_stride, r.col_stride = col_stride;
	r.mask = quo_mask32(width);
	if (!begin(&r, &a_t, &b_t))
		return;
	unsigned a_width = useful_width(&a_t, width), b_width = useful_width(&b_t, width);
	bool bytes = a_width <= 8 && b_width <= 8 && g->kernel->bytes.group;
	/* Entries of 8 bits are never beyond the method's. */
	r.method = bytes ? &g->kernel->bytes : &g->kernel->limbs;
	pass(&r, 0, 0, true);
	if (a_width > 16)
		pass(&r, 1, 0, false);
	if (b_width > 16)
		pass(&r, 0, 1, false);
}

uint32_t quo__gemm_trace(const quo_gemm *g)
{
	return g->trace;
}
