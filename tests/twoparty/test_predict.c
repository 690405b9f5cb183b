/* SPDX-License-Identifier: Apache-2.0 */
/* quotient-predict: the classes that the clear gives, whoever holds model and data; what it refuses. */
#include "refusal.h"
#include "results.h"

#include <sys/stat.h>
#include <unistd.h>

static struct results trained; /* its model.npz and shares */
static char *clear_classes;    /* predictions.csv in the clear */
static char npz[1100], share[2][1100];

static void predict(struct results *l, const char *dir, const char *const *more)
{
	const char *args[30] = { tiny_yaml(), "--set", tiny_output(dir) };
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
	tiny_write();
	results_run(&trained, "trained", tiny_yaml(), NULL);
	snprintf(npz, sizeof npz, "%s/model.npz", trained.folder);
	for (int i = 0; i < 2; i++)
		snprintf(share[i], sizeof share[i], "%s/model.party%d.share", trained.folder, i);
	predict(&l, "clear",
		(const char *const[]){ "--model", npz, "--set", "protocol={use: clear}", "--set",
				       "protocol.use=clear", NULL });
	clear_classes = results_file(&l, "predictions.csv");
	assert_memory_equal(clear_classes, "row,class\n0,", 12);
	/* What training said of the same weights and rows. */
	assert_string_equal(tool_json_get(l.summary, "accuracy"),
			    tool_json_get(trained.summary, "test_accuracy"));
	results_forget(&l);
	return 0;
}

static int end(void **state)
{
	(void)state;
	free(clear_classes);
	results_forget(&trained);
	tool_folder_remove();
	return 0;
}

/* ---- the classes ---- */

static void assert_classes(const struct results *l)
{
	char *text = results_file(l, "predictions.csv");

	assert_string_equal(text, clear_classes);
	free(text);
	assert_string_equal(tool_json_get(l->summary, "accuracy"),
			    tool_json_get(trained.summary, "test_accuracy"));
}

/* Classes are for who sees them. */
static void assert_private(const char *folder, const char *file)
{
	char path[1200];
	struct stat st;

	snprintf(path, sizeof path, "%s/%s", folder, file);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
}

static void test_local(void **state)
{
	static const char *const cases[][8] = {
		{ "--batch", "20" },
		{ "--batch", "7", "--repeat", "2" },
		{ "--to", "0" },
		{ "--to", "1", "--batch", "20" },
		{ "--set", "predict.owner=0", "--batch", "20" },
		{ "--set", "predict.owner=1", "--batch", "20" },
		{ "--set", "predict.owner=1", "--set", "data.owner=0", "--to", "0", "--batch",
		  "20" },
		{ "--set", "predict.owner=0", "--set", "data.owner=0", "--to", "1", "--batch",
		  "20" },
		{ "--set", "data.owner=1", "--set", "reveal=[]", "--to", "both" },
		{ "--set", "protocol.circuits={use: gmw}", "--batch", "20" },
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const char *args[12] = { "--model", npz };
		struct results l;
		char dir[32];
		snprintf(dir, sizeof dir, "local-%zu", i);
		for (size_t k = 0; k < 8; k++)
			args[2 + k] = cases[i][k];
		predict(&l, dir, args);
		if (i == 8) /* nothing is counted, and party 1 is not the one that reports */
			assert_false(tool_json(l.summary, "accuracy", (char[40]){ 0 }, 40));
		else
			assert_classes(&l);
		results_assert_equal(l.summary, l.summary, "setup_seconds");
		assert_private(l.folder, "predictions.csv");
		assert_private(l.folder, "summary.json");
		if (i == 0 || i >= 4)
			assert_string_equal(tool_json_get(l.summary, "batch_rounds"),
					    tool_json_get(l.summary, "forecast_batch_rounds"));
		results_forget(&l);
	}
}

/* From shares of V: T is made inside a circuit. */
static void test_shares(void **state)
{
	struct results l;

	(void)state;
	predict(&l, "shares", (const char *const[]){ "--model", share[1], "--batch", "20", NULL });
	assert_classes(&l);
	assert_string_equal(tool_json_get(l.summary, "model"), "shares");
	results_assert_equal(l.summary, l.summary, "batch_bytes");
	assert_string_equal(tool_json_get(l.summary, "batch_bytes"),
			    tool_json_get(l.summary, "forecast_batch_bytes"));
	results_forget(&l);
}

static void test_scores(void **state)
{
	struct results l, c;

	(void)state;
	predict(&l, "scores",
		(const char *const[]){ "--model", npz, "--reveal", "scores", "--rows", "3..11",
				       NULL });
	predict(&c, "scores-clear",
		(const char *const[]){ "--model", npz, "--reveal", "scores", "--rows", "3..11",
				       "--batch", "4", "--set", "protocol={use: clear}", "--set",
				       "protocol.use=clear", NULL });
	char *secure = results_file(&l, "predictions.csv"),
	     *clear = results_file(&c, "predictions.csv");
	assert_string_equal(secure, clear);
	assert_memory_equal(secure, "row,class,score0,score1,", 24);
	assert_non_null(strstr(secure, "\n3,"));
	assert_null(strstr(secure, "\n12,"));
	assert_string_equal(tool_json_get(l.summary, "rows"), "9");
	free(secure);
	free(clear);
	results_forget(&l);
	results_forget(&c);
}

/* ---- two processes ---- */

static void start_pair(struct tool pair[2], const char *dir, const char *const *model,
		       const char *const *more)
{
	char address[32];

	snprintf(address, sizeof address, "127.0.0.1:%d", tool_free_port());
	for (int i = 0; i < 2; i++) {
		char name[40];
		snprintf(name, sizeof name, "%s-%d", dir, i);
		const char *args[40] = {
			tiny_yaml(), "--party", i ? "1" : "0",     i ? "--connect" : "--listen",
			address,     "--set",   tiny_output(name), "--batch",
			"20"
		};
		size_t n = 9;
		if (model[i]) {
			args[n++] = "--model";
			args[n++] = model[i];
		}
		for (const char *const *m = more; m && *m; m++)
			args[n++] = *m;
		pair[i] = (struct tool){ 0 };
		tool_start(&pair[i], "quotient-predict", args);
	}
}

static void test_two_processes(void **state)
{
	const struct {
		const char *dir, *model[2], *more[8];
		bool sees[2];
	} cases[] = {
		{ "two-shares", { share[0], share[1] }, { NULL }, { true, true } },
		{ "two-dealer", { npz, NULL }, { "--to", "1" }, { false, true } },
		{ "two-owned",
		  { NULL, npz },
		  { "--set", "predict.owner=1", "--set", "data.owner=0", "--to", "0" },
		  { true, false } },
	};
	(void)state;
	for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
		struct tool pair[2];
		start_pair(pair, cases[k].dir, cases[k].model, cases[k].more);
		for (int i = 0; i < 2; i++) {
			struct results l;
			char dir[40], path[1100];
			snprintf(dir, sizeof dir, "%s-%d", cases[k].dir, i);
			results_look(&l, tool_wait(&pair[i]), dir);
			assert_string_equal(l.printed.err, "");
			snprintf(path, sizeof path, "%s/predictions.csv", l.folder);
			assert_int_equal(tool_exists(path), cases[k].sees[i]);
			if (cases[k].sees[i])
				assert_classes(&l);
			else /* nothing of what the other learns */
				assert_null(strstr(l.summary, "\"classes\""));
			results_forget(&l);
		}
	}
}

/* Shares of two trainings do not go together, whoever has which. */
static void test_strangers(void **state)
{
	static const char *const parts[] = { "--model", NULL };
	struct results other;
	char stranger[1100];
	struct tool pair[2];

	(void)state;
	results_run(&other, "other", tiny_yaml(), NULL);
	snprintf(stranger, sizeof stranger, "%s/model.party1.share", other.folder);
	start_pair(pair, "strangers", (const char *const[]){ share[0], stranger }, NULL);
	for (int i = 0; i < 2; i++) {
		struct tool_result r = tool_wait(&pair[i]);
		tool_assert_refused(&r, 2, parts);
		tool_free(&r);
	}
	results_forget(&other);
}

/* ---- examples of a client ---- */

static void write_npy(const char *name, const char *descr, const char *shape, size_t n)
{
	uint8_t file[2000] = "\x93NUMPY\x01";
	int length =
		snprintf((char *)file + 10, 300,
			 "{'descr': '%s', 'fortran_order': False, 'shape': %s, }\n", descr, shape);

	file[7] = 0;
	file[8] = (uint8_t)length;
	for (size_t i = 0; i < n; i++)
		file[10 + (size_t)length + i] = (uint8_t)(i * 37 % 128);
	tool_write(tool_path("%s", name), file, 10 + (size_t)length + n);
}

static void test_inputs(void **state)
{
	char *text[2];

	(void)state;
	write_npy("rows.npy", "|u1", "(5, 8, 8)", 320);
	for (int i = 0; i < 2; i++) {
		struct results l;
		const char *args[] = {
			"--model",  npz,
			"--inputs", tool_path("rows.npy"),
			"--set",    i ? "protocol.use=quotient" : "protocol={use: clear}",
			"--set",    i ? "name=secure" : "protocol.use=clear",
			NULL
		};
		predict(&l, i ? "inputs-secure" : "inputs-clear", args);
		text[i] = results_file(&l, "predictions.csv");
		assert_false(tool_json(l.summary, "accuracy", (char[40]){ 0 }, 40));
		results_forget(&l);
	}
	assert_string_equal(text[0], text[1]);
	free(text[0]);
	free(text[1]);
}

/* ---- windows, skips and projections ---- */

#define DEEP_MODEL \
	"data: {use: digits, size: 8, train_rows: 40, test_rows: 20}\n" \
	"model:\n" \
	"  - {use: conv2d, out: 4, kernel: 3, padding: same}\n" \
	"  - {use: maxpool, size: 2}\n" \
	"  - {use: conv2d, out: 4, kernel: 3, padding: same}\n" \
	"  - {use: conv2d, out: 4, kernel: 3, padding: same}\n" \
	"  - {use: residual, over: 2}\n" \
	"  - {use: conv2d, out: 6, kernel: 3, stride: 2, padding: same}\n" \
	"  - {use: conv2d, out: 6, kernel: 3, padding: same}\n" \
	"  - {use: residual, over: 2, project: true}\n" \
	"  - {use: flatten}\n" \
	"  - {use: fc, out: 10}\n" \
	"train: {epochs: 1, batch: 20}\n"

/* All scores, so that a difference anywhere shows. */
static char *scores_of(const char *file, const char *dir, const char *const *more)
{
	const char *args[20] = { file, "--reveal", "scores", "--set", tiny_output(dir) };
	struct results l;
	size_t n = 5;

	for (; *more; more++)
		args[n++] = *more;
	results_look(&l, tool_run("quotient-predict", args), dir);
	char *text = results_file(&l, "predictions.csv");
	results_forget(&l);
	return text;
}

static void test_deep(void **state)
{
	char model[1100], of_party[1100], *text[3];
	struct results l;

	(void)state;
	tool_write_text(tool_path("deep.yaml"), DEEP_MODEL);
	results_run(&l, "deep", tool_path("deep.yaml"), NULL);
	snprintf(model, sizeof model, "%s/model.npz", l.folder);
	snprintf(of_party, sizeof of_party, "%s/model.party0.share", l.folder);
	text[0] =
		scores_of(tool_path("deep.yaml"), "deep-clear",
			  (const char *const[]){ "--model", model, "--set", "protocol={use: clear}",
						 "--set", "protocol.use=clear", NULL });
	text[1] = scores_of(tool_path("deep.yaml"), "deep-npz",
			    (const char *const[]){ "--model", model, "--batch", "6", "--set",
						   "predict.owner=1", NULL });
	text[2] = scores_of(tool_path("deep.yaml"), "deep-shares",
			    (const char *const[]){ "--model", of_party, "--batch", "20", "--set",
						   "protocol.circuits={use: gmw}", NULL });
	assert_string_equal(text[0], text[1]);
	assert_string_equal(text[0], text[2]);
	for (int i = 0; i < 3; i++)
		free(text[i]);
	results_forget(&l);
}

/* ---- tables ---- */

static struct tool_result run_table(const char *text, const char *dir)
{
	tool_write_text(tool_path("small.yaml"), text);
	return tool_run("quotient-predict",
			(const char *const[]){ tool_path("small.yaml"), "--set", tiny_output(dir),
					       "--json", NULL });
}

#define TABLE_HEAD "title: Small\nbatch: 5\nrepeat: 2\nlatency: 2ms\n"
#define TABLE_ROW "  - {dataset: drawn, network: 8-10, experiment: tiny.yaml, paper_lan_one: 0.5}\n"

static void test_table(void **state)
{
	char folder[1000], path[1100];

	(void)state;
	struct tool_result r = run_table(TABLE_HEAD "table:\n" TABLE_ROW, "table");
	tool_assert_status(&r, 0);
	assert_string_equal(tool_json_get(r.out, "dataset"), "drawn");
	assert_string_equal(tool_json_get(r.out, "batch"), "5");
	assert_string_equal(tool_json_get(r.out, "paper_seconds"), "0.5");
	assert_non_null(strstr(r.out, "\"wan_batch\": {\n        \"seconds\""));
	/* The forward pass takes rounds, and each two milliseconds. */
	assert_true(atof(strchr(strstr(strstr(r.out, "wan_one"), "seconds"), ':') + 1) > 0.02);
	assert_non_null(strstr(r.err, "drawn"));
	tool_free(&r);
	assert_int_equal(tool_entries(tool_path("table"), folder), 1);
	snprintf(path, sizeof path, "%s/table.csv", folder);
	char *csv = tool_read(path);
	assert_memory_equal(csv, "dataset,network,batch,lan_one_seconds", 36);
	assert_non_null(strstr(csv, "\ndrawn,8-10,5,"));
	free(csv);
	/* Keys of the table itself from the command line. */
	r = tool_run("quotient-predict",
		     (const char *const[]){ tool_path("small.yaml"), "--set",
					    tiny_output("table-3"), "--set", "links=lan", "--set",
					    "batch=3", "--json", NULL });
	tool_assert_status(&r, 0);
	assert_string_equal(tool_json_get(r.out, "batch"), "3");
	assert_null(strstr(strstr(r.out, "\"wan_one\""), "\"seconds\""));
	tool_free(&r);
	/* A row that fails says why; the others are there. */
	r = run_table(
		"links: lan\ntable:\n  - {dataset: a, network: b, experiment: none.yaml}\n" TABLE_ROW,
		"table-2");
	tool_assert_status(&r, 1);
	assert_non_null(strstr(r.err, "none.yaml"));
	assert_non_null(strstr(r.out, "\"seconds\""));
	tool_free(&r);
}

static void test_bad_tables(void **state)
{
	static const struct {
		const char *text, *part;
	} cases[] = {
		{ "table: []\n", "list" },
		{ "table: [3]\n", "table.0 wants a map" },
		{ "table:\n  - {dataset: a, network: b}\n", "experiment is missing" },
		{ "tabel: x\ntable:\n" TABLE_ROW, "unknown key 'tabel'" },
		{ "batch: 0\ntable:\n" TABLE_ROW, "batch" },
		{ "table:\n  - {dataset: a, network: b, experiment: tiny.yaml, paper: 3}\n",
		  "unknown key 'paper'" },
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const char *parts[] = { cases[i].part, NULL };
		struct tool_result r = run_table(cases[i].text, "bad-table");
		tool_assert_refused(&r, 2, parts);
		tool_free(&r);
		assert_int_equal(tool_entries(tool_path("bad-table"), NULL), -1);
	}
}

/* ---- refusals ---- */

static void write_models(void)
{
	char *text;
	FILE *f = fopen(npz, "rb");
	static uint8_t bytes[100000];
	size_t n = fread(bytes, 1, sizeof bytes, f);

	fclose(f);
	tool_write(tool_path("good.npz"), bytes, n);
	tool_write(tool_path("cut.npz"), bytes, n / 2);
	bytes[60] ^= 1;
	tool_write(tool_path("changed.npz"), bytes, n);
	tool_write_text(tool_path("text.npz"), "hello");
	for (int i = 0; i < 2; i++) {
		f = fopen(share[i], "rb");
		n = fread(bytes, 1, sizeof bytes, f);
		fclose(f);
		tool_write(tool_path("a.party%d.share", i), bytes, n);
		bytes[n / 2] ^= 1;
		tool_write(tool_path("bad.party%d.share", i), bytes, n);
	}
	write_npy("wide.npy", "|u1", "(5, 9, 9)", 405);
	write_npy("float.npy", "<f4", "(5, 8, 2)", 320);
	text = tool_read(tool_path("tiny.yaml"));
	free(text);
}

#define WIDE "model: [{use: fc, out: 9}, {use: fc, out: 10}]\n"
#define DEEP "model: [{use: fc, out: 8}, {use: fc, out: 10}, {use: fc, out: 10}]\n"
#define FLAT "model: [{use: fc, out: 10}]\n"

static const struct refusal refusals[] = {
	{ "no model", .parts = { "--model model.npz" } },
	{ "no such model", .args = { "--model", "@none.npz" },
	  .parts = { "/none.npz", "cannot open" } },
	{ "a model that is cut off", .args = { "--model", "@cut.npz" }, .parts = { "/cut.npz" } },
	{ "a changed model", .args = { "--model", "@changed.npz" },
	  .parts = { "/changed.npz", "layer1.weight" } },
	{ "a text", .args = { "--model", "@text.npz" }, .parts = { "/text.npz", "not a zip" } },
	{ "another width", .yaml = DATA WIDE TRAIN PROTOCOL, .args = { "--model", "@good.npz" },
	  .parts = { "layer1.weight is 64 x 8", "layer 1 fc", "64 x 9" } },
	{ "more layers", .yaml = DATA DEEP TRAIN PROTOCOL, .args = { "--model", "@good.npz" },
	  .parts = { "2 layers", "layer 3 fc", "10 x 10" } },
	{ "fewer layers", .yaml = DATA FLAT TRAIN PROTOCOL, .args = { "--model", "@good.npz" },
	  .parts = { "64 x 8", "layer 1 fc", "64 x 10" } },
	{ "another width, in shares", .yaml = DATA WIDE TRAIN PROTOCOL,
	  .args = { "--model", "@a.party0.share" }, .parts = { "64 x 8", "64 x 9" } },
	{ "another width, at party 1", .yaml = DATA WIDE TRAIN PROTOCOL,
	  .args = { "--model", "@good.npz", "--set", "predict.owner=1" },
	  .parts = { "64 x 8", "64 x 9" } },
	{ "a damaged share", .args = { "--model", "@bad.party0.share" },
	  .parts = { "/bad.party0.share", "SHA-256" } },
	{ "a share alone", .args = { "--model", "@alone.share" }, .parts = { "party0.share" } },
	{ "shares in the clear", .yaml = DATA MODEL TRAIN "protocol: {use: clear}\n",
	  .args = { "--model", "@a.party0.share" }, .parts = { "one party", "model.npz" } },
	{ "rows beyond the data", .args = { "--model", "@good.npz", "--rows", "20..21" },
	  .parts = { "first row to predict is 20", "there are 20" } },
	{ "rows that are none", .args = { "--model", "@good.npz", "--rows", "9..3" },
	  .parts = { "--rows", "9..3" } },
	{ "a batch of none", .args = { "--model", "@good.npz", "--batch", "0" },
	  .parts = { "predict.batch" } },
	{ "an unknown side", .args = { "--model", "@good.npz", "--to", "2" },
	  .parts = { "predict.to" } },
	{ "examples of another size", .args = { "--model", "@good.npz", "--inputs", "@wide.npy" },
	  .parts = { "layer1.weight is 64 x 8", "81 x 8" } },
	{ "examples of floats", .args = { "--model", "@good.npz", "--inputs", "@float.npy" },
	  .parts = { "/float.npy", "int8" } },
	{ "--verify", .args = { "--model", "@good.npz", "--verify" },
	  .parts = { "'--verify' is an option of quotient-run" } },
};

static void test_refusals(void **state)
{
	(void)state;
	write_models();
	for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
		tool_write_text(tool_path("bad.yaml"), refusals[i].yaml ? refusals[i].yaml : GOOD);
		refuse_with("quotient-predict", &refusals[i]);
	}
}

static void test_wrong_side(void **state)
{
	static const struct refusal cases[] = {
		{ "the other party's share",
		  .args = { "--model", "@a.party1.share", "--listen", "127.0.0.1:9" },
		  .parts = { "party 1", "this is party 0" }, .run_only = true },
		{ "the model at the wrong side",
		  .args = { "--model", "@good.npz", "--connect", "127.0.0.1:9" },
		  .parts = { "party 0 holds the model", "without --model" }, .run_only = true },
		{ "no model at its side", .args = { "--listen", "127.0.0.1:9" },
		  .parts = { "--model" }, .run_only = true },
	};
	(void)state;
	tool_write_text(tool_path("bad.yaml"), GOOD);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		refuse_with("quotient-predict", &cases[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_local),      cmocka_unit_test(test_shares),
		cmocka_unit_test(test_scores),     cmocka_unit_test(test_two_processes),
		cmocka_unit_test(test_strangers),  cmocka_unit_test(test_inputs),
		cmocka_unit_test(test_deep),       cmocka_unit_test(test_table),
		cmocka_unit_test(test_bad_tables), cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_wrong_side),
	};
	return cmocka_run_group_tests(tests, begin, end);
}
