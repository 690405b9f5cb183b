/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bad input, from outside: exit status 2 (the user's mistake) or 1 (a failure), one line that says
 * where, what and what to do, and nothing left behind. The peers that misbehave are in
 * test_bad_peers.c.
 */
#include "tool.h"

#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* Line 1 to 4 of an experiment that could run. */
#define DATA "data: {use: digits, size: 8, train_rows: 40, test_rows: 20}\n"
#define MODEL "model: [{use: fc, out: 8}, {use: fc, out: 10}]\n"
#define TRAIN "train: {batch: 16}\n"
#define PROTOCOL "protocol: {use: quotient}\n"
#define GOOD DATA MODEL TRAIN PROTOCOL

#define MAX_WORDS 7

struct refusal {
	const char *what;
	const char *yaml;             /* NULL: GOOD */
	const char *args[MAX_WORDS];  /* after the file; "@name" stands for a path in the scratch
					 folder */
	const char *parts[MAX_WORDS]; /* of the line */
	int status;                   /* 0: 2 */
	bool run_only;                /* quotient-check has nothing against it, or other words */
};

static const char *output(void)
{
	static char set[1100];

	snprintf(set, sizeof set, "output.dir=%s", tool_path("out"));
	return set;
}

static const char *expand(const char *arg)
{
	return arg && arg[0] == '@' ? tool_path("%s", arg + 1) : arg;
}

static void refuse_with(const char *tool, const struct refusal *c)
{
	const char *file = tool_path("bad.yaml");
	const char *args[MAX_WORDS + 4] = { file, "--set", output() };
	size_t n = 3;

	for (size_t i = 0; i < MAX_WORDS && c->args[i]; i++)
		args[n++] = expand(c->args[i]);
	struct tool_result r = tool_run(tool, args);
	print_message("    %s: %s", c->what, r.err);
	tool_assert_refused(&r, c->status ? c->status : 2, c->parts);
	if (!c->run_only)
		assert_string_equal(r.out, "");
	tool_free(&r);
	assert_int_equal(tool_entries(tool_path("out"), NULL), -1);
}

static void refuse(const struct refusal *c)
{
	tool_write_text(tool_path("bad.yaml"), c->yaml ? c->yaml : GOOD);
	refuse_with("quotient-run", c);
	if (!c->run_only)
		refuse_with("quotient-check", c);
}

#define REFUSE(cases) \
	for (size_t i_ = 0; i_ < sizeof(cases) / sizeof *(cases); i_++) \
	refuse(&(cases)[i_])

static int begin(void **state)
{
	(void)state;
	setenv("QUOTIENT_DATA", tool_folder_new(), 1);
	return 0;
}

static int end(void **state)
{
	(void)state;
	tool_folder_remove();
	return 0;
}

/* ---- the experiment file ---- */

static const struct refusal experiments[] = {
	{ "unknown key",
	  DATA MODEL "train:\n  batch: 16\n  optimiser: {use: sgd}\n",
	  { NULL },
	  { "bad.yaml:5: ", "unknown key 'optimiser'", "did you mean 'optimizer'" },
	  0,
	  false },
	{ "unknown key on top",
	  GOOD "epochs: 3\n",
	  { NULL },
	  { "bad.yaml:5: ", "unknown key 'epochs'" },
	  0,
	  false },
	{ "unknown option of a component",
	  DATA "model: [{use: fc, outputs: 10}]\n",
	  { NULL },
	  { "bad.yaml:2: ", "unknown key 'outputs'", "it has use, out" },
	  0,
	  false },
	{ "wrong type",
	  DATA MODEL "train: {batch: many}\n",
	  { NULL },
	  { "bad.yaml:3: ", "train.batch wants an integer", "'many'" },
	  0,
	  false },
	{ "a list for a map",
	  DATA MODEL "train: [1]\n",
	  { NULL },
	  { "bad.yaml:3: ", "train wants a map" },
	  0,
	  false },
	{ "out of range",
	  DATA MODEL "train: {batch: 0}\n",
	  { NULL },
	  { "bad.yaml:3: ", "1..65536" },
	  0,
	  false },
	{ "missing model",
	  DATA TRAIN,
	  { NULL },
	  { "bad.yaml:1: ", "model is missing", "{use: fc" },
	  0,
	  false },
	{ "missing option",
	  "data: {use: idx, classes: 2, test: [a, b]}\n" MODEL,
	  { NULL },
	  { "bad.yaml:1: ", "data.train is missing" },
	  0,
	  false },
	{ "key twice",
	  GOOD "train: {batch: 3}\n",
	  { NULL },
	  { "bad.yaml:5: ", "twice", "line 3" },
	  0,
	  false },
	{ "tab",
	  "data:\n\tuse: digits\n" MODEL,
	  { NULL },
	  { "bad.yaml:2: ", "tab", "spaces" },
	  0,
	  false },
	{ "alias bomb",
	  "a: &a [x, x]\nb: &b [*a, *a, *a]\nc: &c [*b, *b, *b]\nd: [*c, *c, *c]\n",
	  { NULL },
	  { "bad.yaml:1: ", "anchor", "extends" },
	  0,
	  false },
	{ "empty file", "", { NULL }, { "bad.yaml:1: ", "empty", "quickstart" }, 0, false },
	{ "no YAML", "data: {use: digits\n", { NULL }, { "bad.yaml:", "bad YAML" }, 0, false },
	{ "extends nothing",
	  "extends: base-that-is-not-there.yaml\n" GOOD,
	  { NULL },
	  { "base-that-is-not-there.yaml" },
	  0,
	  false },
	{ "no such component",
	  DATA MODEL "train: {optimizer: {use: amsgrat}}\n",
	  { NULL },
	  { "bad.yaml:3: ", "optim/amsgrat", "did you mean 'amsgrad'" },
	  0,
	  false },
	{ "component of another kind",
	  DATA MODEL TRAIN "protocol: {use: quotient, circuits: {use: iknp}}\n",
	  { NULL },
	  { "bad.yaml:4: ", "'iknp' is of kind ot" },
	  0,
	  false },
	{ "empty output.dir",
	  GOOD,
	  { "--set", "output.dir=\"\"" },
	  { "output.dir", "name a folder" },
	  0,
	  false },
};

static void test_experiments(void **state)
{
	(void)state;
	REFUSE(experiments);
}

/* Large texts are made here. */
static void test_nesting(void **state)
{
	static const size_t sizes[] = { 10u << 20, 1000000 };

	(void)state;
	for (int i = 0; i < 2; i++) {
		char *text = malloc(sizes[i] + 1);
		assert_non_null(text);
		memset(text, '[', sizes[i]);
		text[sizes[i]] = 0;
		struct refusal c = { "nesting", text,
				     { NULL },  { "bad.yaml", i ? "nested" : "1 MiB" },
				     0,         false };
		refuse(&c);
		free(text);
	}
}

static void test_no_file(void **state)
{
	static const struct {
		const char *args[5], *parts[4];
	} cases[] = {
		{ { "there-is-none.yaml" }, { "there-is-none.yaml: ", "No such file" } },
		{ { "/tmp" }, { "/tmp: ", "directory" } },
		{ { NULL }, { "no experiment file", "quickstart.yaml", "--help" } },
		{ { "a.yaml", "b.yaml" }, { "one experiment file", "--help" } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct tool_result r = tool_run("quotient-run", cases[i].args);
		print_message("    %s", r.err);
		tool_assert_refused(&r, 2, cases[i].parts);
		tool_free(&r);
	}
}

/* ---- the network ---- */

static const struct refusal networks[] = {
	{ "ring overflow",
	  DATA "model:\n  - {use: fc, out: 33554432}\n  - {use: fc, out: 10}\n" TRAIN,
	  { NULL },
	  { "bad.yaml:4: ", "layer 2 fc", "ring of 33 bits", "smaller" },
	  0,
	  false },
	{ "outputs are not classes",
	  DATA "model:\n  - {use: fc, out: 8}\n" TRAIN,
	  { NULL },
	  { "bad.yaml:3: ", "layer 1 fc", "8 outputs", "10 classes" },
	  0,
	  false },
	{ "batch larger than the data",
	  DATA MODEL "train:\n  batch: 64\n",
	  { NULL },
	  { "bad.yaml:4: ", "train.batch is 64", "40 training rows", "smaller" },
	  0,
	  false },
	{ "wage with amsgrad",
	  DATA MODEL "train:\n  optimizer: {use: amsgrad}\n  quantizer: {use: wage}\n  batch: 8\n",
	  { NULL },
	  { "bad.yaml:4: ", "wage", "use optimizer sgd" },
	  0,
	  false },
	{ "--verify with clear",
	  GOOD,
	  { "--verify", "--set", "protocol={use: clear}" },
	  { "--verify", "clear", "without" },
	  0,
	  true },
};

static void test_networks(void **state)
{
	(void)state;
	REFUSE(networks);
}

/* ---- the command line ---- */

static const struct refusal command_lines[] = {
	{ "unknown option",
	  NULL,
	  { "--rows", "3" },
	  { "'--rows' is not an option", "--help" },
	  0,
	  false },
	{ "unknown letter", NULL, { "-x" }, { "'-x' is not an option", "--help" }, 0, false },
	{ "no value", NULL, { "--plugin-dir" }, { "--plugin-dir needs a value" }, 0, false },
	{ "no equals sign",
	  NULL,
	  { "--set", "train.batch" },
	  { "--set train.batch", "key=value" },
	  0,
	  false },
	{ "--set of what is not there",
	  NULL,
	  { "--set", "train.bach=3" },
	  { "--set train.bach=3: ", "'bach'", "'batch'" },
	  0,
	  false },
	{ "--party 2", NULL, { "--party", "2" }, { "--party", "0 or 1" }, 0, true },
	{ "--party alone",
	  NULL,
	  { "--party", "0" },
	  { "--party 0 needs --listen", "--connect" },
	  0,
	  true },
	{ "both",
	  NULL,
	  { "--listen", "127.0.0.1:4000", "--connect", "127.0.0.1:4000" },
	  { "--listen or --connect, not both" },
	  0,
	  true },
	{ "no address",
	  NULL,
	  { "--listen", "here" },
	  { "'here' is not an address", "host:port" },
	  0,
	  true },
	{ "no port",
	  NULL,
	  { "--connect", "127.0.0.1:70000" },
	  { "127.0.0.1:70000", "1 to 65535" },
	  0,
	  true },
	{ "mode without address",
	  NULL,
	  { "--set", "network.mode=listen" },
	  { "network.address is missing", "host:port" },
	  0,
	  false },
	{ "one party over a network",
	  NULL,
	  { "--listen", "127.0.0.1:4000", "--set", "protocol={use: clear}" },
	  { "protocol clear has one party", "without --listen" },
	  0,
	  true },
	{ "--verify over a network",
	  NULL,
	  { "--listen", "127.0.0.1:4000", "--verify" },
	  { "--verify", "without --listen" },
	  0,
	  true },
	{ "no data with --party",
	  NULL,
	  { "--listen", "127.0.0.1:4000", "--set",
	    "data={use: idx, classes: 2, train: [a, b], test: [a, b]}" },
	  { "/a: No such file", "data.root" },
	  0,
	  true },
};

static void test_command_lines(void **state)
{
	static const struct refusal other = { "option of the other tool",
					      NULL,
					      { "--party", "0" },
					      { "'--party' is an option of quotient-run" },
					      0,
					      false };

	(void)state;
	REFUSE(command_lines);
	tool_write_text(tool_path("bad.yaml"), GOOD);
	refuse_with("quotient-check", &other);
}

/* ---- plugins ---- */

static const struct {
	const char *module, *says;
} modules[] = {
	{ "magic", "wrong magic" },
	{ "abi_major", "plugin ABI 2.0" },
	{ "vtable_truncated", "truncated" },
	{ "missing_method", "lacks the required method 'combine'" },
	{ "undefined_symbol", "quo_no_such_function_anywhere" },
};

static void test_plugins(void **state)
{
	static const struct refusal no_folder = {
		"no folder", NULL, { "--plugin-dir", "@nowhere" }, { "nowhere: ", "--plugin-dir" },
		0,           false
	};
	static const struct refusal text = {
		"text", NULL, { "--plugin-dir", "@text" }, { "text/a.so: ", "shared object" },
		0,      false
	};

	(void)state;
	refuse(&no_folder);
	mkdir(tool_path("text"), 0777);
	tool_write_text(tool_path("text/a.so"), "no plugin at all\n");
	refuse(&text);
	for (size_t i = 0; i < sizeof modules / sizeof *modules; i++) {
		char from[1000], dir[100], file[150];
		snprintf(from, sizeof from, "%s/tests/loader/%s.so", getenv("QUOTIENT_BUILD_ROOT"),
			 modules[i].module);
		snprintf(dir, sizeof dir, "@%s", modules[i].module);
		snprintf(file, sizeof file, "/%s/%s.so: ", modules[i].module, modules[i].module);
		assert_int_equal(mkdir(tool_path("%s", modules[i].module), 0777), 0);
		assert_int_equal(
			symlink(from, tool_path("%s/%s.so", modules[i].module, modules[i].module)),
			0);
		struct refusal c = { modules[i].module,         NULL, { "--plugin-dir", dir },
				     { file, modules[i].says }, 0,    false };
		refuse(&c);
	}
}

/* No plugins at all: say where was looked. */
static void test_no_plugins(void **state)
{
	static const struct refusal c = { "no plugins",
					  NULL,
					  { NULL },
					  { "bad.yaml:", "no plugin", "/empty", "--plugin-dir" },
					  0,
					  false };
	char *before = strdup(getenv("QUOTIENT_PLUGIN_PATH"));

	(void)state;
	assert_non_null(before);
	mkdir(tool_path("empty"), 0777);
	setenv("QUOTIENT_PLUGIN_PATH", tool_path("empty"), 1);
	refuse(&c);
	setenv("QUOTIENT_PLUGIN_PATH", before, 1);
	free(before);
}

/* ---- data files ---- */

/* IDX of unsigned bytes with these dimensions, and `bytes` bytes of which number i is i % modulus.
 */
static void write_idx(const char *name, uint8_t n_dims, const uint32_t *dim, size_t bytes,
		      unsigned modulus)
{
	uint8_t file[1000] = { 0, 0, 8, n_dims };
	size_t n = 4;

	for (int i = 0; i < n_dims; i++)
		for (int shift = 24; shift >= 0; shift -= 8)
			file[n++] = (uint8_t)(dim[i] >> shift);
	assert_true(n + bytes <= sizeof file);
	for (size_t i = 0; i < bytes; i++)
		file[n++] = (uint8_t)(i % modulus);
	tool_write(tool_path("%s", name), file, n);
}

#define IDX(images, labels) \
	"data:\n  use: idx\n  classes: 3\n  train: [" images ", " labels "]\n  test: [x, y]\n" \
	"model: [{use: fc, out: 3}]\ntrain: {batch: 4}\n"

static const struct refusal idx_files[] = {
	{ "missing file",
	  IDX("none.gz", "y"),
	  { NULL },
	  { "/none.gz: No such file", "make data", "QUOTIENT_DATA" },
	  0,
	  false },
	{ "truncated images", IDX("cut", "y"), { NULL }, { "/cut: ", "320 bytes" }, 0, false },
	{ "truncated header",
	  IDX("stub", "y"),
	  { NULL },
	  { "/stub: ", "inside its header" },
	  0,
	  false },
	{ "promise of 2^40 bytes",
	  IDX("huge", "y"),
	  { NULL },
	  { "/huge: ", "1099511627776 bytes", "cannot hold" },
	  0,
	  false },
	{ "promise of over 2^64 bytes",
	  IDX("vast", "y"),
	  { NULL },
	  { "/vast: ", "2^64" },
	  0,
	  false },
	{ "label beyond classes",
	  IDX("x", "y9"),
	  { NULL },
	  { "/y9: ", "label 9", "row 9", "data.classes" },
	  0,
	  false },
	{ "images without rows", IDX("x0", "y0"), { NULL }, { "/x0: ", "no data" }, 0, false },
	{ "labels of another set",
	  IDX("x", "y19"),
	  { NULL },
	  { "20 images", "19 labels" },
	  0,
	  false },
	{ "swapped", IDX("y", "x"), { NULL }, { "/y: ", "swapped" }, 0, false },
	{ "no IDX", IDX("bad.yaml", "y"), { NULL }, { "/bad.yaml: ", "IDX" }, 0, false },
};

static void test_idx_files(void **state)
{
	const uint32_t images[] = { 20, 4, 4 }, none[] = { 0, 4, 4 }, labels[] = { 20 },
		       fewer[] = { 19 };
	const uint32_t huge[] = { 1 << 20, 1 << 10, 1 << 10 },
		       vast[] = { UINT32_MAX, UINT32_MAX, UINT32_MAX };

	(void)state;
	write_idx("x", 3, images, 320, 256);
	write_idx("y", 1, labels, 20, 3);
	write_idx("cut", 3, images, 300, 256);
	write_idx("huge", 3, huge, 320, 256);
	write_idx("vast", 3, vast, 320, 256);
	write_idx("y9", 1, labels, 20, 1000);
	tool_write(tool_path("y9"), "\0\0\x08\1\0\0\0\x14\0\1\2\0\1\2\0\1\2\x9\0\1\2\0\1\2\0\1\2\0",
		   28);
	write_idx("x0", 3, none, 0, 256);
	write_idx("y0", 1, none, 0, 256);
	write_idx("y19", 1, fewer, 19, 3);
	tool_write(tool_path("stub"), "\0\0", 2);
	REFUSE(idx_files);
}

#define CSV(file) \
	"data:\n  use: csv\n  classes: 2\n  train: " file \
	"\n  train_fraction: 0.5\n  columns: [{numeric: 2}, label]\n" \
	"model: [{use: fc, out: 2}]\ntrain: {batch: 4}\n"

static const struct {
	const char *text;
	struct refusal refusal;
} csv_files[] = {
	{ "1,2,a\n3,4,b\n5,a\n",
	  { "ragged row",
	    CSV("rows.csv"),
	    { NULL },
	    { "/rows.csv:3: ", "2 fields", "3" },
	    0,
	    false } },
	{ "1,2,a\n3,x,b\n5,6,a\n",
	  { "no number",
	    CSV("rows.csv"),
	    { NULL },
	    { "/rows.csv:2: ", "'x' is not a number", "field 2" },
	    0,
	    false } },
	{ "", { "empty", CSV("rows.csv"), { NULL }, { "/rows.csv: ", "empty" }, 0, false } },
	{ "1,2,a\n3,4,b\n5,6,c\n",
	  { "label beyond classes",
	    CSV("rows.csv"),
	    { NULL },
	    { "/rows.csv:3: ", "label 'c'", "data.classes" },
	    0,
	    false } },
	{ "1,2,a\n3,4,b\n5,6,a\n",
	  { "batch larger than data",
	    CSV("rows.csv"),
	    { NULL },
	    { "bad.yaml:8: ", "train.batch is 4", "1 training rows" },
	    0,
	    false } },
	{ "1,2,a\n",
	  { "one row", CSV("rows.csv"), { NULL }, { "train_fraction", "1 rows" }, 0, false } },
};

static void test_csv_files(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof csv_files / sizeof *csv_files; i++) {
		tool_write_text(tool_path("rows.csv"), csv_files[i].text);
		refuse(&csv_files[i].refusal);
	}
}

/* ---- where the results go ---- */

static const struct refusal outputs[] = {
	{ "a file, no folder",
	  NULL,
	  { "--set", "output.dir=/dev/null/runs" },
	  { "/dev/null/runs: ", "Not a directory", "output.dir" },
	  1,
	  true },
	{ "a system folder",
	  NULL,
	  { "--set", "output.dir=/sys/quotient" },
	  { "/sys/quotient: ", "output.dir" },
	  1,
	  true },
};

static void test_outputs(void **state)
{
	(void)state;
	REFUSE(outputs);
}

static rlim_t file_limit;

static void limit_files(void)
{
	const struct rlimit limit = { file_limit, file_limit };

	signal(SIGXFSZ, SIG_IGN);
	setrlimit(RLIMIT_FSIZE, &limit);
}

/* Whole files or none: what is there ends where it should. */
static void assert_whole(const char *folder, int entries)
{
	char path[1100];

	assert_int_equal(tool_entries(folder, NULL), entries);
	snprintf(path, sizeof path, "%s/metrics.jsonl", folder);
	if (!tool_exists(path))
		return;
	char *text = tool_read(path);
	size_t n = strlen(text);
	assert_true(n == 0 || text[n - 1] == '\n');
	free(text);
}

/* A disk that is full after so many bytes of a file, under one process and under two. */
static void test_files_that_cannot_grow(void **state)
{
	static const struct {
		rlim_t limit;
		int entries;
		const char *file, *train;
	} cases[] = {
		{ 300, 0, "/config.resolved.yaml: ", "train={batch: 16}" },
		{ 1000, 2, "/metrics.jsonl: ", "train={batch: 16, epochs: 50}" },
		{ 1000, 2, "/model.party", "train={batch: 16, max_steps: 1}" },
	};
	static const char *const protocols[] = { "protocol={use: quotient}",
						 "protocol={use: clear}" };

	(void)state;
	tool_write_text(tool_path("bad.yaml"),
			DATA "model: [{use: fc, out: 64}, {use: fc, out: 10}]\n");
	for (size_t i = 0; i < 6; i++) {
		const char *args[] = {
			tool_path("bad.yaml"), "--quiet", "--set",          output(), "--set",
			cases[i / 2].train,    "--set",   protocols[i % 2], NULL
		};
		const char *parts[] = { cases[i / 2].file, "File too large", "output.dir", NULL };
		struct tool t = { .prepare = limit_files };
		char folder[1000];
		file_limit = cases[i / 2].limit;
		tool_start(&t, "quotient-run", args);
		struct tool_result r = tool_wait(&t);
		print_message("    %s", r.err);
		tool_assert_refused(&r, 1, parts);
		tool_free(&r);
		assert_int_equal(tool_entries(tool_path("out"), folder), 1);
		if (i / 2 == 2 &&
		    tool_entries(folder, NULL) == 3) /* the other party's share may have fitted */
			fail_msg("a share of 4 kB in a file of 1 kB?");
		assert_whole(folder, cases[i / 2].entries);
		assert_int_equal(rename(tool_path("out"), tool_path("out-%zu", i)), 0);
	}
}

static void mount_small_disk(void)
{
	if (unshare(geteuid() == 0 ? CLONE_NEWNS : CLONE_NEWUSER | CLONE_NEWNS) != 0 ||
	    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
	    mount("none", tool_path("disk"), "tmpfs", 0, "size=8k") != 0)
		_exit(77);
}

static void test_disk_full(void **state)
{
	char dir[1100];
	static const char *const parts[] = { "/disk/", "No space left", "output.dir", NULL };

	(void)state;
	tool_write_text(tool_path("bad.yaml"),
			DATA "model: [{use: fc, out: 64}, {use: fc, out: 10}]\n" TRAIN);
	assert_int_equal(mkdir(tool_path("disk"), 0777), 0);
	snprintf(dir, sizeof dir, "output.dir=%s", tool_path("disk"));
	const char *args[] = { tool_path("bad.yaml"), "--quiet", "--set", dir, "--set",
			       "train.max_steps=1",   NULL };
	struct tool t = { .prepare = mount_small_disk };
	tool_start(&t, "quotient-run", args);
	struct tool_result r = tool_wait(&t);
	if (r.status == 77) {
		tool_free(&r);
		print_message("    skipped: this machine lets nobody mount\n");
		skip();
	}
	print_message("    %s", r.err);
	tool_assert_refused(&r, 1, parts);
	tool_free(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_experiments),
		cmocka_unit_test(test_nesting),
		cmocka_unit_test(test_no_file),
		cmocka_unit_test(test_networks),
		cmocka_unit_test(test_command_lines),
		cmocka_unit_test(test_plugins),
		cmocka_unit_test(test_no_plugins),
		cmocka_unit_test(test_idx_files),
		cmocka_unit_test(test_csv_files),
		cmocka_unit_test(test_outputs),
		cmocka_unit_test(test_files_that_cannot_grow),
		cmocka_unit_test(test_disk_full),
	};
	return cmocka_run_group_tests(tests, begin, end);
}
