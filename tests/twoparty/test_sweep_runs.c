/* SPDX-License-Identifier: Apache-2.0 */
/* Sweeps from outside: in the clear and under two parties, gone on with, changed, and refused. */
#include "refusal.h"
#include "results.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <unistd.h>

#define SWEEP \
	DATA MODEL "train: {batch: 16, epochs: 2}\n" \
		   "name: grid\n" \
		   "sweep:\n" \
		   "  protocol: [{use: clear}, {use: quotient}]\n" \
		   "  train.seed: [1, 2]\n"

static const char *yaml(void)
{
	static char path[1000];

	snprintf(path, sizeof path, "%s", tool_path("sweep.yaml"));
	return path;
}

static struct tool_result sweep(const char *dir, const char *set, int status)
{
	const char *args[] = {
		yaml(), "--reveal-model", "--set", tiny_output(dir), set ? "--set" : NULL, set, NULL
	};
	struct tool_result r = tool_run("quotient-run", args);

	tool_assert_status(&r, status);
	return r;
}

static int begin(void **state)
{
	(void)state;
	tool_folder_new();
	tool_write_text(yaml(), SWEEP);
	struct tool_result r = sweep("sweeps", NULL, 0);
	*state = r.out;
	free(r.err);
	return 0;
}

static int end(void **state)
{
	free(*state);
	tool_folder_remove();
	return 0;
}

/* Cell `column` of the line of results.csv that starts with `start`. */
static void cell(const char *dir, const char *start, const char *column, char out[200])
{
	char *text = tool_read(tool_path("%s/grid/results.csv", dir)), *line = text;
	int at = 0;

	const char *head = strstr(text, column);
	assert_non_null(head);
	for (const char *c = text; c < head; c++)
		at += *c == ',';
	while (line && strncmp(line, start, strlen(start)) != 0) {
		line = strchr(line, '\n');
		line = line ? line + 1 : NULL;
	}
	if (!line)
		fail_msg("no line %s in\n%s", start, text);
	for (; at; at--) {
		line += strcspn(line, ",\n");
		assert_int_equal(*line, ',');
		line++;
	}
	snprintf(out, 200, "%.*s", (int)strcspn(line, ",\n"), line);
	free(text);
}

static const char *const starts[] = { "clear,1,", "quotient,1,", "clear,2,", "quotient,2," };

static void assert_all_done(const char *dir)
{
	char status[200];

	for (int i = 0; i < 4; i++) {
		cell(dir, starts[i], "status", status);
		assert_string_equal(status, "done");
	}
}

static unsigned lines_of(const char *path)
{
	char *text = tool_read(path);
	unsigned n = 0;

	for (const char *c = text; (c = strchr(c, '\n')); c++)
		n++;
	free(text);
	return n;
}

/* ---- what it leaves ---- */

static void test_results(void **state)
{
	char a[200], b[200], c[200];

	assert_all_done("sweeps");
	cell("sweeps", starts[0], "weights_sha256", a);
	cell("sweeps", starts[1], "weights_sha256", b);
	cell("sweeps", starts[2], "weights_sha256", c);
	assert_int_equal(strlen(a), 64);
	assert_string_equal(a, b); /* secure equals clear */
	assert_string_not_equal(a, c);
	cell("sweeps", starts[0], "bytes_sent", a);
	cell("sweeps", starts[1], "bytes_sent", b);
	assert_string_equal(a, "0");
	assert_true(atoll(b) > 0);
	/* Two axes, four runs, two epochs each, and the head. */
	assert_int_equal(lines_of(tool_path("sweeps/grid/curves.csv")), 1 + 4 * 2);
	/* Line 1 is security, of every protocol; the table has a line for each. */
	const char *out = *state, *semi_honest = strstr(out, "security: semi-honest");
	assert_non_null(strstr(out, "security: none"));
	assert_non_null(semi_honest);
	assert_true(semi_honest < strstr(out, "sweep: 4 runs (2 seeds)"));
	assert_non_null(strstr(out, "\n  quotient "));
	assert_non_null(strstr(out, "accuracy in %, by epoch"));
}

static void test_folders(void **state)
{
	char folder[200];

	(void)state;
	for (int i = 0; i < 4; i++) {
		cell("sweeps", starts[i], "folder", folder);
		char *summary = tool_read(tool_path("sweeps/grid/%s/summary.json", folder));
		assert_string_equal(tool_json_get(summary, "name"), "grid");
		assert_int_equal(strlen(tool_json_get(summary, "sha256")), 64); /* of a plugin */
		tool_json_get(summary, "commit");
		assert_true(*tool_json_get(summary, "compiler"));
		free(summary);
		assert_int_equal(lines_of(tool_path("sweeps/grid/%s/metrics.jsonl", folder)), 6);
	}
	assert_int_equal(tool_entries(tool_path("sweeps/grid"), NULL), 4 + 4);
	char *page = tool_read(tool_path("sweeps/grid/report.html"));
	assert_non_null(strstr(page, "<title>grid</title>"));
	assert_null(strstr(page, "src="));
	free(page);
}

/* ---- again ---- */

static void test_done_is_not_run_again(void **state)
{
	char folder[200];

	(void)state;
	cell("sweeps", starts[1], "folder", folder);
	char *before = tool_read(tool_path("sweeps/grid/%s/summary.json", folder));
	struct tool_result r = sweep("sweeps", NULL, 0);
	assert_non_null(strstr(r.out, "4 of them done already"));
	assert_string_equal(r.err, "");
	assert_non_null(strstr(r.out, "\n  quotient "));
	char *after = tool_read(tool_path("sweeps/grid/%s/summary.json", folder));
	assert_string_equal(before, after); /* times are in it */
	free(before);
	free(after);
	tool_free(&r);
}

/* What an interrupted run left must not be in the files of the next. */
static void test_half_a_run(void **state)
{
	char folder[200];

	(void)state;
	cell("sweeps", starts[3], "folder", folder);
	assert_int_equal(unlink(tool_path("sweeps/grid/%s/summary.json", folder)), 0);
	struct tool_result r = sweep("sweeps", NULL, 0);
	assert_non_null(strstr(r.out, "3 of them done already"));
	assert_non_null(strstr(r.err, "[4/4] quotient, seed 2"));
	assert_null(strstr(r.err, "[3/4]"));
	assert_int_equal(lines_of(tool_path("sweeps/grid/%s/metrics.jsonl", folder)), 6);
	assert_all_done("sweeps");
	tool_free(&r);

	/* A summary that is none is none. */
	tool_write_text(tool_path("sweeps/grid/%s/summary.json", folder), "{\"name\": \"grid\"");
	r = sweep("sweeps", NULL, 0);
	assert_non_null(strstr(r.out, "3 of them done already"));
	tool_free(&r);
}

static void test_a_change_is_another_experiment(void **state)
{
	char before[200], after[200];

	(void)state;
	cell("sweeps", starts[0], "folder", before);
	struct tool_result r = sweep("sweeps", "train.batch=20", 0);
	assert_null(strstr(r.out, "already"));
	tool_free(&r);
	cell("sweeps", starts[0], "folder", after);
	assert_string_not_equal(before, after);
	r = sweep("sweeps", NULL, 0); /* the earlier ones are still there */
	assert_non_null(strstr(r.out, "4 of them done already"));
	tool_free(&r);
}

static void test_killed_and_gone_on(void **state)
{
	const char *args[] = { yaml(),  "--reveal-model",   "--set", tiny_output("killed"),
			       "--set", "train.epochs=200", "--set", "train.evaluate=end",
			       NULL };
	const char *short_args[] = {
		yaml(),  "--reveal-model",       "--set", tiny_output("killed"),
		"--set", "train.epochs=200",     "--set", "train.evaluate=end",
		"--set", "sweep.train.seed=[1]", NULL
	};
	struct tool t = { 0 };
	pid_t runs[8];
	int polls = 0, n = 0;

	(void)state;
	tool_start(&t, "quotient-run", args);
	/* The lock, three files of results, and the folder of the second run. */
	while (tool_entries(tool_path("killed/grid"), NULL) < 6)
		tool_poll(&polls);
	n = tool_children(t.pid, runs, 8);
	kill(t.pid, SIGKILL);
	struct tool_result r = tool_wait(&t);
	assert_int_equal(r.status, 128 + SIGKILL);
	tool_free(&r);
	for (int i = 0; i < n; i++)
		while (tool_is_alive(runs[i]))
			tool_poll(&polls);
	r = tool_run("quotient-run", short_args);
	tool_assert_status(&r, 0);
	assert_non_null(strstr(r.out, "sweep: 2 runs (1 seed), 1 of them done already"));
	assert_non_null(strstr(r.err, "[2/2] quotient, seed 1"));
	tool_free(&r);
}

static void test_two_at_once(void **state)
{
	static const char *const parts[] = { "another quotient-run is at this sweep", NULL };
	const char *args[] = { yaml(), "--reveal-model", "--set", tiny_output("sweeps"), NULL };

	(void)state;
	int fd = open(tool_path("sweeps/grid/.lock"), O_RDWR | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(flock(fd, LOCK_EX), 0);
	struct tool_result r = tool_run("quotient-run", args);
	tool_assert_refused(&r, 1, parts);
	tool_free(&r);
	close(fd);
}

/* ---- what goes wrong ---- */

static void test_others_go_on(void **state)
{
	char status[200];

	(void)state;
	tool_write_text(
		tool_path("some.yaml"), DATA MODEL TRAIN
		"name: grid\nprotocol: {use: clear}\nsweep:\n  which:\n"
		"    - {name: bad, set: {data: {use: idx, train: [no, no], test: [no, no], classes: 10}}}\n"
		"    - {name: good}\n");
	const char *args[] = { tool_path("some.yaml"), "--set", tiny_output("some"), "--json",
			       NULL };
	struct tool_result r = tool_run("quotient-run", args);
	tool_assert_status(&r, 2);
	assert_non_null(strstr(r.err, "quotient-run: 1 of 2 runs failed; bad: "));
	assert_int_equal(r.out[0], '{'); /* nothing but JSON */
	assert_string_equal(tool_json_get(r.out, "runs_failed"), "1");
	assert_string_equal(tool_json_get(r.out, "runs_done"), "1");
	cell("some", "bad", "status", status);
	assert_string_equal(status, "failed");
	cell("some", "good", "status", status);
	assert_string_equal(status, "done");
	tool_free(&r);
}

/* Edited while it runs: what comes later is not what the folders are named for. */
static void test_changed_meanwhile(void **state)
{
	const char *path = tool_path("edited.yaml");
	char text[2000];
	int polls = 0;

	(void)state;
	snprintf(text, sizeof text, "%sname: grid\nsweep: {train.batch: [16, 20]}\n",
		 DATA MODEL "train: {epochs: 100, evaluate: end}\n");
	tool_write_text(path, text);
	const char *args[] = { path, "--set", tiny_output("edited"), NULL };
	struct tool t = { 0 };
	tool_start(&t, "quotient-run", args);
	while (tool_entries(tool_path("edited/grid"), NULL) < 2)
		tool_poll(&polls);
	path = tool_path("edited.yaml");
	tool_write_text(path, strcat(text, "protocol: {use: clear}\n"));
	struct tool_result r = tool_wait(&t);
	tool_assert_status(&r, 1);
	assert_non_null(strstr(r.err, "1 of 2 runs failed; batch 20: "));
	assert_non_null(strstr(r.err, "has changed since the sweep began; run the command again"));
	tool_free(&r);
}

static const struct refusal refusals[] = {
	{ "unknown key in a sweep", .yaml = GOOD "sweep:\n  train.sede: [1, 2]\n",
	  .parts = { "bad.yaml:6: ", "unknown key 'sede' in train", "did you mean 'seed'" } },
	{ "the last point alone is wrong", .yaml = GOOD "sweep: {train.batch: [16, 32, 0]}\n",
	  .parts = { "bad.yaml:5: ", "train.batch", "'0'" } },
	{ "a value for a list", .yaml = GOOD "sweep: {train.seed: 1}\n",
	  .parts = { "bad.yaml:5: ", "wants a list" } },
	{ "a sweep over two machines", .yaml = GOOD "sweep: {train.seed: [1]}\n",
	  .args = { "--set", "network={mode: listen, address: 127.0.0.1:1}" },
	  .parts = { "bad.yaml is a sweep", "this machine" } },
	{ "the same twice",
	  .yaml = GOOD "sweep: {m: [{name: a, set: {train.seed: 2}}, {name: b}]}\n",
	  .args = { "--set", "train.seed=3" },
	  .parts = { "the points 'a' and 'b' are the same experiment", "--set" },
	  .run_only = true },
};

static void test_refusals(void **state)
{
	(void)state;
	REFUSE(refusals);
}

static void test_check(void **state)
{
	const char *args[] = { yaml(), NULL };
	struct tool_result r = tool_run("quotient-check", args);

	(void)state;
	tool_assert_status(&r, 0);
	assert_non_null(strstr(r.out, "a sweep of 4 runs"));
	assert_non_null(strstr(r.out, "quotient, seed 1"));
	assert_null(strstr(r.out, "seed 2")); /* costs the same */
	tool_free(&r);
}

static void test_report_of_one_run(void **state)
{
	const char *args[] = { yaml(),     "--set",   "sweep=null", "--set", tiny_output("one"),
			       "--report", "--quiet", NULL };
	struct results one;
	char path[1100];

	(void)state;
	results_look(&one, tool_run("quotient-run", args), "one");
	snprintf(path, sizeof path, "%s/report.html", one.folder);
	assert_true(tool_exists(path));
	snprintf(path, sizeof path, "%s/results.csv", one.folder);
	assert_int_equal(lines_of(path), 2);
	results_forget(&one);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_results),
		cmocka_unit_test(test_folders),
		cmocka_unit_test(test_done_is_not_run_again),
		cmocka_unit_test(test_half_a_run),
		cmocka_unit_test(test_a_change_is_another_experiment),
		cmocka_unit_test(test_killed_and_gone_on),
		cmocka_unit_test(test_two_at_once),
		cmocka_unit_test(test_others_go_on),
		cmocka_unit_test(test_changed_meanwhile),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_check),
		cmocka_unit_test(test_report_of_one_run),
	};
	return cmocka_run_group_tests(tests, begin, end);
}
