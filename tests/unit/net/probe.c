/* SPDX-License-Identifier: Apache-2.0 */
/* Measuring a link: bounds that hold on a busy machine, equal figures at both parties, and a peer
 * that makes things up. */
#include "net/probe.h"

#include "net_support.h"
#include <math.h>

struct shared {
	int parties, slow; /* the party whose link is shaped; -1: all */
	double latency_s, bytes_per_s;
	quo_link link[3];
};

static void measure(int me, quo_channel *channel[], void *arg)
{
	struct shared *shared = arg;
	quo_err err = QUO_ERR_INIT;
	bool shaped = shared->latency_s > 0 || shared->bytes_per_s > 0;

	for (int p = 0; p < shared->parties; p++)
		if (p != me && shaped &&
		    (shared->slow < 0 || shared->slow == p || shared->slow == me))
			channel[p] = quo_channel_shape(channel[p], shared->latency_s,
						       shared->bytes_per_s, &err);
	quo_mesh *mesh = net_mesh(shared->parties, me, channel);
	quo_test_ok(quo_probe_links(mesh, &shared->link[me], &err));
	quo_mesh_close(mesh);
}

static void test_measure(void **state)
{
	struct shared *shared = quo_test_shared(1, sizeof *shared);

	(void)state;
	for (shared->parties = 2; shared->parties <= 3; shared->parties++) {
		quo_test_channels(shared->parties, measure, shared, -1);
		for (int p = 1; p < shared->parties; p++)
			assert_memory_equal(&shared->link[0], &shared->link[p],
					    sizeof shared->link[0]);
		assert_true(shared->link[0].latency_s > 0 && shared->link[0].latency_s < 0.5);
		assert_true(shared->link[0].bytes_per_s > 1e6);
	}
	quo_test_unshare(shared, 1, sizeof *shared);
}

/* A shaped link is never faster than it is told; how much slower it looks depends on the machine. Of three parties one
 * is far away: its link counts, whichever it is. */
static void test_shaped(void **state)
{
	struct shared *shared = quo_test_shared(1, sizeof *shared);

	(void)state;
	shared->latency_s = 0.01;
	shared->bytes_per_s = 10e6;
	for (shared->slow = 0; shared->slow < 3; shared->slow++) {
		shared->parties = shared->slow ? 3 : 2;
		quo_test_channels(shared->parties, measure, shared, -1);
		for (int p = 1; p < shared->parties; p++)
			assert_memory_equal(&shared->link[0], &shared->link[p],
					    sizeof shared->link[0]);
		print_message("10 ms, 10 MB/s: measured %.1f ms, %.1f MB/s\n",
			      1e3 * shared->link[0].latency_s, 1e-6 * shared->link[0].bytes_per_s);
		assert_true(shared->link[0].latency_s >= 0.01);
		assert_true(shared->link[0].bytes_per_s <= 11e6);
		assert_true(shared->link[0].bytes_per_s >= 1e6);
	}
	quo_test_unshare(shared, 1, sizeof *shared);
}

/* Party 0 sends this; party 1 must refuse it. */
struct lie {
	uint8_t bytes[64];
	size_t n;
};

static void lie(int me, quo_channel *channel[], void *arg)
{
	const struct lie *l = arg;
	quo_err err = QUO_ERR_INIT;
	quo_channel *ch = channel[1 - me];
	quo_link link;

	if (me == 0) {
		quo_test_ok(quo_channel_send(ch, l->bytes, l->n, &err));
		quo_test_ok(quo_channel_flush(ch, &err));
		for (char c; quo_channel_recv(ch, &c, 1, &err) ==
			     QUO_OK;) /* until the other has had enough */
			;
		return;
	}
	quo_mesh *mesh = net_mesh(2, me, channel);
	assert_int_equal(quo_probe_links(mesh, &link, &err), QUO_FAILED);
	quo_test_assert_error(&err, QUO_FAILED, "party 0");
	quo_mesh_close(mesh);
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
		quo_test_channels(2, lie, &lies[i], -1);
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
