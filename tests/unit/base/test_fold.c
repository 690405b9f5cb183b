/* SPDX-License-Identifier: Apache-2.0 */
/* Folding of key streams and XOR of blocks: against the definition, in every tier, nothing written
 * beyond the end. */
#include "support.h"
#include "tiers.h"

#define MOST 130
#define STRIDE (MOST + 3)
#define LEAVES (1u << QUO_FOLD_MAX)

static const size_t sizes[] = {
	0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, MOST
};
enum { SIZES = sizeof sizes / sizeof *sizes };
static const uint64_t firsts[] = { 0, 12345, UINT64_C(0xfffffffe), UINT64_C(1) << 40 };

static uint64_t state = 1;

static void fill(quo_block *out, size_t n)
{
	for (size_t i = 0; i < n; i++)
		out[i] = (quo_block){ { quo_test_random(&state), quo_test_random(&state) } };
}

static const quo_block guard = { { UINT64_C(0x1111111111111111), UINT64_C(0x2222222222222222) } };

static void fill_guard(quo_block *out, size_t n)
{
	for (size_t i = 0; i < n; i++)
		out[i] = guard;
}

static void assert_same(const quo_block *got, const quo_block *want, size_t n)
{
	if (n)
		assert_memory_equal(got, want, n * sizeof *got);
	for (size_t i = n; i < STRIDE; i++)
		assert_memory_equal(&got[i], &guard, sizeof guard);
}

/* The definition. rows[k] is the sum. */
static void reference(const quo_block *keys, unsigned k, uint64_t first, size_t n,
		      quo_block rows[][STRIDE])
{
	quo_block stream[MOST];

	memset(rows, 0, (k + 1) * sizeof *rows);
	for (unsigned x = 0; x < 1u << k; x++) {
		quo_prg(keys[x], first, stream, n);
		for (unsigned i = 0; i <= k; i++)
			for (size_t j = 0; j < n && (i == k || x >> i & 1); j++)
				rows[i][j] = quo_xor(rows[i][j], stream[j]);
	}
}

static quo_block keys[LEAVES], add[MOST], rows[QUO_FOLD_MAX][STRIDE], sum[STRIDE],
	want[QUO_FOLD_MAX + 1][STRIDE];
static quo_aes_key scheduled[LEAVES];

static void fold(unsigned k, uint64_t first, size_t n, bool masked)
{
	fill_guard(rows[0], QUO_FOLD_MAX * STRIDE);
	fill_guard(sum, STRIDE);
	quo_prg_fold(scheduled, k, first, n, masked ? add : NULL, sum, rows[0], STRIDE);
	for (unsigned i = 0; i < QUO_FOLD_MAX; i++)
		assert_same(rows[i], want[i], i < k ? n : 0);
	for (size_t j = 0; j < n && masked; j++)
		want[k][j] = quo_xor(want[k][j], add[j]);
	assert_same(sum, want[k], n);
}

/* The schedule of stream 0 is nonsense then. */
static void fold_punctured(unsigned k, uint64_t first, size_t n, bool corrected)
{
	uint64_t bits = quo_test_random(&state);
	quo_aes_key zero = scheduled[0];

	memset(&scheduled[0], 0xa5, sizeof scheduled[0]);
	fill_guard(rows[0], QUO_FOLD_MAX * STRIDE);
	quo_prg_fold_punctured(scheduled, k, first, n, corrected ? add : NULL, bits, rows[0],
			       STRIDE);
	for (unsigned i = 0; i < QUO_FOLD_MAX; i++) {
		for (size_t j = 0; j < n && i < k && corrected; j++)
			want[i][j] = quo_xor_if(want[i][j], add[j], bits >> i & 1);
		assert_same(rows[i], want[i], i < k ? n : 0);
	}
	scheduled[0] = zero;
}

static void test_fold(void **unused)
{
	(void)unused;
	FOR_EACH_TIER(tier)
	{
		for (unsigned k = 1; k <= QUO_FOLD_MAX; k++) {
			/* Not 2^k keys at once: the schedule's own groups have ends too. */
			fill(keys, 1u << k);
			quo_aes_key_set(keys, 1, scheduled);
			quo_aes_key_set(keys + 1, (1u << k) - 1, scheduled + 1);
			fill(add, MOST);
			for (unsigned s = 0; s < SIZES; s++) {
				uint64_t first = firsts[s % 4];
				for (int with = 0; with < 2; with++) {
					reference(keys, k, first, sizes[s], want);
					fold(k, first, sizes[s], with);
					reference(keys, k, first, sizes[s], want);
					fold_punctured(k, first, sizes[s], with);
				}
			}
		}
	}
}

static void test_xor_blocks(void **unused)
{
	(void)unused;
	FOR_EACH_TIER(tier)
	for (unsigned s = 0; s < SIZES; s++) {
		size_t n = sizes[s];
		fill(rows[0], MOST);
		fill(add, MOST);
		for (size_t j = 0; j < n; j++)
			want[0][j] = quo_xor(rows[0][j], add[j]);
		fill_guard(sum, STRIDE);
		quo_xor_blocks(sum, rows[0], add, n);
		assert_same(sum, want[0], n);
		fill_guard(rows[0] + n, STRIDE - n);
		quo_xor_blocks(rows[0], rows[0], add, n);
		assert_same(rows[0], want[0], n);
	}
}

static void test_xor_if_bits(void **unused)
{
	uint64_t bits[3];

	(void)unused;
	FOR_EACH_TIER(tier)
	for (unsigned s = 0; s < SIZES; s++) {
		size_t n = sizes[s];
		for (int w = 0; w < 3; w++)
			bits[w] = quo_test_random(&state);
		fill(rows[0], MOST);
		fill(add, 1);
		for (size_t j = 0; j < n; j++)
			want[0][j] = quo_xor_if(rows[0][j], add[0], bits[j / 64] >> (j % 64) & 1);
		fill_guard(rows[0] + n, STRIDE - n);
		quo_xor_if_bits(rows[0], add[0], bits, n);
		assert_same(rows[0], want[0], n);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fold),
		cmocka_unit_test(test_xor_blocks),
		cmocka_unit_test(test_xor_if_bits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
