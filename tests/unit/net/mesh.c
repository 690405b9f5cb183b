/* SPDX-License-Identifier: Apache-2.0 */
/* Meshes: exchanges of all sizes and patterns without deadlock, what is counted, and a party that dies. */
#include "net_support.h"

#include <signal.h>
#include <unistd.h>

#define MB ((size_t)1 << 20)
#define BIG(n) ((n) == 3 ? 20 * MB : 3 * MB + 5)

/* What travels from i to j of n, in bytes, public to all. */
typedef size_t pattern(int n, int i, int j, int round);

static size_t ring(int n, int i, int j, int round)
{
	const size_t size[] = { 1, 10000, BIG(n), 0, 16384, 131073 };

	return j == (i + 1) % n ? size[round % 6] : 0;
}

static size_t all_to_all(int n, int i, int j, int round)
{
	const size_t size[] = { 0, 3, 16383, 10000, 3 * MB, BIG(n) };

	return size[(i * n + j + round) % 6];
}

static size_t same_to_all(int n, int i, int j, int round)
{
	const size_t size[] = { 1, 0, BIG(n), 100000, 7, 16384 };

	(void)i;
	(void)j;
	return size[round % 6];
}

static size_t one_to_all(int n, int i, int j, int round)
{
	(void)j;
	return i == round % n ? BIG(n) + (size_t)round : 0;
}

static size_t all_to_one(int n, int i, int j, int round)
{
	(void)i;
	return j == round % n ? BIG(n) / 2 : 0;
}

struct plan {
	int n;
	pattern *pattern;
	bool shaped;
	quo_traffic *traffic; /* by party, shared */
};

/* One exchange of a pattern, checked. */
static void one_round(const struct plan *plan, quo_mesh *mesh, int me, int round)
{
	const void *out[QUO_MAX_PARTIES] = { NULL };
	void *in[QUO_MAX_PARTIES] = { NULL };
	size_t n_out[QUO_MAX_PARTIES] = { 0 }, n_in[QUO_MAX_PARTIES] = { 0 };
	uint8_t *mine[QUO_MAX_PARTIES] = { NULL };
	quo_err err = QUO_ERR_INIT;
	bool any = false;

	for (int i = 0; i < plan->n; i++)
		for (int j = 0; j < plan->n; j++)
			any = any || (i != j && plan->pattern(plan->n, i, j, round));
	for (int p = 0; p < plan->n; p++) {
		if (p == me)
			continue;
		n_out[p] = plan->pattern(plan->n, me, p, round);
		n_in[p] = plan->pattern(plan->n, p, me, round);
		mine[p] = malloc(n_out[p] + 1);
		in[p] = malloc(n_in[p] + 1);
		net_fill(mine[p], n_out[p], (uint64_t)(me * 100 + p * 10000 + round));
		out[p] = mine[p];
	}
	quo_test_ok(quo_mesh_exchange(mesh, out, n_out, in, n_in, any, &err));
	for (int p = 0; p < plan->n; p++) {
		if (p == me)
			continue;
		free(mine[p]);
		mine[p] = malloc(n_in[p] + 1);
		net_fill(mine[p], n_in[p], (uint64_t)(p * 100 + me * 10000 + round));
		if (memcmp(mine[p], in[p], n_in[p]) != 0)
			fail_msg("round %d: what came from party %d is wrong", round, p);
		free(mine[p]);
		free(in[p]);
	}
}

static void exchanges(int me, quo_channel *channel[], void *arg)
{
	const struct plan *plan = arg;
	quo_mesh *mesh = net_mesh(plan->n, me, channel);
	quo_err err = QUO_ERR_INIT;

	if (plan->shaped)
		quo_test_ok(quo_mesh_shape(mesh, 0.002, 200e6, &err));
	quo_test_ok(quo_mesh_count(mesh, &err));
	for (int round = 0; round < 6; round++)
		one_round(plan, mesh, me, round);
	plan->traffic[me] = quo_mesh_traffic(mesh);
	quo_mesh_close(mesh);
}

/* Rounds in which anything travels, and bytes as the pattern says. */
static void assert_counted(const struct plan *plan)
{
	uint64_t rounds = 0, sent[QUO_MAX_PARTIES] = { 0 }, received[QUO_MAX_PARTIES] = { 0 };

	for (int round = 0; round < 6; round++) {
		bool any = false;
		for (int i = 0; i < plan->n; i++)
			for (int j = 0; j < plan->n; j++) {
				size_t k = i == j ? 0 : plan->pattern(plan->n, i, j, round);
				sent[i] += k;
				received[j] += k;
				any = any || k;
			}
		rounds += any;
	}
	for (int p = 0; p < plan->n; p++) {
		assert_int_equal(plan->traffic[p].rounds, rounds);
		assert_int_equal(plan->traffic[p].sent_bytes, sent[p]);
		assert_int_equal(plan->traffic[p].received_bytes, received[p]);
	}
}

static void test_patterns(void **state)
{
	static pattern *const patterns[] = { ring, all_to_all, same_to_all, one_to_all,
					     all_to_one };
	static const int sizes[] = { 2, 3, 5 };

	(void)state;
	for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++)
		for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
			struct plan plan = { sizes[k], patterns[i], false,
					     quo_test_shared(5, sizeof(quo_traffic)) };
			quo_test_channels(plan.n, exchanges, &plan, -1);
			assert_counted(&plan);
			quo_test_unshare(plan.traffic, 5, sizeof(quo_traffic));
		}
}

static void test_shaped(void **state)
{
	struct plan plan = { 3, all_to_all, true, quo_test_shared(5, sizeof(quo_traffic)) };

	(void)state;
	quo_test_channels(plan.n, exchanges, &plan, -1);
	assert_counted(&plan);
	quo_test_unshare(plan.traffic, 5, sizeof(quo_traffic));
}

static void sixteen(int me, quo_channel *channel[], void *arg)
{
	const struct plan *plan = arg;
	quo_mesh *mesh = net_mesh(plan->n, me, channel);

	for (int round = 0; round < 3; round++)
		one_round(plan, mesh, me, round);
	quo_mesh_close(mesh);
}

static size_t some(int n, int i, int j, int round)
{
	(void)n;
	return (size_t)(i + j + round) * 3000;
}

static void test_most_parties(void **state)
{
	struct plan plan = { .n = QUO_MAX_PARTIES, .pattern = some };

	(void)state;
	quo_test_channels(plan.n, sixteen, &plan, -1);
}

/* ---- channels of a mesh one by one ---- */

/* Everybody sends 6 MB to all before it receives anything, in the worst orders; then a chain of small messages, each
 * made of the last, where a party waits for one while it has not flushed to another. */
static void one_by_one(int me, quo_channel *channel[], void *arg)
{
	enum { N = 3, MUCH = 6 << 20 };
	quo_mesh *mesh = net_mesh(N, me, channel);
	quo_err err = QUO_ERR_INIT;
	uint8_t *big = malloc(MUCH), *got = malloc(MUCH);

	(void)arg;
	net_fill(big, MUCH, (uint64_t)me);
	for (int p = 0; p < N; p++)
		if (p != me)
			quo_test_ok(quo_channel_send(quo_mesh_to(mesh, p), big, MUCH, &err));
	for (int p = N - 1; p >= 0; p--) {
		if (p == me)
			continue;
		quo_test_ok(quo_channel_recv(quo_mesh_to(mesh, p), got, MUCH, &err));
		net_fill(big, MUCH, (uint64_t)p);
		assert_memory_equal(got, big, MUCH);
	}
	free(big);
	free(got);
	for (int i = 0; i < 1000; i++) {
		uint32_t v = (uint32_t)i;
		quo_channel *next = quo_mesh_to(mesh, (me + 1) % N);
		quo_channel *last = quo_mesh_to(mesh, (me + N - 1) % N);
		if (me == 0)
			quo_test_ok(quo_channel_send(next, &v, sizeof v, &err));
		quo_test_ok(quo_channel_recv(last, &v, sizeof v, &err));
		assert_int_equal(v, i);
		if (me != 0)
			quo_test_ok(quo_channel_send(next, &v, sizeof v, &err));
	}
	quo_test_ok(quo_mesh_flush(mesh, &err));
	quo_mesh_close(mesh);
}

static void test_one_by_one(void **state)
{
	(void)state;
	quo_test_channels(3, one_by_one, NULL, -1);
}

/* What is posted must be what is asked for. */
static void posts(int me, quo_channel *channel[], void *arg)
{
	quo_mesh *mesh = net_mesh(2, me, channel);
	quo_channel *ch = quo_mesh_to(mesh, 1 - me);
	quo_err err = QUO_ERR_INIT;
	char a[8], b[8];

	(void)arg;
	quo_test_ok(quo_channel_send(ch, "01234567abcdefgh", 16, &err));
	quo_test_ok(quo_channel_flush(ch, &err));
	quo_test_ok(quo_channel_wait(ch, 0.1, &err)); /* it is in the queue */
	quo_channel_post(ch, a, 8);
	quo_test_ok(quo_channel_recv(ch, a, 8, &err));
	assert_memory_equal(a, "01234567", 8);
	quo_channel_post(ch, b, 8);
	assert_int_equal(quo_channel_recv(ch, a, 8, &err), QUO_BUG);
	quo_mesh_close(mesh);
}

static void test_posts(void **state)
{
	(void)state;
	quo_test_channels(2, posts, NULL, -1);
}

/* ---- rounds ---- */

static void rounds(int me, quo_channel *channel[], void *arg)
{
	int n = *(const int *)arg;
	quo_mesh *mesh = net_mesh(n, me, channel);
	quo_err err = QUO_ERR_INIT;
	char byte = 0;

	quo_test_ok(quo_mesh_count(mesh, &err));
	/* A bracket with two exchanges in it, one without anything, an exchange of nothing. */
	for (int i = 0; i < 2; i++) {
		quo_mesh_round(mesh, true);
		for (int k = 0; k < 2 * (1 - i); k++) {
			const void *out[QUO_MAX_PARTIES] = { [0] = &byte, [1] = &byte };
			void *in[QUO_MAX_PARTIES] = { [0] = &byte };
			size_t n_out[QUO_MAX_PARTIES] = { 0 }, n_in[QUO_MAX_PARTIES] = { 0 };
			n_out[0] = me == 1;
			n_in[1] = me == 0;
			in[1] = &byte;
			quo_test_ok(quo_mesh_exchange(mesh, out, n_out, in, n_in, true, &err));
		}
		quo_mesh_round(mesh, false);
	}
	const size_t zero[QUO_MAX_PARTIES] = { 0 };
	const void *out[QUO_MAX_PARTIES] = { NULL };
	void *in[QUO_MAX_PARTIES] = { NULL };
	quo_test_ok(quo_mesh_exchange(mesh, out, zero, in, zero, false, &err));
	/* A flight outside counts with two parties alone. */
	if (me == 0)
		quo_test_ok(quo_channel_send(quo_mesh_to(mesh, 1), &byte, 1, &err));
	if (me == 1)
		quo_test_ok(quo_channel_recv(quo_mesh_to(mesh, 0), &byte, 1, &err));
	assert_int_equal(quo_mesh_traffic(mesh).rounds, 2);
	quo_mesh_close(mesh);
}

static void test_rounds(void **state)
{
	(void)state;
	for (int n = 2; n <= 3; n++)
		quo_test_channels(n, rounds, &n, -1);
}

/* ---- a party that dies ---- */

struct death {
	int n, dying;
	bool in_send; /* while the others send much to it; else while they wait */
	double *died;
};

static void death(int me, quo_channel *channel[], void *arg)
{
	const struct death *d = arg;
	quo_mesh *mesh = net_mesh(d->n, me, channel);
	quo_err err = QUO_ERR_INIT;
	const void *out[QUO_MAX_PARTIES];
	void *in[QUO_MAX_PARTIES];
	size_t size[QUO_MAX_PARTIES];
	quo_status status = QUO_OK;
	char name[24];

	for (int p = 0; p < d->n; p++) {
		size[p] = p == me ? 0 : d->in_send ? 8 * MB : 100;
		out[p] = calloc(1, 8 * MB);
		in[p] = calloc(1, 8 * MB);
	}
	for (int i = 0; status == QUO_OK; i++) {
		if (me == d->dying && i == 3) {
			usleep(100000);
			if (d->in_send)
				(void)!quo_channel_send(quo_mesh_to(mesh, (me + 1) % d->n), out[me],
							100000, &err);
			*d->died = net_now();
			raise(SIGKILL);
		}
		status = quo_mesh_exchange(mesh, out, size, in, size, true, &err);
	}
	double after = net_now() - *d->died;
	if (after < 0 || after > 2)
		fail_msg("it took %.2f s", after);
	snprintf(name, sizeof name, "party %d (on", d->dying);
	quo_test_assert_error(&err, QUO_FAILED, name);
	/* And every other channel has the same line. */
	for (int p = 0; p < d->n; p++) {
		quo_err again = QUO_ERR_INIT;
		if (p == me)
			continue;
		assert_int_equal(quo_channel_send(quo_mesh_to(mesh, p), name, 1, &again),
				 QUO_FAILED);
		assert_string_equal(again.text, err.text);
	}
	quo_mesh_close(mesh);
}

static void test_death(void **state)
{
	double *died = quo_test_shared(1, sizeof *died);

	(void)state;
	for (int dying = 0; dying < 4; dying++)
		for (int in_send = 0; in_send < 2; in_send++) {
			struct death d = { dying < 3 ? 3 : 5, dying, in_send, died };
			quo_test_channels(d.n, death, &d, dying);
		}
	quo_test_unshare(died, 1, sizeof *died);
}

/* Parties 1 and 2 wait for each other's neighbour: who does not use the dead one's channel hears of it through who does. */
static void chain(int me, quo_channel *channel[], void *arg)
{
	double *died = arg, after;
	quo_mesh *mesh = net_mesh(4, me, channel);
	quo_err err = QUO_ERR_INIT;
	char byte;

	if (me == 0) {
		usleep(50000);
		*died = net_now();
		raise(SIGKILL);
	}
	assert_int_equal(quo_channel_recv(quo_mesh_to(mesh, me - 1), &byte, 1, &err), QUO_FAILED);
	after = net_now() - *died;
	if (after < 0 || after > 2)
		fail_msg("it took %.2f s", after);
	quo_test_assert_error(&err, QUO_FAILED, "party 0 (on");
	sleep(3); /* the others hear of it although this one is still there */
	quo_mesh_close(mesh);
}

static void test_chain(void **state)
{
	double *died = quo_test_shared(1, sizeof *died);

	(void)state;
	quo_test_channels(4, chain, died, 0);
	quo_test_unshare(died, 1, sizeof *died);
}

/* ---- how long a round takes ---- */

struct speed {
	int n;
	size_t bytes;
	int rounds;
	double *seconds;
};

static void speed(int me, quo_channel *channel[], void *arg)
{
	const struct speed *s = arg;
	quo_mesh *mesh = net_mesh(s->n, me, channel);
	quo_err err = QUO_ERR_INIT;
	const void *out[QUO_MAX_PARTIES];
	void *in[QUO_MAX_PARTIES];
	size_t size[QUO_MAX_PARTIES];
	double start = 0;

	for (int p = 0; p < s->n; p++) {
		size[p] = p == me ? 0 : s->bytes;
		out[p] = calloc(1, s->bytes);
		in[p] = calloc(1, s->bytes);
	}
	for (int i = -3; i < s->rounds; i++) {
		if (i == 0)
			start = net_now();
		quo_test_ok(quo_mesh_exchange(mesh, out, size, in, size, true, &err));
	}
	if (me == 0)
		*s->seconds = net_now() - start;
	quo_mesh_close(mesh);
}

/* For people: nothing is asserted of a machine that others use. */
static void test_speed(void **state)
{
	static const struct {
		size_t bytes;
		int rounds;
	} cases[] = { { 1, 3000 }, { 10000, 2000 }, { 1000000, 50 } };
	double *seconds = quo_test_shared(1, sizeof *seconds);

	(void)state;
	for (int n = 2; n <= 3; n++)
		for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
			struct speed s = { n, cases[i].bytes, cases[i].rounds, seconds };
			quo_test_channels(n, speed, &s, -1);
			print_message("    %d parties, %zu bytes to each: %.1f us a round\n", n,
				      s.bytes, 1e6 * *seconds / s.rounds);
		}
	quo_test_unshare(seconds, 1, sizeof *seconds);
}

static void test_not_a_mesh(void **state)
{
	quo_channel *channel[QUO_MAX_PARTIES] = { NULL };
	quo_err err = QUO_ERR_INIT;

	(void)state;
	assert_null(quo_mesh_new(3, 0, channel, &err));
	quo_test_assert_error(&err, QUO_BUG, "lacks a channel");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_patterns),     cmocka_unit_test(test_shaped),
		cmocka_unit_test(test_most_parties), cmocka_unit_test(test_one_by_one),
		cmocka_unit_test(test_posts),        cmocka_unit_test(test_rounds),
		cmocka_unit_test(test_death),        cmocka_unit_test(test_chain),
		cmocka_unit_test(test_speed),        cmocka_unit_test(test_not_a_mesh),
	};

	return cmocka_run_group_tests_name("mesh", tests, NULL, NULL);
}
