/* SPDX-License-Identifier: Apache-2.0 */
/* --verify: an intact run passes; of a run with one rule broken on purpose it names step, layer and
 * tensor. */
#include "tool.h"

#include <signal.h>

static const char experiment[] = "data: {use: digits, size: 8, train_rows: 40, test_rows: 20}\n"
				 "model: [{use: fc, out: 8}, {use: fc, out: 10}]\n"
				 "train: {batch: 16, epochs: 2, max_steps: 3, evaluate: end, "
				 "optimizer: {use: amsgrad}, quantizer: {use: npow}}\n";

static int begin(void **state)
{
	(void)state;
	tool_folder_new();
	tool_write_text(tool_path("verify.yaml"), experiment);
	return 0;
}

static int end(void **state)
{
	(void)state;
	tool_folder_remove();
	return 0;
}

static void start(struct tool *t, const char *set)
{
	char plugins[1000], output[1100];

	snprintf(plugins, sizeof plugins, "%s/tests/train", getenv("QUOTIENT_BUILD_ROOT"));
	snprintf(output, sizeof output, "output.dir=%s", tool_path("out"));
	const char *args[] = { tool_path("verify.yaml"),
			       "--verify",
			       "--quiet",
			       "--plugin-dir",
			       plugins,
			       "--set",
			       output,
			       "--set",
			       set,
			       NULL };
	*t = (struct tool){ 0 };
	tool_start(t, "quotient-run", args);
}

static struct tool_result run(const char *set)
{
	struct tool t;

	start(&t, set);
	return tool_wait(&t);
}

/* ---- intact ---- */

static void test_intact(void **state)
{
	static const char *const sets[] = {
		"train.seed=1",
		"train={batch: 16, max_steps: 2, optimizer: {use: sgd}, quantizer: {use: cpow}}",
		"train={batch: 16, max_steps: 2, optimizer: {use: sgd}, quantizer: {use: wage}}",
		"protocol={use: quotient, circuits: {use: broken, output: V, at: 1000}}",
		"protocol.circuits.use=gmw", /* of a protocol that the file leaves to its default */
		"protocol={ot: {use: softspoken}}",
		"protocol={use: replicated}",
		"protocol={use: broken}",
	};

	(void)state;
	for (size_t i = 0; i < sizeof sets / sizeof *sets; i++) {
		struct tool_result r = run(sets[i]);
		tool_assert_status(&r, 0);
		assert_string_equal(r.err, "");
		const char *found = strstr(r.out, "verified: ");
		assert_non_null(found);
		/* At the least Z, A, s, E, G, V, T of two layers in two steps. */
		assert_true(atoi(found + strlen("verified: ")) >= 2 * 2 * 7);
		assert_non_null(strstr(found, "tensors equal to the clear twin's"));
		assert_non_null(strstr(r.out, "no privacy"));
		tool_free(&r);
	}
}

/* ---- broken ---- */

static const struct {
	const char *set, *says;
} broken[] = {
	{ "protocol={use: quotient, circuits: {use: broken, output: A, at: 0}}",
	  "step 1, layer 1 fc: tensor 'A'" },
	{ "protocol={use: quotient, circuits: {use: broken, output: A, at: 3}}",
	  "step 2, layer 2 fc: tensor 'A'" },
	{ "protocol={use: quotient, circuits: {use: broken, output: E, at: 1}}",
	  "step 1, layer 1 fc: tensor 'E normalised'" },
	{ "protocol={use: quotient, circuits: {use: broken, output: s, at: 0}}",
	  "step 1, layer 2 fc: tensor 's_E'" },
	{ "protocol={use: quotient, circuits: {use: broken, output: s, at: 2}}",
	  "step 1, layer 1 fc: tensor 's_G'" },
	{ "protocol={use: quotient, circuits: {use: broken, output: V, at: 5}}",
	  "step 3, layer 2 fc: tensor 'V'" },
	{ "protocol={use: quotient, products: {use: broken, at: 1}}",
	  "step 1, layer 2 fc: tensor 'Z'" },
	{ "protocol={use: quotient, products: {use: broken, at: 2}}",
	  "step 1, layer 2 fc: tensor 'G'" },
	{ "protocol={use: quotient, products: {use: broken, at: 3}}",
	  "step 1, layer 2 fc: tensor 'E_prev'" },
	{ "protocol={use: quotient, products: {use: broken, at: 14}}",
	  "step 3, layer 1 fc: tensor 'G'" },
	/* Three parties. */
	{ "protocol={use: broken, product: 1}", "step 1, layer 2 fc: tensor 'Z'" },
	{ "protocol={use: broken, product: 14}", "step 3, layer 1 fc: tensor 'G'" },
	{ "protocol={use: broken, output: A, map: 3}", "step 2, layer 2 fc: tensor 'A'" },
	{ "protocol={use: broken, output: V, map: 5}", "step 3, layer 2 fc: tensor 'V'" },
};

static void test_broken(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
		const char *parts[] = { "verify: ", broken[i].says, "differs from the clear twin",
					NULL };
		struct tool_result r = run(broken[i].set);
		print_message("    %s", r.err);
		tool_assert_refused(&r, 1, parts);
		assert_null(strstr(r.out, "verified"));
		tool_free(&r);
	}
}

/* ---- the twin is there ---- */

static void test_killed_twin(void **state)
{
	static const char *const parts[] = { "the clear twin: ", "signal 9", NULL };
	struct tool t;
	pid_t children[4];
	int polls = 0;

	(void)state;
	start(&t, "train={batch: 16, epochs: 4000}");
	while (tool_children(t.pid, children, 4) < 3)
		tool_poll(&polls);
	kill(children[0], SIGKILL);
	struct tool_result r = tool_wait(&t);
	tool_assert_refused(&r, 1, parts);
	tool_free(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_intact),
		cmocka_unit_test(test_broken),
		cmocka_unit_test(test_killed_twin),
	};
	return cmocka_run_group_tests(tests, begin, end);
}
