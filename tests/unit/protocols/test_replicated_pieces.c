/* SPDX-License-Identifier: Apache-2.0 */
/* Key streams, shares of zero and row kernels of protocol/replicated, without a session. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "replicated/parties.h"
#include "replicated/rows.h"
#include "replicated/streams.h"

static uint64_t state = 1;

static uint64_t draw(void)
{
	state = state * UINT64_C(6364136223846793005) + 1442695040888963407;
	return state ^ state >> 29;
}

/* The keys of all three parties. */
static void deal_keys(struct rep_keys keys[REP_PARTIES])
{
	quo_block key[REP_PARTIES];

	for (int p = 0; p < REP_PARTIES; p++)
		key[p] = (quo_block){ { draw(), draw() } };
	for (int p = 0; p < REP_PARTIES; p++)
		rep_keys_set(&keys[p], key[p], key[rep_after(p, 1)]);
}

/* ---- streams ---- */

/* Ranges follow each other: none has a counter of another. */
static void test_ranges(void **unused)
{
	struct rep_keys keys[REP_PARTIES];
	quo_err err = QUO_ERR_INIT;
	uint64_t next = 0;

	(void)unused;
	deal_keys(keys);
	for (unsigned i = 0; i < 2000; i++) {
		struct rep_range range;
		uint64_t bytes = i % 3 ? draw() % 100 : draw() % (UINT64_C(1) << 40);
		assert_int_equal(rep_take(&keys[0], bytes, &range, &err), QUO_OK);
		assert_true(range.first == next && range.blocks == (bytes + 15) / 16);
		next += range.blocks;
	}
}

/* The count stops short of its end and says so. */
static void test_overflow(void **unused)
{
	struct rep_keys keys[REP_PARTIES];
	struct rep_range range;
	quo_err err = QUO_ERR_INIT;

	(void)unused;
	deal_keys(keys);
	keys[0].next = UINT64_MAX - 3;
	assert_int_equal(rep_take(&keys[0], 32, &range, &err), QUO_OK);
	assert_int_equal(rep_take(&keys[0], 33, &range, &err), QUO_FAILED);
	assert_int_equal(rep_take(&keys[0], 16, &range, &err), QUO_OK);
	assert_true(range.first == UINT64_MAX - 1);
	assert_int_equal(rep_take(&keys[0], 1, &range, &err), QUO_FAILED);
}

#define BLOCKS 9000u

/* A piece's two holders have its stream, in whatever portions they draw it, and the third one does not. */
static void test_holders(void **unused)
{
	struct rep_keys keys[REP_PARTIES];
	struct rep_range range = { 12345, BLOCKS };
	quo_block *a = quo_alloc(BLOCKS, sizeof *a, NULL), *b = quo_alloc(BLOCKS, sizeof *b, NULL);

	(void)unused;
	assert_true(a && b);
	deal_keys(keys);
	for (int piece = 0; piece < REP_PARTIES; piece++) {
		rep_stream(NULL, &keys[piece], REP_PART_0, range, 0, a, BLOCKS);
		for (uint64_t at = 0; at < BLOCKS; at += 777) {
			size_t n = BLOCKS - at < 777 ? BLOCKS - at : 777;
			rep_stream(NULL, &keys[rep_after(piece, 2)], REP_PART_1, range, at, b + at,
				   n);
		}
		assert_memory_equal(a, b, BLOCKS * sizeof *a);
		uint32_t *words = (uint32_t *)(void *)b;
		memset(b, 0, BLOCKS * sizeof *b);
		rep_words(&keys[piece], 0, range, 40, words, 101);
		assert_memory_equal(a + 10, words, 101 * sizeof *words);
		assert_int_equal(rep_part_of(rep_after(piece, 1), piece), 2);
		for (unsigned part = 0; part < 2; part++) {
			rep_stream(NULL, &keys[rep_after(piece, 1)], (enum rep_stream)part, range,
				   0, b, 1);
			assert_memory_not_equal(a, b, sizeof *a);
		}
	}
	quo_free(a);
	quo_free(b);
}

static void test_zeros(void **unused)
{
	struct rep_keys keys[REP_PARTIES];
	struct rep_range range = { UINT64_C(1) << 40, BLOCKS };
	quo_block *bits = quo_alloc(BLOCKS, sizeof *bits, NULL),
		  *sum = quo_alloc(BLOCKS, sizeof *sum, NULL);
	uint32_t words[1003] = { 0 };
	unsigned changed = 0;

	(void)unused;
	assert_true(bits && sum);
	deal_keys(keys);
	for (int p = 0; p < REP_PARTIES; p++) {
		rep_stream(NULL, &keys[p], REP_BOTH, range, 0, bits, BLOCKS);
		for (size_t i = 0; i < BLOCKS; i++) {
			sum[i] = quo_xor(sum[i], bits[i]);
			changed += bits[i].w[0] != 0;
		}
		rep_zero_words(&keys[p], range, words, 1003);
		assert_true(p == 2 || words[0] | words[1] | words[1002]);
	}
	assert_true(changed > 3 * BLOCKS - 3);
	for (size_t i = 0; i < BLOCKS; i++)
		assert_true(!sum[i].w[0] && !sum[i].w[1]);
	for (size_t i = 0; i < 1003; i++)
		assert_int_equal(words[i], 0);
	quo_free(bits);
	quo_free(sum);
}

/* ---- rows ---- */

#define WORDS 40u

/* Three parties' messages for rows of m bits, one operand's scalar or not, against the AND of the values. */
static void check_and(const struct rep_kernels *k, size_t m, bool scalar, unsigned flips)
{
	uint64_t x[REP_PARTIES][WORDS], y[REP_PARTIES][WORDS];
	uint8_t message[8 * WORDS + 32], sum[8 * WORDS + 32] = { 0 };
	size_t offset = draw() % 9, bytes = rep_row_bytes(m);

	for (int p = 0; p < REP_PARTIES; p++)
		for (size_t i = 0; i < WORDS; i++) {
			x[p][i] = draw();
			y[p][i] = scalar ? 0 - (draw() & 1) : draw();
			if (scalar && i)
				y[p][i] = y[p][0];
		}
	for (int p = 0; p < REP_PARTIES; p++) {
		int next = rep_after(p, 1);
		struct rep_and g = { .x = { x[p], x[next] },
				     .y = { y[p], y[next] },
				     .message = message + offset };
		for (int piece = 0; piece < 2; piece++) {
			bool first = rep_after(p, piece) == 0;
			g.flip_x[piece] = first && flips & 1 ? UINT64_MAX : 0;
			g.flip_y[piece] = first && flips & 2 ? UINT64_MAX : 0;
		}
		/* A mask of ones at two of the three stands for shares of zero. */
		memset(message, 0x5a, sizeof message);
		memset(message + offset, p ? 0xff : 0, bytes);
		(scalar ? k->multiply_by_scalar : k->multiply)(&g, m);
		for (size_t i = 0; i < sizeof message; i++)
			if (i < offset || i >= offset + bytes)
				assert_int_equal(message[i], 0x5a);
		for (size_t i = 0; i < bytes; i++)
			sum[i] ^= message[offset + i];
	}
	for (size_t i = 0; i < 8 * bytes; i++) {
		bool a = flips & 1, b = flips & 2;
		for (int p = 0; p < REP_PARTIES; p++) {
			a ^= x[p][i / 64] >> i % 64 & 1;
			b ^= y[p][i / 64] >> i % 64 & 1;
		}
		assert_int_equal(sum[i / 8] >> i % 8 & 1, i < m && a && b);
	}
	/* A row out of a message. */
	uint64_t row[WORDS + 1];
	memset(row, 0xa5, sizeof row);
	memset(message, 0xff, sizeof message);
	memcpy(message + offset, x, bytes);
	k->read(row, message + offset, m);
	for (size_t i = 0; i < 64 * quo_words(m); i++)
		assert_int_equal(row[i / 64] >> i % 64 & 1, i < m ? x[0][i / 64] >> i % 64 & 1 : 0);
	assert_true(row[quo_words(m)] == UINT64_C(0xa5a5a5a5a5a5a5a5));
}

static void check_words(const struct rep_kernels *k, size_t n)
{
	uint32_t a[200] = { 0 }, b[200] = { 0 }, bit[200] = { 0 }, out[200];

	for (size_t i = 0; i < n; i++) {
		a[i] = out[i] = (uint32_t)draw();
		b[i] = (uint32_t)draw();
		bit[i] = draw() & 1;
	}
	k->add(out, 7, b, n);
	k->add_if(out, (uint32_t)-3, b, bit, n);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(out[i], a[i] + 7 * b[i] - 3 * b[i] * bit[i]);
	k->deal(out, bit, b, n);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(out[i], bit[i] - b[i]);
	k->sum(out, a, b, 0x3ffff, n);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(out[i], (a[i] + b[i]) & 0x3ffff);
	k->difference(out, a, b, 0x3ffff, n);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(out[i], (a[i] - b[i]) & 0x3ffff);
}

static void check_tier(const struct rep_kernels *k)
{
	static const size_t sizes[] = { 1, 7, 8, 63, 64, 65, 200, 512, 1000, 64 * WORDS };

	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
		for (unsigned flips = 0; flips < 4; flips++) {
			check_and(k, sizes[i], false, flips);
			check_and(k, sizes[i], true, flips);
		}
	for (size_t n = 0; n < 200; n += 33)
		check_words(k, n);
}

static void test_rows(void **unused)
{
	(void)unused;
	check_tier(&rep_rows_portable);
#if defined(__x86_64__)
	if (__builtin_cpu_supports("avx2"))
		check_tier(&rep_rows_avx2);
	if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
	    __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl"))
		check_tier(&rep_rows_avx512);
#endif
	check_tier(rep_kernels());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ranges),  cmocka_unit_test(test_overflow),
		cmocka_unit_test(test_holders), cmocka_unit_test(test_zeros),
		cmocka_unit_test(test_rows),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
