/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

#include <unistd.h>

#include <quotient/bits.h>
#include <quotient/memory.h>

#include "store/modelshare.h"

static char path[64], bad[64];

static int make_paths(void **unused)
{
	(void)unused;
	snprintf(path, sizeof path, "/tmp/quo-share-%ld", (long)getpid());
	snprintf(bad, sizeof bad, "/tmp/quo-share-%ld-bad", (long)getpid());
	return 0;
}

static int remove_files(void **unused)
{
	(void)unused;
	unlink(path);
	unlink(bad);
	return 0;
}

static uint64_t planes1[8 * 2], planes2[8];
static quo_model_layer layers[] = { { 10, 7, 8, planes1 }, { 7, 3, 8, planes2 } };
static const quo_model_share model = {
	.party = 1, .parties = 2, .parts = 1, .id = { 1, 2, 3 }, .n_layers = 2, .layers = layers
};

/* Saves the model; its bytes to data. */
static size_t save(uint8_t *data, size_t size)
{
	quo_err err = QUO_ERR_INIT;
	uint64_t state = 1;

	for (unsigned k = 0; k < 8; k++) {
		planes1[2 * k] = quo_test_random(&state);
		planes1[2 * k + 1] = quo_test_random(&state) & 0x3f;
		planes2[k] = quo_test_random(&state) & 0x1fffff;
	}
	quo_test_ok(quo_model_share_save(path, &model, &err));
	FILE *f = fopen(path, "rb");
	assert_non_null(f);
	size_t n = fread(data, 1, size, f);
	fclose(f);
	return n;
}

static void test_round_trip(void **unused)
{
	quo_err err = QUO_ERR_INIT;
	quo_model_share in;
	uint8_t data[1024];

	(void)unused;
	assert_int_equal(save(data, sizeof data), 40 + 2 * 12 + (16 + 8) * 8 + 40);
	assert_memory_equal(data, "QUOSHARE\1\0\0\0\1\0\0\0\2\0\0\0\2\0\0\0\1\2\3", 27);
	quo_test_ok(quo_model_share_load(path, &in, &err));
	assert_int_equal(in.party, 1);
	assert_int_equal(in.parties, 2);
	assert_int_equal(in.n_layers, 2);
	assert_memory_equal(in.id, model.id, 16);
	assert_int_equal(in.layers[1].rows, 7);
	assert_int_equal(in.layers[1].cols, 3);
	assert_int_equal(in.layers[1].width, 8);
	assert_memory_equal(in.layers[0].planes, planes1, sizeof planes1);
	assert_memory_equal(in.layers[1].planes, planes2, sizeof planes2);
	quo_model_share_free(&in);
}

static quo_status load_bytes(const uint8_t *data, size_t n, quo_err *err)
{
	quo_model_share in;
	FILE *f = fopen(bad, "wb");

	assert_non_null(f);
	assert_int_equal(fwrite(data, 1, n, f), n);
	assert_int_equal(fclose(f), 0);
	*err = (quo_err)QUO_ERR_INIT;
	quo_status status = quo_model_share_load(bad, &in, err);
	if (status == QUO_OK)
		quo_model_share_free(&in);
	return status;
}

/* A header that lies, with a digest that fits it. */
static void load_lie(const uint8_t *good, size_t n, size_t at, const void *field, size_t bytes,
		     const char *part)
{
	uint8_t data[1024];
	quo_err err;

	memcpy(data, good, n);
	memcpy(data + at, field, bytes);
	quo_sha256(data, n - 32, data + n - 32);
	assert_int_equal(load_bytes(data, n, &err), QUO_USAGE);
	quo_test_assert_error(&err, QUO_USAGE, part);
	quo_test_assert_error(&err, QUO_USAGE, bad);
}

static void test_lies(void **unused)
{
	static const uint8_t huge[] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
	uint8_t good[1024];
	size_t n = save(good, sizeof good);

	(void)unused;
	load_lie(good, n, 0, "QUOSHARD", 8, "not a model share");
	load_lie(good, n, 8, "\3", 1, "version 3");
	load_lie(good, n, 12, "\2", 1, "party 2 of 2");
	load_lie(good, n, 16, "\0", 1, "party 1 of 0");
	load_lie(good, n, 20, huge, 4, "layers do not fit");
	load_lie(good, n, 20, "\3", 1, "does not fit");
	load_lie(good, n, 20, "\1", 1, "header promises");
	load_lie(good, n, 40, huge, 8, "layer 1");
	load_lie(good, n, 40, "\0\0\0\0", 4, "layer 1");
	load_lie(good, n, 40, "\0\0\0\x80\2\0\0\0", 8, "layer 1");
	load_lie(good, n, 48, "\x41", 1, "layer 1");
	load_lie(good, n, 48, "\0", 1, "layer 1");
	load_lie(good, n, n - 40, huge, 8, "header promises");
}

static void test_damage(void **unused)
{
	uint8_t good[1024], data[1024];
	quo_err err;
	size_t n = save(good, sizeof good);

	(void)unused;
	for (size_t length = 0; length < n; length++)
		assert_int_equal(load_bytes(good, length, &err), QUO_USAGE);
	memcpy(data, good, n);
	data[n] = 0;
	assert_int_equal(load_bytes(data, n + 1, &err), QUO_USAGE);
	for (size_t at = 0; at < n; at++) {
		memcpy(data, good, n);
		data[at] ^= 0x10;
		assert_int_equal(load_bytes(data, n, &err), QUO_USAGE);
	}
	memcpy(data, good, n);
	data[100] ^= 1;
	assert_int_equal(load_bytes(data, n, &err), QUO_USAGE);
	quo_test_assert_error(&err, QUO_USAGE, "SHA-256");
}

static void test_no_file(void **unused)
{
	quo_err err = QUO_ERR_INIT;
	quo_model_share in;

	(void)unused;
	assert_int_equal(quo_model_share_load("/nonexistent-quotient", &in, &err), QUO_USAGE);
	quo_test_assert_error(&err, QUO_USAGE, "/nonexistent-quotient: cannot open");
	err = (quo_err)QUO_ERR_INIT;
	assert_int_equal(quo_model_share_load("/dev/zero", &in, &err), QUO_USAGE);
	err = (quo_err)QUO_ERR_INIT;
	assert_int_equal(quo_model_share_load("/tmp", &in, &err), QUO_USAGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_lies),
		cmocka_unit_test(test_damage),
		cmocka_unit_test(test_no_file),
	};
	return cmocka_run_group_tests(tests, make_paths, remove_files);
}
