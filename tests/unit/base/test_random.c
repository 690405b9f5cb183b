/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-256, public randomness and private randomness. */
#include "tiers.h"

#include <stdio.h>

#include <sys/wait.h>
#include <unistd.h>

static void assert_digest(const uint8_t digest[32], const char *hex)
{
	char text[65];

	for (int i = 0; i < 32; i++)
		snprintf(text + 2 * i, 3, "%02x", digest[i]);
	assert_string_equal(text, hex);
}

/* NIST's examples for FIPS 180-4: one block, two blocks, the empty message, a million times "a". */
static void test_sha256(void **state)
{
	static const char two[] = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
	char many[1000];
	uint8_t digest[32];
	quo_sha256_state *s;

	(void)state;
	quo_sha256("", 0, digest);
	assert_digest(digest, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	quo_sha256("abc", 3, digest);
	assert_digest(digest, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	quo_sha256(two, strlen(two), digest);
	assert_digest(digest, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");

	memset(many, 'a', sizeof many);
	s = quo_sha256_new(NULL);
	assert_non_null(s);
	quo_sha256_add(s, NULL, 0);
	for (int i = 0; i < 1000; i++)
		quo_sha256_add(s, many, sizeof many);
	quo_sha256_end(s, digest);
	assert_digest(digest, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

/* Key 0 is Vigna's splitmix64 with seed 0. The others follow docs/numerics.md, computed apart from
 * this code. */
static void test_public_values(void **state)
{
	(void)state;
	assert_int_equal(quo_public_value(0, 0), UINT64_C(0xe220a8397b1dcdaf));
	assert_int_equal(quo_public_value(0, 1), UINT64_C(0x6e789e6aa1b965f4));
	assert_int_equal(quo_public_value(0, 2), UINT64_C(0x06c45d188009454f));
	assert_int_equal(quo_public_key(0, 0), 0);
	assert_int_equal(quo_public_key(UINT64_C(1), UINT64_C(0)), UINT64_C(0x5692161d100b05e5));
	assert_int_equal(quo_public_value(UINT64_C(0x5692161d100b05e5), 0),
			 UINT64_C(0xbfef8030ddc2d772));
	assert_int_equal(quo_public_value(UINT64_C(0x5692161d100b05e5), 5),
			 UINT64_C(0x98843f48a94b7866));
	assert_int_equal(quo_public_key(UINT64_C(1), UINT64_C(3)), UINT64_C(0xb29a3bd06eedafe8));
	assert_int_equal(quo_public_value(UINT64_C(0xb29a3bd06eedafe8), 0),
			 UINT64_C(0x5c078557cb9cde93));
	assert_int_equal(quo_public_value(UINT64_C(0xb29a3bd06eedafe8), 5),
			 UINT64_C(0x6c1f807f2fe844b9));
	assert_int_equal(quo_public_key(UINT64_C(7), UINT64_C(4294967296)),
			 UINT64_C(0xe3a9900cca265b73));
	assert_int_equal(quo_public_value(UINT64_C(0xe3a9900cca265b73), 0),
			 UINT64_C(0xb68efa6bad0f3c5e));
	assert_int_equal(quo_public_value(UINT64_C(0xe3a9900cca265b73), 5),
			 UINT64_C(0x5421fd506d298bcc));
	assert_int_equal(quo_public_key(UINT64_C(9223372036854775808), UINT64_C(17179869184)),
			 UINT64_C(0x6b41e8098cc7f92f));
	assert_int_equal(quo_public_value(UINT64_C(0x6b41e8098cc7f92f), 0),
			 UINT64_C(0x73d8a29dc43c4601));
	assert_int_equal(quo_public_value(UINT64_C(0x6b41e8098cc7f92f), 5),
			 UINT64_C(0x321d0030a1bae97f));
}

static void test_public_below(void **state)
{
	quo_rng *rng = quo_rng_new_test(5);

	(void)state;
	assert_int_equal(quo_public_below(UINT64_MAX, 193), 192);
	assert_int_equal(quo_public_below(0, 193), 0);
	assert_int_equal(quo_public_below(UINT64_C(1) << 63, 193), 96);
	assert_int_equal(quo_public_below(UINT64_MAX, UINT64_MAX), UINT64_MAX - 1);
#ifdef __SIZEOF_INT128__
	for (int i = 0; i < 1000; i++) {
		quo_block b = quo_rng_block(rng);
		__extension__ unsigned __int128 product = (unsigned __int128)b.w[0] * b.w[1];
		assert_int_equal(quo_public_below(b.w[0], b.w[1]), (uint64_t)(product >> 64));
	}
#endif
	quo_rng_free(rng);
}

static void test_public_order(void **state)
{
	static const uint32_t want[10] = { 3, 4, 2, 7, 9, 6, 0, 8, 1, 5 };
	uint32_t order[1000];
	bool seen[1000] = { false };

	(void)state;
	quo_public_order(1, QUO_STREAM_EPOCH + 2, 10, order);
	assert_memory_equal(order, want, sizeof want);
	order[0] = 77;
	quo_public_order(1, 0, 0, order);
	assert_int_equal(order[0], 77);
	quo_public_order(1, 0, 1, order);
	assert_int_equal(order[0], 0);
	quo_public_order(9, QUO_STREAM_SPLIT, 1000, order);
	for (int i = 0; i < 1000; i++) {
		assert_true(order[i] < 1000 && !seen[order[i]]);
		seen[order[i]] = true;
	}
}

/* Any split into calls gives the same bytes, in every tier, and equal seeds give equal bytes. */
static void test_rng_stream(void **state)
{
	static const size_t pieces[] = { 0, 1, 15, 16, 17, 4095, 4096, 4097, 10000 };
	unsigned char first[30000], again[30000];

	(void)state;
	assert_true(quo__cpu_force("portable"));
	quo_rng *rng = quo_rng_new_test(6);
	quo_rng_bytes(rng, first, sizeof first);
	quo_rng_free(rng);
	FOR_EACH_TIER(tier)
	{
		size_t at = 0;
		rng = quo_rng_new_test(6);
		for (size_t i = 0; at < sizeof again; i++) {
			size_t n = pieces[i % (sizeof pieces / sizeof *pieces)];
			if (n > sizeof again - at)
				n = sizeof again - at;
			quo_rng_bytes(rng, again + at, n);
			at += n;
		}
		quo_rng_free(rng);
		assert_memory_equal(first, again, sizeof first);
	}
	rng = quo_rng_new_test(7);
	quo_rng_bytes(rng, again, sizeof again);
	assert_memory_not_equal(first, again, sizeof first);
	quo_rng_free(rng);
}

/* After 2^20 blocks the key changes: block 2^20 is the first block under the key AES_key(2^20). */
static void test_rng_rekeys(void **state)
{
	const size_t blocks = (size_t)1 << 20;
	quo_block key = { { 8, UINT64_C(0x7465737420726e67) } }, want[2];
	quo_block *all = malloc((blocks + 2) * sizeof *all);
	quo_rng *rng = quo_rng_new_test(8);

	(void)state;
	assert_non_null(all);
	quo_rng_bytes(rng, all, (blocks + 2) * sizeof *all);
	quo_prg(key, blocks - 1, want, 2);
	assert_memory_equal(&all[blocks - 1], &want[0], sizeof *want);
	quo_prg(want[1], 0, want, 2);
	assert_memory_equal(&all[blocks], want, sizeof want);
	quo_rng_free(rng);
	free(all);
}

static void test_rng_private(void **state)
{
	quo_err err = QUO_ERR_INIT;
	quo_rng *a = quo_rng_new(&err), *b = quo_rng_new(&err);
	unsigned char x[64], y[64];
	unsigned ones = 0;

	(void)state;
	assert_non_null(a);
	assert_non_null(b);
	quo_rng_bytes(a, x, sizeof x);
	quo_rng_bytes(b, y, sizeof y);
	assert_memory_not_equal(x, y, sizeof x);
	quo_rng_bytes(a, y, sizeof y);
	assert_memory_not_equal(x, y, sizeof x);
	for (int i = 0; i < 2000; i++)
		ones += (unsigned)__builtin_popcountll(quo_rng_block(a).w[i % 2]);
	/* 128000 coin flips: 12 standard deviations either way. */
	assert_in_range(ones, 64000 - 12 * 179, 64000 + 12 * 179);
	quo_rng_free(a);
	quo_rng_free(b);
	quo_rng_free(NULL);
}

/* A forked child must not draw what its parent draws. */
static void test_rng_fork(void **state)
{
	quo_rng *rng = quo_rng_new(NULL);
	unsigned char mine[32], theirs[32];
	int pipe_fd[2], status;

	(void)state;
	assert_non_null(rng);
	(void)quo_rng_block(rng);
	assert_int_equal(pipe(pipe_fd), 0);
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		quo_rng_bytes(rng, theirs, sizeof theirs);
		_exit(write(pipe_fd[1], theirs, sizeof theirs) == (ssize_t)sizeof theirs ? 0 : 1);
	}
	quo_rng_bytes(rng, mine, sizeof mine);
	assert_int_equal(read(pipe_fd[0], theirs, sizeof theirs), sizeof theirs);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_memory_not_equal(mine, theirs, sizeof mine);
	close(pipe_fd[0]);
	close(pipe_fd[1]);
	quo_rng_free(rng);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sha256),       cmocka_unit_test(test_public_values),
		cmocka_unit_test(test_public_below), cmocka_unit_test(test_public_order),
		cmocka_unit_test(test_rng_stream),   cmocka_unit_test(test_rng_rekeys),
		cmocka_unit_test(test_rng_private),  cmocka_unit_test(test_rng_fork),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
