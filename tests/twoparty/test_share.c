/* SPDX-License-Identifier: Apache-2.0 */
/* quotient-share: files for two servers; runs from them give what runs from the data give. */
#include "refusal.h"
#include "results.h"

static struct results direct; /* a run from the data themselves */
static char files[1100];      /* "data={use: shares, files: ..}" */

static void share(const char *const *args)
{
	struct tool_result r = tool_run("quotient-share", args);

	tool_assert_status(&r, 0);
	assert_string_equal(r.err, "");
	tool_free(&r);
}

static void share_tiny(const char *name)
{
	share((const char *const[]){ tiny_yaml(), "--out", tool_path("%s", name), NULL });
}

static int begin(void **state)
{
	(void)state;
	tool_folder_new();
	tiny_write();
	results_run(&direct, "direct", tiny_yaml(), NULL);
	share_tiny("data");
	snprintf(files, sizeof files, "data={use: shares, files: %s}", tool_path("data"));
	return 0;
}

static int end(void **state)
{
	(void)state;
	results_forget(&direct);
	tool_folder_remove();
	return 0;
}

static void assert_same(struct results *l)
{
	results_assert_equal(l->summary, direct.summary, "weights_sha256");
	results_assert_equal(l->summary, direct.summary, "test_accuracy");
	results_forget(l);
}

static void test_local(void **state)
{
	struct results l;

	(void)state;
	results_run(&l, "local", tiny_yaml(), files);
	results_assert_equal(l.summary, direct.summary, "bytes_sent_party0");
	assert_same(&l);
	const char *clear[] = {
		tiny_yaml(), "--set", tiny_output("clear"),    "--quiet", "--set",
		files,       "--set", "protocol={use: clear}", "--set",   "protocol.use=clear",
		NULL
	};
	results_look(&l, tool_run("quotient-run", clear), "clear");
	assert_same(&l);
	const char *verify[] = { tiny_yaml(), "--set",    tiny_output("verify"), "--quiet", "--set",
				 files,       "--verify", "--reveal-model",      NULL };
	results_look(&l, tool_run("quotient-run", verify), "verify");
	assert_same(&l);
}

/* Every party has its own file and not the other's. */
static void start_pair(struct tool pair[2], const char *dir, const char *const name[2])
{
	static char set[2][1100];
	char address[32];

	snprintf(address, sizeof address, "127.0.0.1:%d", tool_free_port());
	for (int i = 0; i < 2; i++) {
		char folder[40];
		snprintf(folder, sizeof folder, "%s-%d", dir, i);
		snprintf(set[i], sizeof set[i], "data={use: shares, files: %s}",
			 tool_path("%s", name[i]));
		const char *args[] = { tiny_yaml(),
				       i ? "--connect" : "--listen",
				       address,
				       "--set",
				       tiny_output(folder),
				       "--set",
				       set[i],
				       "--reveal-model",
				       "--quiet",
				       NULL };
		pair[i] = (struct tool){ 0 };
		tool_start(&pair[i], "quotient-run", args);
	}
}

static void copy(const char *from, const char *to)
{
	static uint8_t bytes[200000];
	FILE *f = fopen(from, "rb");

	assert_non_null(f);
	size_t n = fread(bytes, 1, sizeof bytes, f);
	fclose(f);
	tool_write(to, bytes, n);
}

static void test_two_processes(void **state)
{
	static const char *const names[2] = { "zero", "one" };
	struct tool pair[2];

	(void)state;
	for (int i = 0; i < 2; i++)
		copy(tool_path("data.party%d.share", i),
		     tool_path("%s.party%d.share", names[i], i));
	start_pair(pair, "two", names);
	for (int i = 0; i < 2; i++) {
		struct results l;
		char dir[40];
		snprintf(dir, sizeof dir, "two-%d", i);
		results_look(&l, tool_wait(&pair[i]), dir);
		assert_same(&l);
	}
}

static void test_strangers(void **state)
{
	static const char *const names[2] = { "data", "again" };
	static const char *const parts[] = { "data.files", NULL };
	struct tool pair[2];

	(void)state;
	share_tiny("again");
	start_pair(pair, "strangers", names);
	for (int i = 0; i < 2; i++) {
		struct tool_result r = tool_wait(&pair[i]);
		tool_assert_refused(&r, 2, parts);
		tool_free(&r);
	}
}

/* The same on one machine, together and in the clear. */
static void test_strangers_here(void **state)
{
	static const char *const protocols[] = { "quotient", "clear" };
	char set[1200], protocol[60];

	(void)state;
	copy(tool_path("data.party0.share"), tool_path("mixed.party0.share"));
	copy(tool_path("again.party1.share"), tool_path("mixed.party1.share"));
	snprintf(set, sizeof set, "data={use: shares, files: %s}", tool_path("mixed"));
	tool_write_text(tool_path("bad.yaml"), GOOD);
	for (size_t i = 0; i < 2; i++) {
		snprintf(protocol, sizeof protocol, "protocol={use: %s}", protocols[i]);
		struct refusal c = { .what = protocols[i],
				     .args = { "--set", set, "--set", protocol },
				     .parts = { "two sharings", "share the data again" } };
		refuse_with("quotient-run", &c);
	}
}

/* A model that was split afterwards predicts what it did before. */
static void test_model(void **state)
{
	char *text[2];

	(void)state;
	char npz[1100];
	snprintf(npz, sizeof npz, "%s/model.npz", direct.folder);
	share((const char *const[]){ "--model", npz, "--out", tool_path("model"), NULL });
	for (int i = 0; i < 2; i++) {
		struct results l;
		const char *dir = i ? "from-shares" : "from-npz";
		const char *args[] = {
			tiny_yaml(), "--model",        i ? tool_path("model.party0.share") : npz,
			"--set",     tiny_output(dir), "--set",
			files,       "--batch",        "20",
			NULL
		};
		results_look(&l, tool_run("quotient-predict", args), dir);
		results_assert_equal(l.summary, l.summary, "accuracy");
		assert_string_equal(tool_json_get(l.summary, "accuracy"),
				    tool_json_get(direct.summary, "test_accuracy"));
		text[i] = results_file(&l, "predictions.csv");
		results_forget(&l);
	}
	assert_string_equal(text[0], text[1]);
	free(text[0]);
	free(text[1]);
}

/* ---- refusals ---- */

static void test_bad_files(void **state)
{
	static uint8_t bytes[200000];
	static const struct {
		const char *what;
		size_t at;
		const char *part;
	} changes[] = { { "magic", 3, "not a data share" },
			{ "version", 8, "version" },
			{ "party", 12, "byte 12" },
			{ "other party", 12, "its own" },
			{ "dimensions", 36, "impossible" },
			{ "features", 52, "impossible" },
			{ "rows", 64, "not what its header promises" },
			{ "more rows", 71, "not what its header promises" },
			{ "values", 1000, "SHA-256" },
			{ "length", 0, "not what its header promises" } };
	char set[1200];

	(void)state;
	FILE *f = fopen(tool_path("data.party0.share"), "rb");
	size_t n = fread(bytes, 1, sizeof bytes, f);
	fclose(f);
	copy(tool_path("data.party1.share"), tool_path("bad.party1.share"));
	snprintf(set, sizeof set, "data={use: shares, files: %s}", tool_path("bad"));
	tool_write_text(tool_path("bad.yaml"), GOOD);
	for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
		struct refusal c = { .what = changes[i].what,
				     .args = { "--set", set },
				     .parts = { "/bad.party0.share: ", changes[i].part } };
		size_t at = changes[i].at;
		if (i == 3) {
			copy(tool_path("data.party1.share"), tool_path("bad.party0.share"));
		} else {
			bytes[at] ^= at ? 7 : 0;
			tool_write(tool_path("bad.party0.share"), bytes, at ? n : n - 1);
			bytes[at] ^= at ? 7 : 0;
		}
		refuse_with("quotient-run", &c);
		refuse_with("quotient-check", &c);
	}
}

static void test_usage(void **state)
{
	static const struct {
		const char *args[6], *part;
	} cases[] = {
		{ { "tiny" }, "--out" },
		{ { "--out", "x" }, "no experiment" },
		{ { "tiny", "--out", "x", "--model", "m.npz" }, "m.npz: cannot" },
		{ { "--model", "/nowhere/m.npz", "--out", "x" }, "/nowhere/m.npz" },
		{ { "tiny", "--out", "x", "--verify" }, "option of quotient-run" },
		{ { "tiny", "--out", "/nowhere/x" }, "/nowhere/x.party0.share" },
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const char *args[7] = { NULL };
		const char *parts[] = { cases[i].part, NULL };
		for (size_t k = 0; k < 6 && cases[i].args[k]; k++)
			args[k] = strcmp(cases[i].args[k], "tiny") ? cases[i].args[k] : tiny_yaml();
		struct tool_result r = tool_run("quotient-share", args);
		tool_assert_refused(&r, i == 5 ? 1 : 2, parts);
		tool_free(&r);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_local),     cmocka_unit_test(test_two_processes),
		cmocka_unit_test(test_strangers), cmocka_unit_test(test_strangers_here),
		cmocka_unit_test(test_model),     cmocka_unit_test(test_bad_files),
		cmocka_unit_test(test_usage),
	};
	return cmocka_run_group_tests(tests, begin, end);
}
