/* SPDX-License-Identifier: Apache-2.0 */
#include "net/handshake.h"
#include "net/hello.h"
#include "net_support.h"

#include <unistd.h>

#define MANY 5000

struct side {
	int party;
	quo_agreement agreement;
	quo_status status;
	const char *part; /* of the error */
	const char *garbage;
	size_t garbage_bytes; /* sent instead of a handshake */
};

/* Shared: what each side derived. */
struct outcome {
	quo_block start[2][2];
};

static const char *const keys[] = { "name", "train.seed", "train.batch", "protocol.ot.wire" };
static const char *const values[] = { "a", "1", "128", "iknp/1" };
static const char *const other_seed[] = { "a", "2", "128", "iknp/1" };
static const char *const other_wire[] = { "a", "1", "128", "iknp/2" };
static const char *const less_keys[] = { "name", "train.batch", "protocol.ot.wire" };
static const char *const less_values[] = { "a", "128", "iknp/1" };
static const char *const swapped_keys[] = { "name", "train.batch", "train.seed",
					    "protocol.ot.wire" };
static const char *const swapped_values[] = { "a", "128", "1", "iknp/1" };

struct run {
	struct side side[2];
	struct outcome *outcome;
	int repetition;
};

static void party(int number, quo_channel *channel[], void *arg)
{
	struct run *run = arg;
	struct side *side = &run->side[number];
	quo_channel *ch = channel[1 - number];
	quo_err err = QUO_ERR_INIT;
	quo_block start = { { 0, 0 } };
	quo_rng *rng = quo_rng_new(&err);
	quo_status status;

	assert_non_null(rng);
	if (side->garbage) {
		/* The other side may have refused and gone before everything is out. */
		(void)!quo_channel_send(ch, side->garbage, side->garbage_bytes, &err);
		(void)!quo_channel_flush(ch, &err);
		quo_channel_close(ch);
	} else {
		quo_mesh *mesh = net_mesh(2, number, channel);
		status = quo_handshake(mesh, 0, &side->agreement, rng, &start, &err);
		if (status != side->status)
			fail_msg("status %d: %s", (int)status, err.text);
		if (status != QUO_OK)
			quo_test_assert_error(&err, side->status, side->part);
		if (run->outcome)
			run->outcome->start[run->repetition][number] = start;
		quo_mesh_close(mesh);
	}
	quo_rng_free(rng);
}

static void expect(struct side a, struct side b)
{
	struct run run = { { a, b }, NULL, 0 };

	quo_test_channels(2, party, &run, -1);
}

static quo_agreement agreement(const char *const *k, const char *const *v, uint32_t n)
{
	return (quo_agreement){ n, k, v };
}

#define GOOD agreement(keys, values, 4)

static void test_agree(void **state)
{
	struct outcome *outcome = quo_test_shared(1, sizeof *outcome);
	struct run run = { { { .party = 0, .agreement = GOOD }, { .party = 1, .agreement = GOOD } },
			   outcome,
			   0 };

	(void)state;
	quo_test_channels(2, party, &run, -1);
	run.repetition = 1;
	quo_test_channels(2, party, &run, -1);
	assert_memory_equal(&outcome->start[0][0], &outcome->start[0][1], sizeof(quo_block));
	assert_memory_equal(&outcome->start[1][0], &outcome->start[1][1], sizeof(quo_block));
	assert_memory_not_equal(&outcome->start[0][0], &outcome->start[1][0], sizeof(quo_block));
	quo_test_unshare(outcome, 1, sizeof *outcome);
	expect((struct side){ .party = 0, .agreement = agreement(keys, values, 0) },
	       (struct side){ .party = 1, .agreement = agreement(keys, values, 0) });
}

static void test_disagree(void **state)
{
	(void)state;
	expect((struct side){ 0, GOOD, QUO_USAGE,
			      "disagree on train.seed: set it equal at both sides; here '1'", NULL,
			      0 },
	       (struct side){ 1, agreement(keys, other_seed, 4), QUO_USAGE,
			      "disagree on train.seed: set it equal at both sides; here '2'", NULL,
			      0 });
	expect((struct side){ 0, GOOD, QUO_USAGE, "disagree on protocol.ot.wire", NULL, 0 },
	       (struct side){ 1, agreement(keys, other_wire, 4), QUO_USAGE, "here 'iknp/2'", NULL,
			      0 });
	expect((struct side){ 0, GOOD, QUO_USAGE, "disagree on train.seed: only party 0", NULL, 0 },
	       (struct side){ 1, agreement(less_keys, less_values, 3), QUO_USAGE,
			      "disagree on train.seed: only party 0", NULL, 0 });
	expect((struct side){ 0, agreement(less_keys, less_values, 3), QUO_USAGE,
			      "disagree on train.seed: only party 1", NULL, 0 },
	       (struct side){ 1, GOOD, QUO_USAGE, "disagree on train.seed: only party 1", NULL,
			      0 });
	expect((struct side){ 0, agreement(keys, values, 3), QUO_USAGE,
			      "disagree on protocol.ot.wire: only party 1", NULL, 0 },
	       (struct side){ 1, GOOD, QUO_USAGE, "disagree on protocol.ot.wire: only party 1",
			      NULL, 0 });
	expect((struct side){ 0, agreement(swapped_keys, swapped_values, 4), QUO_USAGE,
			      "a different order", NULL, 0 },
	       (struct side){ 1, GOOD, QUO_USAGE, "a different order", NULL, 0 });
}

static void test_too_much(void **state)
{
	const char **k = calloc(MANY, sizeof *k);

	(void)state;
	for (int i = 0; i < MANY; i++)
		k[i] = "key";
	expect((struct side){ 0, agreement(k, k, MANY), QUO_USAGE, "the limit is 4096", NULL, 0 },
	       (struct side){ 1, GOOD, QUO_FAILED, "closed the connection", NULL, 0 });
	free(k);
}

/* A header as party 1 sends it, then what the test says. */
static size_t header(char *out, uint32_t n, uint32_t n_bytes)
{
	const uint32_t fields[2] = { n, n_bytes };

	for (int i = 0; i < 8; i++)
		out[i] = (char)(fields[i / 4] >> 8 * (i % 4));
	memset(out + 8, 7, 16);
	return 24;
}

static void refuse(const char *bytes, size_t n, const char *part)
{
	expect((struct side){ 0, GOOD, QUO_FAILED, part, NULL, 0 },
	       (struct side){ .garbage = bytes, .garbage_bytes = n });
}

static void test_garbage(void **state)
{
	char bytes[400];
	size_t n;

	(void)state;
	refuse("", 0, "closed the connection after 0 bytes");
	n = header(bytes, 4, 100);
	refuse(bytes, n, "closed the connection after 24 bytes (expected 100 more)");
	refuse(bytes, 20, "closed the connection");
	n = header(bytes, 0xffffffff, 100);
	refuse(bytes, n, "malformed");
	n = header(bytes, 4, 0xffffffff);
	refuse(bytes, n, "malformed");
	n = header(bytes, 1, 0); /* a key without bytes */
	refuse(bytes, n, "malformed");
	n = header(bytes, 1, 34); /* a name that runs over the end */
	memset(bytes + n, 'x', 34);
	refuse(bytes, n + 34, "malformed");
	n = header(bytes, 1, 35); /* a line break in a name that would be printed */
	memset(bytes + n, 0, 35);
	bytes[n] = 2;
	bytes[n + 1] = '\n';
	bytes[n + 2] = 'x';
	refuse(bytes, n + 35, "malformed");
	n = header(bytes, 1, 36); /* bytes left over */
	memset(bytes + n, 0, 36);
	bytes[n] = 2;
	memset(bytes + n + 1, 'x', 2);
	refuse(bytes, n + 36, "malformed");
}

/* A peer that connects and says nothing, or stops half way. */
static void silent(int number, quo_channel *channel[], void *arg)
{
	double start = net_now();
	quo_err err = QUO_ERR_INIT;
	quo_agreement good = GOOD;
	quo_rng *rng = quo_rng_new(&err);
	quo_block start_block;

	if (number == 0) {
		quo_mesh *mesh = net_mesh(2, number, channel);
		if (!*(const bool *)arg)
			quo_mesh_timeout(mesh, 1);
		assert_int_equal(quo_handshake(mesh, *(const bool *)arg ? 1 : 60, &good, rng,
					       &start_block, &err),
				 QUO_FAILED);
		quo_test_assert_error(&err, QUO_FAILED,
				      *(const bool *)arg ? "did not send in time"
							 : "sent nothing for 1 seconds");
		assert_true(net_now() - start > 0.9 && net_now() - start < 30);
		quo_mesh_close(mesh);
	} else {
		/* A byte now and then would put a limit of silence off for ever. */
		while (quo_channel_send(channel[0], "Q", 1, &err) == QUO_OK &&
		       quo_channel_flush(channel[0], &err) == QUO_OK && *(const bool *)arg)
			usleep(100000);
		for (char c; quo_channel_recv(channel[0], &c, 1, &err) == QUO_OK;)
			;
		quo_channel_close(channel[0]);
	}
	quo_rng_free(rng);
}

static void test_silent(void **state)
{
	(void)state;
	for (int drips = 0; drips < 2; drips++)
		quo_test_channels(2, silent, &(bool){ drips }, -1);
}

/* Random changes of a right message: refused in one line, or not a change that matters. */
static void fuzz(int number, quo_channel *channel[], void *arg)
{
	uint64_t seed = *(const uint64_t *)arg;
	quo_err err = QUO_ERR_INIT;
	quo_agreement good = GOOD;
	quo_rng *rng = quo_rng_new(&err);
	quo_block start;
	char bytes[300];
	size_t n;

	if (number == 0) {
		quo_mesh *mesh = net_mesh(2, number, channel);
		quo_status status = quo_handshake(mesh, 0, &good, rng, &start, &err);
		assert_int_not_equal(status, QUO_OK); /* the other one cannot confirm */
		quo_test_assert_error(&err, err.status, "");
		quo_mesh_close(mesh);
	} else {
		n = header(bytes, 4, 4 * 33 + 4 + 10 + 11 + 16);
		for (int i = 0; i < 4; i++) {
			size_t k = strlen(keys[i]);
			bytes[n] = (char)k;
			memcpy(bytes + n + 1, keys[i], k);
			quo_sha256(values[i], strlen(values[i]), (uint8_t *)bytes + n + 1 + k);
			n += 1 + k + 32;
		}
		for (uint64_t i = 0; i <= seed % 3; i++)
			bytes[quo_test_random(&seed) % n] ^=
				(char)(1 << quo_test_random(&seed) % 8);
		if (seed % 5 == 0)
			n = quo_test_random(&seed) % n;
		(void)!quo_channel_send(channel[0], bytes, n, &err);
		quo_channel_close(channel[0]);
	}
	quo_rng_free(rng);
}

static void test_fuzz(void **state)
{
	(void)state;
	for (uint64_t seed = 0; seed < 100; seed++)
		quo_test_channels(2, fuzz, &seed, -1);
}

/* ---- three parties ---- */

struct three {
	quo_agreement agreement[3];
	const char *part[3]; /* of the error; NULL: none */
	int liar;            /* shows other bytes to party 2 than to party 0; -1 */
	quo_block *start;
};

static void three(int me, quo_channel *channel[], void *arg)
{
	struct three *t = arg;
	quo_err err = QUO_ERR_INIT;
	quo_rng *rng = quo_rng_new(&err);
	quo_mesh *mesh = net_mesh(3, me, channel);
	quo_status status = quo_handshake(mesh, 0, &t->agreement[me], rng, &t->start[me], &err);

	if (t->part[me]) {
		assert_int_not_equal(status, QUO_OK);
		quo_test_assert_error(&err, err.status, t->part[me]);
	} else if (status != QUO_OK) {
		fail_msg("%s", err.text);
	}
	quo_mesh_close(mesh);
	quo_rng_free(rng);
}

static void test_three(void **state)
{
	struct three t = {
		{ GOOD, GOOD, GOOD }, { NULL }, -1, quo_test_shared(3, sizeof(quo_block))
	};

	(void)state;
	quo_test_channels(3, three, &t, -1);
	assert_memory_equal(&t.start[0], &t.start[1], sizeof(quo_block));
	assert_memory_equal(&t.start[0], &t.start[2], sizeof(quo_block));
	/* One of three differs: each of them says so. */
	t.agreement[1] = agreement(keys, other_seed, 4);
	t.part[0] = "parties 0 and 1 disagree on train.seed: set it equal at both sides; here '1'";
	t.part[1] = "parties 0 and 1 disagree on train.seed: set it equal at both sides; here '2'";
	t.part[2] = "parties 1 and 2 disagree on train.seed: set it equal at both sides; here '1'";
	quo_test_channels(3, three, &t, -1);
	t.agreement[1] = agreement(less_keys, less_values, 3);
	t.part[0] = "parties 0 and 1 disagree on train.seed: only party 0";
	t.part[1] = "parties 0 and 1 disagree on train.seed: only party 0";
	t.part[2] = "parties 1 and 2 disagree on train.seed: only party 2";
	quo_test_channels(3, three, &t, -1);
	quo_test_unshare(t.start, 3, sizeof(quo_block));
}

/* Party 1 plays its part by hand, with a nonce for each of the others, and repeats what they confirm. */
static void two_faces(int me, quo_channel *channel[], void *arg)
{
	quo_err err = QUO_ERR_INIT;
	char bytes[24];
	uint8_t theirs[24], digest[32];

	if (me != 1) {
		three(me, channel, arg);
		return;
	}
	for (int p = 0; p < 3; p += 2) {
		header(bytes, 0, 0);
		bytes[10] = (char)p;
		quo_test_ok(quo_channel_send(channel[p], bytes, sizeof bytes, &err));
		quo_test_ok(quo_channel_flush(channel[p], &err));
	}
	for (int p = 0; p < 3; p += 2) {
		quo_test_ok(quo_channel_recv(channel[p], theirs, sizeof theirs, &err));
		quo_test_ok(quo_channel_recv(channel[p], digest, sizeof digest, &err));
		quo_test_ok(quo_channel_send(channel[p], digest, sizeof digest, &err));
		quo_test_ok(quo_channel_flush(channel[p], &err));
	}
}

static void test_two_faces(void **state)
{
	static const char part[] = "parties 0 and 2 do not see the same party 1";
	struct three t = {
		{ { 0 } }, { part, NULL, part }, 1, quo_test_shared(3, sizeof(quo_block))
	};

	(void)state;
	quo_test_channels(3, two_faces, &t, -1);
	quo_test_unshare(t.start, 3, sizeof(quo_block));
}

/* ---- hello ---- */

static void judge(quo_hello hello, int parties, int me, int expected, quo_status status,
		  const char *part)
{
	quo_err err = QUO_ERR_INIT;

	assert_int_equal(quo_hello_judge(&hello, parties, me, expected, "h:1", &err), status);
	if (status != QUO_OK)
		quo_test_assert_error(&err, status, part);
}

static void test_judge(void **state)
{
	(void)state;
	judge((quo_hello){ 2, 2, 1, 0 }, 2, 0, 1, QUO_OK, NULL);
	judge((quo_hello){ 2, 3, 2, 0 }, 3, 0, -1, QUO_OK, NULL);
	judge((quo_hello){ 1, 0, 0, 0 }, 2, 0, 1, QUO_FAILED,
	      "the party at h:1 speaks protocol version 1, this one version 2");
	judge((quo_hello){ 2, 2, 1, 0 }, 3, 0, -1, QUO_USAGE,
	      "party 1 at h:1 runs with 2 parties, this one with 3");
	judge((quo_hello){ 2, 3, 3, 0 }, 3, 0, -1, QUO_USAGE,
	      "the process at h:1 says that it is party 3 of 3; the numbers go from 0 to 2");
	judge((quo_hello){ 2, 3, UINT32_MAX, 0 }, 3, 0, -1, QUO_USAGE, "is party 4294967295 of 3");
	judge((quo_hello){ 2, 2, 0, 0 }, 2, 0, 1, QUO_USAGE,
	      "both sides say that they are party 0");
	judge((quo_hello){ 2, 3, 1, 0 }, 3, 1, 0, QUO_USAGE,
	      "the process at h:1 says that it is party 1, as this one is");
	judge((quo_hello){ 2, 3, 1, 0 }, 3, 2, 0, QUO_USAGE,
	      "party 1 answers at h:1, where party 0 should be");
	judge((quo_hello){ 2, 3, 0, QUO_HELLO_TAKEN }, 3, 1, 0, QUO_USAGE,
	      "party 0 at h:1 has met another process as party 1 already");
	judge((quo_hello){ 2, 3, 0, QUO_HELLO_REFUSED }, 3, 1, 0, QUO_FAILED,
	      "party 0 at h:1 does not take this one for party 1");
}

static void test_hello_bytes(void **state)
{
	uint8_t bytes[QUO_HELLO_BYTES];
	char shown[40];
	quo_hello h;

	(void)state;
	quo_hello_write(3, 2, QUO_HELLO_TAKEN, bytes);
	assert_memory_equal(bytes, "QUOTIENT\2\0\0\0\3\0\0\0\2\0\0\0\1\0\0\0", 24);
	for (size_t n = 0; n < 24; n++)
		assert_int_equal(quo_hello_read(bytes, n, &h), QUO_HELLO_PART);
	assert_int_equal(quo_hello_read(bytes, 24, &h), QUO_HELLO_WHOLE);
	assert_true(h.version == 2 && h.parties == 3 && h.party == 2 && h.answer == 1);
	bytes[8] = 7;
	assert_int_equal(quo_hello_read(bytes, 11, &h), QUO_HELLO_PART);
	assert_int_equal(quo_hello_read(bytes, 12, &h), QUO_HELLO_OTHER_VERSION);
	assert_int_equal(h.version, 7);
	assert_int_equal(quo_hello_read((const uint8_t *)"GET", 3, &h), QUO_HELLO_NONE);
	assert_int_equal(quo_hello_read((const uint8_t *)"QUOTIENt", 8, &h), QUO_HELLO_NONE);
	quo_hello_show((const uint8_t *)"GET '\\\x1b[\x80", 9, shown, sizeof shown);
	assert_string_equal(shown, "GET \\x27\\x5c\\x1b[\\x80");
	quo_hello_show((const uint8_t *)"abcdefgh", 8, shown, 8);
	assert_string_equal(shown, "abcd");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_agree),    cmocka_unit_test(test_disagree),
		cmocka_unit_test(test_too_much), cmocka_unit_test(test_garbage),
		cmocka_unit_test(test_fuzz),     cmocka_unit_test(test_silent),
		cmocka_unit_test(test_three),    cmocka_unit_test(test_two_faces),
		cmocka_unit_test(test_judge),    cmocka_unit_test(test_hello_bytes),
	};
	return cmocka_run_group_tests_name("handshake", tests, NULL, NULL);
}
