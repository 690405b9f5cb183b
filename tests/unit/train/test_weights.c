/* SPDX-License-Identifier: Apache-2.0 */
/* Models read back from archives: ours, numpy's, and archives that are not what they say. */
#include "support.h"

#include <unistd.h>
#include <zlib.h>

#include "store/npz.h"
#include "store/weights.h"
#include "text/buffer.h"

static char path[] = "/tmp/quotient-weights-XXXXXX";

static int begin(void **state)
{
	(void)state;
	int fd = mkstemp(path);
	if (fd >= 0)
		close(fd);
	return fd < 0;
}

static int end(void **state)
{
	(void)state;
	return unlink(path);
}

static quo_status load(const void *data, size_t n, quo_weights *w, quo_err *out)
{
	FILE *f = fopen(path, "wb"); /* no fsync: there are thousands */

	assert_non_null(f);
	assert_int_equal(fwrite(data, 1, n, f), n);
	assert_int_equal(fclose(f), 0);
	*out = (quo_err)QUO_ERR_INIT;
	return quo_weights_load(path, w, out);
}

static void assert_refused(const void *data, size_t n, const char *part)
{
	quo_err err;
	quo_weights w = { 0 };

	assert_int_equal(load(data, n, &w, &err), QUO_USAGE);
	assert_non_null(strstr(err.text, path));
	quo_test_assert_error(&err, QUO_USAGE, part);
	assert_null(w.layers);
}

static void fill(int8_t *v, size_t n, uint64_t seed)
{
	for (size_t i = 0; i < n; i++)
		v[i] = (int8_t)((int)(quo_test_random(&seed) % 255) - 127);
}

static void test_ours(void **state)
{
	int8_t first[60 * 7], second[7 * 3];
	quo_err err = QUO_ERR_INIT;
	quo_npz z = QUO_NPZ_INIT;
	quo_weights w;

	(void)state;
	fill(first, sizeof first, 1);
	fill(second, sizeof second, 2);
	quo_test_ok(quo_npz_add(&z, "layer2.weight", second, 7, 3, &err)); /* in any order */
	quo_test_ok(quo_npz_add(&z, "layer1.ternary", first, 60, 7, &err));
	quo_test_ok(quo_npz_add(&z, "layer1.weight", first, 60, 7, &err));
	quo_test_ok(quo_npz_finish(&z, &err));
	quo_test_ok(load(z.out.data, z.out.n, &w, &err));
	assert_int_equal(w.n_layers, 2);
	assert_int_equal(w.layers[0].rows, 60);
	assert_int_equal(w.layers[0].cols, 7);
	assert_memory_equal(w.layers[0].values, first, sizeof first);
	assert_int_equal(w.layers[1].rows, 7);
	assert_memory_equal(w.layers[1].values, second, sizeof second);
	quo_weights_free(&w);

	/* Cut anywhere, or with any byte changed: refused, or read as something, never a crash. */
	for (size_t n = 0; n < z.out.n; n++)
		assert_int_equal(load(z.out.data, n, &w, &err), QUO_USAGE);
	for (size_t i = 0; i < z.out.n; i += 1 + i / 200) {
		uint8_t was = z.out.data[i];
		for (int bit = 0; bit < 8; bit += 7) {
			z.out.data[i] = (uint8_t)(was ^ 1u << bit);
			quo_status status = load(z.out.data, z.out.n, &w, &err);
			assert_true(status == QUO_OK || status == QUO_USAGE);
			if (status == QUO_OK)
				quo_weights_free(&w);
		}
		z.out.data[i] = was;
	}
	quo_npz_free(&z);
}

/* ---- archives by hand ---- */

static void u(quo_buffer *b, unsigned bytes, uint64_t v)
{
	for (unsigned i = 0; i < bytes; i++)
		quo_buffer_add(b, &(uint8_t){ (uint8_t)(v >> (8 * i)) }, 1);
}

struct by_hand {
	quo_buffer out, directory;
	unsigned members;
	/* What it lies about. */
	uint32_t crc_off, plain_off, packed_off, local_off, method, flags;
};

/* A stored member with numpy's zip64 extra in its local header. */
static void add(struct by_hand *z, const char *name, const void *data, size_t n)
{
	uint32_t crc = (uint32_t)crc32(0, data, (uInt)n) + z->crc_off;
	size_t at = z->out.n;

	quo_buffer_add(&z->out, "PK\x03\x04", 4);
	u(&z->out, 2, 45);
	u(&z->out, 2, 0);
	u(&z->out, 2, 0);
	u(&z->out, 4, 0x21);
	u(&z->out, 4, crc);
	u(&z->out, 8, UINT64_MAX);
	u(&z->out, 2, strlen(name));
	u(&z->out, 2, 20);
	quo_buffer_add(&z->out, name, strlen(name));
	u(&z->out, 2, 1);
	u(&z->out, 2, 16);
	u(&z->out, 8, n);
	u(&z->out, 8, n);
	quo_buffer_add(&z->out, data, n);

	quo_buffer_add(&z->directory, "PK\x01\x02", 4);
	u(&z->directory, 2, 45);
	u(&z->directory, 2, 45);
	u(&z->directory, 2, z->flags);
	u(&z->directory, 2, z->method);
	u(&z->directory, 4, 0x21);
	u(&z->directory, 4, crc);
	u(&z->directory, 4, n + z->packed_off);
	u(&z->directory, 4, n + z->plain_off);
	u(&z->directory, 2, strlen(name));
	u(&z->directory, 12, 0);
	u(&z->directory, 4, at + z->local_off);
	quo_buffer_add(&z->directory, name, strlen(name));
	z->members++;
}

static void close_archive(struct by_hand *z)
{
	size_t at = z->out.n;

	quo_buffer_add(&z->out, z->directory.data, z->directory.n);
	quo_buffer_add(&z->out, "PK\x05\x06", 4);
	u(&z->out, 4, 0);
	u(&z->out, 2, z->members);
	u(&z->out, 2, z->members);
	u(&z->out, 4, z->directory.n);
	u(&z->out, 4, at);
	u(&z->out, 2, 0);
	quo_buffer_free(&z->directory);
}

static size_t npy(uint8_t *out, const char *descr, const char *shape, const void *items, size_t n)
{
	char text[200];
	int length =
		snprintf(text, sizeof text,
			 "{'descr': '%s', 'fortran_order': False, 'shape': %s, }\n", descr, shape);

	memcpy(out, "\x93NUMPY\x01\x00", 8);
	out[8] = (uint8_t)length;
	out[9] = 0;
	memcpy(out + 10, text, (size_t)length);
	memcpy(out + 10 + length, items, n);
	return 10 + (size_t)length + n;
}

static void test_numpy(void **state)
{
	uint8_t file[400];
	int8_t v[6] = { 1, -127, 0, 127, 32, -32 };
	quo_err err = QUO_ERR_INIT;
	quo_weights w;

	(void)state;
	struct by_hand z = { .out = QUO_BUFFER_INIT };
	add(&z, "notes.npy", "x", 1);
	add(&z, "layer1.weight.npy", file, npy(file, "|i1", "(3, 2)", v, 6));
	close_archive(&z);
	quo_test_ok(load(z.out.data, z.out.n, &w, &err));
	assert_int_equal(w.n_layers, 1);
	assert_int_equal(w.layers[0].rows, 3);
	assert_int_equal(w.layers[0].cols, 2);
	assert_memory_equal(w.layers[0].values, v, 6);
	quo_weights_free(&w);
	quo_buffer_free(&z.out);
}

/* Members of an archive that are refused, and what is said of them. */
static const struct {
	const char *name, *descr, *shape;
	size_t n;
	struct by_hand lie;
	const char *part;
} refused[] = {
	{ "layer2.weight.npy", "|i1", "(3, 2)", 6, { .flags = 0 }, "layer1.weight is missing" },
	{ "layer0.weight.npy", "|i1", "(3, 2)", 6, { .flags = 0 }, "no layer1.weight" },
	{ "layer 1.weight.npy", "|i1", "(3, 2)", 6, { .flags = 0 }, "no layer1.weight" },
	{ "layer1.weight.npyx", "|i1", "(3, 2)", 6, { .flags = 0 }, "no layer1.weight" },
	{ "layer9999.weight.npy", "|i1", "(3, 2)", 6, { .flags = 0 }, "no layer1.weight" },
	{ "layer1.weight.npy", "<i2", "(3, 1)", 6, { .flags = 0 }, "matrix of int8" },
	{ "layer1.weight.npy", "|u1", "(3, 2)", 6, { .flags = 0 }, "matrix of int8" },
	{ "layer1.weight.npy", "|i1", "(6,)", 6, { .flags = 0 }, "matrix of int8" },
	{ "layer1.weight.npy", "|i1", "(4, 2)", 8, { .flags = 0 }, "row 3, column 0 is -128" },
	{ "layer1.weight.npy", "|i1", "(4, 2)", 6, { .flags = 0 }, "promises 8 bytes" },
	{ "layer1.weight.npy", "|i1", "(99999, 99999)", 6, { .flags = 0 }, "promises" },
	{ "layer1.weight.npy", "|i1", "(3, 2)", 6, { .crc_off = 1 }, "CRC" },
	{ "layer1.weight.npy", "|i1", "(3, 2)", 6, { .plain_off = 9 }, "promises more" },
	{ "layer1.weight.npy", "|i1", "(3, 2)", 6, { .packed_off = 1u << 30 }, "does not fit" },
	{ "layer1.weight.npy", "|i1", "(3, 2)", 6, { .local_off = 1u << 30 }, "where it is not" },
	{ "layer1.weight.npy", "|i1", "(3, 2)", 6, { .method = 12 }, "neither stored" },
	{ "layer1.weight.npy", "|i1", "(3, 2)", 6, { .method = 8 }, "cannot be unpacked" },
	{ "layer1.weight.npy",
	  "|i1",
	  "(3, 2)",
	  6,
	  { .method = 8, .plain_off = UINT32_MAX - 200 },
	  "promises more" },
	{ "layer1.weight.npy", "|i1", "(3, 2)", 6, { .flags = 1 }, "encrypted" },
};

static void test_refusals(void **state)
{
	static const int8_t v[8] = { 1, 2, 3, 4, 5, 6, -128, 0 };
	uint8_t file[400];

	(void)state;
	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
		struct by_hand z = refused[i].lie;
		add(&z, refused[i].name, file,
		    npy(file, refused[i].descr, refused[i].shape, v, refused[i].n));
		close_archive(&z);
		assert_refused(z.out.data, z.out.n, refused[i].part);
		quo_buffer_free(&z.out);
	}
	struct by_hand twice = { .members = 0 };
	for (int i = 0; i < 2; i++)
		add(&twice, "layer1.weight.npy", file, npy(file, "|i1", "(3, 2)", v, 6));
	close_archive(&twice);
	assert_refused(twice.out.data, twice.out.n, "there twice");
	quo_buffer_free(&twice.out);
	struct by_hand large = { .method = 8, .plain_off = UINT32_MAX - 200 };
	add(&large, "layer1.weight.npy", file, npy(file, "|i1", "(3, 2)", v, 6));
	add(&large, "layer2.weight.npy", file, npy(file, "|i1", "(3, 2)", v, 6));
	close_archive(&large);
	assert_refused(large.out.data, large.out.n, "over 4 GiB");
	quo_buffer_free(&large.out);
	assert_refused("QUOSHARE and more, and more and more", 36, "not a zip archive");
	assert_refused("", 0, "not a zip archive");
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_ours),
					    cmocka_unit_test(test_numpy),
					    cmocka_unit_test(test_refusals) };

	return cmocka_run_group_tests(tests, begin, end);
}
