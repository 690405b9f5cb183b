/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Shaped links against a wall clock. Lower bounds are what the link must cost and are exact; upper
 * bounds only tell a link that works from one that does not, and are far off what an idle machine
 * needs.
 */
#include "twoparty.h"

#include <time.h>

#define MB 1000000

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void fill(uint8_t *p, size_t n, uint64_t seed)
{
	for (size_t i = 0; i < n; i++)
		p[i] = (uint8_t)quo_test_random(&seed);
}

/* One byte each way: when this returns, both parties are here. */
static void meet(quo_channel *ch)
{
	quo_err err = QUO_ERR_INIT;
	char c = 0;

	quo_test_ok(quo_channel_send(ch, &c, 1, &err));
	quo_test_ok(quo_channel_recv(ch, &c, 1, &err));
}

static quo_channel *shaped(quo_channel *ch, double latency_s, double bytes_per_s)
{
	quo_err err = QUO_ERR_INIT;
	quo_channel *out = quo_channel_shape(ch, latency_s, bytes_per_s, &err);

	if (!out)
		fail_msg("%s", err.text);
	return out;
}

/* The fixture closes `ch` itself: a decorator that leaves it open. */
struct loan {
	quo_channel base;
	quo_channel *to;
};

static quo_status loan_send(quo_channel *ch, const void *data, size_t n, quo_err *err)
{
	return quo_channel_send(((struct loan *)ch)->to, data, n, err);
}

static quo_status loan_recv(quo_channel *ch, void *data, size_t n, quo_err *err)
{
	return quo_channel_recv(((struct loan *)ch)->to, data, n, err);
}

static quo_status loan_flush(quo_channel *ch, quo_err *err)
{
	return quo_channel_flush(((struct loan *)ch)->to, err);
}

static quo_status loan_wait(quo_channel *ch, double seconds, quo_err *err)
{
	return quo_channel_wait(((struct loan *)ch)->to, seconds, err);
}

static void loan_close(quo_channel *ch)
{
	(void)ch;
}

static const quo_channel_ops loan_ops = { .name = "loan",
					  .send = loan_send,
					  .recv = loan_recv,
					  .flush = loan_flush,
					  .close = loan_close,
					  .wait = loan_wait };

#define LOAN(ch) ((struct loan){ { &loan_ops, QUO_ERR_INIT }, (ch) })

static void round_trips(int party, quo_channel *ch, void *arg)
{
	quo_err err = QUO_ERR_INIT;
	struct loan loan = LOAN(ch);
	quo_channel *link = shaped(&loan.base, 0.02, 0);
	char c = 0;

	(void)arg;
	meet(link);
	double start = now();
	for (int i = 0; i < 5; i++) {
		if (party == 0)
			quo_test_ok(quo_channel_send(link, &c, 1, &err));
		quo_test_ok(quo_channel_recv(link, &c, 1, &err));
		if (party == 1)
			quo_test_ok(quo_channel_send(link, &c, 1, &err));
	}
	double seconds = now() - start;
	if (party == 0 && (seconds < 5 * 2 * 0.02 || seconds > 5))
		fail_msg("five round trips of 40 ms took %g s", seconds);
	quo_channel_close(link);
}

static void test_round_trips(void **state)
{
	(void)state;
	quo_test_two_peers(round_trips, NULL);
}

struct transfer {
	double latency_s, rate;
	size_t n, piece;
	bool both;
	double at_least, at_most;
};

static void transfer(int party, quo_channel *ch, void *arg)
{
	const struct transfer *t = arg;
	quo_err err = QUO_ERR_INIT;
	struct loan loan = LOAN(ch);
	quo_channel *link = shaped(&loan.base, t->latency_s, t->rate);
	uint8_t *mine = malloc(t->n), *theirs = malloc(t->n), *want = malloc(t->n);

	fill(mine, t->n, (uint64_t)party);
	fill(want, t->n, 1 - (uint64_t)party);
	meet(link);
	/* The clock is the machine's: what is sent starts with when that began. */
	double start = now();
	memcpy(mine, &start, sizeof start);
	if (t->both || party == 0) {
		for (size_t i = 0; i < t->n; i += t->piece)
			quo_test_ok(quo_channel_send(
				link, mine + i, t->n - i < t->piece ? t->n - i : t->piece, &err));
		quo_test_ok(quo_channel_flush(link, &err));
	}
	if (t->both || party == 1) {
		for (size_t i = 0; i < t->n; i += t->piece)
			quo_test_ok(quo_channel_recv(
				link, theirs + i, t->n - i < t->piece ? t->n - i : t->piece, &err));
		memcpy(&start, theirs, sizeof start);
		memcpy(want, &start, sizeof start);
		double seconds = now() - start;
		if (seconds < t->at_least || seconds > t->at_most)
			fail_msg("%zu bytes took %g s, not %g..%g", t->n, seconds, t->at_least,
				 t->at_most);
		assert_memory_equal(theirs, want, t->n);
	}
	meet(link);
	quo_channel_close(link);
	free(mine);
	free(theirs);
	free(want);
}

static void test_bandwidth(void **state)
{
	(void)state;
	struct transfer t = { 0, 10 * MB, MB, 1777, false, 0.06, 10 };
	quo_test_two_peers(transfer, &t);
	t = (struct transfer){ 0, 10 * MB, MB, MB, false, 0.06, 10 };
	quo_test_two_peers(transfer, &t);
	/* The directions do not share: as long as one alone. */
	t = (struct transfer){ 0, MB, 3 * MB, 65536, true, 2.5, 5.5 };
	quo_test_two_peers(transfer, &t);
}

/* Latency does not bound the rate: with only a socket's buffer (4 to 8 MB) under way at a time this
 * would take 6 s. */
static void test_long_fat_link(void **state)
{
	(void)state;
	struct transfer t = { 1, 200 * MB, 40 * MB, MB, false, 1.19, 4.5 };
	quo_test_two_peers(transfer, &t);
	t = (struct transfer){ 0.1, 50 * MB, 15 * MB, MB, true, 0.39, 10 };
	quo_test_two_peers(transfer, &t);
}

/* More than all buffers hold, both ways, sent before anything is received. */
static void test_both_send(void **state)
{
	(void)state;
	struct transfer t = { 0.001, 400.0 * MB, 40 * MB, 100003, true, 0.06, 60 };
	quo_test_two_peers(transfer, &t);
	t = (struct transfer){ 0, 0, 40 * MB, 7 * MB, true, 0, 60 };
	quo_test_two_peers(transfer, &t);
}

/* A sender ahead of its link's buffer waits. */
static void pacing(int party, quo_channel *ch, void *arg)
{
	quo_err err = QUO_ERR_INIT;
	struct loan loan = LOAN(ch);
	quo_channel *link = shaped(&loan.base, 0.01, 5 * MB);
	uint8_t *data = calloc(1, 6 * MB);

	(void)arg;
	meet(link);
	if (party == 0) {
		double start = now();
		quo_test_ok(quo_channel_send(link, data, 4 * MB, &err));
		quo_test_ok(quo_channel_send(link, data, 2 * MB, &err));
		assert_true(now() - start > 0.3);
	} else {
		quo_test_ok(quo_channel_recv(link, data, 6 * MB, &err));
	}
	quo_channel_close(link);
	free(data);
}

static void test_pacing(void **state)
{
	(void)state;
	quo_test_two_peers(pacing, NULL);
}

/* What was sent before a close arrives; after it comes the peer's end. The counter on top sees the
 * payload alone. */
static void last_words(int party, quo_channel *ch, void *arg)
{
	quo_err err = QUO_ERR_INIT;
	struct loan loan = LOAN(ch);
	quo_channel *link = quo_channel_count(shaped(&loan.base, 0.03, 1 * MB), &err);
	char got[6];

	(void)arg;
	if (party == 0) {
		quo_test_ok(quo_channel_send(link, "hello", 5, &err));
		assert_int_equal(quo_channel_traffic(link).sent_bytes, 5);
	} else {
		quo_test_ok(quo_channel_recv(link, got, 5, &err));
		assert_memory_equal(got, "hello", 5);
		assert_int_equal(quo_channel_traffic(link).received_bytes, 5);
		assert_int_equal(quo_channel_traffic(link).rounds, 1);
		quo_channel_timeout(link, 20);
		assert_int_equal(quo_channel_recv(link, got, 1, &err), QUO_FAILED);
	}
	quo_channel_close(link);
}

static void test_last_words(void **state)
{
	(void)state;
	quo_test_two_peers(last_words, NULL);
}

/* Frames that no link shaped alike sends. */
static void no_frame(int party, quo_channel *ch, void *arg)
{
	const uint8_t *header = arg;
	quo_err err = QUO_ERR_INIT;

	if (party == 0) {
		quo_test_ok(quo_channel_send(ch, header, 12, &err));
		quo_test_ok(quo_channel_flush(ch, &err));
	} else {
		struct loan loan = LOAN(ch);
		quo_channel *link = shaped(&loan.base, 0.01, 1 * MB);
		char got[8];
		assert_int_equal(quo_channel_recv(link, got, 8, &err), QUO_FAILED);
		quo_test_assert_error(&err, QUO_FAILED, "no frame of a link shaped alike");
		quo_channel_close(link);
	}
}

static void test_no_frame(void **state)
{
	(void)state;
	uint8_t empty[12] = { 0 }, huge[12] = { 0 }, late[12] = { 0 };
	huge[11] = 1; /* 16 MiB */
	memset(late, 0xff, 8);
	late[8] = 1;
	quo_test_two_peers(no_frame, empty);
	quo_test_two_peers(no_frame, huge);
	quo_test_two_peers(no_frame, late);
}

static void test_refusals(void **state)
{
	static const double bad[][2] = { { -1, 0 }, { 0, -1 }, { 0, 0.5 }, { 1e9, 0 } };

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		quo_err err = QUO_ERR_INIT;
		quo_channel *ends[2];
		quo_test_ok(quo_channel_pair(ends, &err));
		assert_null(quo_channel_shape(ends[0], bad[i][0], bad[i][1], &err));
		quo_test_assert_error(&err, QUO_BUG, "a link cannot have");
		quo_channel_close(ends[1]);
	}
	assert_null(quo_channel_shape(NULL, 0, 0, NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trips),   cmocka_unit_test(test_bandwidth),
		cmocka_unit_test(test_long_fat_link), cmocka_unit_test(test_both_send),
		cmocka_unit_test(test_pacing),        cmocka_unit_test(test_last_words),
		cmocka_unit_test(test_no_frame),      cmocka_unit_test(test_refusals),
	};
	return cmocka_run_group_tests_name("shape", tests, NULL, NULL);
}
