/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

#include <math.h>

#include "store/summary.h"

static void assert_text(quo_json *j, const char *want)
{
	quo_err err = QUO_ERR_INIT;

	quo_test_ok(quo_json_status(j, &err));
	quo_buffer_add(&j->out, "", 1);
	assert_string_equal((const char *)j->out.data, want);
	quo_json_free(j);
}

static void test_compact(void **unused)
{
	quo_json j = QUO_JSON_INIT(false);

	(void)unused;
	quo_json_object(&j, NULL);
	quo_json_int(&j, "i", INT64_MIN);
	quo_json_uint(&j, "u", UINT64_MAX);
	quo_json_bool(&j, "b", true);
	quo_json_string(&j, "none", NULL);
	quo_json_array(&j, "a");
	quo_json_real(&j, NULL, 0.1);
	quo_json_object(&j, NULL);
	quo_json_end(&j);
	quo_json_end(&j);
	quo_json_end(&j);
	assert_text(&j, "{\"i\": -9223372036854775808, \"u\": 18446744073709551615, \"b\": true, "
			"\"none\": null, "
			"\"a\": [0.1, {}]}");
}

static void test_pretty(void **unused)
{
	quo_json j = QUO_JSON_INIT(true);

	(void)unused;
	quo_json_object(&j, NULL);
	quo_json_int(&j, "i", 1);
	quo_json_array(&j, "a");
	quo_json_int(&j, NULL, 2);
	quo_json_int(&j, NULL, 3);
	quo_json_end(&j);
	quo_json_array(&j, "empty");
	quo_json_end(&j);
	quo_json_end(&j);
	assert_text(&j, "{\n  \"i\": 1,\n  \"a\": [\n    2,\n    3\n  ],\n  \"empty\": []\n}");
}

static void test_strings(void **unused)
{
	quo_json j = QUO_JSON_INIT(false);

	(void)unused;
	quo_json_array(&j, NULL);
	quo_json_string(&j, NULL, "a\"b\\c\n\t\x01\x7f");
	quo_json_string(&j, NULL, "Gasc\xc3\xb3n \xe2\x82\xac \xf0\x9f\x98\x80");
	/* Not UTF-8: a stray byte, a cut sequence, an overlong slash, a surrogate, beyond U+10FFFF.
	 */
	quo_json_string(&j, NULL, "\xff|\xc3|\xc0\xaf|\xed\xa0\x80|\xf4\x90\x80\x80");
	quo_json_end(&j);
#define R "\xef\xbf\xbd"
	assert_text(&j, "[\"a\\\"b\\\\c\\n\\t\\u0001\\u007f\", \"Gasc\xc3\xb3n \xe2\x82\xac "
			"\xf0\x9f\x98\x80\", "
			"\"" R "|" R "|" R R "|" R R R "|" R R R R "\"]");
}

static void test_reals(void **unused)
{
	static const struct {
		double value;
		const char *text;
	} reals[] = {
		{ 0, "0" },
		{ 1, "1" },
		{ -2.5, "-2.5" },
		{ 0.9662, "0.9662" },
		{ 1e300, "1e+300" },
		{ 1.0 / 3, "0.3333333333333333" },
		{ 0.1 + 0.2, "0.30000000000000004" },
		{ 5e-324, "5e-324" },
		{ 123456789.125, "123456789.125" },
	};

	(void)unused;
	for (size_t i = 0; i < sizeof reals / sizeof *reals; i++) {
		quo_json j = QUO_JSON_INIT(false);
		quo_json_real(&j, NULL, reals[i].value);
		assert_text(&j, reals[i].text);
	}
	quo_json j = QUO_JSON_INIT(false);
	quo_json_array(&j, NULL);
	quo_json_real(&j, NULL, NAN);
	quo_json_real(&j, NULL, -INFINITY);
	quo_json_end(&j);
	assert_text(&j, "[null, null]");
}

static void test_misuse(void **unused)
{
	quo_err err = QUO_ERR_INIT;
	quo_json j = QUO_JSON_INIT(false);

	(void)unused;
	for (int i = 0; i <= QUO_JSON_MAX_DEPTH; i++)
		quo_json_array(&j, NULL);
	assert_int_equal(quo_json_status(&j, &err), QUO_BUG);
	quo_test_assert_error(&err, QUO_BUG, "nested deeper");
	quo_json_free(&j);

	j = (quo_json)QUO_JSON_INIT(false);
	quo_json_object(&j, NULL);
	assert_int_equal(quo_json_status(&j, NULL), QUO_BUG);
	quo_json_end(&j);
	quo_json_end(&j);
	assert_int_equal(quo_json_status(&j, NULL), QUO_BUG);
	quo_json_free(&j);
}

static void test_summary(void **unused)
{
	static const uint8_t digest[32] = { 0xab, 0x01 };
	static const double accuracies[] = { 0.875, NAN };
	static const uint64_t sent[] = { 10, 20 };
	static const quo_summary_component components[] = { { "protocol.ot", "ot", "iknp", 1 } };
	static const quo_phase phases[] = { { "set-up", 0.5, 100, 3 } };
	quo_summary s = { .name = "n",
			  .protocol = "quotient",
			  .n_components = 1,
			  .components = components,
			  .seed = 1,
			  .epochs = 2,
			  .steps = 3,
			  .batch = 4,
			  .train_seconds = 1.5,
			  .setup_seconds = 0.5,
			  .test_accuracy = 0.875,
			  .n_accuracies = 2,
			  .test_accuracy_per_epoch = accuracies,
			  .parties = 2,
			  .bytes_sent = sent,
			  .rounds = 7,
			  .peak_rss_bytes = 4096,
			  .weights_sha256 = digest,
			  .n_phases = 1,
			  .phases = phases };
	quo_json j = QUO_JSON_INIT(false);

	(void)unused;
	quo_summary_json(&s, &j);
	assert_text(
		&j,
		"{\"name\": \"n\", \"protocol\": \"quotient\", \"components\": [{\"path\": "
		"\"protocol.ot\", "
		"\"kind\": \"ot\", \"name\": \"iknp\", \"wire_version\": 1}], \"seed\": 1, "
		"\"epochs\": 2, "
		"\"steps\": 3, \"batch\": 4, \"train_seconds\": 1.5, \"setup_seconds\": 0.5, "
		"\"test_accuracy\": 0.875, \"test_accuracy_per_epoch\": [0.875, null], "
		"\"bytes_sent\": 30, "
		"\"bytes_sent_party0\": 10, \"bytes_sent_party1\": 20, \"rounds\": 7, "
		"\"peak_rss_bytes\": 4096, \"weights_sha256\": "
		"\"ab01000000000000000000000000000000000000000000000000000000000000\", \"phases\": "
		"[{\"name\": \"set-up\", \"seconds\": 0.5, \"bytes\": 100, \"rounds\": 3}]}");

	s.weights_sha256 = NULL;
	s.has_forecast = true;
	s.forecast_bytes = 31;
	s.forecast_rounds = 7;
	s.forecast_seconds = NAN;
	j = (quo_json)QUO_JSON_INIT(false);
	quo_summary_json(&s, &j);
	quo_buffer_add(&j.out, "", 1);
	assert_non_null(strstr((char *)j.out.data, "\"weights_sha256\": null"));
	assert_non_null(
		strstr((char *)j.out.data,
		       "\"forecast\": {\"bytes_sent\": 31, \"rounds\": 7, \"seconds\": null}"));
	quo_json_free(&j);
	assert_true(quo_peak_rss_bytes() > 100000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_compact), cmocka_unit_test(test_pretty),
		cmocka_unit_test(test_strings), cmocka_unit_test(test_reals),
		cmocka_unit_test(test_misuse),  cmocka_unit_test(test_summary),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
