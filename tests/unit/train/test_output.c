/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/output.h"

static char root[64];

static int make_root(void **unused)
{
	(void)unused;
	strcpy(root, "/tmp/quo-output-XXXXXX");
	return mkdtemp(root) ? 0 : -1;
}

static int remove_root(void **unused)
{
	char command[128];

	(void)unused;
	snprintf(command, sizeof command, "rm -rf '%s'", root);
	return system(command);
}

static size_t read_file(const char *path, char *text, size_t size)
{
	FILE *f = fopen(path, "rb");

	assert_non_null(f);
	size_t n = fread(text, 1, size - 1, f);
	text[n] = 0;
	fclose(f);
	return n;
}

static unsigned count_files(const char *folder)
{
	unsigned n = 0;
	DIR *dir = opendir(folder);

	assert_non_null(dir);
	for (struct dirent *e; (e = readdir(dir));)
		n += e->d_name[0] != '.';
	closedir(dir);
	return n;
}

static void test_run(void **unused)
{
	quo_err err = QUO_ERR_INIT;
	char dir[100], text[200], first[300];

	(void)unused;
	snprintf(dir, sizeof dir, "%s/a/b", root);
	quo_folder *out = quo_folder_open(dir, "../my run", &err);
	if (!out)
		fail_msg("%s", err.text);
	/* The name stays one folder inside dir. */
	snprintf(first, sizeof first, "%s/-.-my-run-", dir);
	assert_memory_equal(quo_folder_name(out), first, strlen(first));
	snprintf(first, sizeof first, "%s", quo_folder_name(out));

	quo_test_ok(quo_folder_metrics(out, "{1}", 3, &err));
	quo_test_ok(quo_folder_metrics(out, "{22}", 4, &err));
	read_file(quo_folder_path(out, "metrics.jsonl", &err), text, sizeof text);
	assert_string_equal(text, "{1}\n{22}\n");

	quo_test_ok(quo_folder_write(out, "summary.json", "old", 3, false, &err));
	quo_test_ok(quo_folder_write(out, "summary.json", "newer", 5, false, &err));
	read_file(quo_folder_path(out, "summary.json", &err), text, sizeof text);
	assert_string_equal(text, "newer");

	quo_folder *other = quo_folder_join(first, &err);
	assert_non_null(other);
	quo_test_ok(quo_folder_write(other, "model.party1.share", "s", 1, true, &err));
	struct stat st;
	assert_int_equal(stat(quo_folder_path(other, "model.party1.share", &err), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	quo_folder_close(other);
	assert_int_equal(count_files(first), 3);
	quo_folder_close(out);
	quo_folder_close(NULL);
}

static void test_folders_differ(void **unused)
{
	quo_err err = QUO_ERR_INIT;
	quo_folder *out[5];

	(void)unused;
	for (int i = 0; i < 5; i++) {
		out[i] = quo_folder_open(root, "same", &err);
		assert_non_null(out[i]);
		for (int j = 0; j < i; j++)
			assert_string_not_equal(quo_folder_name(out[i]), quo_folder_name(out[j]));
	}
	for (int i = 0; i < 5; i++)
		quo_folder_close(out[i]);
}

static void test_unwritable(void **unused)
{
	quo_err err = QUO_ERR_INIT;
	char path[100];

	(void)unused;
	/* A file where a folder should be: refused for every user, root included. */
	snprintf(path, sizeof path, "%s/file", root);
	quo_test_ok(quo_file_write(path, "x", 1, false, &err));
	assert_null(quo_folder_open(path, "run", &err));
	quo_test_assert_error(&err, QUO_FAILED, path);
	quo_test_assert_error(&err, QUO_FAILED, "choose another folder");
	err = (quo_err)QUO_ERR_INIT;
	assert_null(quo_folder_open("", "run", &err));
	quo_test_assert_error(&err, QUO_FAILED, "output.dir");
	err = (quo_err)QUO_ERR_INIT;
	assert_null(quo_folder_open("/proc/quotient-nowhere", "run", &err));
	quo_test_assert_error(&err, QUO_FAILED, "/proc/quotient-nowhere");
	err = (quo_err)QUO_ERR_INIT;
	quo_folder *gone = quo_folder_join("/nonexistent-quotient", &err);
	assert_int_equal(quo_folder_metrics(gone, "{}", 2, &err), QUO_FAILED);
	quo_test_assert_error(&err, QUO_FAILED, "/nonexistent-quotient/metrics.jsonl");
	quo_folder_close(gone);
}

/* A file size limit stands for a full disk: a write of which only a part fits. */
static void test_full_disk(void **unused)
{
	static char large[5000];
	quo_err err = QUO_ERR_INIT;
	struct rlimit old, small;
	char text[200];
	quo_folder *out = quo_folder_open(root, "full", &err);

	(void)unused;
	assert_non_null(out);
	memset(large, 'x', sizeof large);
	quo_test_ok(quo_folder_metrics(out, "{1}", 3, &err));
	quo_test_ok(quo_folder_write(out, "summary.json", "old", 3, false, &err));
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	small = old;
	small.rlim_cur = 1000;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	quo_status metrics = quo_folder_metrics(out, large, sizeof large, &err);
	quo_err err_write = QUO_ERR_INIT;
	quo_status whole =
		quo_folder_write(out, "summary.json", large, sizeof large, false, &err_write);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);

	assert_int_equal(metrics, QUO_FAILED);
	quo_test_assert_error(&err, QUO_FAILED, "metrics.jsonl: cannot write");
	assert_int_equal(whole, QUO_FAILED);
	quo_test_assert_error(&err_write, QUO_FAILED, "summary.json: cannot write");
	/* What was there is whole, and nothing else is. */
	read_file(quo_folder_path(out, "metrics.jsonl", &err), text, sizeof text);
	assert_string_equal(text, "{1}\n");
	read_file(quo_folder_path(out, "summary.json", &err), text, sizeof text);
	assert_string_equal(text, "old");
	assert_int_equal(count_files(quo_folder_name(out)), 2);
	quo_folder_close(out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_run),
		cmocka_unit_test(test_folders_differ),
		cmocka_unit_test(test_unwritable),
		cmocka_unit_test(test_full_disk),
	};
	return cmocka_run_group_tests(tests, make_root, remove_root);
}
