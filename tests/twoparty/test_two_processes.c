/* SPDX-License-Identifier: Apache-2.0 */
/* Two processes give what local mode gives; and what becomes of a run of which a process is killed.
 */
#include "results.h"

#include <signal.h>
#include <unistd.h>

static struct results secure;

static int begin(void **state)
{
	(void)state;
	tool_folder_new();
	tiny_write();
	results_run(&secure, "secure", tiny_yaml(), NULL);
	return 0;
}

static int end(void **state)
{
	(void)state;
	results_forget(&secure);
	tool_folder_remove();
	return 0;
}

/* ---- two processes ---- */

static void start_pair(struct tool pair[2], const char *dir, const char *set)
{
	char address[32];

	snprintf(address, sizeof address, "127.0.0.1:%d", tool_free_port());
	for (int i = 0; i < 2; i++) {
		char name[40];
		snprintf(name, sizeof name, "%s-%d", dir, i);
		const char *args[] = { tiny_yaml(),
				       "--party",
				       i ? "1" : "0",
				       i ? "--connect" : "--listen",
				       address,
				       "--set",
				       tiny_output(name),
				       "--reveal-model",
				       "--quiet",
				       set ? "--set" : NULL,
				       set,
				       NULL };
		pair[i] = (struct tool){ 0 };
		tool_start(&pair[i], "quotient-run", args);
	}
}

static void test_two_processes(void **state)
{
	static const char *const owners[] = { "data.owner=dealer", "data.owner=0", "data.owner=1" };

	(void)state;
	for (int o = 0; o < 3; o++) {
		struct tool pair[2];
		char dir[32];
		snprintf(dir, sizeof dir, "pair-%d", o);
		start_pair(pair, dir, owners[o]);
		for (int i = 0; i < 2; i++) {
			struct results l;
			char name[40], path[1100];
			snprintf(name, sizeof name, "%s-%d", dir, i);
			results_look(&l, tool_wait(&pair[i]), name);
			results_assert_equal(l.summary, secure.summary, "weights_sha256");
			results_assert_equal(l.summary, secure.summary, "test_accuracy");
			if (o == 0) { /* the forecast and local mode start behind the handshake and
					 the data */
				results_assert_equal(l.summary, secure.summary, "rounds");
				results_assert_equal(l.summary, secure.summary,
						     "bytes_sent_party0");
				results_assert_equal(l.summary, secure.summary,
						     "bytes_sent_party1");
			}
			/* Its own share and not the other's. */
			snprintf(path, sizeof path, "%s/model.party%d.share", l.folder, i);
			assert_true(tool_exists(path));
			snprintf(path, sizeof path, "%s/model.party%d.share", l.folder, 1 - i);
			assert_false(tool_exists(path));
			assert_string_equal(l.printed.err, "");
			results_forget(&l);
		}
	}
}

/* ---- a party that dies ---- */

#define LONG "train.epochs=4000" /* minutes */

/* Wait until a run has written its first step; its folder goes to folder[1000]. */
static void wait_for_a_step(const char *dir, char *folder)
{
	int polls = 0;
	char path[1100];

	for (;; tool_poll(&polls)) {
		if (tool_entries(tool_path("%s", dir), folder) != 1)
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

/* What a run that was cut off leaves: whole lines, no summary, no shares, nothing temporary. */
static void assert_nothing_half_written(const char *folder)
{
	char path[1100];

	assert_int_equal(tool_entries(folder, NULL), 2);
	snprintf(path, sizeof path, "%s/config.resolved.yaml", folder);
	assert_true(tool_exists(path));
	snprintf(path, sizeof path, "%s/metrics.jsonl", folder);
	char *text = tool_read(path);
	size_t n = strlen(text);
	assert_true(n > 0 && text[n - 1] == '\n');
	free(text);
}

static void test_killed_child(void **state)
{
	static const struct {
		int child, signal;
		const char *dir, *says;
	} cases[] = { { 0, SIGKILL, "killed-0", "party 0: " },
		      { 1, SIGKILL, "killed-1", "party 1: " },
		      { 1, SIGTERM, "ended-1", "party 1: " } };

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const char *args[] = { tiny_yaml(), "--set", tiny_output(cases[i].dir),
				       "--quiet",   "--set", LONG,
				       NULL };
		const char *parts[] = { cases[i].says, "signal", NULL };
		struct tool t = { 0 };
		pid_t children[4];
		char folder[1000];
		tool_start(&t, "quotient-run", args);
		wait_for_a_step(cases[i].dir, folder);
		assert_int_equal(tool_children(t.pid, children, 4), 2);
		kill(children[cases[i].child], cases[i].signal);
		struct tool_result r = tool_wait(&t);
		tool_assert_refused(&r, 1, parts);
		assert_nothing_half_written(folder);
		tool_free(&r);
	}
}

static void test_killed_peer(void **state)
{
	static const char *const parts[2][3] = { { "party 0 at", "closed the connection", NULL },
						 { "party 1 at", "closed the connection", NULL } };

	(void)state;
	for (int killed = 0; killed < 2; killed++) {
		struct tool pair[2];
		char folder[1000], dir[32], name[40];
		snprintf(dir, sizeof dir, "peer-%d", killed);
		snprintf(name, sizeof name, "%s-%d", dir, 1 - killed);
		start_pair(pair, dir, LONG);
		wait_for_a_step(name, folder);
		kill(pair[killed].pid, SIGKILL);
		struct tool_result dead = tool_wait(&pair[killed]),
				   other = tool_wait(&pair[1 - killed]);
		assert_int_equal(dead.status, 128 + SIGKILL);
		tool_assert_refused(&other, 1, parts[killed]);
		assert_nothing_half_written(folder);
		tool_free(&dead);
		tool_free(&other);
	}
}

/* The parties do not outlive the command. */
static void test_killed_parent(void **state)
{
	const char *args[] = { tiny_yaml(), "--set", tiny_output("parent"), "--quiet", "--set",
			       LONG,        NULL };
	struct tool t = { 0 };
	pid_t children[4];
	char folder[1000];
	int polls = 0;

	(void)state;
	tool_start(&t, "quotient-run", args);
	wait_for_a_step("parent", folder);
	assert_int_equal(tool_children(t.pid, children, 4), 2);
	kill(t.pid, SIGTERM);
	while (tool_is_alive(t.pid) || tool_is_alive(children[0]) || tool_is_alive(children[1]))
		tool_poll(&polls);
	struct tool_result r = tool_wait(&t);
	assert_int_equal(r.status, 128 + SIGTERM);
	assert_non_null(strstr(r.err, "interrupted; what was written so far is in"));
	assert_non_null(strstr(r.err, folder));
	tool_free(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_two_processes),
		cmocka_unit_test(test_killed_child),
		cmocka_unit_test(test_killed_peer),
		cmocka_unit_test(test_killed_parent),
	};
	return cmocka_run_group_tests(tests, begin, end);
}
