/* SPDX-License-Identifier: Apache-2.0 */
/* quotient-run and quotient-check from outside: what they print, what they leave, two processes, a
 * killed party. */
#include "tool.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "train/modelshare.h"

static const char experiment[] = "name: tiny\n"
				 "data: {use: digits, size: 8, train_rows: 40, test_rows: 20}\n"
				 "model:\n"
				 "  - {use: fc, out: 8}\n"
				 "  - {use: fc, out: 10}\n"
				 "train: {epochs: 2, batch: 16, seed: 3, optimizer: {use: "
				 "amsgrad}, quantizer: {use: npow}}\n"
				 "protocol: {use: quotient, ot: {use: iknp}, circuits: {use: yao, "
				 "gc: {use: halfgates}}, products: {use: cot}}\n";

/* Two runs that most tests look at: both under --reveal-model --quiet. */
static struct left {
	char folder[1000];
	char *summary;
	struct tool_result printed;
} secure, clear;

static const char *yaml(void)
{
	return tool_path("tiny.yaml");
}

/* "output.dir=<folder>/<name>" for --set. */
static const char *output(const char *name)
{
	static char set[8][1100];
	static int turn;
	char *out = set[turn++ % 8];

	snprintf(out, sizeof set[0], "output.dir=%s", tool_path("%s", name));
	return out;
}

/* Look at the one folder of a run that has ended well. */
static void look(struct left *l, struct tool_result printed, const char *dir)
{
	char path[1100];

	l->printed = printed;
	tool_assert_status(&printed, 0);
	assert_int_equal(tool_entries(tool_path("%s", dir), l->folder), 1);
	snprintf(path, sizeof path, "%s/summary.json", l->folder);
	l->summary = tool_read(path);
}

static void forget(struct left *l)
{
	tool_free(&l->printed);
	free(l->summary);
	l->summary = NULL;
}

static void run(struct left *l, const char *dir, const char *file, const char *set)
{
	const char *args[] = { file,        "--set",
			       output(dir), "--reveal-model",
			       "--quiet",   set ? "--set" : NULL,
			       set,         NULL };

	look(l, tool_run("quotient-run", args), dir);
}

static int begin(void **state)
{
	(void)state;
	tool_folder_new();
	tool_write_text(yaml(), experiment);
	run(&secure, "secure", yaml(), NULL);
	run(&clear, "clear", yaml(), "protocol={use: clear}");
	return 0;
}

static int end(void **state)
{
	(void)state;
	forget(&secure);
	forget(&clear);
	tool_folder_remove();
	return 0;
}

static void assert_equal_values(const char *a, const char *b, const char *key)
{
	assert_string_equal(tool_json_get(a, key), tool_json_get(b, key));
}

/* ---- one run ---- */

static void test_first_line_is_security(void **state)
{
	(void)state;
	char *end_of_line = strchr(secure.printed.out, '\n');
	assert_non_null(end_of_line);
	const char *semi_honest = strstr(secure.printed.out, "semi-honest"),
		   *kappa = strstr(secure.printed.out, "kappa = 128");
	assert_true(semi_honest && semi_honest < end_of_line);
	assert_true(kappa && kappa < end_of_line);
	assert_non_null(strstr(clear.printed.out, "security: none"));
	assert_string_equal(secure.printed.err, "");
}

static void test_secure_equals_clear(void **state)
{
	(void)state;
	assert_int_equal(strlen(tool_json_get(clear.summary, "weights_sha256")), 64);
	assert_equal_values(secure.summary, clear.summary, "weights_sha256");
	assert_equal_values(secure.summary, clear.summary, "test_accuracy");
	assert_string_equal(tool_json_get(secure.summary, "steps"), "4");
	assert_non_null(
		strstr(secure.printed.out, tool_json_get(secure.summary, "weights_sha256")));
}

static void test_summary_has_every_field(void **state)
{
	static const char *const keys[] = { "name",
					    "protocol",
					    "components",
					    "seed",
					    "epochs",
					    "steps",
					    "batch",
					    "train_seconds",
					    "setup_seconds",
					    "test_accuracy",
					    "test_accuracy_per_epoch",
					    "bytes_sent",
					    "bytes_sent_party0",
					    "bytes_sent_party1",
					    "rounds",
					    "peak_rss_bytes",
					    "weights_sha256",
					    "phases",
					    "seconds",
					    "bytes" };

	(void)state;
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
		tool_json_get(secure.summary, keys[i]);
		tool_json_get(clear.summary, keys[i]);
	}
	assert_string_equal(tool_json_get(secure.summary, "name"), "tiny");
	assert_string_equal(tool_json_get(secure.summary, "protocol"), "quotient");
	assert_string_equal(tool_json_get(secure.summary, "seed"), "3");
	assert_string_equal(tool_json_get(secure.summary, "epochs"), "2");
	assert_string_equal(tool_json_get(secure.summary, "batch"), "16");
	assert_string_equal(tool_json_get(clear.summary, "bytes_sent"), "0");
	long long both = atoll(tool_json_get(secure.summary, "bytes_sent"));
	assert_true(both > 0);
	assert_int_equal(both, atoll(tool_json_get(secure.summary, "bytes_sent_party0")) +
				       atoll(tool_json_get(secure.summary, "bytes_sent_party1")));
}

static char *file_of(const struct left *l, const char *name)
{
	char path[1100];

	snprintf(path, sizeof path, "%s/%s", l->folder, name);
	return tool_read(path);
}

static void test_folder_holds_the_results(void **state)
{
	static const char *const names[] = { "summary.json",         "metrics.jsonl",
					     "config.resolved.yaml", "model.party0.share",
					     "model.party1.share",   "model.npz" };

	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		free(file_of(&secure, names[i]));
	assert_int_equal(tool_entries(secure.folder, NULL), 6);

	/* Four steps and two evaluations, a line each. */
	char *metrics = file_of(&secure, "metrics.jsonl");
	size_t lines = 0;
	for (const char *c = metrics; (c = strchr(c, '\n')); c++)
		lines++;
	assert_int_equal(lines, 6);
	assert_string_equal(tool_json_get(metrics, "step"), "1");
	free(metrics);
}

static void test_resolved_config_runs_again(void **state)
{
	char path[1100];
	struct left again;

	(void)state;
	snprintf(path, sizeof path, "%s/config.resolved.yaml", secure.folder);
	run(&again, "again", path, NULL);
	assert_equal_values(again.summary, secure.summary, "weights_sha256");
	assert_equal_values(again.summary, secure.summary, "bytes_sent");
	assert_equal_values(again.summary, secure.summary, "name");
	char *a = file_of(&secure, "config.resolved.yaml"),
	     *b = file_of(&again, "config.resolved.yaml");
	char *dir_a = strstr(a, "output:"), *dir_b = strstr(b, "output:");
	assert_true(dir_a && dir_b);
	*dir_a = *dir_b = 0;
	assert_string_equal(a, b);
	free(a);
	free(b);
	forget(&again);
}

/* XOR of both files, digested as summary.json digests the revealed weights. */
static void test_shares_make_the_weights(void **state)
{
	quo_err err = QUO_ERR_INIT;
	quo_model_share share[2];
	uint8_t weights[8 * 64 + 80], digest[32];
	char path[1100], hex[65];
	size_t n = 0;

	(void)state;
	for (int i = 0; i < 2; i++) {
		snprintf(path, sizeof path, "%s/model.party%d.share", secure.folder, i);
		quo_test_ok(quo_model_share_load(path, &share[i], &err));
		assert_int_equal(share[i].party, i);
		assert_int_equal(share[i].n_layers, 2);
	}
	assert_memory_equal(share[0].id, share[1].id, sizeof share[0].id);
	bool alone = true;
	for (uint32_t k = 0; k < 2; k++) {
		const quo_model_layer *a = &share[0].layers[k], *b = &share[1].layers[k];
		size_t cells = (size_t)a->rows * a->cols, words = (cells + 63) / 64;
		assert_int_equal(a->width, 8);
		assert_true(n + cells <= sizeof weights);
		for (size_t e = 0; e < cells; e++) {
			uint64_t value = 0;
			for (uint32_t p = 0; p < a->width; p++) {
				size_t at = p * words + e / 64;
				value |= ((a->planes[at] ^ b->planes[at]) >> (e % 64) & 1) << p;
				alone = alone && !b->planes[at];
			}
			weights[n++] = (uint8_t)value;
		}
	}
	assert_false(alone); /* party 0 alone does not have them */
	assert_int_equal(n, sizeof weights);
	quo_sha256(weights, n, digest);
	for (unsigned i = 0; i < 32; i++)
		snprintf(hex + 2 * i, 3, "%02x", digest[i]);
	assert_string_equal(hex, tool_json_get(secure.summary, "weights_sha256"));
	quo_model_share_free(&share[0]);
	quo_model_share_free(&share[1]);
}

static void test_no_reveal_no_weights(void **state)
{
	const char *args[] = { yaml(),    "--set", output("hidden"),
			       "--quiet", "--set", "train.max_steps=1",
			       NULL };
	struct left hidden;
	char path[1100];

	(void)state;
	look(&hidden, tool_run("quotient-run", args), "hidden");
	assert_string_equal(tool_json_get(hidden.summary, "weights_sha256"), "null");
	snprintf(path, sizeof path, "%s/model.npz", hidden.folder);
	assert_false(tool_exists(path));
	snprintf(path, sizeof path, "%s/model.party1.share", hidden.folder);
	assert_true(tool_exists(path));
	forget(&hidden);
}

static void test_json_prints_only_json(void **state)
{
	const char *args[] = { yaml(),   "--set", output("json"),
			       "--json", "--set", "train.max_steps=1",
			       NULL };
	struct left l;

	(void)state;
	look(&l, tool_run("quotient-run", args), "json");
	size_t n = strlen(l.summary);
	assert_int_equal(l.printed.out[0], '{');
	assert_memory_equal(l.printed.out, l.summary, n);
	assert_string_equal(l.printed.out + n, l.summary[n - 1] == '\n' ? "" : "\n");
	assert_non_null(strstr(l.printed.err, "security: semi-honest"));
	forget(&l);
}

static void test_progress_lines(void **state)
{
	const char *args[] = { yaml(), "--set", output("progress"), NULL };
	struct tool_result r = tool_run("quotient-run", args);

	(void)state;
	tool_assert_status(&r, 0);
	assert_non_null(strstr(r.err, "epoch 1/2"));
	assert_non_null(strstr(r.err, "ETA"));
	assert_null(strchr(r.err, '\r')); /* not a terminal: plain lines */
	assert_non_null(strstr(r.out, "test accuracy"));
	tool_free(&r);
}

/* ---- the forecast ---- */

static void test_forecast_is_exact(void **state)
{
	static const char *const keys[] = { "bytes_sent", "bytes_sent_party0", "bytes_sent_party1",
					    "rounds", "steps" };

	(void)state;
	for (int i = 0; i < 3; i++) {
		const char *owner = i == 0   ? "data.owner=dealer"
				    : i == 1 ? "data.owner=0"
					     : "data.owner=1";
		const char *args[] = { yaml(), "--json", "--reveal-model", "--set", owner, NULL };
		struct tool_result foreseen = tool_run("quotient-check", args);
		struct left l;
		char dir[32];
		tool_assert_status(&foreseen, 0);
		snprintf(dir, sizeof dir, "owner-%d", i);
		run(&l, dir, yaml(), owner);
		for (size_t k = 0; k < sizeof keys / sizeof *keys; k++)
			assert_equal_values(foreseen.out, l.summary, keys[k]);
		assert_equal_values(l.summary, secure.summary,
				    "weights_sha256"); /* whoever brings the data */
		tool_free(&foreseen);
		forget(&l);
	}
}

static void test_check_for_people(void **state)
{
	const char *args[] = { yaml(), NULL };
	struct tool_result r = tool_run("quotient-check", args);
	static const char *const parts[] = { "layer 1 fc", "layer 2 fc", "rounds",     "bytes",
					     "memory",     "time",       "40 training" };

	(void)state;
	tool_assert_status(&r, 0);
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
		assert_non_null(strstr(r.out, parts[i]));
	assert_string_equal(r.err, "");
	tool_free(&r);
}

/* ---- two processes ---- */

static void start_pair(struct tool pair[2], const char *dir, const char *set)
{
	char address[32];

	snprintf(address, sizeof address, "127.0.0.1:%d", tool_free_port());
	for (int i = 0; i < 2; i++) {
		char name[40];
		snprintf(name, sizeof name, "%s-%d", dir, i);
		const char *args[] = { yaml(),        "--party",
				       i ? "1" : "0", i ? "--connect" : "--listen",
				       address,       "--set",
				       output(name),  "--reveal-model",
				       "--quiet",     set ? "--set" : NULL,
				       set,           NULL };
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
			struct left l;
			char name[40], path[1100];
			snprintf(name, sizeof name, "%s-%d", dir, i);
			look(&l, tool_wait(&pair[i]), name);
			assert_equal_values(l.summary, clear.summary, "weights_sha256");
			assert_equal_values(l.summary, clear.summary, "test_accuracy");
			if (o == 0) { /* the forecast and local mode start behind the handshake and
					 the data */
				assert_equal_values(l.summary, secure.summary, "rounds");
				assert_equal_values(l.summary, secure.summary, "bytes_sent_party0");
				assert_equal_values(l.summary, secure.summary, "bytes_sent_party1");
			}
			/* Its own share and not the other's. */
			snprintf(path, sizeof path, "%s/model.party%d.share", l.folder, i);
			assert_true(tool_exists(path));
			snprintf(path, sizeof path, "%s/model.party%d.share", l.folder, 1 - i);
			assert_false(tool_exists(path));
			assert_string_equal(l.printed.err, "");
			forget(&l);
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
	struct tool_result none = { 0 };

	(void)none;
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
		const char *args[] = { yaml(), "--set", output(cases[i].dir), "--quiet", "--set",
				       LONG,   NULL };
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
	static const char *const parts[] = { "the other party", "closed the connection", NULL };

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
		tool_assert_refused(&other, 1, parts);
		assert_nothing_half_written(folder);
		tool_free(&dead);
		tool_free(&other);
	}
}

/* The parties do not outlive the command. */
static void test_killed_parent(void **state)
{
	const char *args[] = { yaml(), "--set", output("parent"), "--quiet", "--set", LONG, NULL };
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
	tool_free(&r);
}

/* ---- --help and --version ---- */

static void test_help(void **state)
{
	static const char *const tools[] = { "quotient-run", "quotient-check", "quotient-plugins" };
	static const char *const help[] = { "--help", NULL }, *const version[] = { "--version",
										   NULL };

	(void)state;
	for (size_t i = 0; i < sizeof tools / sizeof *tools; i++) {
		struct tool_result r = tool_run(tools[i], help);
		tool_assert_status(&r, 0);
		assert_non_null(strstr(r.out, "Usage: "));
		assert_non_null(strstr(r.out, "Example"));
		assert_string_equal(r.err, "");
		tool_free(&r);
		r = tool_run(tools[i], version);
		tool_assert_status(&r, 0);
		assert_memory_equal(r.out, tools[i], strlen(tools[i]));
		tool_free(&r);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_first_line_is_security),
		cmocka_unit_test(test_secure_equals_clear),
		cmocka_unit_test(test_summary_has_every_field),
		cmocka_unit_test(test_folder_holds_the_results),
		cmocka_unit_test(test_resolved_config_runs_again),
		cmocka_unit_test(test_shares_make_the_weights),
		cmocka_unit_test(test_no_reveal_no_weights),
		cmocka_unit_test(test_json_prints_only_json),
		cmocka_unit_test(test_progress_lines),
		cmocka_unit_test(test_forecast_is_exact),
		cmocka_unit_test(test_check_for_people),
		cmocka_unit_test(test_two_processes),
		cmocka_unit_test(test_killed_child),
		cmocka_unit_test(test_killed_peer),
		cmocka_unit_test(test_killed_parent),
		cmocka_unit_test(test_help),
	};
	return cmocka_run_group_tests(tests, begin, end);
}
