/* SPDX-License-Identifier: Apache-2.0 */
/* Every tier's integer matrix product against the schoolbook formula mod 2^32. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <quotient/bits.h>
#include <quotient/memory.h>

#include "kit/gemm_kernel.h"

static uint64_t state = 1;

static uint32_t draw(void)
{
	return (uint32_t)((state = state * UINT64_C(6364136223846793005) + 1442695040888963407) >>
			  32);
}

static const uint32_t edges[] = { 0,          1,          0xffffffff, 0x7fff,
				  0x8000,     0xffff8000, 0xffff7fff, 0x7fffffff,
				  0x80000000, 0x10000,    0x7fff8000 };

enum {
	SMALL = 33, /* 8-bit values in words of 32 bits */
	LOWEST,     /* -128 everywhere, in words of 32 bits */
	ONE_LARGE,  /* as SMALL, but for one entry of 128, -129 or more */
	BYTES,      /* 8-bit values as bytes */
};

static void fill(uint32_t *x, size_t n, unsigned width)
{
	static const uint32_t large[] = { 128, (uint32_t)-129, 0x7fffffff, 0x80000000, 0x8000 };

	for (size_t i = 0; i < n; i++) {
		x[i] = draw() % 4 ? draw() : edges[draw() % (sizeof edges / sizeof *edges)];
		/* Junk above the width must not count; small widths leave it in. */
		if (width > 32)
			x[i] = (uint32_t)((int32_t)(x[i] << 24) >> 24);
		if (width == LOWEST)
			x[i] = (uint32_t)-128;
	}
	if (width == ONE_LARGE && n)
		x[draw() % n] = large[draw() % 5];
}

struct shape {
	size_t m, n, p;
	unsigned a_width, b_width, width;
};

/* An operand of n entries, and the words it stands for; what follows must not count. */
#define JUNK 200
static quo_gemm_operand operand(uint32_t *words, int8_t *bytes, size_t n, unsigned width)
{
	fill(words, n, width);
	fill(words + n, JUNK, width == ONE_LARGE ? SMALL : width);
	for (size_t i = 0; i < n + JUNK; i++)
		bytes[i] = (int8_t)words[i];
	return (quo_gemm_operand){ .data = width == BYTES ? NULL : words,
				   .bytes = width == BYTES ? bytes : NULL,
				   .width = width > 32 ? 32 : width };
}

typedef void run_fn(quo_gemm *g, size_t m, size_t n, size_t p, const quo_gemm_operand *a,
		    const quo_gemm_operand *b, uint32_t *c, size_t row_stride, size_t col_stride,
		    unsigned width);

static void check_shape_by(run_fn *run, quo_gemm *g, const struct shape *t, unsigned transposed)
{
	size_t m = t->m, n = t->n, p = t->p;
	uint32_t *a = quo_alloc(2 * m * p + JUNK, sizeof *a, NULL),
		 *b = quo_alloc(2 * n * p + JUNK, sizeof *b, NULL);
	uint32_t *c = quo_alloc(m * n + 1, sizeof *c, NULL);
	bool at = transposed & 1, bt = transposed & 2, ct = transposed & 4, gaps = transposed & 8;

	assert_non_null(a);
	assert_non_null(b);
	assert_non_null(c);
	int8_t *a_bytes = quo_alloc(2 * m * p + JUNK, 1, NULL),
	       *b_bytes = quo_alloc(2 * n * p + JUNK, 1, NULL);
	assert_non_null(a_bytes);
	assert_non_null(b_bytes);
	quo_gemm_operand oa = operand(a, a_bytes, m * p << gaps, t->a_width),
			 ob = operand(b, b_bytes, n * p << gaps, t->b_width);
	oa.row_stride = (at ? 1 : p) << gaps, oa.col_stride = (at ? m : 1) << gaps;
	ob.row_stride = (bt ? 1 : n) << gaps, ob.col_stride = (bt ? p : 1) << gaps;
	memset(c, 0xa5, m * n * sizeof *c);
	c[m * n] = 0x5a5a5a5a;
	run(g, m, n, p, &oa, &ob, c, ct ? 1 : n, ct ? m : 1, t->width);
	assert_int_equal(c[m * n], 0x5a5a5a5a);
	for (size_t i = 0; i < m; i++)
		for (size_t j = 0; j < n; j++) {
			uint32_t sum = 0;
			for (size_t k = 0; k < p; k++) {
				uint32_t x = a[i * oa.row_stride + k * oa.col_stride];
				uint32_t y = b[k * ob.row_stride + j * ob.col_stride];
				sum += (uint32_t)quo_sign_extend(x, oa.width) *
				       (uint32_t)quo_sign_extend(y, ob.width);
			}
			uint32_t got = ct ? c[j * m + i] : c[i * n + j];
			if (got != (sum & quo_mask32(t->width)))
				fail_msg("%zu x %zu x %zu, widths %u and %u, transposed %u: entry "
					 "(%zu, %zu) is %#x, want %#x",
					 m, p, n, t->a_width, t->b_width, transposed, i, j, got,
					 sum & quo_mask32(t->width));
		}
	quo_free(a_bytes);
	quo_free(b_bytes);
	quo_free(a);
	quo_free(b);
	quo_free(c);
}

static void check_shape(quo_gemm *g, const struct shape *t, unsigned transposed)
{
	check_shape_by(quo_gemm_run, g, t, transposed);
	check_shape_by(quo_gemm_run_shares, g, t, transposed);
}

/* Passes that shapes and widths prescribe, where the values would need fewer or more. */
static void check_passes(const quo__gemm_kernel *kernel)
{
	static const struct {
		struct shape shape;
		uint32_t passes;
	} cases[] = {
		{ { 20, 40, 60, SMALL, SMALL, 32 }, 0x123 },
		{ { 20, 40, 60, SMALL, BYTES, 22 }, 0x12 },
		{ { 20, 40, 60, BYTES, SMALL, 17 }, 0x13 },
		{ { 20, 40, 60, 32, 32, 16 }, 0x1 },
		{ { 20, 40, 60, 22, 22, 22 }, 0x123 },
		{ { 20, 40, 60, 16, 18, 22 }, 0x13 },
		{ { 20, 40, 60, 9, 8, 32 }, 0x1 },
		{ { 20, 40, 60, 32, 32, 8 }, QUO__GEMM_BYTES },
		{ { 20, 40, 60, 8, BYTES, 32 }, QUO__GEMM_BYTES },
	};
	quo_err err = QUO_ERR_INIT;
	quo_gemm *g = quo__gemm_new_with(kernel, &err);

	assert_non_null(g);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		for (unsigned round = 0; round < 5; round++) {
			uint32_t passes = cases[i].passes;
			if (passes == QUO__GEMM_BYTES && !kernel->bytes.group)
				passes = 1;
			check_shape_by(quo_gemm_run_shares, g, &cases[i].shape, 0);
			assert_int_equal(quo__gemm_trace(g), passes);
		}
	/* What looks at the values takes one pass over the same. */
	if (kernel->bytes.group) {
		check_shape_by(quo_gemm_run, g, &cases[0].shape, 0);
		assert_int_equal(quo__gemm_trace(g), QUO__GEMM_BYTES);
	}
	quo_gemm_free(g);
}

static void check_tier(const quo__gemm_kernel *kernel)
{
	static const struct shape shapes[] = {
		{ 1, 1, 1, 8, 8, 18 },
		{ 3, 5, 0, 8, 8, 18 },
		{ 12, 32, 2, 8, 8, 22 },
		{ 13, 33, 3, 8, 8, 32 },
		{ 25, 65, 127, 8, 18, 18 },
		{ 5, 7, 9, 1, 1, 1 },
		{ 31, 40, 64, 32, SMALL, 32 },
		{ 17, 10, 50, SMALL, 32, 20 },
		{ 24, 31, 33, 32, 32, 32 },
		{ 14, 18, 21, 16, 17, 31 },
		{ 7, 400, 30, SMALL, SMALL, 18 },
		{ 6, 9, 2051, 16, 16, 32 },
		{ 3, 390, 1030, 32, 24, 32 },
		{ 11, 17, 63, 8, 2, 32 },
		{ 35, 47, 66, SMALL, BYTES, 32 },
		{ 29, 33, 5, BYTES, SMALL, 14 },
		{ 40, 64, 16, BYTES, BYTES, 32 },
		{ 9, 20, 2050, LOWEST, LOWEST, 32 },
		{ 13, 36, 1029, LOWEST, BYTES, 32 },
		{ 2, 771, 40, BYTES, SMALL, 32 },
		{ 30, 50, 70, SMALL, ONE_LARGE, 32 },
		{ 30, 50, 70, ONE_LARGE, BYTES, 32 },
		{ 70, 3, 1500, ONE_LARGE, SMALL, 32 },
		{ 20, 900, 12, BYTES, ONE_LARGE, 32 },
		{ 33, 34, 35, BYTES, 32, 32 },
	};
	quo_err err = QUO_ERR_INIT;
	quo_gemm *g = quo__gemm_new_with(kernel, &err);

	assert_non_null(g);
	for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
		for (unsigned transposed = 0; transposed < 16; transposed++)
			check_shape(g, &shapes[i], transposed);
	quo_gemm_free(g);
	check_passes(kernel);
}

static void test_portable(void **unused)
{
	(void)unused;
	check_tier(&quo__gemm_portable);
}

static void test_avx2(void **unused)
{
	(void)unused;
#if defined(__x86_64__)
	if (__builtin_cpu_supports("avx2")) {
		check_tier(&quo__gemm_avx2);
		return;
	}
#endif
	skip();
}

static void test_avx512(void **unused)
{
	(void)unused;
#if defined(__x86_64__)
	if (__builtin_cpu_supports("avx512vnni") && __builtin_cpu_supports("avx512bw") &&
	    __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
	    __builtin_cpu_supports("avx512vbmi")) {
		check_tier(&quo__gemm_avx512);
		return;
	}
#endif
	skip();
}

/* The tier that a run picks. */
static void test_default(void **unused)
{
	quo_err err = QUO_ERR_INIT;
	quo_gemm *g = quo_gemm_new(&err);

	(void)unused;
	assert_non_null(g);
	check_shape(g, &(struct shape){ 30, 70, 100, SMALL, 18, 18 }, 1);
	quo_gemm_free(g);
}

/* Shapes large enough for several parts, and too small for them. */
static void test_threads(void **unused)
{
	static const struct shape shapes[] = { { 301, 70, 130, SMALL, 18, 18 },
					       { 67, 401, 1100, 32, 32, 32 },
					       { 5, 3, 1, 8, 8, 18 } };
	static const unsigned threads[] = { 3, 1, 8 };
	quo_err err = QUO_ERR_INIT;
	quo_gemm *g = quo_gemm_new(&err);

	(void)unused;
	assert_non_null(g);
	for (size_t t = 0; t < sizeof threads / sizeof *threads; t++) {
		quo_pool *pool = quo_pool_new(threads[t], &err);
		assert_non_null(pool);
		assert_int_equal(quo_gemm_use(g, pool, &err), QUO_OK);
		for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
			check_shape(g, &shapes[i], (unsigned)(i + t) % 8);
		assert_int_equal(quo_gemm_use(g, NULL, &err), QUO_OK);
		quo_pool_free(pool);
	}
	check_shape(g, &shapes[0], 0);
	quo_gemm_free(g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_portable), cmocka_unit_test(test_avx2),
		cmocka_unit_test(test_avx512),   cmocka_unit_test(test_default),
		cmocka_unit_test(test_threads),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
