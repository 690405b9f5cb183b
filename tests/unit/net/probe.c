/* SPDX-License-Identifier: Apache-2.0 */
/* Measuring a link: bounds that hold on a busy machine, equal figures at both parties, and a peer
 * that makes things up. */
#include "net/probe.h"

#include <math.h>
#include <unistd.h>

#include "twoparty.h"

struct shared {
	double latency_s, bytes_per_s; /* of the shape */
	quo_link link[2];
};

static void measure(int party, quo_channel *end, void *arg)
{
	struct shared *shared = arg;
	quo_channel *ch = end;
	quo_err err = QUO_ERR_INIT;

	if (shared->latency_s > 0 || shared->bytes_per_s > 0)
		ch = quo_channel_shape(ch, shared->latency_s, shared->bytes_per_s, &err);
	assert_non_null(ch);
	quo_test_ok(quo_probe_link(ch, party, &shared->link[party], &err));
	if (ch == end)
		return;
	/* Decorator and all; the fixture would close what is inside once more. */
	quo_channel_close(ch);
	_exit(0);
}

static void test_measure(void **state)
{
	struct shared *shared = quo_test_shared(1, sizeof *shared);

	(void)state;
	quo_test_two_peers(measure, shared);
	assert_memory_equal(&shared->link[0], &shared->link[1], sizeof shared->link[0]);
	assert_true(shared->link[0].latency_s > 0 && shared->link[0].latency_s < 0.5);
	assert_true(shared->link[0].bytes_per_s > 1e6);
	quo_test_unshare(shared, 1, sizeof *shared);
}

/* A shaped link is never faster than it is told; how much slower it looks depends
 * on the machine. */
static void test_shaped(void **state)
{
	struct shared *shared = quo_test_shared(1, sizeof *shared);

	(void)state;
	shared->latency_s = 0.01;
	shared->bytes_per_s = 10e6;
	quo_test_two_peers(measure, shared);
	assert_memory_equal(&shared->link[0], &shared->link[1], sizeof shared->link[0]);
	print_message("10 ms, 10 MB/s: measured %.1f ms, %.1f MB/s\n",
		      1e3 * shared->link[0].latency_s, 1e-6 * shared->link[0].bytes_per_s);
	assert_true(shared->link[0].latency_s >= 0.01);
	assert_true(shared->link[0].bytes_per_s <= 11e6);
	assert_true(shared->link[0].bytes_per_s >= 1e6);
	quo_test_unshare(shared, 1, sizeof *shared);
}

/* Party 0 sends this; party 1 must refuse it. */
struct lie {
	uint8_t bytes[64];
	size_t n;
};

static void lie(int party, quo_channel *ch, void *arg)
{
	const struct lie *l = arg;
	quo_err err = QUO_ERR_INIT;
	quo_link link;

	if (party == 0) {
		quo_test_ok(quo_channel_send(ch, l->bytes, l->n, &err));
		quo_test_ok(quo_channel_flush(ch, &err));
		for (char c; quo_channel_recv(ch, &c, 1, &err) ==
			     QUO_OK;) /* until the other has had enough */
			;
		return;
	}
	assert_int_equal(quo_probe_link(ch, 1, &link, &err), QUO_FAILED);
	quo_test_assert_error(&err, QUO_FAILED, "the other party");
	quo_channel_close(ch);
	_exit(0);
}

static struct lie report(double latency, double rate)
{
	struct lie l = { { 3, 0 }, 18 };

	memcpy(l.bytes + 2, &latency, 8);
	memcpy(l.bytes + 10, &rate, 8);
	return l;
}

static void test_lies(void **state)
{
	struct lie lies[] = {
		{ { 4, 0 }, 2 },        { { 1, 23 }, 2 },
		{ { 1, 255 }, 2 },      report(NAN, 1e9),
		report(1e-3, NAN),      report(INFINITY, 1e9),
		report(1e-3, INFINITY), report(-1, 1e9),
		report(1e-3, 0),        { { 0 }, sizeof lies[0].bytes }, /* pings without end */
	};

	(void)state;
	for (size_t i = 0; i < sizeof lies / sizeof *lies; i++)
		quo_test_two_peers(lie, &lies[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_measure),
		cmocka_unit_test(test_shaped),
		cmocka_unit_test(test_lies),
	};

	return cmocka_run_group_tests_name("probe", tests, NULL, NULL);
}
