/* SPDX-License-Identifier: Apache-2.0 */
#include "twoparty.h"

static void fill(uint8_t *p, size_t n, uint64_t seed)
{
	for (size_t i = 0; i + 8 <= n; i += 8) {
		uint64_t v = quo_test_random(&seed);
		memcpy(p + i, &v, 8);
	}
	for (size_t i = n & ~(size_t)7; i < n; i++)
		p[i] = (uint8_t)quo_test_random(&seed);
}

static void ping_pong(int party, quo_channel *ch, void *arg)
{
	static const size_t sizes[] = { 0,      1,      7,       64,      4095, 65536,
					131072, 131073, 1000003, 9 << 20, 3 };
	quo_err err = QUO_ERR_INIT;

	(void)arg;
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		size_t n = sizes[i];
		uint8_t *mine = malloc(n + 1), *theirs = malloc(n + 1);
		fill(mine, n, i);
		if (party == 0) {
			quo_test_ok(quo_channel_send(ch, mine, n / 3, &err));
			quo_test_ok(quo_channel_send(ch, mine + n / 3, n - n / 3, &err));
			quo_test_ok(quo_channel_recv(ch, theirs, n, &err));
		} else {
			quo_test_ok(quo_channel_recv(ch, theirs, n - n / 2, &err));
			quo_test_ok(quo_channel_recv(ch, theirs + n - n / 2, n / 2, &err));
			quo_test_ok(quo_channel_send(ch, theirs, n, &err));
		}
		assert_memory_equal(mine, theirs, n);
		free(mine);
		free(theirs);
	}
	quo_test_ok(quo_channel_flush(ch, &err));
}

static void test_ping_pong(void **state)
{
	(void)state;
	quo_test_two_peers(ping_pong, NULL);
}

/* Far more than socket buffers hold, both ways at once, small and large pieces mixed. */
static void both_send(int party, quo_channel *ch, void *arg)
{
	enum { N = 48 << 20 };
	quo_err err = QUO_ERR_INIT;
	uint8_t *mine = malloc(N), *theirs = malloc(N), *want = malloc(N);
	uint64_t rng = (uint64_t)party + 77;

	(void)arg;
	fill(mine, N, (uint64_t)party);
	fill(want, N, (uint64_t)(1 - party));
	for (size_t at = 0; at < N;) {
		size_t n = quo_test_random(&rng) % (quo_test_random(&rng) & 1 ? 100000 : 9000000);
		n = n < N - at ? n : N - at;
		quo_test_ok(quo_channel_send(ch, mine + at, n, &err));
		at += n;
	}
	for (size_t at = 0; at < N;) {
		size_t n = quo_test_random(&rng) % 700001;
		n = n < N - at ? n : N - at;
		quo_test_ok(quo_channel_recv(ch, theirs + at, n, &err));
		at += n;
	}
	assert_memory_equal(theirs, want, N);
	free(mine);
	free(theirs);
	free(want);
}

static void test_both_send(void **state)
{
	(void)state;
	quo_test_two_peers(both_send, NULL);
}

/* Party 1 gives up; party 0 gets one clear line, the same for ever after, and no SIGPIPE. */
static void close_early(int party, quo_channel *ch, void *arg)
{
	quo_err err = QUO_ERR_INIT;
	static uint8_t data[1 << 20];
	char first[sizeof err.text];

	(void)arg;
	if (party == 1) {
		quo_test_ok(quo_channel_send(ch, data, 10, &err));
		return;
	}
	assert_int_equal(quo_channel_recv(ch, data, 25, &err), QUO_FAILED);
	quo_test_assert_error(&err, QUO_FAILED,
			      "party 1 (on this machine): closed the connection after 10 bytes "
			      "(expected 15 more)");
	strcpy(first, err.text);
	err = (quo_err)QUO_ERR_INIT;
	assert_int_equal(quo_channel_send(ch, data, sizeof data, &err), QUO_FAILED);
	assert_string_equal(err.text, first);
	err = (quo_err)QUO_ERR_INIT;
	assert_int_equal(quo_channel_recv(ch, data, 1, &err), QUO_FAILED);
	assert_string_equal(err.text, first);
}

static void test_close_early(void **state)
{
	(void)state;
	quo_test_two_peers(close_early, NULL);
}

static void close_while_sending(int party, quo_channel *ch, void *arg)
{
	quo_err err = QUO_ERR_INIT;
	static uint8_t data[1 << 20];
	quo_status status = QUO_OK;

	(void)arg;
	if (party == 1)
		return;
	for (int i = 0; i < 64 && status == QUO_OK; i++)
		status = quo_channel_send(ch, data, sizeof data, &err);
	quo_test_assert_error(&err, QUO_FAILED, "closed the connection after 0 bytes");
}

static void test_close_while_sending(void **state)
{
	(void)state;
	quo_test_two_peers(close_while_sending, NULL);
}

/* What was sent before a close arrives. */
static void last_words(int party, quo_channel *ch, void *arg)
{
	quo_err err = QUO_ERR_INIT;
	uint8_t got[5];

	(void)arg;
	if (party == 1) {
		quo_test_ok(quo_channel_send(ch, "hello", 5, &err));
	} else {
		quo_test_ok(quo_channel_recv(ch, got, 5, &err));
		assert_memory_equal(got, "hello", 5);
	}
}

static void test_last_words(void **state)
{
	(void)state;
	quo_test_two_peers(last_words, NULL);
}

static void exchange(quo_session *s, uint64_t out, uint64_t in)
{
	quo_err err = QUO_ERR_INIT;
	uint8_t buffer[4096] = { 0 };

	quo_test_ok(quo_channel_send(s->peer, buffer, out, &err));
	quo_test_ok(quo_channel_recv(s->peer, buffer, in, &err));
}

/* Both of two parties send within one bracket. */
static void cost_both(quo_cost *cost, uint64_t bytes0, uint64_t bytes1)
{
	quo_cost_round(cost, true);
	quo_cost_send(cost, 0, bytes0);
	quo_cost_send(cost, 1, bytes1);
	quo_cost_round(cost, false);
}

static void counting(quo_session *s, void *arg)
{
	quo_cost cost = QUO_COST_INIT;
	quo_traffic zero = { 0, 0, 0 };
	uint64_t me = (uint64_t)s->party;

	(void)arg;
	/* 0 sends twice, 1 answers, both at once twice, both at once with one silent, nothing, 0
	 * sends, 1 sends. */
	for (int i = 0; i < 2; i++) {
		exchange(s, me ? 0 : 100, me ? 100 : 0);
		quo_cost_send(&cost, 0, 100);
	}
	exchange(s, me ? 33 : 0, me ? 0 : 33);
	quo_cost_send(&cost, 1, 33);
	quo_cost_send(&cost, 0, 0);
	quo_test_assert_cost(s, zero, &cost);
	for (int i = 0; i < 2; i++) {
		quo_channel_duplex(s->peer, true);
		exchange(s, me ? 50 : 60, me ? 60 : 50);
		exchange(s, 5, 5);
		quo_channel_duplex(s->peer, false);
		cost_both(&cost, 65, 55);
	}
	quo_channel_duplex(s->peer, true);
	exchange(s, me ? 0 : 9, me ? 9 : 0);
	quo_channel_duplex(s->peer, false);
	cost_both(&cost, 9, 0);
	quo_channel_duplex(s->peer, true);
	quo_channel_duplex(s->peer, false);
	cost_both(&cost, 0, 0);
	/* The bracket was a flight of its own, although the same party sends on. */
	exchange(s, me ? 0 : 2, me ? 2 : 0);
	quo_cost_send(&cost, 0, 2);
	exchange(s, me ? 1 : 0, me ? 0 : 1);
	quo_cost_send(&cost, 1, 1);
	quo_test_assert_cost(s, zero, &cost);
	assert_int_equal(quo_channel_traffic(s->peer).rounds, 7);
}

static void test_counting(void **state)
{
	(void)state;
	quo_test_two_parties(counting, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ping_pong),   cmocka_unit_test(test_both_send),
		cmocka_unit_test(test_close_early), cmocka_unit_test(test_close_while_sending),
		cmocka_unit_test(test_last_words),  cmocka_unit_test(test_counting),
	};
	return cmocka_run_group_tests_name("channel", tests, NULL, NULL);
}
