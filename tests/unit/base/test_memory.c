/* SPDX-License-Identifier: Apache-2.0 */
/* Error records, wiping, allocation, arenas, and the cost ledger. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <quotient/cost.h>
#include <quotient/memory.h>

static bool is_zero(const void *p, size_t n)
{
	const unsigned char *bytes = p;

	for (size_t i = 0; i < n; i++)
		if (bytes[i])
			return false;
	return true;
}

static void test_first_failure_wins(void **state)
{
	quo_err err = QUO_ERR_INIT;

	(void)state;
	assert_int_equal(quo_fail(&err, QUO_USAGE, "%s:%d: no", "a.yaml", 7), QUO_USAGE);
	assert_int_equal(quo_fail(&err, QUO_FAILED, "later"), QUO_FAILED);
	assert_int_equal(err.status, QUO_USAGE);
	assert_string_equal(err.text, "a.yaml:7: no");
	assert_int_equal(quo_fail(NULL, QUO_BUG, "nobody asks"), QUO_BUG);
}

static void test_long_message_is_cut(void **state)
{
	quo_err err = QUO_ERR_INIT;
	char text[3000];

	(void)state;
	memset(text, 'x', sizeof text - 1);
	text[sizeof text - 1] = 0;
	quo_fail(&err, QUO_FAILED, "%s", text);
	assert_int_equal(strlen(err.text), sizeof err.text - 1);
}

static quo_status pass_on(quo_status status, int *reached)
{
	QUO_TRY(status);
	*reached = 1;
	return QUO_OK;
}

/* Whatever a file, a peer or a path brings in, a message is one line without control characters. */
static void test_message_is_one_line(void **state)
{
	quo_err err = QUO_ERR_INIT;

	(void)state;
	quo_fail(&err, QUO_USAGE, "%s: bad", "a\nb\r\t\x1b[31mc\x7f\xc3\xa4");
	assert_string_equal(err.text, "a b   [31mc \xc3\xa4: bad");
}

static void test_try(void **state)
{
	int reached = 0;

	(void)state;
	assert_int_equal(pass_on(QUO_FAILED, &reached), QUO_FAILED);
	assert_int_equal(reached, 0);
	assert_int_equal(pass_on(QUO_OK, &reached), QUO_OK);
	assert_int_equal(reached, 1);
}

static void test_wipe(void **state)
{
	unsigned char bytes[40];

	(void)state;
	memset(bytes, 1, sizeof bytes);
	quo_wipe(bytes + 3, 30);
	assert_true(is_zero(bytes + 3, 30));
	assert_int_equal(bytes[2], 1);
	assert_int_equal(bytes[33], 1);
	quo_wipe(NULL, 0);
}

static void test_alloc(void **state)
{
	static const size_t sizes[] = { 0, 1, 63, 64, 65, 4096, 100000 };

	(void)state;
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		quo_err err = QUO_ERR_INIT;
		unsigned char *p = quo_alloc(sizes[i], 1, &err);
		assert_non_null(p);
		assert_int_equal((uintptr_t)p % 64, 0);
		assert_true(is_zero(p, sizes[i]));
		memset(p, 0xff, sizes[i]);
		quo_free(p);
		assert_int_equal(err.status, QUO_OK);
	}
	quo_free(NULL);
}

/* Each of these overflows at another place; none may reach the system's allocator. */
static void test_overflow_is_refused(void **state)
{
	static const size_t requests[][2] = { { SIZE_MAX, 2 },      { SIZE_MAX / 2 + 1, 2 },
					      { SIZE_MAX, 1 },      { 1, SIZE_MAX - 63 },
					      { 1, SIZE_MAX - 64 }, { 1, SIZE_MAX - 127 } };

	(void)state;
	for (size_t i = 0; i < sizeof requests / sizeof *requests; i++) {
		quo_err err = QUO_ERR_INIT, arena_err = QUO_ERR_INIT;
		quo_arena *arena = quo_arena_new(NULL);
		assert_null(quo_alloc(requests[i][0], requests[i][1], &err));
		assert_int_equal(err.status, QUO_FAILED);
		assert_non_null(strstr(err.text, "overflows"));
		assert_null(quo_arena_alloc(arena, requests[i][0], requests[i][1], &arena_err));
		assert_int_equal(arena_err.status, QUO_FAILED);
		/* A refusal leaves the arena in order. */
		assert_non_null(quo_arena_alloc(arena, 1, 8, NULL));
		quo_arena_free(arena);
	}
}

static void test_arena_memory(void **state)
{
	quo_arena *arena = quo_arena_new(NULL);
	unsigned char *p[200];

	(void)state;
	for (size_t i = 0; i < 200; i++) {
		p[i] = quo_arena_alloc(arena, i * 700, 1, NULL);
		assert_non_null(p[i]);
		assert_int_equal((uintptr_t)p[i] % 64, 0);
		assert_true(is_zero(p[i], i * 700));
		memset(p[i], (int)i + 1, i * 700);
	}
	for (size_t i = 0; i < 200; i++)
		for (size_t j = 0; j < i * 700; j++)
			assert_int_equal(p[i][j], i + 1);
	quo_arena_free(arena);
	quo_arena_free(NULL);
}

/* Blocks outlive a reset, so what was handed out can still be looked at. */
static void test_arena_wipes(void **state)
{
	const size_t big = (size_t)3 << 20;
	quo_arena *arena = quo_arena_new(NULL);

	(void)state;
	for (int round = 0; round < 3; round++) {
		unsigned char *a = quo_arena_alloc(arena, 100, 1, NULL);
		unsigned char *b = quo_arena_alloc(arena, big, 1, NULL);
		assert_true(is_zero(a, 100) && is_zero(b, big));
		memset(a, 0xee, 100);
		memset(b, 0xee, big);
		quo_arena_reset(arena);
		assert_true(is_zero(a, 100) && is_zero(b, big));
	}
	quo_arena_free(arena);
}

static void test_arena_marks(void **state)
{
	const size_t big = (size_t)2 << 20;
	quo_arena *arena = quo_arena_new(NULL);
	quo_arena_mark empty = quo_arena_here(arena);
	unsigned char *kept = quo_arena_alloc(arena, 64, 1, NULL);

	(void)state;
	memset(kept, 1, 64);
	quo_arena_mark outer = quo_arena_here(arena);
	unsigned char *a = quo_arena_alloc(arena, 64, 1, NULL);
	memset(a, 2, 64);
	quo_arena_mark inner = quo_arena_here(arena);
	unsigned char *b = quo_arena_alloc(arena, big, 1, NULL);
	memset(b, 3, big);
	quo_arena_release(arena, inner);
	assert_true(is_zero(b, big));
	assert_int_equal(a[63], 2);
	assert_ptr_equal(quo_arena_alloc(arena, 64, 1, NULL), a + 64);
	quo_arena_release(arena, outer);
	assert_true(is_zero(a, 128));
	assert_int_equal(kept[63], 1);
	assert_ptr_equal(quo_arena_alloc(arena, 64, 1, NULL), a);
	quo_arena_release(arena, empty);
	assert_true(is_zero(kept, 64));
	assert_ptr_equal(quo_arena_alloc(arena, 64, 1, NULL), kept);
	quo_arena_free(arena);
}

/* Both of two parties send within one bracket. */
static void cost_both(quo_cost *cost, uint64_t bytes0, uint64_t bytes1)
{
	quo_cost_round(cost, true);
	quo_cost_send(cost, 0, bytes0);
	quo_cost_send(cost, 1, bytes1);
	quo_cost_round(cost, false);
}

static void test_cost(void **state)
{
	quo_cost cost = QUO_COST_INIT;

	(void)state;
	quo_cost_send(&cost, 0, 0);
	cost_both(&cost, 0, 0);
	assert_int_equal(cost.rounds, 0);
	quo_cost_send(&cost, 0, 5);
	quo_cost_send(&cost, 0, 5);
	assert_int_equal(cost.rounds, 1);
	quo_cost_send(&cost, 1, 7);
	quo_cost_send(&cost, 0, 0);
	quo_cost_send(&cost, 1, 7);
	assert_int_equal(cost.rounds, 2);
	cost_both(&cost, 1, 0);
	cost_both(&cost, 1, 2);
	assert_int_equal(cost.rounds, 4);
	quo_cost_send(&cost, 1, 1);
	assert_int_equal(cost.rounds, 5);
	assert_int_equal(cost.sent_bytes[0], 12);
	assert_int_equal(cost.sent_bytes[1], 17);
}

static bool about(double a, double b)
{
	return a > 0.999 * b && a < 1.001 * b;
}

/* The busier core or direction, and a latency for every round; what is not known is as on loopback. */
static void test_cost_seconds(void **state)
{
	const quo_link slow = { 0.01, 1e6 }, loopback = QUO_LINK_LOOPBACK, unknown = { 0, 0 };
	quo_cost cost = QUO_COST_INIT;

	(void)state;
	assert_true(quo_cost_seconds(&cost, slow) == 0);
	quo_cost_send(&cost, 0, 2000000);
	quo_cost_send(&cost, 1, 1000000);
	assert_true(about(quo_cost_seconds(&cost, slow), 2.02));
	quo_cost_work(&cost, 0, 1);
	assert_true(about(quo_cost_seconds(&cost, slow), 2.02));
	quo_cost_work(&cost, 1, 5);
	quo_cost_work(&cost, 1, 5);
	assert_true(about(quo_cost_seconds(&cost, slow), 10.02));
	assert_true(quo_cost_seconds(&cost, unknown) == quo_cost_seconds(&cost, loopback));
	assert_true(about(quo_cost_seconds(&cost, unknown), 10));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_first_failure_wins),
		cmocka_unit_test(test_long_message_is_cut),
		cmocka_unit_test(test_message_is_one_line),
		cmocka_unit_test(test_try),
		cmocka_unit_test(test_wipe),
		cmocka_unit_test(test_alloc),
		cmocka_unit_test(test_overflow_is_refused),
		cmocka_unit_test(test_arena_memory),
		cmocka_unit_test(test_arena_wipes),
		cmocka_unit_test(test_arena_marks),
		cmocka_unit_test(test_cost),
		cmocka_unit_test(test_cost_seconds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
