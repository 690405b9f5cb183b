/* SPDX-License-Identifier: Apache-2.0 */
/* Bad data files, and folders that take no results: exit status 2 or 1 and one line, no file half
 * written. */
#include "refusal.h"

#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
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
	{ "missing file", .yaml = IDX("none.gz", "y"),
	  .parts = { "/none.gz: No such file", "make data", "QUOTIENT_DATA" } },
	{ "truncated images", .yaml = IDX("cut", "y"), .parts = { "/cut: ", "320 bytes" } },
	{ "truncated header", .yaml = IDX("stub", "y"),
	  .parts = { "/stub: ", "inside its header" } },
	{ "promise of 2^40 bytes", .yaml = IDX("huge", "y"),
	  .parts = { "/huge: ", "1099511627776 bytes", "cannot hold" } },
	{ "promise of over 2^64 bytes", .yaml = IDX("vast", "y"), .parts = { "/vast: ", "2^64" } },
	{ "label beyond classes", .yaml = IDX("x", "y9"),
	  .parts = { "/y9: ", "label 9", "row 9", "data.classes" } },
	{ "images without rows", .yaml = IDX("x0", "y0"), .parts = { "/x0: ", "no data" } },
	{ "labels of another set", .yaml = IDX("x", "y19"), .parts = { "20 images", "19 labels" } },
	{ "swapped", .yaml = IDX("y", "x"), .parts = { "/y: ", "swapped" } },
	{ "no IDX", .yaml = IDX("bad.yaml", "y"), .parts = { "/bad.yaml: ", "IDX" } },
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
	  { "ragged row", .yaml = CSV("rows.csv"),
	    .parts = { "/rows.csv:3: ", "2 fields", "3" } } },
	{ "1,2,a\n3,x,b\n5,6,a\n",
	  { "no number", .yaml = CSV("rows.csv"),
	    .parts = { "/rows.csv:2: ", "'x' is not a number", "field 2" } } },
	{ "", { "empty", .yaml = CSV("rows.csv"), .parts = { "/rows.csv: ", "empty" } } },
	{ "1,2,a\n3,4,b\n5,6,c\n",
	  { "label beyond classes", .yaml = CSV("rows.csv"),
	    .parts = { "/rows.csv:3: ", "label 'c'", "data.classes" } } },
	{ "1,2,a\n3,4,b\n5,6,a\n",
	  { "batch larger than data", .yaml = CSV("rows.csv"),
	    .parts = { "bad.yaml:8: ", "train.batch is 4", "1 training rows" } } },
	{ "1,2,a\n",
	  { "one row", .yaml = CSV("rows.csv"), .parts = { "train_fraction", "1 rows" } } },
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
	{ "a file, no folder", .args = { "--set", "output.dir=/dev/null/runs" },
	  .parts = { "/dev/null/runs: ", "Not a directory", "output.dir" }, .status = 1,
	  .run_only = true },
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
		const char *args[] = { tool_path("bad.yaml"),
				       "--quiet",
				       "--set",
				       refusal_output(),
				       "--set",
				       cases[i / 2].train,
				       "--set",
				       protocols[i % 2],
				       NULL };
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
		cmocka_unit_test(test_idx_files), cmocka_unit_test(test_csv_files),
		cmocka_unit_test(test_outputs),   cmocka_unit_test(test_files_that_cannot_grow),
		cmocka_unit_test(test_disk_full),
	};
	return cmocka_run_group_tests(tests, begin, end);
}
