/* SPDX-License-Identifier: Apache-2.0 */
/* quotient-run and quotient-check on one machine, from outside: what they print and what they
 * leave. */
#include "results.h"

#include <fcntl.h>
#include <unistd.h>

#include "store/modelshare.h"

/* Two runs that most tests look at. */
static struct results secure, clear;

static int begin(void **state)
{
	(void)state;
	tool_folder_new();
	tiny_write();
	results_run(&secure, "secure", tiny_yaml(), NULL);
	results_run(&clear, "clear", tiny_yaml(), "protocol={use: clear}");
	return 0;
}

static int end(void **state)
{
	(void)state;
	results_forget(&secure);
	results_forget(&clear);
	tool_folder_remove();
	return 0;
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
	results_assert_equal(secure.summary, clear.summary, "weights_sha256");
	results_assert_equal(secure.summary, clear.summary, "test_accuracy");
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

static void test_folder_holds_the_results(void **state)
{
	static const char *const names[] = { "summary.json",         "metrics.jsonl",
					     "config.resolved.yaml", "model.party0.share",
					     "model.party1.share",   "model.npz" };

	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		free(results_file(&secure, names[i]));
	assert_int_equal(tool_entries(secure.folder, NULL), 6);

	/* Four steps and two evaluations, a line each. */
	char *metrics = results_file(&secure, "metrics.jsonl");
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
	struct results again;

	(void)state;
	snprintf(path, sizeof path, "%s/config.resolved.yaml", secure.folder);
	results_run(&again, "again", path, NULL);
	results_assert_equal(again.summary, secure.summary, "weights_sha256");
	results_assert_equal(again.summary, secure.summary, "bytes_sent");
	results_assert_equal(again.summary, secure.summary, "name");
	char *a = results_file(&secure, "config.resolved.yaml"),
	     *b = results_file(&again, "config.resolved.yaml");
	char *dir_a = strstr(a, "output:"), *dir_b = strstr(b, "output:");
	assert_true(dir_a && dir_b);
	*dir_a = *dir_b = 0;
	assert_string_equal(a, b);
	free(a);
	free(b);
	results_forget(&again);
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
	const char *args[] = { tiny_yaml(), "--set", tiny_output("hidden"),
			       "--quiet",   "--set", "train.max_steps=1",
			       NULL };
	struct results hidden;
	char path[1100];

	(void)state;
	results_look(&hidden, tool_run("quotient-run", args), "hidden");
	assert_string_equal(tool_json_get(hidden.summary, "weights_sha256"), "null");
	snprintf(path, sizeof path, "%s/model.npz", hidden.folder);
	assert_false(tool_exists(path));
	snprintf(path, sizeof path, "%s/model.party1.share", hidden.folder);
	assert_true(tool_exists(path));
	results_forget(&hidden);
}

static void test_json_prints_only_json(void **state)
{
	const char *args[] = { tiny_yaml(),         "--set", tiny_output("json"), "--json", "--set",
			       "train.max_steps=1", NULL };
	struct results l;

	(void)state;
	results_look(&l, tool_run("quotient-run", args), "json");
	size_t n = strlen(l.summary);
	assert_int_equal(l.printed.out[0], '{');
	assert_memory_equal(l.printed.out, l.summary, n);
	assert_string_equal(l.printed.out + n, l.summary[n - 1] == '\n' ? "" : "\n");
	assert_non_null(strstr(l.printed.err, "security: semi-honest"));
	results_forget(&l);
}

static void test_progress_lines(void **state)
{
	const char *args[] = { tiny_yaml(), "--set", tiny_output("progress"), NULL };
	struct tool_result r = tool_run("quotient-run", args);

	(void)state;
	tool_assert_status(&r, 0);
	assert_non_null(strstr(r.err, "epoch 1/2"));
	assert_non_null(strstr(r.err, "ETA"));
	assert_null(strchr(r.err, '\r')); /* not a terminal: plain lines */
	assert_non_null(strstr(r.out, "test accuracy"));
	tool_free(&r);
}

static void close_streams(void)
{
	close(STDIN_FILENO);
	close(STDOUT_FILENO);
	close(STDERR_FILENO);
}

/* Started without standard streams: nothing that it would print ends in a file or at the peer. */
static void test_closed_streams(void **state)
{
	const char *args[] = { tiny_yaml(), "--reveal-model", "--set", tiny_output("closed"),
			       NULL };
	struct tool t = { .prepare = close_streams };
	struct results l;

	(void)state;
	tool_start(&t, "quotient-run", args);
	results_look(&l, tool_wait(&t), "closed");
	results_assert_equal(l.summary, secure.summary, "weights_sha256");
	assert_int_equal(tool_entries(l.folder, NULL), 6);
	char *metrics = results_file(&l, "metrics.jsonl");
	for (const char *line = metrics; *line; line = strchr(line, '\n') + 1)
		assert_int_equal(line[0], '{');
	free(metrics);
	results_forget(&l);
}

static void fill_output(void)
{
	int fd = open("/dev/full", O_WRONLY);

	dup2(fd, STDOUT_FILENO);
}

static void test_full_output(void **state)
{
	static const char *const parts[] = { "standard output: cannot write: No space", NULL };
	const char *check[] = { tiny_yaml(), NULL }, *json[] = { tiny_yaml(), "--json", NULL };
	const char *run_json[] = { tiny_yaml(), "--json", "--set", tiny_output("full"), NULL };

	(void)state;
	for (int i = 0; i < 3; i++) {
		struct tool t = { .prepare = fill_output };
		tool_start(&t, i < 2 ? "quotient-check" : "quotient-run",
			   i == 0   ? check
			   : i == 1 ? json
				    : run_json);
		struct tool_result r = tool_wait(&t);
		if (i < 2)
			tool_assert_refused(&r, 1, parts);
		tool_assert_status(&r, 1);
		tool_free(&r);
	}
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
		const char *args[] = {
			tiny_yaml(), "--json", "--reveal-model", "--set", owner, NULL
		};
		struct tool_result foreseen = tool_run("quotient-check", args);
		struct results l;
		char dir[32];
		tool_assert_status(&foreseen, 0);
		snprintf(dir, sizeof dir, "owner-%d", i);
		results_run(&l, dir, tiny_yaml(), owner);
		for (size_t k = 0; k < sizeof keys / sizeof *keys; k++)
			results_assert_equal(foreseen.out, l.summary, keys[k]);
		results_assert_equal(l.summary, secure.summary,
				     "weights_sha256"); /* whoever brings the data */
		tool_free(&foreseen);
		results_forget(&l);
	}
}

static void test_check_for_people(void **state)
{
	const char *args[] = { tiny_yaml(), NULL };
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

static size_t occurrences(const char *text, const char *part)
{
	size_t n = 0;

	for (const char *at = text; (at = strstr(at, part)); at += strlen(part))
		n++;
	return n;
}

/* Of every choice of engines one is configured, whose figures are the forecast's own, and one is
 * fastest; over a thin link that is not the one whose tables take most bytes. */
static void test_choices(void **state)
{
	const char *args[] = { tiny_yaml(), "--json",
			       "--set",     "network={bandwidth: 100kB/s}",
			       "--set",     "train={max_steps: 2, evaluate: end}",
			       NULL };
	const char *in_clear[] = { tiny_yaml(), "--json", "--set", "protocol={use: clear}", NULL };
	struct tool_result r = tool_run("quotient-check", args);

	(void)state;
	tool_assert_status(&r, 0);
	assert_int_equal(occurrences(r.out, "\"configured\": true"), 1);
	assert_int_equal(occurrences(r.out, "\"fastest\": true"), 1);
	assert_true(occurrences(r.out, "\"configured\": false") >= 8);
	const char *own = strstr(r.out, "\"configured\": true");
	while (strncmp(own, "\"ot\"", 4) != 0)
		own--;
	results_assert_equal(own, r.out, "bytes_sent");
	results_assert_equal(own, r.out, "rounds");
	const char *best = strstr(r.out, "\"fastest\": true");
	while (strncmp(best, "\"circuits\"", 10) != 0)
		best--;
	assert_true(strncmp(best, "\"circuits\": \"yao\"", 17) != 0);
	tool_free(&r);
	r = tool_run("quotient-check", in_clear);
	tool_assert_status(&r, 0);
	assert_null(strstr(r.out, "\"configured\""));
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
		cmocka_unit_test(test_closed_streams),
		cmocka_unit_test(test_full_output),
		cmocka_unit_test(test_forecast_is_exact),
		cmocka_unit_test(test_check_for_people),
		cmocka_unit_test(test_choices),
		cmocka_unit_test(test_help),
	};
	return cmocka_run_group_tests(tests, begin, end);
}
