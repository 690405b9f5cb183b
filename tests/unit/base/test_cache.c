/* SPDX-License-Identifier: Apache-2.0 */
/* Size of the last-level cache: listings like those of sysfs, and broken ones. */
#include "support.h"

#include <sys/stat.h>
#include <unistd.h>

#include "base/kernels.h"

static char folder[] = "/tmp/quotient-cache-XXXXXX";

static void put(int index, const char *name, const char *text)
{
	char path[200];

	snprintf(path, sizeof path, "%s/index%d", folder, index);
	(void)mkdir(path, 0700);
	snprintf(path, sizeof path, "%s/index%d/%s", folder, index, name);
	if (!text) {
		(void)unlink(path);
		return;
	}
	FILE *f = fopen(path, "w");
	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

static void put_cache(int index, const char *type, const char *level, const char *size)
{
	put(index, "type", type);
	put(index, "level", level);
	put(index, "size", size);
}

static void test_listing(void **state)
{
	(void)state;
	put_cache(0, "Data\n", "1\n", "32K\n");
	assert_int_equal(quo__cache_bytes(folder), 32 << 10);
	put_cache(1, "Instruction\n", "1\n", "64K\n");
	assert_int_equal(quo__cache_bytes(folder), 32 << 10);
	/* The highest level, in any order. */
	put_cache(2, "Unified\n", "3\n", "32768K\n");
	put_cache(3, "Unified\n", "2\n", "65536K\n");
	assert_int_equal(quo__cache_bytes(folder), 32 << 20);
	put_cache(2, "Unified\n", "3\n", "96M\n");
	assert_int_equal(quo__cache_bytes(folder), 96 << 20);
	put_cache(2, "Unified\n", "3\n", "12345\n");
	assert_int_equal(quo__cache_bytes(folder), 12345);
}

/* One that says nothing sensible is passed over. */
static void test_broken(void **state)
{
	static const char *const sizes[] = {
		"", "K\n", "-1K\n", "0K\n", "9999999999999999999999G\n", "2000000000G\n"
	};

	(void)state;
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		put(2, "size", sizes[i]);
		assert_int_equal(quo__cache_bytes(folder), 64 << 20);
	}
	put(3, "size", NULL);
	assert_int_equal(quo__cache_bytes(folder), 32 << 10);
	put(0, "level", "one\n");
	assert_int_equal(quo__cache_bytes(folder), 0);
	assert_int_equal(quo__cache_bytes("/nowhere"), 0);
}

static void test_force(void **state)
{
	(void)state;
	quo__cache_force(5);
	assert_int_equal(quo_cpu_cache_bytes(), 5);
	quo__cache_force(UINT64_MAX);
	assert_int_equal(quo_cpu_cache_bytes(),
			 quo__cache_bytes("/sys/devices/system/cpu/cpu0/cache"));
}

static int setup(void **state)
{
	(void)state;
	return mkdtemp(folder) ? 0 : -1;
}

static int teardown(void **state)
{
	static const char *const names[] = { "type", "level", "size" };
	char path[200];

	(void)state;
	for (int i = 0; i < 4; i++) {
		for (size_t j = 0; j < 3; j++)
			put(i, names[j], NULL);
		snprintf(path, sizeof path, "%s/index%d", folder, i);
		(void)rmdir(path);
	}
	return rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_listing),
					    cmocka_unit_test(test_broken),
					    cmocka_unit_test(test_force) };

	return cmocka_run_group_tests_name("cache", tests, setup, teardown);
}
