/* SPDX-License-Identifier: Apache-2.0 */
/* Values of options in experiments: what each type reads, refuses and is written as. */
#include "fakes.h"

#include <stdio.h>
#include <string.h>

static void reads_every_type(void **state)
{
	(void)state;
	quo_experiment *e =
		load("model: [{use: fc, count: 1}]\n"
		     "data:\n"
		     "  use: table\n"
		     "  count: 7\n"
		     "  rate: 1e-3\n"
		     "  fast: true\n"
		     "  mode: gzip\n"
		     "  text: 12\n"
		     "  files: [a, \"b c\"]\n"
		     "  schedule: {0: 3, 3: 4, 6: 5}\n"
		     "  columns: [{numeric: 3, scale: log_z}, one_hot, {ignore: 2}, label]\n",
		     NULL, 0);
	const struct fake *c = quo_experiment_config_of(e)->data->config;
	assert_int_equal(c->count, 7);
	assert_true(c->rate == 1e-3);
	assert_true(c->fast);
	assert_int_equal(c->mode, 1);
	assert_string_equal(c->text, "12");
	assert_int_equal(c->files.n, 2);
	assert_string_equal(c->files.item[1], "b c");
	assert_int_equal(c->schedule.n, 3);
	assert_int_equal(quo_schedule_at(&c->schedule, 2), 3);
	assert_int_equal(quo_schedule_at(&c->schedule, 7), 5);
	assert_int_equal(c->columns.n, 4);
	assert_int_equal(c->columns.item[0].count, 3);
	assert_int_equal(c->columns.item[0].scale, QUO_SCALE_LOG_Z);
	assert_int_equal(c->columns.item[2].role, QUO_COL_IGNORE);
	assert_int_equal(c->columns.item[3].role, QUO_COL_LABEL);
	assert_int_equal(c->columns.item[3].count, 1);
	quo_experiment_free(e);
}

/* A good file plus one more line of the data component. */
static void refuses_value(const char *line, const char *why)
{
	char text[500];
	snprintf(text, sizeof text, "model: [{use: fc, count: 1}]\ndata:\n  use: table\n%s  %s\n",
		 strncmp(line, "count", 5) ? "  count: 1\n" : "", line);
	refuses(text, strncmp(line, "count", 5) ? 5 : 4, why);
}

static void refuses_wrong_values(void **state)
{
	(void)state;
	refuses_value("count: 0", "data.count wants an integer in 1..9, not '0'");
	refuses_value("count: 10", "1..9");
	refuses_value("count: 99999999999999999999", "1..9");
	refuses_value("count: two", "not 'two'");
	refuses_value("count: \"2\"", "not the text \"2\"");
	refuses_value("count: 2.5", "not '2.5'");
	refuses_value("count: [2]", "not a list");
	refuses_value("count: {2: 3}", "not a map");
	refuses_value("count:", "not nothing");
	refuses_value("rate: 1.5", "a number in 0..1");
	refuses_value("rate: nan", "not 'nan'");
	refuses_value("rate: .inf", "not '.inf'");
	refuses_value("rate: 1e999", "not '1e999'");
	refuses_value("fast: yes", "true or false, not 'yes'");
	refuses_value("fast: \"true\"", "true or false");
	refuses_value("mode: gzp", "did you mean 'gzip'?");
	refuses_value("mode: bzip2-or-so", "wants plain or gzip, not 'bzip2-or-so'");
	refuses_value("mode: \"gzip\\nx: y\"", "gzip x: y");
	refuses_value("text: [a]", "a text, not a list");
	refuses_value("text: ~", "not nothing");
	refuses_value("files: {a: b}", "a list of texts");
	refuses_value("files: [a, [b]]", "not a list");
	refuses_value("schedule: {1: 3}", "starts at epoch 1");
	refuses_value("schedule: {0: 3, 0x3: 4}", "'0x3' is not an epoch");
	refuses_value("schedule: {0: 3, 5: 4, 4: 4}", "epoch 4 comes after epoch 5");
	refuses_value("schedule: {0: 16}", "an integer in 0..15");
	refuses_value("schedule: {}", "not a map");
	refuses_value("schedule: [3]", "not a list");
	refuses_value("columns: numeric", "a list of columns");
	refuses_value("columns: [numbers]", "no kind of column 'numbers'");
	refuses_value("columns: [nummeric]", "did you mean 'numeric'?");
	refuses_value("columns: [{numeric: 0}]", "1..1000000, not '0'");
	refuses_value("columns: [{numeric: 1, label: 1}]", "two kinds");
	refuses_value("columns: [{scale: z}]", "without a kind");
	refuses_value("columns: [{label: 1, scale: z}]", "only numeric");
	refuses_value("columns: [{numeric: 1, scale: zz}]", "no scale 'zz'");
	refuses_value("columns: [[numeric]]", "not a list");
	refuses("data: {use: table, count: 9}\nmodel: [{use: fc, count: 1}]\n", 1,
		"data: nine is not allowed");
	refuses_value("conut: 1",
		      "unknown key 'conut' in data (data/table); did you mean 'count'?");
}

static void shaped(const char *latency, const char *bandwidth, double seconds, double rate,
		   const char *canonical_latency, const char *canonical_bandwidth)
{
	char set[200];
	snprintf(set, sizeof set, "network.shape={latency: %s, bandwidth: %s}", latency, bandwidth);
	const char *const sets[] = { set };
	quo_experiment *e = load(GOOD, sets, 1);
	const quo_shape_config *c = &quo_experiment_config_of(e)->network.shape;
	assert_true(c->latency == seconds);
	assert_true(c->bandwidth == rate);
	assert_string_equal(agreed(e, "network.shape.latency"), canonical_latency);
	assert_string_equal(agreed(e, "network.shape.bandwidth"), canonical_bandwidth);
	char *text = quo_experiment_yaml(e, NULL);
	quo_experiment *again = load(text, NULL, 0);
	assert_true(quo_experiment_config_of(again)->network.shape.latency == seconds);
	assert_true(quo_experiment_config_of(again)->network.shape.bandwidth == rate);
	free(text);
	quo_experiment_free(again);
	quo_experiment_free(e);
}

/* One link is one text, however it was written; both parties must imitate the same. */
static void reads_quantities(void **state)
{
	(void)state;
	quo_experiment *e = load(GOOD, NULL, 0);
	assert_string_equal(agreed(e, "network.shape.latency"), "0s");
	assert_string_equal(agreed(e, "network.shape.bandwidth"), "0B/s");
	quo_experiment_free(e);
	shaped("42ms", "24.3MB/s", 0.042, 24.3e6, "42ms", "24.3MB/s");
	shaped("0.042s", "24300 kB/s", 0.042, 24.3e6, "42ms", "24.3MB/s");
	shaped("42000us", "194.4Mbit/s", 0.042, 24.3e6, "42ms", "24.3MB/s");
	shaped("1.5 s", "1GB/s", 1.5, 1e9, "1.5s", "1GB/s");
	shaped("7us", "8kbit/s", 7e-6, 1000, "7us", "1kB/s");
	shaped("0", "0", 0, 0, "0s", "0B/s");
	shaped("60s", "1000B/s", 60, 1000, "60s", "1kB/s");
	shaped(".5us", "1000000000000 B/s", 5e-7, 1e12, "0.5us", "1000GB/s");
}

static void refuses_quantities(void **state)
{
	static const char *const latency[] = { "42",  "42 m",   "-1ms",    "0x1ms", "ms",
					       "61s", "1e999s", "42ms ms", "nan",   "{a: 1}",
					       "~",   "[1ms]",  "1MB/s" };
	static const char *const bandwidth[] = { "24.3",    "24.3 mb/s", "24.3MB",
						 "2e12B/s", "1s",        "true" };
	char text[500];

	(void)state;
	for (size_t i = 0; i < sizeof latency / sizeof *latency; i++) {
		snprintf(text, sizeof text, "%snetwork: {shape: {latency: %s}}\n", GOOD,
			 latency[i]);
		refuses(text, 5,
			"network.shape.latency wants a time with its unit (us, ms, s) up to 60s, e.g. 42ms, not");
	}
	for (size_t i = 0; i < sizeof bandwidth / sizeof *bandwidth; i++) {
		snprintf(text, sizeof text, "%snetwork: {shape: {bandwidth: %s}}\n", GOOD,
			 bandwidth[i]);
		refuses(text, 5, "network.shape.bandwidth wants a rate with its unit");
	}
	refuses(GOOD "network: {shape: {bandwidth: 999B/s}}\n", 5, "less than 1kB/s");
	refuses(GOOD "network: {bandwidth: 999B/s}\n", 5, "network.bandwidth is less than 1kB/s");
	refuses(GOOD "network: {latency: 61s}\n", 5, "network.latency wants a time");
	refuses(GOOD "network: {shape: 42ms}\n", 5, "network.shape wants a map of options, not");
	refuses(GOOD "network: {shape: {latncy: 1s}}\n", 5,
		"unknown key 'latncy' in network.shape; did you mean 'latency'?");
	refuses(GOOD "network: {shap: {}}\n", 5, "did you mean 'shape'?");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_every_type),
		cmocka_unit_test(refuses_wrong_values),
		cmocka_unit_test(reads_quantities),
		cmocka_unit_test(refuses_quantities),
	};
	return cmocka_run_group_tests(tests, begin, end);
}
