/* SPDX-License-Identifier: Apache-2.0 */
/* How calls of map are cut into waves. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "waves.h"

static void takes_what_fits(void **state)
{
	size_t room = 1000;

	(void)state;
	assert_int_equal(wave_take(&room, 130, 64, 100, true), 130); /* three grains */
	assert_int_equal(room, 700);
	assert_int_equal(wave_take(&room, 64, 64, 300, false), 64);
	assert_int_equal(room, 400);
	assert_int_equal(wave_take(&room, 1000, 64, 150, false), 128);
	assert_int_equal(room, 100);
	assert_int_equal(wave_take(&room, 1, 64, 101, false), 0);
	assert_int_equal(room, 100);
}

/* A grain that is wider than the room, and the last of its job: the next job does not join. */
static void leaves_no_room_behind_a_wide_part(void **state)
{
	size_t room = 1000;

	(void)state;
	assert_int_equal(wave_take(&room, 10, 64, 3000, true), 10);
	assert_int_equal(wave_take(&room, 10, 64, 8, false), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_what_fits),
		cmocka_unit_test(leaves_no_room_behind_a_wide_part),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
