/* SPDX-License-Identifier: Apache-2.0 */
/* The archive as an unzip that starts at its end would read it. */
#include "support.h"

#include <zlib.h>

#include "store/npz.h"
#include "store/output.h"

static uint32_t get(const uint8_t *p, unsigned bytes)
{
	uint32_t v = 0;

	for (unsigned i = 0; i < bytes; i++)
		v |= (uint32_t)p[i] << (8 * i);
	return v;
}

/* Checks member number `index` of the archive and returns its contents (free()). */
static uint8_t *member(const quo_npz *z, unsigned index, const char *name, size_t *n)
{
	const uint8_t *end = z->out.data + z->out.n - 22;

	assert_memory_equal(end, "PK\x05\x06", 4);
	assert_true(index < get(end + 10, 2));
	const uint8_t *entry = z->out.data + get(end + 16, 4);
	assert_ptr_equal(entry + get(end + 12, 4), end);
	for (unsigned i = 0; i < index; i++)
		entry += 46 + get(entry + 28, 2);
	assert_memory_equal(entry, "PK\x01\x02", 4);
	const uint8_t *local = z->out.data + get(entry + 42, 4);
	assert_memory_equal(local, "PK\x03\x04", 4);
	assert_memory_equal(local + 4, entry + 6, 26);
	size_t length = get(local + 26, 2), packed = get(local + 18, 4);
	assert_int_equal(length, strlen(name));
	assert_memory_equal(local + 30, name, length);
	assert_memory_equal(entry + 46, name, length);

	*n = get(local + 22, 4);
	uint8_t *out = malloc(*n + 1);
	assert_non_null(out);
	z_stream stream = { .next_in = (Bytef *)(uintptr_t)(local + 30 + length),
			    .avail_in = (uInt)packed,
			    .next_out = out,
			    .avail_out = (uInt)*n + 1 };
	assert_int_equal(inflateInit2(&stream, -15), Z_OK);
	assert_int_equal(inflate(&stream, Z_FINISH), Z_STREAM_END);
	assert_int_equal(stream.total_out, *n);
	assert_int_equal(stream.avail_in, 0);
	inflateEnd(&stream);
	assert_int_equal(crc32(0, out, (uInt)*n), get(local + 14, 4));
	return out;
}

static void assert_array(const quo_npz *z, unsigned index, const char *name, const char *shape,
			 const int8_t *values, size_t count)
{
	size_t n;
	char text[128];
	uint8_t *npy = member(z, index, name, &n);

	assert_int_equal(n, 128 + count);
	assert_memory_equal(npy, "\x93NUMPY\x01\x00\x76\x00", 10);
	assert_int_equal(npy[127], '\n');
	memcpy(text, npy + 10, 117);
	text[117] = 0;
	for (size_t i = 117; i && text[i - 1] == ' '; i--)
		text[i - 1] = 0;
	assert_string_equal(text, shape);
	assert_memory_equal(npy + 128, values, count);
	free(npy);
}

static void test_round_trip(void **unused)
{
	static int8_t large[300 * 70];
	static const int8_t small[] = { 1, -1, 0, -127, 127, 5 };
	quo_err err = QUO_ERR_INIT;
	quo_npz z = QUO_NPZ_INIT;
	uint64_t state = 3;

	(void)unused;
	for (size_t i = 0; i < sizeof large; i++)
		large[i] = (int8_t)(quo_test_random(&state) >> 56);
	quo_test_ok(quo_npz_add(&z, "layer1.weight", large, 300, 70, &err));
	quo_test_ok(quo_npz_add(&z, "layer1.ternary", small, 2, 3, &err));
	quo_test_ok(quo_npz_add(&z, "empty", small, 0, 3, &err));
	quo_test_ok(quo_npz_finish(&z, &err));
	assert_int_equal(get(z.out.data + z.out.n - 22 + 8, 2), 3);
	assert_array(&z, 0, "layer1.weight.npy",
		     "{'descr': '|i1', 'fortran_order': False, 'shape': (300, 70), }", large,
		     sizeof large);
	assert_array(&z, 1, "layer1.ternary.npy",
		     "{'descr': '|i1', 'fortran_order': False, 'shape': (2, 3), }", small, 6);
	assert_array(&z, 2, "empty.npy",
		     "{'descr': '|i1', 'fortran_order': False, 'shape': (0, 3), }", small, 0);
	/* For a look with other readers. */
	const char *keep = getenv("QUOTIENT_TEST_NPZ");
	if (keep)
		quo_test_ok(quo_file_write(keep, z.out.data, z.out.n, false, &err));
	quo_npz_free(&z);
}

static void test_refusals(void **unused)
{
	quo_err err = QUO_ERR_INIT;
	quo_npz z = QUO_NPZ_INIT;
	char name[300];
	int8_t one = 1;

	(void)unused;
	assert_int_equal(quo_npz_add(&z, "w", &one, UINT32_MAX, UINT32_MAX, &err), QUO_FAILED);
	quo_test_assert_error(&err, QUO_FAILED, "too large");
	memset(name, 'n', sizeof name);
	name[299] = 0;
	assert_int_equal(quo_npz_add(&z, name, &one, 1, 1, NULL), QUO_BUG);
	assert_int_equal(z.members, 0);
	quo_npz_free(&z);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_round_trip),
					    cmocka_unit_test(test_refusals) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
