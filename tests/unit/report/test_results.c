/* SPDX-License-Identifier: Apache-2.0 */
/* What runs say together: means over seeds, CSV, and a page in which nothing of the data is markup. */
#include "support.h"

#include <math.h>
#include <unistd.h>

#include "report/page.h"
#include "report/results.h"

static quo_arena *arena;

/* Two variants, two seeds: points 0 and 1 with seed 1, points 2 and 3 with seed 2. */
static const char *const method[] = { "ours, \"new\"", "</script><b>&" }, *const seed[] = { "1",
											    "2" };
static const double paper[] = { 0.95, NAN }, none[] = { NAN, NAN };
static quo_node value = { .kind = QUO_NODE_SCALAR, .text = "" };
static quo_node *const values[] = { &value, &value };
static const quo_sweep grid = {
	.n_axes = 2,
	.n_points = 4,
	.axis = { { "method", true, false, 2, method, paper, values },
		  { "train.seed", false, false, 2, seed, none, values } },
	.seeds = 1,
};

static double curve[4][3] = {
	{ 0.5, 0.7, 0.9 }, { 0.4, NAN, 0.6 }, { 0.6, 0.8, 0.8 }, { 0, 0, 0 }
};
static quo_phase phase[2][2] = { { { "forward", 2, 100, 10 }, { "update", 1, 50, 5 } },
				 { { "forward", 4, 300, 10 }, { "update", 1, 50, 5 } } };

static quo_results sample(void)
{
	quo_err err = QUO_ERR_INIT;
	quo_results r;

	quo_test_ok(quo_results_init(&r, arena, "a <name>", &grid, &err));
	for (uint32_t i = 0; i < 3; i++) {
		quo_record *x = &r.record[i];
		x->done = true;
		x->folder = "f";
		x->protocol = "clear";
		x->seed = 1 + i / 2;
		x->n_epochs = 3;
		x->per_epoch = curve[i];
		x->accuracy = curve[i][2];
		x->seconds = i + 1;
		x->bytes = 1000 * (i + 1);
		x->n_phases = 2;
		x->phase = phase[i / 2];
	}
	r.record[3].failure = "it broke, </script>";
	r.source = "</script><script>alert(1)</script>";
	quo_test_ok(quo_results_group(&r, arena, &err));
	return r;
}

static void assert_near(double a, double b)
{
	if (!(fabs(a - b) < 1e-12))
		fail_msg("%.17g is not %.17g", a, b);
}

static void stats(void **state)
{
	const double some[] = { 1, NAN, 2, 6 };

	(void)state;
	quo_stat s = quo_stat_of(some, 4);
	assert_int_equal(s.n, 3);
	assert_near(s.mean, 3);
	assert_near(s.sd, sqrt(7)); /* (4 + 1 + 9) / 2 */
	assert_near(s.min, 1);
	assert_near(s.max, 6);
	s = quo_stat_of(some, 1);
	assert_true(s.n == 1 && isnan(s.sd));
	s = quo_stat_of(some + 1, 1);
	assert_true(s.n == 0 && isnan(s.mean) && isnan(s.min));
}

static void groups(void **state)
{
	(void)state;
	quo_results r = sample();
	assert_int_equal(r.n_groups, 2);
	assert_int_equal(r.done, 3);
	assert_int_equal(r.failed, 1);
	const quo_group *g = &r.group[0];
	assert_string_equal(g->title, "ours, \"new\"");
	assert_near(g->paper, 0.95);
	assert_int_equal(g->accuracy.n, 2);
	assert_near(g->accuracy.mean, 0.85);
	assert_near(g->per_epoch[1].mean, 0.75);
	assert_near(g->per_epoch[1].min, 0.7);
	assert_near(g->seconds.mean, 2); /* points 0 and 2 */
	assert_near(g->phase[0].seconds, 3);
	assert_int_equal(g->phase[0].bytes, 200);
	g = &r.group[1];
	assert_true(g->done == 1 && g->failed == 1 && isnan(g->paper));
	assert_int_equal(g->per_epoch[1].n, 0);
	assert_near(g->accuracy.mean, 0.6);
}

static char *text_of(quo_buffer *b)
{
	quo_buffer_add(b, "", 1);
	assert_non_null(b->data);
	return (char *)b->data;
}

static void csv(void **state)
{
	(void)state;
	quo_results r = sample();
	quo_buffer results = QUO_BUFFER_INIT, curves = QUO_BUFFER_INIT;
	quo_results_csv(&results, &r);
	quo_curves_csv(&curves, &r);
	const char *text = text_of(&results);
	unsigned lines = 0, commas = 0;
	assert_non_null(strstr(text, "method,train.seed,status,folder,"));
	assert_non_null(strstr(text, "\n\"ours, \"\"new\"\"\",1,done,f,clear,1,"));
	assert_non_null(strstr(text, "\n</script><b>&,2,failed,"));
	/* Every line has as many cells as the first. */
	bool quoted = false;
	unsigned expected = 0;
	for (const char *c = text; *c; c++) {
		quoted = quoted != (*c == '"');
		commas += *c == ',' && !quoted;
		if (*c != '\n')
			continue;
		expected = lines++ ? expected : commas;
		assert_int_equal(commas, expected);
		commas = 0;
	}
	assert_int_equal(lines, 5);
	/* Three, two and three epochs were evaluated. */
	text = text_of(&curves);
	lines = 0;
	for (const char *c = text; (c = strchr(c, '\n')); c++)
		lines++;
	assert_int_equal(lines, 1 + 3 + 2 + 3);
	assert_non_null(strstr(text, "\"ours, \"\"new\"\"\",2,2,3,0.8,,\n"));
	quo_buffer_free(&results);
	quo_buffer_free(&curves);
}

static size_t count(const char *text, const char *part)
{
	size_t n = 0;

	for (const char *c = text; (c = strstr(c, part)); c++)
		n++;
	return n;
}

static void page_is_one_file(void **state)
{
	(void)state;
	quo_err err = QUO_ERR_INIT;
	quo_results r = sample();
	quo_buffer page = QUO_BUFFER_INIT;
	quo_test_ok(quo_results_page(&page, &r, &err));
	const char *text = text_of(&page);
	/* The three elements of the template and no other; nothing of the data opens or closes one. */
	assert_int_equal(count(text, "</script"), 3);
	assert_int_equal(count(text, "<script"), 3);
	assert_null(strstr(text, "<b>"));
	assert_null(strstr(text, "alert(1)</"));
	assert_non_null(strstr(text, "<title>a &lt;name&gt;</title>"));
	assert_non_null(strstr(text, "\\u003c/script\\u003e\\u003cscript\\u003ealert(1)"));
	assert_non_null(strstr(text, "uPlot"));
	/* Nothing is loaded. */
	static const char *const loads[] = { " src=", "href=",   "@import",
					     "url(",  "fetch(",  "XMLHttpRequest",
					     "<link", "<iframe", "import(" };
	for (size_t i = 0; i < sizeof loads / sizeof *loads; i++)
		if (strstr(text, loads[i]))
			fail_msg("'%s' is in the page", loads[i]);
	assert_non_null(strstr(text, "default-src 'none'"));
	quo_buffer_free(&page);
}

static void page_without_runs(void **state)
{
	(void)state;
	quo_err err = QUO_ERR_INIT;
	quo_results r;
	quo_buffer page = QUO_BUFFER_INIT;
	quo_test_ok(quo_results_init(&r, arena, "alone", NULL, &err));
	quo_test_ok(quo_results_group(&r, arena, &err));
	quo_test_ok(quo_results_page(&page, &r, &err));
	quo_results_csv(&page, &r);
	quo_curves_csv(&page, &r);
	quo_test_ok(quo_buffer_status(&page, &err));
	FILE *out = fopen("/dev/null", "w");
	quo_results_print(out, &r);
	r = sample();
	quo_results_print(out, &r);
	fclose(out);
	quo_buffer_free(&page);
}

/* ---- summary.json ---- */

static char folder[] = "/tmp/quotient-results-XXXXXX";

static quo_status read_text(const char *text, quo_record *out)
{
	quo_err err = QUO_ERR_INIT;
	char path[100];

	snprintf(path, sizeof path, "%s/summary.json", folder);
	FILE *f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
	*out = (quo_record){ 0 };
	quo_status status = quo_record_read(arena, folder, out, &err);
	assert_int_equal(out->done, status == QUO_OK);
	if (status != QUO_OK)
		quo_test_assert_error(&err, QUO_FAILED, "summary.json");
	unlink(path);
	return status;
}

static void summaries(void **state)
{
	quo_record r;

	(void)state;
	assert_int_equal(
		read_text(
			"{\n  \"name\": \"x\", \"protocol\": \"clear\", \"seed\": 3, \"steps\": 12,\n"
			"  \"test_accuracy\": 0.5, \"test_accuracy_per_epoch\": [null, 0.25, 0.5],\n"
			"  \"bytes_sent\": 18446744073709551615, \"weights_sha256\": null,\n"
			"  \"phases\": [{\"name\": \"forward\", \"seconds\": 1.5, \"bytes\": 7, "
			"\"rounds\": 2}, {\"name\": \"update\", \"seconds\": 1e-3, \"bytes\": 1, "
			"\"rounds\": 1}],\n  \"manifest\": {\"version\": \"1 \\\"q\\\"\"}\n}\n",
			&r),
		QUO_OK);
	assert_string_equal(r.protocol, "clear");
	assert_int_equal(r.steps, 12);
	assert_int_equal(r.n_epochs, 3);
	assert_true(isnan(r.per_epoch[0]));
	assert_near(r.per_epoch[2], 0.5);
	assert_near(r.seconds, 1.501);
	assert_true(r.bytes == UINT64_MAX);
	assert_null(r.weights);
	assert_string_equal(quo__node_get(r.manifest, "version")->text, "1 \"q\"");

	static const char *const bad[] = {
		"", "{", "[1]", "text", "{\"name\": \"x\"}", "{\"steps\": 1", "\x01\x02"
	};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_int_equal(read_text(bad[i], &r), QUO_FAILED);
	/* Fields of the wrong kind are as if they were not there. */
	assert_int_equal(read_text("{\"steps\": [], \"protocol\": 3, \"seed\": -1, "
				   "\"test_accuracy\": \"0.5\", \"test_accuracy_per_epoch\": {}, "
				   "\"phases\": [1, {}], \"manifest\": 3}",
				   &r),
			 QUO_OK);
	assert_true(!r.protocol && !r.seed && !r.steps && isnan(r.accuracy) && !r.n_epochs);
	assert_int_equal(r.n_phases, 2);
}

static int begin(void **state)
{
	(void)state;
	arena = quo_arena_new(NULL);
	return arena && mkdtemp(folder) ? 0 : -1;
}

static int end(void **state)
{
	(void)state;
	quo_arena_free(arena);
	return rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stats),
		cmocka_unit_test(groups),
		cmocka_unit_test(csv),
		cmocka_unit_test(page_is_one_file),
		cmocka_unit_test(page_without_runs),
		cmocka_unit_test(summaries),
	};
	return cmocka_run_group_tests(tests, begin, end);
}
