/* SPDX-License-Identifier: Apache-2.0 */
#include "refusal.h"

const char *refusal_output(void)
{
	static char set[1100];

	snprintf(set, sizeof set, "output.dir=%s", tool_path("out"));
	return set;
}

static const char *expand(const char *arg)
{
	return arg && arg[0] == '@' ? tool_path("%s", arg + 1) : arg;
}

void refuse_with(const char *tool, const struct refusal *c)
{
	const char *file = tool_path("bad.yaml");
	const char *args[MAX_WORDS + 4] = { file, "--set", refusal_output() };
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

void refuse(const struct refusal *c)
{
	tool_write_text(tool_path("bad.yaml"), c->yaml ? c->yaml : GOOD);
	refuse_with("quotient-run", c);
	if (!c->run_only)
		refuse_with("quotient-check", c);
}
