/* SPDX-License-Identifier: Apache-2.0 */
/* The networks of configs/ on real data, where they are at hand: scores under two-party computation are
 * those in the clear. The public initial weights will do for that. */
#include "tool.h"

#include <unistd.h>

static const char *data_folder(void)
{
	static char beside[600];
	const char *source = getenv("QUOTIENT_SOURCE_ROOT"), *data = getenv("QUOTIENT_DATA");

	if (data)
		return data;
	snprintf(beside, sizeof beside, "%s/../shared/data", source ? source : ".");
	if (access(beside, R_OK) != 0)
		snprintf(beside, sizeof beside, "%s/data", source ? source : ".");
	return beside;
}

static char *scores(const char *config, const char *rows, const char *protocol)
{
	char file[600], output[200], set[100], folder[1000], path[1100];
	const char *source = getenv("QUOTIENT_SOURCE_ROOT");

	snprintf(file, sizeof file, "%s/configs/%s.yaml", source ? source : ".", config);
	snprintf(output, sizeof output, "output.dir=%s", tool_path("%s-%s", config, protocol));
	snprintf(set, sizeof set, "protocol.use=%s", protocol);
	const char *args[] = { file, "--model", "initial", "--reveal", "scores", "--rows",
			       rows, "--set",   output,    "--set",    set,      NULL };
	struct tool_result r = tool_run("quotient-predict", args);
	tool_assert_status(&r, 0);
	tool_free(&r);
	assert_int_equal(tool_entries(tool_path("%s-%s", config, protocol), folder), 1);
	snprintf(path, sizeof path, "%s/predictions.csv", folder);
	return tool_read(path);
}

static void test_networks(void **state)
{
	static const struct {
		const char *config, *needs, *rows;
	} cases[] = {
		{ "mnist-2x128", "mnist/t10k-images-idx3-ubyte.gz", "20" },
		{ "lenet-mnist", "mnist/t10k-images-idx3-ubyte.gz", "4" },
		{ "motionsense-conv", "motionsense", "2" },
		{ "breast-idc-conv", "breast_idc", "1" },
		{ "cifar10", "cifar10", "1" },
		{ "ham10000-resnet20", "ham10000", "1" },
	};
	const char *data = data_folder();
	int done = 0;

	(void)state;
	setenv("QUOTIENT_DATA", data, 1);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char path[1000];
		snprintf(path, sizeof path, "%s/%s", data, cases[i].needs);
		if (access(path, R_OK) != 0)
			continue;
		char *secure = scores(cases[i].config, cases[i].rows, "quotient");
		char *clear = scores(cases[i].config, cases[i].rows, "clear");
		assert_string_equal(secure, clear);
		free(secure);
		free(clear);
		done++;
	}
	if (!done)
		skip();
}

static int begin(void **state)
{
	(void)state;
	tool_folder_new();
	return 0;
}

static int end(void **state)
{
	(void)state;
	tool_folder_remove();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_networks) };

	return cmocka_run_group_tests(tests, begin, end);
}
