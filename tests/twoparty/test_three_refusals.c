/* SPDX-License-Identifier: Apache-2.0 */
/* What three parties refuse: numbers, addresses and share files that do not go together. One line
 * each, and nothing is left. */
#include "trio.h"

static const char *const quick[] = { "--quiet", "--set", "network.timeout=3", NULL };

static int begin(void **state)
{
	(void)state;
	tool_folder_new();
	trio_write();
	return 0;
}

static int end(void **state)
{
	(void)state;
	tool_folder_remove();
	return 0;
}

static void finish(struct tool *t, const char *what, int status, const char *const *parts)
{
	struct tool_result r = tool_wait(t);

	print_message("    %s: %s", what, r.err);
	tool_assert_refused(&r, status, parts);
	tool_free(&r);
}

/* Refused alone, before anybody is met. */
static void refuse_alone(const char *what, const char *const *args, const char *const *parts)
{
	const char *all[20] = { trio_yaml(), "--quiet", "--set", tiny_output("alone") };
	struct tool t = { 0 };
	size_t n = 4;

	for (; *args; args++)
		all[n++] = *args;
	tool_start(&t, "quotient-run", all);
	finish(&t, what, 2, parts);
	assert_int_equal(tool_entries(tool_path("alone"), NULL), -1);
}

#define REFUSE(what, args, ...) refuse_alone(what, args, (const char *const[]){ __VA_ARGS__, NULL })
#define WITH(...) ((const char *const[]){ __VA_ARGS__, NULL })
#define HERE "network.parties=[\"127.0.0.1:9\", \"127.0.0.1:10\", \"127.0.0.1:11\"]"
#define TWO "network.parties=[\"127.0.0.1:9\", \"127.0.0.1:10\"]"
#define AWAY "network.parties=[\"127.0.0.1:9\", \"127.0.0.1:10\", \"10.0.0.1:11\"]"

static void test_alone(void **state)
{
	(void)state;
	REFUSE("party 3 of three", WITH("--party", "3", "--set", HERE), "there is no party 3",
	       "from 0 to 2");
	REFUSE("two addresses", WITH("--party", "0", "--set", TWO), "network.parties",
	       "2 addresses", "3 parties");
	REFUSE("--listen", WITH("--listen", "127.0.0.1:9"), "--listen", "two parties",
	       "network.parties", "--party");
	REFUSE("--connect", WITH("--connect", "127.0.0.1:9"), "--connect", "two parties",
	       "network.parties", "--party");
	REFUSE("no addresses", WITH("--party", "1"), "party", "network.parties");
	REFUSE("plain TCP to another machine", WITH("--party", "0", "--set", AWAY), "replicated",
	       "network.plain", "tunnel");
	REFUSE("plain TCP to another machine", WITH("--party", "2", "--set", AWAY), "replicated",
	       "network.plain", "tunnel");
	REFUSE("--verify among machines", WITH("--verify", "--party", "0", "--set", HERE),
	       "--verify");
	REFUSE("an owner that is none", WITH("--set", "data.owner=3"), "data.owner", "3");
}

/* ---- a number twice ---- */

/* Two processes claim a number: one goes, with a line; the other and the rest go on. */
static void claim_twice(int number, const char *const *parts)
{
	static const char *const more[] = { "--quiet", NULL };
	struct tool claim[2];
	struct trio t;
	int polls = 0;

	trio_meet(&t);
	if (number == 2) /* who notices, and has nobody else yet */
		trio_start_one(&t.tool[0], "quotient-run", 0, t.parties, "twice", more);
	for (int k = 0; k < 2; k++)
		trio_start_one(&claim[k], "quotient-run", number, t.parties, "twice", more);
	while (tool_is_alive(claim[0].pid) && tool_is_alive(claim[1].pid))
		tool_poll(&polls);
	int refused = tool_is_alive(claim[0].pid) ? 1 : 0;
	struct tool_result r = tool_wait(&claim[refused]);
	print_message("    %d twice: %s", number, r.err);
	tool_assert_refused(&r, number == 2 ? 2 : 1, parts);
	tool_free(&r);
	t.tool[number] = claim[1 - refused];
	for (int i = 0; i < TRIO; i++)
		if (i != number && !t.tool[i].pid)
			trio_start_one(&t.tool[i], "quotient-run", i, t.parties, "twice", more);
	for (int i = 0; i < TRIO; i++) {
		r = tool_wait(&t.tool[i]);
		tool_assert_status(&r, 0);
		tool_free(&r);
	}
}

static void test_one_number_twice(void **state)
{
	(void)state;
	claim_twice(0, WITH("cannot listen on 127.0.0.1:", "in use"));
	claim_twice(1, WITH("cannot listen on 127.0.0.1:", "in use"));
	claim_twice(2, WITH("party 2", "already"));
}

/* ---- addresses that differ ---- */

/* Everybody finds everybody, but one party's list is another. */
static void test_another_list(void **state)
{
	(void)state;
	for (int differs = 0; differs < TRIO; differs++) {
		int other[TRIO];
		char parties[120];
		struct trio t;
		trio_meet(&t);
		memcpy(other, t.port, sizeof other);
		other[2] ^= 1; /* nobody calls party 2 */
		trio_parties(parties, other);
		for (int i = 0; i < TRIO; i++)
			trio_start_one(&t.tool[i], "quotient-run", i,
				       i == differs ? parties : t.parties, "list", quick);
		for (int i = 0; i < TRIO; i++)
			finish(&t.tool[i], "another list", 2, WITH("disagree on network.parties"));
	}
}

/* The address that a party calls is another: it says which, and what to look at. */
static void test_wrong_address(void **state)
{
	struct trio t;
	char parties[120];
	int other[TRIO];

	(void)state;
	trio_meet(&t);
	memcpy(other, t.port, sizeof other);
	other[1] = tool_free_port();
	trio_parties(parties, other);
	for (int i = 0; i < TRIO; i++)
		trio_start_one(&t.tool[i], "quotient-run", i, i == 2 ? parties : t.parties, "wrong",
			       quick);
	finish(&t.tool[2], "a wrong address", 1, WITH("cannot connect to party 1 at 127.0.0.1:"));
	finish(&t.tool[0], "its peer", 1, WITH("party"));
	finish(&t.tool[1], "its peer", 1, WITH("party 2 did not connect to 127.0.0.1:"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_alone),
		cmocka_unit_test(test_one_number_twice),
		cmocka_unit_test(test_another_list),
		cmocka_unit_test(test_wrong_address),
	};
	return cmocka_run_group_tests(tests, begin, end);
}
