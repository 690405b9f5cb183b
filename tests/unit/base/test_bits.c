/* SPDX-License-Identifier: Apache-2.0 */
/* Bit rearrangement against one-bit-at-a-time references, in every tier, around every block size.
 */
#include "tiers.h"

static const size_t sizes[] = { 0,  1,   2,   7,   8,   9,   15,  16,  17,  23,  24,
				25, 31,  32,  33,  47,  48,  49,  63,  64,  65,  95,
				96, 127, 128, 129, 191, 192, 193, 255, 256, 257, 1000 };
#define N_SIZES (sizeof sizes / sizeof *sizes)

static uint64_t bit_of(const uint64_t *plane, size_t i)
{
	return plane[i / 64] >> (i % 64) & 1;
}

static void test_planes(void **state)
{
	quo_rng *rng = quo_rng_new_test(10);

	(void)state;
	for (size_t s = 0; s < N_SIZES; s++)
		for (unsigned width = 0; width <= 32; width++) {
			size_t n = sizes[s], words = quo_words(n), bytes = words * width * 8;
			uint32_t *in = random_new(rng, n * 4);
			uint64_t *want = calloc(bytes + 1, 1);
			for (unsigned k = 0; k < width; k++)
				for (size_t i = 0; i < n; i++)
					want[k * words + i / 64] |= (uint64_t)(in[i] >> k & 1)
								    << (i % 64);
			FOR_EACH_TIER(tier)
			{
				uint64_t *planes = guarded_new(bytes);
				uint32_t *out = guarded_new(n * 4);
				quo_planes_from_words(in, n, width, planes);
				assert_memory_equal(planes, want, bytes);
				guarded_check(planes, bytes);
				quo_words_from_planes(want, n, width, false, out);
				for (size_t i = 0; i < n; i++)
					assert_int_equal(out[i], in[i] & quo_mask32(width));
				quo_words_from_planes(want, n, width, true, out);
				for (size_t i = 0; i < n; i++)
					assert_int_equal(out[i], width ? (uint32_t)quo_sign_extend(
										 in[i], width)
								       : 0);
				guarded_check(out, n * 4);
				free(planes);
				free(out);
			}
			free(in);
			free(want);
		}
	quo_rng_free(rng);
}

static void test_bytes(void **state)
{
	quo_rng *rng = quo_rng_new_test(12);

	(void)state;
	for (size_t s = 0; s < N_SIZES; s++)
		for (unsigned width = 0; width <= 8; width++) {
			size_t n = sizes[s], words = quo_words(n);
			uint64_t *planes = calloc(words * width + 1, 8);
			uint32_t *in = random_new(rng, n * 4);
			uint8_t *table = random_new(rng, 256);
			quo_planes_from_words(in, n, width, planes);
			FOR_EACH_TIER(tier)
			{
				uint8_t *out = guarded_new(n);
				quo_bytes_from_planes(planes, n, width, table, out);
				for (size_t i = 0; i < n; i++)
					assert_int_equal(out[i], table[in[i] & quo_mask32(width)]);
				guarded_check(out, n);
				free(out);
			}
			free(planes);
			free(in);
			free(table);
		}
	quo_rng_free(rng);
}

static void test_transpose_128(void **state)
{
	static const size_t counts[] = { 0, 128, 256, 384, 512, 640, 1024, 1152 };
	quo_rng *rng = quo_rng_new_test(11);

	(void)state;
	for (size_t c = 0; c < sizeof counts / sizeof *counts; c++)
		for (size_t pad = 0; pad < 2; pad++) {
			size_t n = counts[c], row_words = n / 64 + pad,
			       bytes = n * sizeof(quo_block);
			uint64_t *rows = random_new(rng, n ? (127 * row_words + n / 64) * 8 : 0);
			FOR_EACH_TIER(tier)
			{
				quo_block *out = guarded_new(bytes);
				quo_transpose_128(rows, row_words, n, out);
				for (size_t i = 0; i < n; i++)
					for (unsigned j = 0; j < 128; j++)
						assert_int_equal(bit_of(out[i].w, j),
								 bit_of(rows + j * row_words, i));
				guarded_check(out, bytes);
				free(out);
			}
			free(rows);
		}
	quo_rng_free(rng);
}

static const size_t edges[] = { 0,  1,  2,  7,  8,  9,   10,  15,  16, 17,
				31, 33, 63, 64, 65, 127, 128, 129, 200 };
#define N_EDGES (sizeof edges / sizeof *edges)

static void test_plane_transpose(void **state)
{
	quo_rng *rng = quo_rng_new_test(12);

	(void)state;
	for (size_t a = 0; a < N_EDGES; a++)
		for (size_t b = 0; b < N_EDGES; b++) {
			size_t rows = edges[a], cols = edges[b], bytes = quo_words(rows * cols) * 8;
			uint64_t *in = random_new(rng, bytes), *want = calloc(bytes + 1, 1);
			if (rows * cols % 64)
				in[rows * cols / 64] &= (UINT64_C(1) << rows * cols % 64) - 1;
			for (size_t r = 0; r < rows; r++)
				for (size_t c = 0; c < cols; c++) {
					size_t to = c * rows + r;
					want[to / 64] |= bit_of(in, r * cols + c) << (to % 64);
				}
			FOR_EACH_TIER(tier)
			{
				uint64_t *out = guarded_new(bytes);
				quo_plane_transpose(in, rows, cols, out);
				assert_memory_equal(out, want, bytes);
				guarded_check(out, bytes);
				free(out);
			}
			free(in);
			free(want);
		}
	quo_rng_free(rng);
}

static void test_words_transpose(void **state)
{
	quo_rng *rng = quo_rng_new_test(13);

	(void)state;
	for (size_t a = 0; a < N_EDGES; a++)
		for (size_t b = 0; b < N_EDGES; b++) {
			size_t rows = edges[a], cols = edges[b], bytes = rows * cols * 4;
			uint32_t *in = random_new(rng, bytes), *want = malloc(bytes + 1);
			for (size_t r = 0; r < rows; r++)
				for (size_t c = 0; c < cols; c++)
					want[c * rows + r] = in[r * cols + c];
			FOR_EACH_TIER(tier)
			{
				uint32_t *out = guarded_new(bytes);
				quo_words_transpose(in, rows, cols, out);
				assert_memory_equal(out, want, bytes);
				guarded_check(out, bytes);
				free(out);
			}
			free(in);
			free(want);
		}
	quo_rng_free(rng);
}

static void test_pack(void **state)
{
	quo_rng *rng = quo_rng_new_test(14);

	(void)state;
	for (size_t s = 0; s < N_SIZES; s++)
		for (unsigned width = 1; width <= 32; width++) {
			size_t n = sizes[s], bytes = quo_packed_bytes(n, width);
			uint32_t *in = random_new(rng, n * 4);
			uint8_t *want = calloc(bytes + 1, 1);
			assert_int_equal(bytes, (n * width + 7) / 8);
			for (size_t i = 0; i < n * width; i++)
				want[i / 8] |= (uint8_t)((in[i / width] >> i % width & 1) << i % 8);
			/* Exact size, so that a sanitizer sees unpack read past the end. */
			uint8_t *packed = malloc(bytes ? bytes : 1);
			memcpy(packed, want, bytes);
			FOR_EACH_TIER(tier)
			{
				uint8_t *got = guarded_new(bytes);
				uint32_t *out = guarded_new(n * 4);
				quo_pack(in, n, width, got);
				assert_memory_equal(got, want, bytes);
				guarded_check(got, bytes);
				quo_unpack(packed, n, width, out);
				for (size_t i = 0; i < n; i++)
					assert_int_equal(out[i], in[i] & quo_mask32(width));
				guarded_check(out, n * 4);
				free(got);
				free(out);
			}
			free(in);
			free(want);
			free(packed);
		}
	quo_rng_free(rng);
}

static void test_append(void **state)
{
	quo_rng *rng = quo_rng_new_test(15);

	(void)state;
	for (size_t s = 0; s < N_SIZES; s++)
		for (size_t from = 0; from < 70; from += 9)
			for (size_t at = 0; at < 130; at += 13) {
				size_t n = sizes[s], words = quo_words(from + n);
				uint64_t *in = random_new(rng, words * 8);
				uint64_t *out = guarded_new(quo_words(at + n) * 8);
				memset(out, 0, quo_words(at + n) * 8);
				for (size_t i = 0; i < at; i++)
					out[i / 64] |= UINT64_C(1) << i % 64;
				quo_bits_append(out, at, in, from, n);
				for (size_t i = 0; i < quo_words(at + n) * 64; i++)
					assert_int_equal(bit_of(out, i),
							 i < at       ? 1
							 : i < at + n ? bit_of(in, from + i - at)
								      : 0);
				guarded_check(out, quo_words(at + n) * 8);
				free(in);
				free(out);
			}
	quo_rng_free(rng);
}

static void test_helpers(void **state)
{
	(void)state;
	assert_int_equal(quo_words(0), 0);
	assert_int_equal(quo_words(64), 1);
	assert_int_equal(quo_words(65), 2);
	assert_int_equal(quo_words(SIZE_MAX), SIZE_MAX / 64 + 1);
	assert_int_equal(quo_bit_length(0), 0);
	assert_int_equal(quo_bit_length(1), 1);
	assert_int_equal(quo_bit_length(UINT64_MAX), 64);
	assert_int_equal(quo_mask32(0), 0);
	assert_int_equal(quo_mask32(32), UINT32_MAX);
	assert_int_equal(quo_sign_extend(0xff, 8), -1);
	assert_int_equal(quo_sign_extend(0x17f, 8), 127);
	assert_int_equal(quo_sign_extend(1, 1), -1);
	assert_int_equal(quo_packed_bytes(3, 18), 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_planes),          cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_transpose_128),   cmocka_unit_test(test_plane_transpose),
		cmocka_unit_test(test_words_transpose), cmocka_unit_test(test_pack),
		cmocka_unit_test(test_append),          cmocka_unit_test(test_helpers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
