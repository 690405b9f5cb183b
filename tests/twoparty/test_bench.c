/* SPDX-License-Identifier: Apache-2.0 */
/* quotient-bench from outside: every command at its smallest, in every format. What it measures is
 * not looked at. */
#include "tool.h"

static struct tool_result bench(const char *command, const char *format, const char *const *more)
{
	const char *args[TOOL_MAX_ARGS] = { command, "--quick" };
	size_t n = 2;

	if (format)
		args[n++] = format;
	while (*more)
		args[n++] = *more++;
	args[n] = NULL;
	struct tool_result r = tool_run("quotient-bench", args);
	tool_assert_status(&r, 0);
	assert_string_equal(r.err, "");
	return r;
}

static size_t count(const char *text, const char *part)
{
	size_t n = 0;

	for (const char *p = text; (p = strstr(p, part)); p += strlen(part))
		n++;
	return n;
}

/* Fields of a line of CSV; *line moves on to the next. */
static size_t fields(const char **line)
{
	size_t n = 1;
	bool quoted = false;

	for (; **line && (quoted || **line != '\n'); (*line)++) {
		if (**line == '"')
			quoted = !quoted;
		n += **line == ',' && !quoted;
	}
	*line += **line == '\n';
	return n;
}

/* As many fields in each line as the head has; how many lines follow it. */
static size_t csv_rows(const char *text)
{
	size_t rows = 0, head = fields(&text);

	assert_true(head > 5);
	for (; *text; rows++)
		assert_int_equal(fields(&text), head);
	return rows;
}

/* The three formats show the same rows: `rows` of them, each with every one of `keys`. */
static void every_format(const char *command, size_t rows, const char *const *keys)
{
	static const char *const only[] = { "--ot", "iknp", "--circuits", "yao+halfgates", NULL };
	struct tool_result text = bench(command, NULL, only), csv = bench(command, "--csv", only),
			   json = bench(command, "--json", only);
	char key[64], start[64];

	snprintf(start, sizeof start, "quotient-bench %s ", command);
	assert_int_equal(strncmp(text.out, start, strlen(start)), 0);
	assert_non_null(strstr(text.out, "link: loopback"));
	assert_int_equal(csv_rows(csv.out), rows);
	assert_string_equal(tool_json_get(json.out, "bench"), command);
	assert_string_equal(tool_json_get(json.out, "runs"), "1");
	for (; *keys; keys++) {
		snprintf(key, sizeof key, "\"%s\":", *keys);
		assert_int_equal(count(json.out, key), rows);
		assert_true(strstr(csv.out, *keys) < strchr(csv.out, '\n'));
	}
	/* A title, a blank line, the head, the rows, and perhaps a note. */
	assert_true(count(text.out, "\n") >= rows + 3);
	tool_free(&text);
	tool_free(&csv);
	tool_free(&json);
}

#define MEASURED \
	"engine", "seconds", "seconds_min", "seconds_max", "cpu0_seconds", "cpu1_seconds", \
		"bytes_sent", "rounds"

static void test_tables(void **state)
{
	static const char *const keys[] = { "n", "method", "paper_seconds", MEASURED, NULL };

	(void)state;
	every_format("table1", 2 * 3, keys);
	every_format("table2", 2, keys);
}

static void test_figures(void **state)
{
	static const char *const keys[] = { "n", "phase", "paper_seconds", MEASURED, NULL };

	(void)state;
	every_format("fig5", 3 + 1, keys);
	every_format("fig6", 5 + 1, keys);
}

static void test_networks(void **state)
{
	static const char *const predict[] = { "images", "setup_seconds", "paper_seconds", MEASURED,
					       NULL };
	static const char *const step[] = { "optimizer", "phase", "peak_rss_bytes", MEASURED,
					    NULL };

	(void)state;
	every_format("predict", 2, predict);
	every_format("step", 3 + 1, step);
}

/* Two parties and three beside each other: each phase and all of them, with a processor time for each
 * party and blanks for those that are not there. */
static void test_protocols(void **state)
{
	static const char *const both[] = { "--ot",        "iknp",        "--circuits",
					    "gmw",         "--protocols", "quotient,replicated",
					    "--optimizer", "sgd,amsgrad", NULL };
	struct tool_result r = bench("step", "--json", both);

	(void)state;
	/* quotient with one engine of each kind; replicated with three forms of circuits. */
	assert_int_equal(count(r.out, "\"parties\": 2"), 2 * 4);
	assert_int_equal(count(r.out, "\"parties\": 3"), 2 * 3 * 4);
	assert_int_equal(count(r.out, "\"cpu1_seconds\": null"), 0);
	assert_int_equal(count(r.out, "\"cpu2_seconds\": null"), 2 * 4);
	assert_int_equal(count(r.out, "\"bytes_sent\": 0,"), 0);
	assert_int_equal(count(r.out, "\"engine\": \"replicated, shallow\""), 2 * 4);
	assert_int_equal(count(r.out, "\"optimizer\": \"sgd\""), 4 * 4);
	tool_free(&r);
}

/* One OT engine, one circuit engine and products, each for both parties. */
static void test_threads(void **state)
{
	static const char *const keys[] = { "what",        "engine", "party", "threads",
					    "seconds_one", "gain",   NULL };

	(void)state;
	every_format("threads", 3 * 2, keys);
}

static void test_primitives(void **state)
{
	static const char *const only[] = { "--ot", "iknp", NULL };
	static const char *const keys[] = { "\"what\":", "\"engine\":", "\"rate\":", "\"limit\":",
					    "\"limit_by\":" };

	(void)state;
	struct tool_result json = bench("primitives", "--json", only);
	size_t rows = count(json.out, keys[0]);
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
		assert_int_equal(count(json.out, keys[i]), rows);
	/* The machine, matrix products and each garbling scheme alone, one OT, circuits, one
	 * product. */
	assert_true(rows >= 6 + 2 + 2 + 1 + 2 + 1);
	assert_int_equal(count(json.out, "\"matrix product, "), 2);
	assert_int_equal(count(json.out, "\"rate\": null"), 0);
	assert_int_equal(count(json.out, "\"random COT\""), 1);
	tool_free(&json);
}

/* Whatever is registered is measured. */
static void test_every_engine(void **state)
{
	static const char *const none[] = { NULL };
	quo_registry *registry = quo_test_registry();

	(void)state;
	struct tool_result ots = bench("table2", "--csv", none),
			   circuits = bench("predict", "--csv", none);
	for (size_t i = 0; i < quo_registry_count(registry); i++) {
		const quo_component *c = &quo_registry_at(registry, i)->component;
		if (c->kind == QUO_KIND_OT && !strstr(ots.out, c->name))
			fail_msg("ot/%s is not measured: %s", c->name, ots.out);
		if ((c->kind == QUO_KIND_CIRCUITS || c->kind == QUO_KIND_GC) &&
		    !strstr(circuits.out, c->name))
			fail_msg("%s is not measured: %s", c->name, circuits.out);
	}
	tool_free(&ots);
	tool_free(&circuits);
}

static void test_options(void **state)
{
	static const char *const slow[] = { "--latency", "5ms",    "--bandwidth", "50MB/s", "--ot",
					    "iknp",      "--runs", "2",           NULL };
	static const char *const impatient[] = { "--wan", "--limit", "0.1", "--ot", "iknp", NULL };
	static const char *const several[] = { "--ot", "iknp", "--ot", "{use: iknp}", NULL };
	struct tool_result r = bench("table2", "--json", slow);

	(void)state;
	assert_string_equal(tool_json_get(r.out, "latency_seconds"), "0.005");
	assert_string_equal(tool_json_get(r.out, "bytes_per_second"), "5e+07");
	assert_int_equal(count(r.out, "\"runs\": 2"), 3);
	tool_free(&r);
	/* Left out, with what it would have sent. */
	r = bench("table2", "--json", impatient);
	assert_int_equal(count(r.out, "\"seconds\": null"), 2);
	assert_int_equal(count(r.out, "\"bytes_sent\": null"), 0);
	tool_free(&r);
	r = bench("table2", "--csv", several);
	assert_int_equal(csv_rows(r.out), 4);
	tool_free(&r);
}

static void refused(int status, const char *part, const char *const *args)
{
	const char *const parts[] = { part, NULL };
	struct tool_result r = tool_run("quotient-bench", args);

	tool_assert_refused(&r, status, parts);
	tool_free(&r);
}

#define REFUSED(part, ...) refused(2, part, (const char *const[]){ __VA_ARGS__, NULL })

static void test_refusals(void **state)
{
	static const char *const nothing[] = { NULL };

	(void)state;
	refused(2, "which command?", nothing);
	REFUSED("did you mean 'table1'?", "tabel1");
	REFUSED("there are primitives, table1, table2, fig5, fig6, predict, step", "everything");
	REFUSED("one command at a time", "table1", "table2");
	REFUSED("'--what' is not an option", "table1", "--what");
	REFUSED("--runs wants a number in 1..99, not '0'", "table1", "--runs", "0");
	REFUSED("--runs wants a number in 1..99, not 'many'", "table1", "--runs", "many");
	REFUSED("--limit wants a number", "table1", "--limit", "-1");
	REFUSED("--latency wants a time with its unit", "table1", "--latency", "42");
	REFUSED("--bandwidth wants a rate with its unit", "table1", "--bandwidth", "10B/s");
	REFUSED("there is no ot engine 'iknq'", "table2", "--quick", "--ot", "iknq");
	REFUSED("there is no ot engine 'yao'", "table2", "--quick", "--ot", "yao");
	REFUSED("there is no circuits engine 'yao+nothing'", "predict", "--quick", "--circuits",
		"yao+nothing");
	REFUSED("there is no protocol 'replicate'", "step", "--quick", "--protocols", "replicate");
	REFUSED("no component optim/nothing", "step", "--quick", "--optimizer", "nothing");
	REFUSED("bad", "table2", "--quick", "--plugin-dir", "/bad");
}

static void test_help(void **state)
{
	static const char *const help[] = { "--help", NULL }, *const version[] = { "--version",
										   NULL };
	struct tool_result r = tool_run("quotient-bench", help);

	(void)state;
	tool_assert_status(&r, 0);
	assert_non_null(strstr(r.out, "Usage: quotient-bench COMMAND"));
	assert_non_null(strstr(r.out, "Examples:"));
	tool_free(&r);
	r = tool_run("quotient-bench", version);
	tool_assert_status(&r, 0);
	assert_non_null(strstr(r.out, "quotient-bench "));
	tool_free(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tables),    cmocka_unit_test(test_figures),
		cmocka_unit_test(test_networks),  cmocka_unit_test(test_primitives),
		cmocka_unit_test(test_threads),   cmocka_unit_test(test_every_engine),
		cmocka_unit_test(test_options),   cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_protocols), cmocka_unit_test(test_help),
	};
	return cmocka_run_group_tests_name("bench", tests, NULL, NULL);
}
