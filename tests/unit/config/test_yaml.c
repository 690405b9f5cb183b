/* SPDX-License-Identifier: Apache-2.0 */
/* Reading hostile YAML, merging, --set, writing, suggestions. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "config/merge.h"
#include "text/node.h"
#include "text/suggest.h"
#include "text/yaml_write.h"

static quo_arena *arena;
static char folder[] = "/tmp/quo-yaml-XXXXXX";

static int begin(void **state)
{
	(void)state;
	arena = quo_arena_new(NULL);
	return arena && mkdtemp(folder) ? 0 : -1;
}

static int end(void **state)
{
	(void)state;
	char command[100];
	quo_arena_free(arena);
	snprintf(command, sizeof command, "rm -r %s", folder);
	return system(command);
}

static const char *file_of(const char *name, const void *text, size_t n)
{
	static char path[200];
	snprintf(path, sizeof path, "%s/%s", folder, name);
	FILE *f = fopen(path, "wb");
	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, n, f), n);
	fclose(f);
	return path;
}

static void refuses_bytes(const void *text, size_t n, const char *where, const char *why)
{
	quo_err err = QUO_ERR_INIT;
	quo_node *node = NULL;
	const char *path = file_of("bad.yaml", text, n);
	assert_int_equal(quo__yaml_load(arena, path, &node, &err), QUO_USAGE);
	if (strncmp(err.text, path, strlen(path)) ||
	    strncmp(err.text + strlen(path), where, strlen(where)) || !strstr(err.text, why) ||
	    strchr(err.text, '\n'))
		fail_msg("'%s' is not '%s%s .. %s'", err.text, path, where, why);
}

static void refuses(const char *text, const char *where, const char *why)
{
	refuses_bytes(text, strlen(text), where, why);
}

static quo_node *load(const char *text)
{
	quo_err err = QUO_ERR_INIT;
	quo_node *node = NULL;
	if (quo__yaml_load(arena, file_of("good.yaml", text, strlen(text)), &node, &err) != QUO_OK)
		fail_msg("%s", err.text);
	return node;
}

static void is(quo_node *node, const char *expected)
{
	char *text = quo__yaml_write_flow(arena, node, NULL);
	assert_string_equal(text, expected);
}

static void reads_places(void **state)
{
	(void)state;
	quo_node *root = load("a: 1\nb:\n  - x\n  - {c: \"2\"}\n");
	assert_int_equal(root->n, 2);
	quo_node *b = quo__node_get(root, "b");
	assert_int_equal(b->key_line, 2);
	assert_int_equal(b->item[1]->line, 4);
	assert_true(quo__node_get(b->item[1], "c")->quoted);
	assert_null(quo__node_get(root, "c"));
	is(root, "{a: 1, b: [x, {c: 2}]}");
}

static void refuses_what_is_no_experiment(void **state)
{
	(void)state;
	refuses("", "", "empty");
	refuses("# only a comment\n", "", "empty");
	refuses("- a\n", ":1: ", "a map of keys");
	refuses("just text\n", ":1: ", "a map of keys");
	refuses("a: 1\n\tb: 2\n", ":2: ", "a tab");
	refuses("a: 1\nb:\tc\td: {\t\n", ":2: ", "");
	refuses("a: &x 1\nb: *x\n", ":1: ", "anchor");
	refuses("a: 1\nb: *x\n", ":2: ", "alias");
	refuses("a: !!python/object 1\n", ":1: ", "tag");
	refuses("a: 1\nb: 2\na: 3\n", ":3: ", "'a' is here twice; the first is on line 1");
	refuses("a: 1\n---\nb: 1\n", ":2: ", "second document");
	refuses("a: [1, 2\n", ":2: ", "bad YAML");
	refuses("a: 'x\n", ":2: ", "bad YAML");
	refuses("a: b: c\n", ":1: ", "bad YAML");
	refuses("? [x]\n: 1\n", ":1: ", "a key must be a word");
	refuses("a: 1\nb: \xff\xfe\n", ":2: ", "not UTF-8");
	refuses("a: \xc0\x80\n", ":1: ", "not UTF-8");
	refuses("a: \xed\xa0\x80\n", ":1: ", "not UTF-8");
	refuses("a: \x1b[31m\n", ":1: ", "control character");
	refuses_bytes("a: \0b\n", 6, ":1: ", "not UTF-8");
	refuses("a: \"x\\0y\"\n", ":1: ", "zero byte");
	refuses_bytes("\x7f"
		      "ELF\x02\x01\x01\0\0",
		      9, ":1: ", "");
}

static void refuses_bombs(void **state)
{
	(void)state;
	static const char bomb[] = "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\n"
				   "c: [*b,*b,*b,*b,*b,*b,*b,*b,*b]\n";
	refuses(bomb, ":1: ", "anchor");

	size_t n = (size_t)10 << 20;
	char *big = malloc(n);
	assert_non_null(big);
	memset(big, '[', n);
	refuses_bytes(big, n, "", "longer than 1 MiB");
	refuses_bytes(big, 1000000, ":1: ", "32 levels");
	memset(big, '{', n);
	refuses_bytes(big, 1000000, ":1: ", "");
	for (size_t i = 0; i < 1000000; i += 2)
		memcpy(big + i, i ? ", " : "[ ", 2);
	for (size_t i = 1; i < 1000000; i += 2)
		big[i] = 'x';
	refuses_bytes(big, 1000000, ":1: ", "100000 values");
	size_t used = 0;
	for (int i = 0; i < 2000; i++)
		used += (size_t)sprintf(big + used, "k%d: 1\n", i);
	refuses_bytes(big, used, ":1001: ", "1000 keys");
	free(big);
}

static void refuses_unreadable(void **state)
{
	(void)state;
	quo_err err = QUO_ERR_INIT;
	quo_node *node;
	assert_int_equal(quo__yaml_load(arena, "/nowhere/x.yaml", &node, &err), QUO_USAGE);
	assert_string_equal(
		err.text, "/nowhere/x.yaml: cannot read the experiment: No such file or directory");
	err = (quo_err)QUO_ERR_INIT;
	assert_int_equal(quo__yaml_load(arena, folder, &node, &err), QUO_USAGE);
	assert_non_null(strstr(err.text, "directory"));
}

static void extends_merges(void **state)
{
	(void)state;
	const char *base = "train: {epochs: 3, optimizer: {use: sgd, lr_shift: {0: 3, 3: 4}}, q: "
			   "{use: npow, k: 1}}\n"
			   "model: [a, b]\nname: base\n";
	file_of("base.yaml", base, strlen(base));
	is(load("extends: base.yaml\nname: own\nmodel: [c]\ntrain: {epochs: 5}\n"),
	   "{train: {epochs: 5, optimizer: {use: sgd, lr_shift: {0: 3, 3: 4}}, q: {use: npow, k: "
	   "1}}, model: [c], "
	   "name: own}");
	/* Another component takes nothing over; the same one, or none, does; a schedule is one
	 * value. */
	is(load("extends: base.yaml\ntrain: {optimizer: {use: amsgrad}, q: {j: 2}}\n"),
	   "{train: {epochs: 3, optimizer: {use: amsgrad}, q: {use: npow, k: 1, j: 2}}, model: [a, "
	   "b], name: base}");
	is(load("extends: base.yaml\ntrain: {optimizer: {use: sgd, lr_shift: {0: 7}}}\n"),
	   "{train: {epochs: 3, optimizer: {use: sgd, lr_shift: {0: 7}}, q: {use: npow, k: 1}}, "
	   "model: [a, b], "
	   "name: base}");
	quo_node *root = load("extends: base.yaml\nname: own\n");
	assert_non_null(strstr(quo__node_get(root, "model")->file, "base.yaml"));
	assert_int_equal(quo__node_get(root, "model")->line, 2);
}

static void extends_refuses(void **state)
{
	(void)state;
	refuses("extends: gone.yaml\n", ":1: ", "gone.yaml");
	refuses("a: 1\nextends: bad.yaml\n", ":2: ", "cycle");
	refuses("extends: [a, b]\n", ":1: ", "one file");
	refuses("extends:\n", ":1: ", "one file");
	for (int i = 0; i < 12; i++) {
		char name[20], text[40];
		snprintf(name, sizeof name, "chain%d.yaml", i);
		snprintf(text, sizeof text, i < 11 ? "extends: chain%d.yaml\n" : "a: %d\n", i + 1);
		file_of(name, text, strlen(text));
	}
	quo_err err = QUO_ERR_INIT;
	quo_node *node;
	char path[100];
	snprintf(path, sizeof path, "%s/chain0.yaml", folder);
	assert_int_equal(quo__yaml_load(arena, path, &node, &err), QUO_USAGE);
	assert_non_null(strstr(err.text, "more than 8 files"));
	/* An error of a base names the base. */
	file_of("broken.yaml", "a: 1\nb: [\n", 10);
	err = (quo_err)QUO_ERR_INIT;
	assert_int_equal(quo__yaml_load(arena, file_of("top.yaml", "extends: broken.yaml\n", 21),
					&node, &err),
			 QUO_USAGE);
	assert_non_null(strstr(err.text, "broken.yaml:"));
}

static void sets(void **state)
{
	(void)state;
	quo_node *root = load("train: {epochs: 3, opt: {use: sgd, lr: 1}}\nmodel: [{use: fc, out: "
			      "8}, {use: fc}]\n");
#define SET(text) assert_int_equal(quo__node_set(arena, root, text, NULL), QUO_OK)
	SET("train.epochs=5");
	SET("model.0.out=64");
	SET("train.opt.use=sgd");
	SET("new.deep.key=[1, 2]");
	SET("lr={0: 3, 3: 4}");
	SET("name=");
	is(root,
	   "{train: {epochs: 5, opt: {use: sgd, lr: 1}}, model: [{use: fc, out: 64}, {use: fc}], "
	   "new: {deep: {key: [1, 2]}}, lr: {0: 3, 3: 4}, name: ''}");
	/* What a file said of the other component goes, what --set says of this one stays, in any
	 * order. */
	SET("train.opt.beta=2");
	SET("train.opt.use=amsgrad");
	is(quo__node_get(root, "train"), "{epochs: 5, opt: {use: amsgrad, beta: 2}}");
	SET("model.1={use: conv, k: 3}");
	is(quo__node_get(root, "model"), "[{use: fc, out: 64}, {use: conv, k: 3}]");
}

static void set_refuses(void **state)
{
	(void)state;
	quo_node *root = load("a: 1\nmodel: [x]\n");
	struct {
		const char *set, *why;
	} bad[] = {
		{ "train.epochs", "write key=value" },
		{ "=3", "write key=value" },
		{ "", "write key=value" },
		{ "a..b=1", "names with dots" },
		{ ".a=1", "names with dots" },
		{ "a.b=1", "cannot set 'b' inside '1'" },
		{ "model.1=y", "not an index" },
		{ "model.x.y=y", "not an index" },
		{ "model.99999999999999999999=y", "not" },
		{ "b=[1", "bad YAML" },
		{ "b=&x 1", "anchor" },
		{ "b=1\n---\n2", "second document" },
	};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		quo_err err = QUO_ERR_INIT;
		assert_int_equal(quo__node_set(arena, root, bad[i].set, &err), QUO_USAGE);
		if (strncmp(err.text, "--set ", 6) || !strstr(err.text, bad[i].why) ||
		    strchr(err.text, '\n'))
			fail_msg("'%s' does not say '%s'", err.text, bad[i].why);
	}
}

static void writes_what_it_reads(void **state)
{
	(void)state;
	const char *text = "name: a b\nempty: \"\"\nnothing: \"null\"\nodd: \"a: b\"\nmodel:\n- "
			   "use: fc\n  out: 3\n";
	quo_node *root = load(text);
	char *first = quo__yaml_write(root, NULL), *second = quo__yaml_write(load(first), NULL);
	assert_string_equal(first, second);
	assert_non_null(strstr(first, "empty: \"\"\nnothing: \"null\"\n"));
	free(first);
	free(second);
}

static void suggests(void **state)
{
	(void)state;
	assert_int_equal(quo__edit_distance("optimiser", "optimizer"), 1);
	assert_int_equal(quo__edit_distance("abcd", "abdc"), 1);
	assert_int_equal(quo__edit_distance("", "abc"), 3);
	assert_int_equal(quo__edit_distance("kitten", "sitting"), 3);
	quo_suggest s = { "epohcs", NULL, 0 };
	quo__suggest(&s, "batch");
	assert_null(s.best);
	quo__suggest(&s, "epochs");
	quo__suggest(&s, "epoch");
	assert_string_equal(s.best, "epochs");
	quo_suggest far = { "x", NULL, 0 };
	quo__suggest(&far, "y");
	assert_null(far.best);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_places),
		cmocka_unit_test(refuses_what_is_no_experiment),
		cmocka_unit_test(refuses_bombs),
		cmocka_unit_test(refuses_unreadable),
		cmocka_unit_test(extends_merges),
		cmocka_unit_test(extends_refuses),
		cmocka_unit_test(sets),
		cmocka_unit_test(set_refuses),
		cmocka_unit_test(writes_what_it_reads),
		cmocka_unit_test(suggests),
	};
	return cmocka_run_group_tests(tests, begin, end);
}
