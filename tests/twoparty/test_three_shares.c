/* SPDX-License-Identifier: Apache-2.0 */
/* Files for three parties: data that owners have shared, models of a training, predictions from
 * both; and files that do not go together. */
#include "trio.h"

static struct results direct; /* a run from the data themselves */
static char npz[1100], model[TRIO][1100], *classes;
static char *in_the_clear; /* summary.json of the prediction in the clear */

static void share(const char *name, const char *set)
{
	struct tool_result r =
		tool_run("quotient-share",
			 (const char *const[]){ trio_yaml(), "--out", tool_path("%s", name),
						set ? "--set" : NULL, set, NULL });

	tool_assert_status(&r, 0);
	assert_string_equal(r.err, "");
	tool_free(&r);
}

static void predict(struct results *l, const char *dir, const char *const *more)
{
	const char *args[30] = { trio_yaml(), "--set", tiny_output(dir) };
	size_t n = 3;

	for (; more && *more; more++)
		args[n++] = *more;
	results_look(l, tool_run("quotient-predict", args), dir);
}

static int begin(void **state)
{
	struct results l;

	(void)state;
	tool_folder_new();
	trio_write();
	results_run(&direct, "direct", trio_yaml(), NULL);
	snprintf(npz, sizeof npz, "%s/model.npz", direct.folder);
	for (int i = 0; i < TRIO; i++)
		snprintf(model[i], sizeof model[i], "%s/model.party%d.share", direct.folder, i);
	predict(&l, "clear",
		(const char *const[]){ "--model", npz, "--set", "protocol={use: clear}", NULL });
	classes = results_file(&l, "predictions.csv");
	in_the_clear = l.summary;
	l.summary = NULL;
	results_forget(&l);
	share("data", NULL);
	return 0;
}

static int end(void **state)
{
	(void)state;
	free(classes);
	free(in_the_clear);
	results_forget(&direct);
	tool_folder_remove();
	return 0;
}

static const char *files(const char *name)
{
	static char set[8][1100];
	static int turn;
	char *out = set[turn++ % 8];

	snprintf(out, sizeof set[0], "data={use: shares, files: %s}", tool_path("%s", name));
	return out;
}

static void assert_same(struct results *l)
{
	results_assert_equal(l->summary, direct.summary, "weights_sha256");
	results_assert_equal(l->summary, direct.summary, "test_accuracy");
	results_forget(l);
}

/* ---- data ---- */

static void test_local(void **state)
{
	struct results l;

	(void)state;
	for (int i = 0; i < TRIO; i++)
		assert_true(tool_exists(tool_path("data.party%d.share", i)));
	assert_false(tool_exists(tool_path("data.party3.share")));
	results_run(&l, "local", trio_yaml(), files("data"));
	results_assert_equal(l.summary, direct.summary, "bytes_sent_party2");
	assert_same(&l);
	const char *verify[] = { trio_yaml(), "--set",          tiny_output("verify"),
				 "--quiet",   "--set",          files("data"),
				 "--verify",  "--reveal-model", NULL };
	results_look(&l, tool_run("quotient-run", verify), "verify");
	assert_same(&l);
}

static void test_three_processes(void **state)
{
	const char *more[] = { "--quiet", "--reveal-model", "--set", files("data"), NULL };
	struct trio t;

	(void)state;
	trio_meet(&t);
	trio_start(&t, "three", more);
	for (int i = 0; i < TRIO; i++) {
		struct results l;
		char dir[40];
		snprintf(dir, sizeof dir, "three-%d", i);
		results_look(&l, tool_wait(&t.tool[i]), dir);
		assert_same(&l);
	}
}

/* Files of another sharing, told by all. */
static void test_strangers(void **state)
{
	struct trio t;
	static const char *const parts[] = { "data.files", NULL };

	(void)state;
	share("again", NULL);
	for (int stranger = 0; stranger < TRIO; stranger++) {
		trio_meet(&t);
		for (int i = 0; i < TRIO; i++) {
			const char *more[] = { "--quiet", "--set",
					       files(i == stranger ? "again" : "data"), NULL };
			trio_start_one(&t.tool[i], "quotient-run", i, t.parties, "strangers", more);
		}
		for (int i = 0; i < TRIO; i++) {
			struct tool_result r = tool_wait(&t.tool[i]);
			tool_assert_refused(&r, 2, parts);
			tool_free(&r);
		}
	}
}

static void refuse(const char *tool, const char *what, const char *const *args,
		   const char *const *parts)
{
	const char *all[20] = { trio_yaml(), "--set", tiny_output("refused") };
	size_t n = 3;

	for (; *args; args++)
		all[n++] = *args;
	struct tool_result r = tool_run(tool, all);
	print_message("    %s: %s", what, r.err);
	tool_assert_refused(&r, 2, parts);
	tool_free(&r);
	assert_int_equal(tool_entries(tool_path("refused"), NULL), -1);
}

#define WITH(...) ((const char *const[]){ __VA_ARGS__, NULL })

/* Two files for two parties, and three for three, are not each other's. */
static void test_other_parties(void **state)
{
	(void)state;
	share("pair", "protocol={use: quotient}");
	refuse("quotient-run", "files for two", WITH("--set", files("pair")),
	       WITH("pair.party0.share", "2 parties", "3"));
	refuse("quotient-run", "files for three",
	       WITH("--set", files("data"), "--set", "protocol={use: quotient}"),
	       WITH("data.party0.share", "3 parties", "2"));
	refuse("quotient-run", "files for three in the clear",
	       WITH("--set", files("data"), "--set", "protocol={use: clear}"),
	       WITH("data.party0.share", "3 parties", "clear", "of two"));
	refuse("quotient-predict", "a model for three",
	       WITH("--model", model[0], "--set", "protocol={use: quotient}"),
	       WITH("model.party0.share", "3 parties", "2"));
}

/* ---- predictions ---- */

static void assert_classes(struct results *l)
{
	char *text = results_file(l, "predictions.csv");

	assert_string_equal(text, classes);
	free(text);
	/* How many are right is counted in a circuit, over rows of several batches. */
	results_assert_equal(l->summary, in_the_clear, "accuracy");
	results_forget(l);
}

static void test_predictions(void **state)
{
	struct results l;

	(void)state;
	predict(&l, "npz", WITH("--model", npz));
	assert_classes(&l);
	predict(&l, "shares", WITH("--model", model[0], "--batch", "7"));
	assert_classes(&l);
	predict(&l, "owned", WITH("--model", npz, "--set", "predict.owner=2", "--to", "1"));
	assert_classes(&l);
}

static void test_predictions_of_processes(void **state)
{
	struct trio t;

	(void)state;
	for (int npz_at_0 = 0; npz_at_0 < 2; npz_at_0++) {
		char dir[20];
		snprintf(dir, sizeof dir, "predict-%d", npz_at_0);
		trio_meet(&t);
		for (int i = 0; i < TRIO; i++) {
			const char *file = !npz_at_0 ? model[i] : i == 0 ? npz : NULL;
			const char *more[] = { "--to", "2", file ? "--model" : NULL, file, NULL };
			trio_start_one(&t.tool[i], "quotient-predict", i, t.parties, dir, more);
		}
		for (int i = 0; i < TRIO; i++) {
			struct results l;
			char folder[40], path[1100];
			snprintf(folder, sizeof folder, "%s-%d", dir, i);
			results_look(&l, tool_wait(&t.tool[i]), folder);
			snprintf(path, sizeof path, "%s/predictions.csv", l.folder);
			assert_int_equal(tool_exists(path), i == 2);
			if (i == 2)
				assert_classes(&l);
			else
				results_forget(&l);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_local),       cmocka_unit_test(test_three_processes),
		cmocka_unit_test(test_strangers),   cmocka_unit_test(test_other_parties),
		cmocka_unit_test(test_predictions), cmocka_unit_test(test_predictions_of_processes),
	};
	return cmocka_run_group_tests(tests, begin, end);
}
