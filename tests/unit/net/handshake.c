/* SPDX-License-Identifier: Apache-2.0 */
#include "twoparty.h"

#include "net/handshake.h"

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

static void party(int number, quo_channel *ch, void *arg)
{
	struct run *run = arg;
	struct side *side = &run->side[number];
	quo_err err = QUO_ERR_INIT;
	quo_block start = { { 0, 0 } };
	quo_rng *rng = quo_rng_new(&err);
	quo_status status;

	assert_non_null(rng);
	if (side->garbage) {
		/* The other side may have refused and gone before everything is out. */
		(void)!quo_channel_send(ch, side->garbage, side->garbage_bytes, &err);
		(void)!quo_channel_flush(ch, &err);
	} else {
		status = quo_handshake(ch, side->party, &side->agreement, rng, &start, &err);
		if (status != side->status)
			fail_msg("status %d: %s", (int)status, err.text);
		if (status != QUO_OK)
			quo_test_assert_error(&err, side->status, side->part);
		if (run->outcome)
			run->outcome->start[run->repetition][number] = start;
	}
	quo_rng_free(rng);
}

static void expect(struct side a, struct side b)
{
	struct run run = { { a, b }, NULL, 0 };

	quo_test_two_peers(party, &run);
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
	quo_test_two_peers(party, &run);
	run.repetition = 1;
	quo_test_two_peers(party, &run);
	assert_memory_equal(&outcome->start[0][0], &outcome->start[0][1], sizeof(quo_block));
	assert_memory_equal(&outcome->start[1][0], &outcome->start[1][1], sizeof(quo_block));
	assert_memory_not_equal(&outcome->start[0][0], &outcome->start[1][0], sizeof(quo_block));
	quo_test_unshare(outcome, 1, sizeof *outcome);
	/* The party number is the session's, not the socket's. */
	expect((struct side){ .party = 1, .agreement = GOOD },
	       (struct side){ .party = 0, .agreement = GOOD });
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

static void test_same_party(void **state)
{
	(void)state;
	for (int p = 0; p < 2; p++)
		expect((struct side){ p, GOOD, QUO_USAGE, "both sides say that they are party",
				      NULL, 0 },
		       (struct side){ p, GOOD, QUO_USAGE, "start one with --party 0", NULL, 0 });
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
static size_t header(char *out, uint32_t version, uint32_t from, uint32_t n, uint32_t n_bytes)
{
	const uint32_t fields[4] = { version, from, n, n_bytes };

	memcpy(out, "QUOTIENT", 8);
	for (int i = 0; i < 16; i++)
		out[8 + i] = (char)(fields[i / 4] >> 8 * (i % 4));
	memset(out + 24, 7, 16);
	return 40;
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
	refuse("GET / HTTP/1.1\r\n\r\n", 18, "not a party of this framework");
	refuse("QUOTIENt", 8, "not a party of this framework");
	refuse("QUOTx", 5, "not a party of this framework");
	refuse("QUOTI", 5, "closed the connection after 5 bytes (expected 1 more)");
	n = header(bytes, 2, 1, 0, 0);
	refuse(bytes, 12, "speaks protocol version 2, this one version 1");
	n = header(bytes, 1, 1, 4, 100);
	refuse(bytes, n, "closed the connection after 40 bytes (expected 100 more)");
	refuse(bytes, 20, "closed the connection");
	n = header(bytes, 1, 9, 4, 100);
	refuse(bytes, n, "malformed");
	n = header(bytes, 1, 1, 0xffffffff, 100);
	refuse(bytes, n, "malformed");
	n = header(bytes, 1, 1, 4, 0xffffffff);
	refuse(bytes, n, "malformed");
	n = header(bytes, 1, 1, 1, 0); /* a key without bytes */
	refuse(bytes, n, "malformed");
	n = header(bytes, 1, 1, 1, 34); /* a name that runs over the end */
	memset(bytes + n, 'x', 34);
	refuse(bytes, n + 34, "malformed");
	n = header(bytes, 1, 1, 1, 35); /* a line break in a name that would be printed */
	memset(bytes + n, 0, 35);
	bytes[n] = 2;
	bytes[n + 1] = '\n';
	bytes[n + 2] = 'x';
	refuse(bytes, n + 35, "malformed");
	n = header(bytes, 1, 1, 1, 36); /* bytes left over */
	memset(bytes + n, 0, 36);
	bytes[n] = 2;
	memset(bytes + n + 1, 'x', 2);
	refuse(bytes, n + 36, "malformed");
}

/* A peer that connects and says nothing, or stops half way. */
static void silent(int number, quo_channel *ch, void *arg)
{
	quo_err err = QUO_ERR_INIT;
	quo_agreement good = GOOD;
	quo_rng *rng = quo_rng_new(&err);
	quo_block start;
	char bytes[8 + 40 + 300];

	(void)arg;
	if (number == 0) {
		quo_channel_timeout(ch, 1);
		assert_int_equal(quo_handshake(ch, 0, &good, rng, &start, &err), QUO_FAILED);
		quo_test_assert_error(&err, QUO_FAILED, "sent nothing for 1 seconds");
	} else {
		quo_test_ok(quo_channel_send(ch, "QUO", 3, &err));
		quo_test_ok(quo_channel_flush(ch, &err));
		assert_int_equal(quo_channel_recv(ch, bytes, sizeof bytes, &err), QUO_FAILED);
	}
	quo_rng_free(rng);
}

static void test_silent(void **state)
{
	(void)state;
	quo_test_two_peers(silent, NULL);
}

/* Random changes of a right message: refused in one line, or not a change that matters. */
static void fuzz(int number, quo_channel *ch, void *arg)
{
	uint64_t seed = *(const uint64_t *)arg;
	quo_err err = QUO_ERR_INIT;
	quo_agreement good = GOOD;
	quo_rng *rng = quo_rng_new(&err);
	quo_block start;
	char bytes[300];
	size_t n;

	if (number == 0) {
		quo_status status = quo_handshake(ch, 0, &good, rng, &start, &err);
		if (status != QUO_OK)
			quo_test_assert_error(&err, err.status, "");
	} else {
		n = header(bytes, 1, 1, 4, 4 * 33 + 4 + 10 + 11 + 16);
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
		(void)!quo_channel_send(ch, bytes, n, &err);
	}
	quo_rng_free(rng);
}

static void test_fuzz(void **state)
{
	(void)state;
	for (uint64_t seed = 0; seed < 100; seed++)
		quo_test_two_peers(fuzz, &seed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_agree),      cmocka_unit_test(test_disagree),
		cmocka_unit_test(test_same_party), cmocka_unit_test(test_too_much),
		cmocka_unit_test(test_garbage),    cmocka_unit_test(test_fuzz),
		cmocka_unit_test(test_silent),
	};
	return cmocka_run_group_tests_name("handshake", tests, NULL, NULL);
}
