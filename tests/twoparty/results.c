/* SPDX-License-Identifier: Apache-2.0 */
#include "results.h"

static const char experiment[] = "name: tiny\n"
				 "data: {use: digits, size: 8, train_rows: 40, test_rows: 20}\n"
				 "model:\n"
				 "  - {use: fc, out: 8}\n"
				 "  - {use: fc, out: 10}\n"
				 "train: {epochs: 2, batch: 16, seed: 3, optimizer: {use: "
				 "amsgrad}, quantizer: {use: npow}}\n"
				 "protocol: {use: quotient, ot: {use: iknp}, circuits: {use: yao, "
				 "gc: {use: halfgates}}, products: {use: cot}}\n";

const char *tiny_yaml(void)
{
	return tool_path("tiny.yaml");
}

void tiny_write(void)
{
	tool_write_text(tiny_yaml(), experiment);
}

/* "output.dir=<folder>/<name>" for --set. */
const char *tiny_output(const char *name)
{
	static char set[8][1100];
	static int turn;
	char *out = set[turn++ % 8];

	snprintf(out, sizeof set[0], "output.dir=%s", tool_path("%s", name));
	return out;
}

/* Look at the one folder of a run that has ended well. */
void results_look(struct results *l, struct tool_result printed, const char *dir)
{
	char path[1100];

	l->printed = printed;
	tool_assert_status(&printed, 0);
	assert_int_equal(tool_entries(tool_path("%s", dir), l->folder), 1);
	snprintf(path, sizeof path, "%s/summary.json", l->folder);
	l->summary = tool_read(path);
}

void results_forget(struct results *l)
{
	tool_free(&l->printed);
	free(l->summary);
	l->summary = NULL;
}

void results_run(struct results *l, const char *dir, const char *file, const char *set)
{
	const char *args[] = {
		file, "--set", tiny_output(dir), "--reveal-model", "--quiet", set ? "--set" : NULL,
		set,  NULL
	};

	results_look(l, tool_run("quotient-run", args), dir);
}

char *results_file(const struct results *l, const char *name)
{
	char path[1100];

	snprintf(path, sizeof path, "%s/%s", l->folder, name);
	return tool_read(path);
}

void results_assert_equal(const char *a, const char *b, const char *key)
{
	assert_string_equal(tool_json_get(a, key), tool_json_get(b, key));
}
