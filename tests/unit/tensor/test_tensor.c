/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

static quo_arena *arena;

static int setup(void **state)
{
	quo_err err = QUO_ERR_INIT;

	(void)state;
	arena = quo_arena_new(&err);
	return arena ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	quo_arena_free(arena);
	return 0;
}

static void test_specs(void **state)
{
	const uint32_t dim[] = { 3, 5, 7, 2 };
	quo_spec a = quo_spec_arith(18, 2, dim), b = quo_spec_bits(8, true, 4, dim);

	(void)state;
	assert_int_equal(a.kind, QUO_ARITH);
	assert_int_equal(a.width, 18);
	assert_true(a.is_signed);
	assert_int_equal(a.owner, QUO_SHARED);
	assert_int_equal(quo_spec_elements(&a), 15);
	assert_int_equal(b.kind, QUO_BITS);
	assert_true(b.is_signed);
	assert_int_equal(quo_spec_elements(&b), 210);
}

static void test_overflow(void **state)
{
	const uint32_t dim[] = { UINT32_MAX, UINT32_MAX, UINT32_MAX };
	quo_spec spec = quo_spec_arith(8, 3, dim);
	quo_err err = QUO_ERR_INIT;

	(void)state;
	assert_true(quo_spec_elements(&spec) == SIZE_MAX);
	assert_null(quo_tensor_new(arena, spec, true, &err));
	quo_test_assert_error(&err, QUO_FAILED, "overflow");
}

/* The dimensions fit a size_t, the bytes do not. */
static void test_too_large(void **state)
{
	const uint32_t dim[] = { UINT32_MAX, UINT32_MAX };
	quo_spec kinds[] = { quo_spec_arith(8, 2, dim), quo_spec_bits(64, false, 2, dim) };

	(void)state;
	for (int i = 0; i < 2; i++) {
		quo_err err = QUO_ERR_INIT;
		assert_null(quo_tensor_new(arena, kinds[i], true, &err));
		quo_test_assert_error(&err, QUO_FAILED, "");
		assert_true(err.text[0]);
	}
}

static void test_data(void **state)
{
	const uint32_t dim[] = { 10, 13 };
	quo_err err = QUO_ERR_INIT;
	quo_tensor *a = quo_tensor_new(arena, quo_spec_arith(18, 2, dim), true, &err);
	quo_tensor *b = quo_tensor_new(arena, quo_spec_bits(3, true, 2, dim), true, &err);
	quo_tensor *dry = quo_tensor_new(arena, quo_spec_bits(3, true, 2, dim), false, &err);

	(void)state;
	assert_true(a && b && dry);
	assert_int_equal(a->n, 130);
	assert_int_equal(b->n, 130);
	assert_int_equal(b->words, 3);
	for (size_t i = 0; i < 130; i++)
		assert_int_equal(a->a[i], 0);
	for (size_t i = 0; i < 9; i++)
		assert_true(b->b[i] == 0);
	assert_ptr_equal(quo_plane(b, 2), b->b + 6);
	assert_null(dry->b);
	assert_int_equal(dry->n, 130);
}

static void test_empty(void **state)
{
	const uint32_t dim[] = { 0, 4 };
	quo_err err = QUO_ERR_INIT;
	quo_tensor *t = quo_tensor_new(arena, quo_spec_bits(8, true, 2, dim), true, &err);

	(void)state;
	assert_non_null(t);
	assert_int_equal(t->n, 0);
	assert_int_equal(t->words, 0);
	quo_tensor_set(t, NULL);
	quo_tensor_get(t, NULL);
}

/* Values come back as the signed (or unsigned) integers that the width can hold, for every width.
 */
static void test_get_set(void **state)
{
	const size_t sizes[] = { 1, 63, 64, 65, 200 };
	uint64_t random = 1;

	(void)state;
	for (unsigned width = 1; width <= 32; width++)
		for (size_t z = 0; z < 5; z++)
			for (int kind = 0; kind < 3; kind++) {
				uint32_t n = (uint32_t)sizes[z];
				int32_t in[200], out[200];
				quo_err err = QUO_ERR_INIT;
				quo_spec spec = kind ? quo_spec_bits(width, kind == 2, 1, &n)
						     : quo_spec_arith(width, 1, &n);
				quo_tensor *t = quo_tensor_new(arena, spec, true, &err);
				assert_non_null(t);
				for (size_t i = 0; i < n; i++)
					in[i] = (int32_t)quo_test_random(&random);
				in[0] = -1;
				quo_tensor_set(t, in);
				quo_tensor_get(t, out);
				for (size_t i = 0; i < n; i++) {
					uint32_t low = (uint32_t)in[i] & quo_mask32(width);
					assert_int_equal(out[i],
							 kind == 1 ? (int32_t)low
								   : quo_sign_extend(low, width));
				}
				quo_arena_reset(arena);
			}
}

/* What ARITH tensors hold above their ring means nothing; what BITS planes hold is bit k of element
 * i. */
static void test_layout(void **state)
{
	const uint32_t n = 70;
	quo_err err = QUO_ERR_INIT;
	quo_tensor *a = quo_tensor_new(arena, quo_spec_arith(5, 1, &n), true, &err);
	quo_tensor *b = quo_tensor_new(arena, quo_spec_bits(5, false, 1, &n), true, &err);
	int32_t v[70] = { 0 };

	(void)state;
	assert_true(a && b);
	a->a[69] = UINT32_C(0xffffff12);
	quo_tensor_get(a, v);
	assert_int_equal(v[69], -14);
	memset(v, 0, sizeof v);
	v[66] = 9;
	quo_tensor_set(b, v);
	for (unsigned k = 0; k < 5; k++) {
		assert_true(quo_plane(b, k)[0] == 0);
		assert_true(quo_plane(b, k)[1] == (k == 0 || k == 3 ? UINT64_C(1) << 2 : 0));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_specs),
		cmocka_unit_test_setup_teardown(test_overflow, setup, teardown),
		cmocka_unit_test_setup_teardown(test_too_large, setup, teardown),
		cmocka_unit_test_setup_teardown(test_data, setup, teardown),
		cmocka_unit_test_setup_teardown(test_empty, setup, teardown),
		cmocka_unit_test_setup_teardown(test_get_set, setup, teardown),
		cmocka_unit_test_setup_teardown(test_layout, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
