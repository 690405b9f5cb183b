/* SPDX-License-Identifier: Apache-2.0 */
/* quotient-plugins as people call it, and whether docs/configuration.md and
 * docs/circuit-costs.md are what it prints. */
#include "support.h"

#include <sys/wait.h>

static int status_of;

/* What the tool prints, both streams; its exit status in status_of. */
static char *output(const char *arguments)
{
	char command[2000];
	char *text = NULL;
	size_t size = 0;
	snprintf(command, sizeof command, "'%s/core/tools/quotient-plugins' %s 2>&1",
		 getenv("QUOTIENT_BUILD_ROOT"), arguments);
	FILE *pipe = popen(command, "r"), *stream = open_memstream(&text, &size);
	assert_non_null(pipe);
	assert_non_null(stream);
	for (int c; (c = fgetc(pipe)) != EOF;)
		fputc(c, stream);
	int status = pclose(pipe);
	assert_int_equal(fclose(stream), 0);
	assert_true(WIFEXITED(status));
	status_of = WEXITSTATUS(status);
	return text;
}

static void says(const char *arguments, int status, const char *part)
{
	char *text = output(arguments);
	if (status_of != status || !strstr(text, part))
		fail_msg("'%s': status %d: '%s' does not say '%s'", arguments, status_of, text,
			 part);
	free(text);
}

static void answers(void **state)
{
	(void)state;
	says("--help", 0, "quotient-plugins help optim/sgd");
	says("--version", 0, "plugin ABI 2.0");
	says("", 0, "layer/fc");
	says("list", 0, "security: ");
	says("list", 0, "from: built-in");
	says("help data/digits", 0, "classes");
	says("help digits", 0, "data/digits: ");
	says("help layer/fc", 0, "layers.so (layers 0.1.0)\n");
	says("costs", 0, "| amsgrad | npow | 18 | 168 | ");
	says("costs 17", 0, "have 17 bits.\n");
	says("costs 32", 0, "| amsgrad | wage | refused: ");
	says("costs 2", 0, "| sgd | npow | 0 | ");
}

static void refuses(void **state)
{
	(void)state;
	says("lst", 2, "no command 'lst'");
	says("list x", 2, "takes no operand");
	says("help", 2, "help wants KIND/NAME");
	says("help layer/fcc", 2, "did you mean 'layer/fc'?");
	says("help fcc", 2, "did you mean 'layer/fc'?");
	says("help nothing-like-it", 2, "quotient-plugins list");
	says("costs 33", 2, "a width of 2 to 32 bits, not '33'");
	says("costs 1", 2, "a width of 2 to 32 bits, not '1'");
	says("costs 17x", 2, "not '17x'");
	says("costs ''", 2, "not ''");
	says("--plugin-dir", 2, "wants a folder");
	says("--plugin-dir /nowhere", 2, "/nowhere: cannot read the plugin folder");
	says("--what", 2, "unknown option '--what'");
	says("test", 2, "test wants a file");
	says("test /dev/null", 2, "/dev/null: not a file");
	says("test /etc/passwd", 2, "quotient-plugins: /etc/passwd: not an ELF file");
}

static void tests_a_file(void **state)
{
	(void)state;
	char arguments[1000];
	snprintf(arguments, sizeof arguments, "test '%s/plugins/layers/layers.so'",
		 getenv("QUOTIENT_BUILD_ROOT"));
	says(arguments, 0, "layers.so: ok: layer/fc, wire version 1");
}

static void is_current(const char *page, const char *command)
{
	char path[1000];
	snprintf(path, sizeof path, "%s/docs/%s", getenv("QUOTIENT_SOURCE_ROOT"), page);
	FILE *f = fopen(path, "rb");
	char *now = output(command), *written = calloc(1, 1 << 20);
	assert_int_equal(status_of, 0);
	assert_non_null(written);
	if (!f)
		fail_msg("%s is missing; run 'make docs'", path);
	assert_true(fread(written, 1, (1 << 20) - 1, f) > 0);
	fclose(f);
	size_t same = 0, line = 1;
	for (; now[same] && now[same] == written[same]; same++)
		line += now[same] == '\n';
	if (strcmp(now, written))
		fail_msg("%s:%zu: not what the code says; run 'make docs'", path, line);
	free(now);
	free(written);
}

static void the_reference_is_current(void **state)
{
	(void)state;
	is_current("configuration.md", "docs");
	is_current("circuit-costs.md", "costs");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers),
		cmocka_unit_test(refuses),
		cmocka_unit_test(tests_a_file),
		cmocka_unit_test(the_reference_is_current),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
