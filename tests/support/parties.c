/* SPDX-License-Identifier: Apache-2.0 */
#include "parties.h"

#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include "net/mesh.h"
#include "run/children.h"
#include "tap.h"
#include "test_rng.h"
#include "twoparty.h"

/* In sanitizer builds: children end with _exit() and so check their leaks themselves. */
extern int __lsan_do_recoverable_leak_check(void) __attribute__((weak));
/* There too: fresh pages may lie where freed memory was, which is still marked as such. */
extern void __asan_unpoison_memory_region(const volatile void *p, size_t n) __attribute__((weak));

struct group;
struct child {
	struct group *group;
	int me;
	char name[16];
	FILE *text; /* what it prints */
};

struct group {
	int parties;
	quo_test_party *party;
	quo_test_peers *peers;
	void *arg;
	quo_channel *ends[QUO_MAX_PARTIES][QUO_MAX_PARTIES];
	struct child child[QUO_MAX_PARTIES];
	bool *ended_well; /* by party, shared */
};

void *quo_test_shared(size_t n, size_t size)
{
	void *p =
		mmap(NULL, n * size + 1, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	assert_true(p != MAP_FAILED);
	if (__asan_unpoison_memory_region)
		__asan_unpoison_memory_region(p, n * size + 1);
	return p;
}

void quo_test_unshare(void *shared, size_t n, size_t size)
{
	munmap(shared, n * size + 1);
}

/* ---- in a child ---- */

static quo_session *new_session(int parties, int me, quo_channel *channel[])
{
	quo_err err = QUO_ERR_INIT;
	quo_session_config config = {
		.party = me,
		.parties = parties,
		.hash_start = { { UINT64_C(0x0123456789abcdef), UINT64_C(0xfedcba9876543210) } },
	};

	for (int p = 0; p < parties; p++) {
		if (p == me)
			continue;
		channel[p] = quo_channel_count(quo_test_tapped(channel[p], p), &err);
		assert_non_null(channel[p]);
	}
	if (parties == 2)
		config.peer = channel[1 - me];
	else if (parties > 2 && !(config.mesh = quo_mesh_new(parties, me, channel, &err)))
		fail_msg("%s", err.text);
	quo_session *s = quo_session_live(&config, &err);
	if (!s)
		fail_msg("%s", err.text);
	s->pool = quo_test_pool(me);
	return s;
}

void quo_test_assert_no_leaks(void)
{
	if (__lsan_do_recoverable_leak_check)
		assert_int_equal(__lsan_do_recoverable_leak_check(), 0);
}

static void child_test(void **state)
{
	const struct child *c = *state;
	struct group *g = c->group;

	if (g->peers) {
		g->peers(c->me, g->ends[c->me], g->arg);
		return;
	}
	quo_session *s = new_session(g->parties, c->me, g->ends[c->me]);
	g->party(s, g->arg);
	quo_test_close_cots(s);
	quo_session_free(s);
	quo_test_assert_no_leaks();
}

static void too_long(int signal)
{
	static const char text[] = "it took too long\n";

	(void)signal;
	(void)!write(STDERR_FILENO, text, sizeof text - 1);
	_exit(1);
}

/* A group of its own, so that a failed assertion ends here and not in the parent's tests. */
static quo_status child_main(void *arg, quo_err *err)
{
	struct child *c = arg;
	struct group *g = c->group;
	const struct CMUnitTest tests[] = { { c->name, child_test, NULL, NULL, c } };

	quo_mesh_keep(g->parties, g->ends, c->me);
	dup2(fileno(c->text), STDOUT_FILENO);
	dup2(fileno(c->text), STDERR_FILENO);
	signal(SIGALRM, too_long);
	alarm(QUO_TEST_SECONDS);
	int failed = _cmocka_run_group_tests(c->name, tests, 1, NULL, NULL);
	g->ended_well[c->me] = !failed;
	return failed ? quo_fail(err, QUO_FAILED, "failed") : QUO_OK;
}

/* ---- in the parent ---- */

static void show(FILE *text)
{
	char line[512];

	rewind(text);
	while (fgets(line, sizeof line, text))
		fputs(line, stderr);
}

static void run(struct group *g, int dying)
{
	quo_err err = QUO_ERR_INIT, first = QUO_ERR_INIT;
	quo_children *children = quo_children_new(g->parties, &err);
	int bad = -1;

	assert_non_null(children);
	g->ended_well = quo_test_shared(QUO_MAX_PARTIES, sizeof *g->ended_well);
	quo_test_ok(quo_mesh_pairs(g->parties, g->ends, &err));
	for (int i = 0; i < g->parties; i++) {
		struct child *c = &g->child[i];
		*c = (struct child){ .group = g, .me = i, .text = tmpfile() };
		assert_non_null(c->text);
		snprintf(c->name, sizeof c->name, "party %d", i);
		quo_test_ok(quo_children_start(children, i, c->name, child_main, c, &err));
	}
	quo_mesh_keep(g->parties, g->ends, -1);
	(void)quo_children_wait(children, &first);
	quo_children_free(children);
	for (int i = 0; i < g->parties; i++) {
		if (!g->ended_well[i] && i != dying) {
			bad = i;
			show(g->child[i].text);
		}
		fclose(g->child[i].text);
	}
	quo_test_unshare(g->ended_well, QUO_MAX_PARTIES, sizeof *g->ended_well);
	if (bad >= 0)
		fail_msg("party %d failed; first %s", bad, first.text);
}

void quo_test_parties(int parties, quo_test_party *party, void *arg)
{
	struct group g = { .parties = parties, .party = party, .arg = arg };

	run(&g, -1);
}

void quo_test_channels(int parties, quo_test_peers *peers, void *arg, int dying)
{
	struct group g = { .parties = parties, .peers = peers, .arg = arg };

	run(&g, dying);
}

/* ---- sessions ---- */

void quo_test_seed(quo_session *s, uint64_t seed)
{
	quo_rng *rng = quo_rng_new_test(seed * QUO_MAX_PARTIES + (uint64_t)s->party);

	assert_non_null(rng);
	quo_rng_free(s->rng);
	s->rng = rng;
}

void quo_test_use_protocol(quo_session *s, const quo_instance *protocol)
{
	unsigned parts = quo_protocol_sharing(protocol, s->parties).parts[s->party];

	s->protocol = protocol;
	if (s->dry)
		s->dry_parts = parts;
	else
		s->parts = parts;
}

static void dry(quo_session *s, int parties, int party, quo_cost *cost)
{
	quo_err err = QUO_ERR_INIT;

	*s = (quo_session){
		.party = party, .parties = parties, .dry = true, .dry_parts = 1, .cost = cost
	};
	s->run = quo_arena_new(&err);
	s->step = quo_arena_new(&err);
	if (!s->run || !s->step)
		fail_msg("%s", err.text);
}

void quo_test_dry_like(quo_session *s, const quo_session *of, quo_cost *cost)
{
	dry(s, of->parties, of->party, cost);
}

void quo_test_dry(quo_session *s, int party, quo_cost *cost)
{
	dry(s, 2, party, cost);
}

void quo_test_dry_end(quo_session *s)
{
	quo_test_close_cots(s);
	quo_arena_free(s->step);
	quo_arena_free(s->run);
}

void quo_test_assert_forecast(quo_session *s, const quo_cost *cost)
{
	quo_err err = QUO_ERR_INIT;
	uint64_t bytes[QUO_MAX_PARTIES] = { 0 };

	quo_test_ok(quo_session_bytes(s, bytes, &err));
	for (int p = 0; p < s->parties; p++)
		assert_int_equal(bytes[p], cost->sent_bytes[p]);
	assert_int_equal(quo_session_traffic(s).rounds, cost->rounds);
}
