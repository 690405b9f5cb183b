/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

#include <math.h>

#include "report/progress.h"
#include "text/units.h"

static double fake_time;

static double fake_clock(void)
{
	return fake_time;
}

static void assert_bytes(uint64_t bytes, const char *want)
{
	char text[QUO_UNIT_CHARS];

	assert_string_equal(quo_format_bytes(text, bytes), want);
}

static void assert_seconds(double seconds, const char *want)
{
	char text[QUO_UNIT_CHARS];

	assert_string_equal(quo_format_seconds(text, seconds), want);
}

static void assert_count(uint64_t n, const char *want)
{
	char text[QUO_UNIT_CHARS];

	assert_string_equal(quo_format_count(text, n), want);
}

static void test_units(void **unused)
{
	(void)unused;
	assert_bytes(0, "0 B");
	assert_bytes(999, "999 B");
	assert_bytes(1000, "1.00 kB");
	assert_bytes(999499, "999 kB");
	assert_bytes(999500, "1.00 MB");
	assert_bytes(1234567890, "1.23 GB");
	assert_bytes(45600000000, "45.6 GB");
	assert_bytes(UINT64_MAX, "18.4 EB");

	assert_seconds(0, "0 s");
	assert_seconds(25e-6, "25 us");
	assert_seconds(1.5e-3, "1.5 ms");
	assert_seconds(0.0421, "42 ms");
	assert_seconds(0.9996, "1.00 s");
	assert_seconds(1.534, "1.53 s");
	assert_seconds(59.94, "59.9 s");
	assert_seconds(59.96, "1m00s");
	assert_seconds(200, "3m20s");
	assert_seconds(3599.6, "1h00m");
	assert_seconds(7500, "2h05m");
	assert_seconds(86400 * 2 + 3600 * 3, "2d03h");
	assert_seconds(1e12, "> 100 days");
	assert_seconds(NAN, "?");
	assert_seconds(-1, "?");
	assert_seconds(INFINITY, "?");

	assert_count(0, "0");
	assert_count(999, "999");
	assert_count(1000, "1 000");
	assert_count(12345678, "12 345 678");
	assert_count(99999999999999999, "99 999 999 999 999 999");
	assert_count(UINT64_MAX, "18446744073709551615");
}

static FILE *memory;
static char *text;
static size_t text_bytes;

static quo_progress *start(bool live, uint64_t epochs, uint64_t per_epoch)
{
	quo_err err = QUO_ERR_INIT;

	memory = open_memstream(&text, &text_bytes);
	assert_non_null(memory);
	fake_time = 100;
	quo_progress *p = quo_progress_new(&(quo_progress_config){ .out = memory,
								   .live = live,
								   .epochs = epochs,
								   .steps_per_epoch = per_epoch,
								   .steps = epochs * per_epoch,
								   .now = fake_clock },
					   &err);
	assert_non_null(p);
	return p;
}

static void finish(quo_progress *p, const char *want)
{
	quo_progress_free(p);
	fclose(memory);
	assert_string_equal(text, want);
	free(text);
}

static void test_plain(void **unused)
{
	quo_progress *p = start(false, 2, 4);

	(void)unused;
	for (uint64_t step = 1; step <= 4; step++) {
		fake_time += 2;
		quo_progress_step(p, step, step * 1000000);
	}
	fake_time += 3; /* evaluation */
	quo_progress_epoch(p, 1, 0.915);
	for (uint64_t step = 5; step <= 8; step++) {
		fake_time += 2;
		quo_progress_step(p, step, step * 1000000);
	}
	quo_progress_epoch(p, 2, NAN);
	finish(p, "epoch 1/2  batch 1/4  2.00 s/batch  1.00 MB  ETA 14 s\n"
		  "epoch 1/2  batch 4/4  2.00 s/batch  4.00 MB  ETA 8 s\n"
		  "epoch 1/2: test accuracy 91.50%, sent 4.00 MB\n"
		  "epoch 2/2  batch 1/4  acc 91.50%  2.00 s/batch  5.00 MB  ETA 9 s\n"
		  "epoch 2/2  batch 4/4  acc 91.50%  2.00 s/batch  8.00 MB  ETA 3 s\n"
		  "epoch 2/2 done, sent 8.00 MB\n");
}

static void test_live(void **unused)
{
	quo_progress *p = start(true, 1, 100);

	(void)unused;
	for (uint64_t step = 1; step <= 20; step++) {
		fake_time += 0.01;
		quo_progress_step(p, step, 0);
	}
	quo_progress_note(p, "a %s", "note");
	fake_time += 0.2;
	quo_progress_step(p, 21, 0);
	/* The slow step moves the mean by a twentieth of the difference; it is the third to be
	 * shown. */
	finish(p, "\repoch 1/1  batch 1/100  10 ms/batch  ETA 1 s\033[K"
		  "\repoch 1/1  batch 11/100  10 ms/batch  ETA 1 s\033[K"
		  "\r\033[Ka note\n"
		  "\repoch 1/1  batch 21/100  20 ms/batch  ETA 2 s\033[K\n");
}

static void test_narrow(void **unused)
{
	quo_progress *p = start(false, 1000000000000, 1000000000000);

	(void)unused;
	fake_time += 1e7;
	quo_progress_epoch(p, 1, 0.5);
	fake_time += 59;
	quo_progress_step(p, 999999999999, UINT64_MAX);
	quo_progress_free(p);
	fclose(memory);
	/* The note, then one line of at most 79 characters. */
	char *line = strchr(text, '\n') + 1;
	assert_int_equal(strlen(line), 80);
	assert_int_equal(line[79], '\n');
	free(text);
}

static void test_table(void **unused)
{
	static const quo_phase phases[] = {
		{ "set-up", 1.25, 1200000, 12 },
		{ "forward", 10, 2500000000, 1234 },
		{ "a phase with a long name", 0, 0, 0 },
	};

	(void)unused;
	memory = open_memstream(&text, &text_bytes);
	quo_progress_table(memory, phases, 3);
	fclose(memory);
	assert_string_equal(
		text, "  phase                          time    share        sent        rounds\n"
		      "  set-up                       1.25 s    11.1%     1.20 MB            12\n"
		      "  forward                      10.0 s    88.9%     2.50 GB         1 234\n"
		      "  a phase with a long name        0 s     0.0%         0 B             0\n"
		      "  total                        11.2 s   100.0%     2.50 GB         1 246\n");
	free(text);
	memory = open_memstream(&text, &text_bytes);
	quo_progress_table(memory, NULL, 0);
	fclose(memory);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_units), cmocka_unit_test(test_plain),
		cmocka_unit_test(test_live),  cmocka_unit_test(test_narrow),
		cmocka_unit_test(test_table),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
