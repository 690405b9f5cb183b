/* SPDX-License-Identifier: Apache-2.0 */
/* Three processes give what local mode and the clear give; what becomes of a run of which one dies,
 * stops or is disturbed. */
#include "trio.h"

#include <signal.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static struct results local;

static const char *const reveal[] = { "--reveal-model", "--quiet", NULL };

static int begin(void **state)
{
	(void)state;
	tool_folder_new();
	trio_write();
	results_run(&local, "local", trio_yaml(), NULL);
	return 0;
}

static int end(void **state)
{
	(void)state;
	results_forget(&local);
	tool_folder_remove();
	return 0;
}

/* ---- the same result ---- */

static void test_clear(void **state)
{
	struct results l;

	(void)state;
	results_run(&l, "clear", trio_yaml(), "protocol={use: clear}");
	results_assert_equal(l.summary, local.summary, "weights_sha256");
	results_assert_equal(l.summary, local.summary, "test_accuracy");
	results_forget(&l);
}

static void assert_own_share(const struct results *l, int me)
{
	for (int p = 0; p < TRIO; p++) {
		char path[1100];
		snprintf(path, sizeof path, "%s/model.party%d.share", l->folder, p);
		assert_int_equal(tool_exists(path), p == me);
	}
}

static void test_three_processes(void **state)
{
	static const char *const owners[] = { "data.owner=dealer", "data.owner=0", "data.owner=1",
					      "data.owner=2" };
	static const char *const counts[] = { "rounds", "bytes_sent_party0", "bytes_sent_party1",
					      "bytes_sent_party2" };

	(void)state;
	for (int o = 0; o < 4; o++) {
		const char *more[] = { "--reveal-model", "--quiet", "--set", owners[o], NULL };
		struct trio t;
		char dir[32], name[40];
		snprintf(dir, sizeof dir, "three-%d", o);
		trio_meet(&t);
		trio_start(&t, dir, more);
		for (int i = 0; i < TRIO; i++) {
			struct results l;
			snprintf(name, sizeof name, "%s-%d", dir, i);
			results_look(&l, tool_wait(&t.tool[i]), name);
			results_assert_equal(l.summary, local.summary, "weights_sha256");
			results_assert_equal(l.summary, local.summary, "test_accuracy");
			/* The forecast and local mode start behind the handshake and the data. */
			for (size_t k = 0; o == 0 && k < sizeof counts / sizeof *counts; k++)
				results_assert_equal(l.summary, local.summary, counts[k]);
			assert_own_share(&l, i);
			assert_string_equal(l.printed.err, "");
			results_forget(&l);
		}
	}
}

/* ---- a party that dies or stops ---- */

#define LONG "train.epochs=4000" /* minutes */

/* Wait until the run in <dir>-<party> has written its first step. */
static void wait_for_a_step(const char *dir, int party)
{
	char folder[1000], path[1100];
	int polls = 0;

	for (;; tool_poll(&polls)) {
		if (tool_entries(tool_path("%s-%d", dir, party), folder) != 1)
			continue;
		snprintf(path, sizeof path, "%s/metrics.jsonl", folder);
		if (!tool_exists(path))
			continue;
		char *text = tool_read(path);
		bool there = strchr(text, '\n');
		free(text);
		if (there)
			return;
	}
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void kill_one(int killed, unsigned microseconds)
{
	static const char *const more[] = { "--quiet", "--set", LONG, NULL };
	char dir[40], at[40];
	struct trio t;

	snprintf(dir, sizeof dir, "killed-%d-%u", killed, microseconds);
	snprintf(at, sizeof at, "party %d at ", killed);
	trio_meet(&t);
	trio_start(&t, dir, more);
	wait_for_a_step(dir, (killed + 1) % TRIO);
	usleep(microseconds);
	double start = now();
	kill(t.tool[killed].pid, SIGKILL);
	for (int i = 0; i < TRIO; i++) {
		const char *parts[] = { at, "closed the connection", NULL };
		struct tool_result r = tool_wait(&t.tool[i]);
		double took = now() - start;
		if (i == killed) {
			assert_int_equal(r.status, 128 + SIGKILL);
		} else {
			tool_assert_refused(&r, 1, parts);
			if (took > 2)
				fail_msg("party %d took %.1f s", i, took);
		}
		tool_free(&r);
	}
}

/* At some point of a step; the environment may ask for more of it. */
static void test_killed(void **state)
{
	const char *often = getenv("QUOTIENT_TEST_KILLS");
	int n = often ? atoi(often) : TRIO;
	uint64_t random = (uint64_t)getpid();

	(void)state;
	for (int i = 0; i < n; i++)
		kill_one(i % TRIO, (unsigned)(quo_test_random(&random) % 200000));
}

/* Before it has said who it is: the others wait for so long as they were told. */
static void test_stopped(void **state)
{
	static const char *const more[] = { "--quiet", "--set", "network.timeout=1", NULL };

	(void)state;
	for (int stopped = 0; stopped < TRIO; stopped++) {
		char dir[32], name[12];
		struct trio t;
		snprintf(dir, sizeof dir, "stopped-%d", stopped);
		snprintf(name, sizeof name, "party %d", stopped);
		trio_meet(&t);
		trio_start_one(&t.tool[stopped], "quotient-run", stopped, t.parties, dir, more);
		kill(t.tool[stopped].pid, SIGSTOP);
		for (int i = 0; i < TRIO; i++)
			if (i != stopped)
				trio_start_one(&t.tool[i], "quotient-run", i, t.parties, dir, more);
		for (int i = 0; i < TRIO; i++) {
			const char *parts[] = { name, NULL };
			struct tool_result r;
			if (i == stopped)
				continue;
			r = tool_wait(&t.tool[i]);
			print_message("    %d: %s", i, r.err);
			tool_assert_refused(&r, 1, parts);
			tool_free(&r);
		}
		kill(t.tool[stopped].pid, SIGKILL);
		struct tool_result r = tool_wait(&t.tool[stopped]);
		tool_free(&r);
	}
}

/* In training nothing runs out: a party that pauses goes on. */
static void test_paused(void **state)
{
	static const char *const more[] = { "--quiet", "--reveal-model",
					    "--set",   "train.epochs=60",
					    "--set",   "network.timeout=1",
					    NULL };
	struct trio t;
	char sum[TRIO][100];

	(void)state;
	trio_meet(&t);
	trio_start(&t, "paused", more);
	wait_for_a_step("paused", 0);
	kill(t.tool[1].pid, SIGSTOP);
	usleep(1500000);
	kill(t.tool[1].pid, SIGCONT);
	for (int i = 0; i < TRIO; i++) {
		struct results l;
		char name[32];
		snprintf(name, sizeof name, "paused-%d", i);
		results_look(&l, tool_wait(&t.tool[i]), name);
		assert_true(tool_json(l.summary, "weights_sha256", sum[i], sizeof sum[i]));
		assert_string_equal(sum[i], sum[0]);
		results_forget(&l);
	}
}

/* ---- strangers at the door ---- */

static void put(int fd, const void *data, size_t n)
{
	(void)!send(fd, data, n, MSG_NOSIGNAL);
}

/* At both parties that listen: one that goes at once, another program's words, a TLS hello, and one that
 * stays and says nothing. */
static void test_strangers(void **state)
{
	static const char request[] = "GET / HTTP/1.1\r\n\r\n";
	static const uint8_t tls[] = { 22, 3, 1, 0, 100, 1, 0, 0, 96, 3, 3 };
	struct trio t;
	int fd[2];

	(void)state;
	trio_meet(&t);
	for (int i = 0; i < 2; i++)
		trio_start_one(&t.tool[i], "quotient-run", i, t.parties, "strangers", reveal);
	for (int i = 0; i < 2; i++) {
		close(tool_connect(t.port[i]));
		int other = tool_connect(t.port[i]);
		put(other, request, sizeof request - 1);
		close(other);
		other = tool_connect(t.port[i]);
		put(other, tls, sizeof tls);
		close(other);
		fd[i] = tool_connect(t.port[i]);
	}
	trio_start_one(&t.tool[2], "quotient-run", 2, t.parties, "strangers", reveal);
	for (int i = 0; i < TRIO; i++) {
		struct results l;
		char name[32];
		snprintf(name, sizeof name, "strangers-%d", i);
		results_look(&l, tool_wait(&t.tool[i]), name);
		results_assert_equal(l.summary, local.summary, "weights_sha256");
		assert_string_equal(l.printed.err, "");
		results_forget(&l);
	}
	for (int i = 0; i < 2; i++)
		close(fd[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_clear),  cmocka_unit_test(test_three_processes),
		cmocka_unit_test(test_killed), cmocka_unit_test(test_stopped),
		cmocka_unit_test(test_paused), cmocka_unit_test(test_strangers),
	};
	return cmocka_run_group_tests(tests, begin, end);
}
