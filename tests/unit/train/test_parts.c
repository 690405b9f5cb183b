/* SPDX-License-Identifier: Apache-2.0 */
/* Windows of Z, there and back, against one element at a time: whole runs of channels and none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <quotient/bits.h>
#include <quotient/memory.h>

#include "numerics/parts.h"
#include "session/session_core.h"

#define CHECK(status) assert_int_equal(status, QUO_OK)

static uint32_t draw(void)
{
	static uint64_t state = 7;

	return (uint32_t)((state = state * UINT64_C(6364136223846793005) + 1442695040888963407) >>
			  32);
}

struct shape {
	uint32_t rows, h, w, c, size;
	uint32_t before, after; /* elements of Z that no window has */
};

/* As maxpool cuts: windows of size x size, a remainder dropped. */
static void places(const struct shape *t, uint32_t k, uint32_t *place)
{
	for (uint32_t y = 0; y < t->h / t->size; y++)
		for (uint32_t x = 0; x < t->w / t->size; x++)
			for (uint32_t c = 0; c < t->c; c++)
				*place++ = t->before +
					   ((y * t->size + k / t->size) * t->w + x * t->size +
					    k % t->size) *
						   t->c +
					   c;
}

static void check(const struct shape *t)
{
	static const quo_instance any;
	quo_err err = QUO_ERR_INIT;
	quo_session s = { .parts = 1, .step = quo_arena_new(&err) };
	uint32_t n = t->size * t->size, oh = t->h / t->size, ow = t->w / t->size;
	uint32_t all = t->before + t->h * t->w * t->c + t->after;
	size_t from = all, to = (size_t)oh * ow * t->c;
	uint32_t *place = calloc(n * to, sizeof *place);
	quo_net_stage st = { .window = { .layer = &any, .n = n, .place = place },
			     .z = { .n_dims = 3, .dim = { 1, 1, all } },
			     .out = { .n_dims = 3, .dim = { oh, ow, t->c } } };
	const quo_tensor *part[QUO_MAX_WINDOW];
	quo_tensor *back[QUO_MAX_WINDOW], *e;

	assert_non_null(s.step);
	assert_non_null(place);
	for (uint32_t k = 0; k < n; k++)
		places(t, k, place + k * to);

	quo_tensor *z = quo__temp_arith(&s, &st.z, t->rows, 20, &err);
	assert_non_null(z);
	for (size_t i = 0; i < z->n; i++)
		z->a[i] = draw() & quo_mask32(20);
	CHECK(quo__window_gather(&s, &st, z, part, &err));
	for (uint32_t k = 0; k < n; k++)
		for (size_t r = 0; r < t->rows; r++)
			for (size_t o = 0; o < to; o++)
				assert_int_equal(part[k]->a[r * to + o],
						 z->a[r * from + place[k * to + o]]);

	int32_t *want = calloc(z->n + 1, sizeof *want), *got = calloc(z->n + 1, sizeof *got);
	int32_t *values = calloc(z->n + 1, sizeof *values);
	for (uint32_t k = 0; k < n; k++) {
		back[k] = quo__temp_bits(&s, &st.out, t->rows, 8, true, &err);
		assert_non_null(back[k]);
		for (size_t i = 0; i < back[k]->n; i++)
			values[i] = (int8_t)draw();
		quo_tensor_set(back[k], values);
		for (size_t r = 0; r < t->rows; r++)
			for (size_t o = 0; o < to; o++)
				want[r * from + place[k * to + o]] = values[r * to + o];
	}
	CHECK(quo__window_scatter(&s, &st, back, &e, &err));
	quo_tensor_get(e, got);
	assert_memory_equal(got, want, z->n * sizeof *got);
	for (unsigned b = 0; e->n % 64 && b < 8; b++)
		assert_int_equal(quo_plane(e, b)[e->words - 1] >> (e->n % 64), 0);
	free(values);
	free(want);
	free(got);
	free(place);
	quo_arena_free(s.step);
}

static void test_windows(void **unused)
{
	static const struct shape shapes[] = {
		{ 1, 2, 2, 1, 2, 0, 0 },  { 3, 4, 6, 3, 2, 0, 0 },   { 2, 6, 4, 8, 2, 0, 0 },
		{ 3, 4, 4, 16, 2, 0, 0 }, { 5, 7, 5, 16, 2, 0, 0 },  { 2, 8, 4, 32, 2, 0, 0 },
		{ 2, 5, 4, 32, 2, 0, 0 }, { 3, 6, 9, 24, 3, 0, 0 },  { 2, 4, 2, 64, 2, 0, 0 },
		{ 1, 3, 3, 96, 1, 0, 0 }, { 2, 2, 6, 128, 2, 0, 0 }, { 3, 5, 5, 12, 2, 0, 0 },
		{ 1, 3, 5, 40, 1, 0, 0 }, { 3, 4, 4, 16, 2, 4, 4 },  { 3, 4, 4, 32, 2, 0, 7 },
		{ 3, 2, 4, 64, 2, 8, 0 },
	};

	(void)unused;
	for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
		check(&shapes[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_windows) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
