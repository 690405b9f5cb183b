/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bad experiments, networks, command lines and plugins, from outside: exit status 2, one line that
 * says where, what and what to do, and nothing left behind. Bad files are in test_bad_files.c, bad
 * peers in test_bad_peers.c.
 */
#include "refusal.h"

#include <sys/stat.h>
#include <unistd.h>

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
	{ "unknown key", .yaml = DATA MODEL "train:\n  batch: 16\n  optimiser: {use: sgd}\n",
	  .parts = { "bad.yaml:5: ", "unknown key 'optimiser'", "did you mean 'optimizer'" } },
	{ "unknown key on top", .yaml = GOOD "epochs: 3\n",
	  .parts = { "bad.yaml:5: ", "unknown key 'epochs'" } },
	{ "unknown option of a component", .yaml = DATA "model: [{use: fc, outputs: 10}]\n",
	  .parts = { "bad.yaml:2: ", "unknown key 'outputs'", "it has use, out" } },
	{ "wrong type", .yaml = DATA MODEL "train: {batch: many}\n",
	  .parts = { "bad.yaml:3: ", "train.batch wants an integer", "'many'" } },
	{ "a list for a map", .yaml = DATA MODEL "train: [1]\n",
	  .parts = { "bad.yaml:3: ", "train wants a map" } },
	{ "out of range", .yaml = DATA MODEL "train: {batch: 0}\n",
	  .parts = { "bad.yaml:3: ", "1..65536" } },
	{ "missing model", .yaml = DATA TRAIN,
	  .parts = { "bad.yaml:1: ", "model is missing", "{use: fc" } },
	{ "missing option", .yaml = "data: {use: idx, classes: 2, test: [a, b]}\n" MODEL,
	  .parts = { "bad.yaml:1: ", "data.train is missing" } },
	{ "key twice", .yaml = GOOD "train: {batch: 3}\n",
	  .parts = { "bad.yaml:5: ", "twice", "line 3" } },
	{ "tab", .yaml = "data:\n\tuse: digits\n" MODEL,
	  .parts = { "bad.yaml:2: ", "tab", "spaces" } },
	{ "alias bomb",
	  .yaml = "a: &a [x, x]\nb: &b [*a, *a, *a]\nc: &c [*b, *b, *b]\nd: [*c, *c, *c]\n",
	  .parts = { "bad.yaml:1: ", "anchor", "extends" } },
	{ "empty file", .yaml = "", .parts = { "bad.yaml:1: ", "empty", "quickstart" } },
	{ "no YAML", .yaml = "data: {use: digits\n", .parts = { "bad.yaml:", "bad YAML" } },
	{ "extends nothing", .yaml = "extends: base-that-is-not-there.yaml\n" GOOD,
	  .parts = { "base-that-is-not-there.yaml" } },
	{ "no such component", .yaml = DATA MODEL "train: {optimizer: {use: amsgrat}}\n",
	  .parts = { "bad.yaml:3: ", "optim/amsgrat", "did you mean 'amsgrad'" } },
	{ "component of another kind",
	  .yaml = DATA MODEL TRAIN "protocol: {use: quotient, circuits: {use: iknp}}\n",
	  .parts = { "bad.yaml:4: ", "'iknp' is of kind ot" } },
	{ "empty output.dir", .yaml = GOOD, .args = { "--set", "output.dir=\"\"" },
	  .parts = { "output.dir", "name a folder" } },
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
		struct refusal c = { "nesting", .yaml = text,
				     .parts = { "bad.yaml", i ? "nested" : "1 MiB" } };
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
	  .yaml = DATA "model:\n  - {use: fc, out: 33554432}\n  - {use: fc, out: 10}\n" TRAIN,
	  .parts = { "bad.yaml:4: ", "layer 2 fc", "ring of 33 bits", "smaller" } },
	{ "outputs are not classes", .yaml = DATA "model:\n  - {use: fc, out: 8}\n" TRAIN,
	  .parts = { "bad.yaml:3: ", "layer 1 fc", "8 outputs", "10 classes" } },
#define CONV "{use: conv2d, out: 4, kernel: 3}"
#define FC "{use: fc, out: 10}"
	{ "more values than can be counted",
	  .yaml = DATA "model: [{use: conv2d, out: 16777216, kernel: 1}, {use: maxpool}, " FC
		       "]\n" TRAIN,
	  .parts = { "bad.yaml:2: ", "layer 1 conv2d", "8 x 8 x 16777216", "67108864 values" } },
	{ "a pool that does not divide",
	  .yaml = DATA "model: [" CONV ", {use: maxpool, size: 4}, " FC "]\n" TRAIN,
	  .parts = { "bad.yaml:2: ", "layer 2 maxpool", "4 x 4 do not divide", "6 x 6", "drop" } },
	{ "a pool larger than its input",
	  .yaml = DATA "model: [" CONV ", {use: maxpool, size: [7, 1], remainder: drop}, " FC
		       "]\n" TRAIN,
	  .parts = { "layer 2 maxpool", "7 x 1 is larger", "6 x 6" } },
	{ "a pool of no size",
	  .yaml = DATA "model: [" CONV ", {use: maxpool, size: 0}, " FC "]\n" TRAIN,
	  .parts = { "model.1: size", "1..64", "'0'" } },
	{ "a pool of many elements",
	  .yaml = DATA "model: [" CONV ", {use: maxpool, size: 17}, " FC "]\n" TRAIN,
	  .parts = { "17 x 17", "256 elements" } },
	{ "a pool of a vector",
	  .yaml = DATA "model: [{use: fc, out: 8}, {use: maxpool}, " FC "]\n" TRAIN,
	  .parts = { "layer 2 maxpool", "1 dimension", "after conv2d" } },
	{ "a pool of the data", .yaml = DATA "model: [{use: maxpool}, " FC "]\n" TRAIN,
	  .parts = { "layer 1 maxpool", "put one before it" } },
	{ "a pool of the output",
	  .yaml = DATA "model: [{use: conv2d, out: 10, kernel: 7}, "
		       "{use: maxpool}]\n" TRAIN,
	  .parts = { "layer 2 maxpool", "cannot follow the output layer", "{use: fc, out: 10}" } },
	{ "a residual of other channels",
	  .yaml = DATA "model: [" CONV ", {use: conv2d, out: 8, kernel: 3, padding: same}, "
		       "{use: residual, over: 1}, " FC "]\n" TRAIN,
	  .parts = { "bad.yaml:2: ", "layer 3 residual", "6 x 6 x 4", "layer 2 conv2d is 6 x 6 x 8",
		     "project: true" } },
	{ "a projection that cannot reach",
	  .yaml = DATA "model: [" CONV ", {use: residual, over: 1, project: true}, " FC "]\n" TRAIN,
	  .parts = { "layer 2 residual", "4 x 4 x 4", "6 x 6 x 4", "padding: same" } },
	{ "a residual that goes back too far",
	  .yaml = DATA "model: [" CONV ", {use: residual, over: 2}, " FC "]\n" TRAIN,
	  .parts = { "layer 2 residual", "over 2 layers", "1 come before it" } },
	{ "a residual after a pool",
	  .yaml = DATA "model: [" CONV ", {use: maxpool}, {use: residual, over: 1}, " FC
		       "]\n" TRAIN,
	  .parts = { "layer 3 residual", "changed the shape", "directly after" } },
	{ "two residuals",
	  .yaml = DATA "model: [{use: conv2d, out: 1, kernel: 3, padding: same}, "
		       "{use: residual, over: 1}, {use: residual, over: 1}, " FC "]\n" TRAIN,
	  .parts = { "layer 3 residual", "layer 1 conv2d has a residual already" } },
	{ "a projection wider than its layer",
	  .yaml = DATA
	  "model: [{use: conv2d, out: 300, kernel: 3, padding: same}, {use: conv2d, "
	  "out: 1, kernel: 1}, {use: conv2d, out: 4, kernel: 1}, {use: residual, project: true}, " FC
	  "]\n" TRAIN,
	  .parts = { "layer 4 residual", "sums 300 inputs", "layer 3 conv2d with its 1" } },
	{ "a kernel larger than its input",
	  .yaml = DATA "model: [{use: conv2d, out: 4, kernel: 9}, " FC "]\n" TRAIN,
	  .parts = { "layer 1 conv2d", "9 x 9 is larger", "8 x 8" } },
	{ "no layer with parameters", .yaml = DATA "model: [{use: flatten}]\n" TRAIN,
	  .parts = { "bad.yaml:2: ", "no layer with parameters" } },
	{ "batch larger than the data", .yaml = DATA MODEL "train:\n  batch: 64\n",
	  .parts = { "bad.yaml:4: ", "train.batch is 64", "40 training rows", "smaller" } },
	{ "wage with amsgrad",
	  .yaml = DATA MODEL
	  "train:\n  optimizer: {use: amsgrad}\n  quantizer: {use: wage}\n  batch: 8\n",
	  .parts = { "bad.yaml:4: ", "wage", "use optimizer sgd" } },
	{ "--verify with clear", .yaml = GOOD,
	  .args = { "--verify", "--set", "protocol={use: clear}" },
	  .parts = { "--verify", "clear", "without" }, .run_only = true },
};

static void test_networks(void **state)
{
	(void)state;
	REFUSE(networks);
}

/* ---- the command line ---- */

static const struct refusal command_lines[] = {
	{ "unknown option", .args = { "--cloud", "3" },
	  .parts = { "'--cloud' is not an option", "--help" } },
	{ "unknown letter", .args = { "-x" }, .parts = { "'-x' is not an option", "--help" } },
	{ "no value", .args = { "--plugin-dir" }, .parts = { "--plugin-dir needs a value" } },
	{ "no equals sign", .args = { "--set", "train.batch" },
	  .parts = { "--set train.batch", "key=value" } },
	{ "--set of what is not there", .args = { "--set", "train.bach=3" },
	  .parts = { "--set train.bach=3: ", "'bach'", "'batch'" } },
	{ "--party 2", .args = { "--party", "2" }, .parts = { "--party", "there is no party 2" },
	  .run_only = true },
	{ "--party alone", .args = { "--party", "0" },
	  .parts = { "--party 0 has nowhere to meet", "--connect" }, .run_only = true },
	{ "both", .args = { "--listen", "127.0.0.1:4000", "--connect", "127.0.0.1:4000" },
	  .parts = { "--listen or --connect, not both" }, .run_only = true },
	{ "no address", .args = { "--listen", "here" },
	  .parts = { "'here' is not an address", "host:port" }, .run_only = true },
	{ "no port", .args = { "--connect", "127.0.0.1:70000" },
	  .parts = { "127.0.0.1:70000", "1 to 65535" }, .run_only = true },
	{ "mode without address", .args = { "--set", "network.mode=listen" },
	  .parts = { "network.address is missing", "host:port" } },
	{ "one party over a network",
	  .args = { "--listen", "127.0.0.1:4000", "--set", "protocol={use: clear}" },
	  .parts = { "protocol clear has one party", "without --listen" }, .run_only = true },
	{ "--verify over a network", .args = { "--listen", "127.0.0.1:4000", "--verify" },
	  .parts = { "--verify", "without --listen" }, .run_only = true },
	{ "no data with --party",
	  .args = { "--listen", "127.0.0.1:4000", "--set",
		    "data={use: idx, classes: 2, train: [a, b], test: [a, b]}" },
	  .parts = { "/a: No such file", "data.root" }, .run_only = true },
};

static void test_command_lines(void **state)
{
	static const struct refusal other = {
		"option of the other tool", .args = { "--party", "0" },
		.parts = { "'--party' is an option of quotient-run" }
	};

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
	{ "abi_major", "plugin ABI 3.0" },
	{ "vtable_truncated", "truncated" },
	{ "missing_method", "lacks the required method 'combine'" },
	{ "undefined_symbol", "quo_no_such_function_anywhere" },
};

static void test_plugins(void **state)
{
	static const struct refusal no_folder = { "no folder",
						  .args = { "--plugin-dir", "@nowhere" },
						  .parts = { "nowhere: ", "--plugin-dir" } };
	static const struct refusal text = { "text", .args = { "--plugin-dir", "@text" },
					     .parts = { "text/a.so: ", "shared object" } };

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
		struct refusal c = { modules[i].module, .args = { "--plugin-dir", dir },
				     .parts = { file, modules[i].says } };
		refuse(&c);
	}
}

/* No plugins at all: say where was looked. */
static void test_no_plugins(void **state)
{
	static const struct refusal c = { "no plugins", .parts = { "bad.yaml:", "no plugin",
								   "/empty", "--plugin-dir" } };
	char *before = strdup(getenv("QUOTIENT_PLUGIN_PATH"));

	(void)state;
	assert_non_null(before);
	mkdir(tool_path("empty"), 0777);
	setenv("QUOTIENT_PLUGIN_PATH", tool_path("empty"), 1);
	refuse(&c);
	setenv("QUOTIENT_PLUGIN_PATH", before, 1);
	free(before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_experiments),   cmocka_unit_test(test_nesting),
		cmocka_unit_test(test_no_file),       cmocka_unit_test(test_networks),
		cmocka_unit_test(test_command_lines), cmocka_unit_test(test_plugins),
		cmocka_unit_test(test_no_plugins),
	};
	return cmocka_run_group_tests(tests, begin, end);
}
