/* SPDX-License-Identifier: Apache-2.0 */
#include "twoparty.h"

#include "net/mesh.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

/* In sanitizer builds: children end with _exit() and so check their leaks themselves. */
extern int __lsan_do_recoverable_leak_check(void) __attribute__((weak));
/* There too: fresh pages may lie where freed memory was, which is still marked as such. */
extern void __asan_unpoison_memory_region(const volatile void *p, size_t n) __attribute__((weak));

struct child {
	quo_test_party *party;
	quo_test_peer *peer;
	void *arg;
	int number, parties;
	quo_channel *ch; /* two parties */
	quo_mesh *mesh;  /* more */
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

static void run_session(struct child *c)
{
	quo_err err = QUO_ERR_INIT;
	quo_session s = { .party = c->number, .parties = c->parties, .parts = 1, .mesh = c->mesh };

	if (c->ch)
		s.peer = c->ch = quo_channel_count(c->ch, &err);
	s.rng = quo_rng_new(&err);
	s.run = quo_arena_new(&err);
	s.step = quo_arena_new(&err);
	s.pool = quo_test_pool(c->number);
	if ((!s.peer && !s.mesh) || !s.rng || !s.run || !s.step)
		fail_msg("%s", err.text);
	s.hash_start =
		(quo_block){ { UINT64_C(0x0123456789abcdef), UINT64_C(0xfedcba9876543210) } };
	c->party(&s, c->arg);
	quo_test_close_cots(&s);
	quo_arena_free(s.step);
	quo_arena_free(s.run);
	quo_rng_free(s.rng);
	quo_pool_free(s.pool);
}

static void child_test(void **state)
{
	struct child *c = *state;

	if (c->party)
		run_session(c);
	else
		c->peer(c->number, c->ch, c->arg);
}

/* A group of its own, so that a failed assertion ends here and not in the parent's tests. */
static int child_main(struct child *c)
{
	char name[] = "party 0";
	const struct CMUnitTest tests[] = { { name, child_test, NULL, NULL, c } };
	int failed;

	name[6] = (char)('0' + c->number);
	failed = _cmocka_run_group_tests(name, tests, 1, NULL, NULL);
	if (c->mesh)
		quo_mesh_close(c->mesh);
	else
		quo_channel_close(c->ch);
	if (!failed && __lsan_do_recoverable_leak_check)
		failed = __lsan_do_recoverable_leak_check();
	fflush(NULL);
	return failed ? 1 : 0;
}

static pid_t start(struct child *c, quo_channel *ends[][QUO_MAX_PARTIES], FILE *text)
{
	quo_err err = QUO_ERR_INIT;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		quo_mesh_keep(c->parties, ends, c->number);
		if (c->parties == 2)
			c->ch = ends[c->number][1 - c->number];
		else if (!(c->mesh = quo_mesh_new(c->parties, c->number, ends[c->number], &err)) ||
			 quo_mesh_count(c->mesh, &err) != QUO_OK)
			_exit(1);
		dup2(fileno(text), STDOUT_FILENO);
		dup2(fileno(text), STDERR_FILENO);
		alarm(QUO_TEST_SECONDS);
		_exit(child_main(c));
	}
	return pid;
}

static void show(FILE *text)
{
	char line[512];

	rewind(text);
	while (fgets(line, sizeof line, text))
		fputs(line, stderr);
}

static void run(int parties, quo_test_party *party, quo_test_peer *peer, void *arg)
{
	quo_err err = QUO_ERR_INIT;
	quo_channel *ends[QUO_MAX_PARTIES][QUO_MAX_PARTIES] = { 0 };
	FILE *text[QUO_MAX_PARTIES];
	pid_t pid[QUO_MAX_PARTIES];
	int status[QUO_MAX_PARTIES];

	quo_test_ok(quo_mesh_pairs(parties, ends, &err));
	for (int i = 0; i < parties; i++) {
		struct child c = { party, peer, arg, i, parties, NULL, NULL };
		text[i] = tmpfile();
		assert_non_null(text[i]);
		pid[i] = start(&c, ends, text[i]);
	}
	quo_mesh_keep(parties, ends, -1);
	for (int i = 0; i < parties; i++)
		assert_int_equal(waitpid(pid[i], &status[i], 0), pid[i]);
	for (int i = 0; i < parties; i++) {
		if (status[i])
			show(text[i]);
		fclose(text[i]);
	}
	for (int i = 0; i < parties; i++) {
		if (WIFSIGNALED(status[i]))
			fail_msg("party %d was ended by signal %d%s", i, WTERMSIG(status[i]),
				 WTERMSIG(status[i]) == SIGALRM ? " (it took too long)" : "");
		if (status[i])
			fail_msg("party %d failed", i);
	}
}

void quo_test_two_parties(quo_test_party *party, void *arg)
{
	run(2, party, NULL, arg);
}

void quo_test_parties(int parties, quo_test_party *party, void *arg)
{
	run(parties, party, NULL, arg);
}

void quo_test_two_peers(quo_test_peer *peer, void *arg)
{
	run(2, NULL, peer, arg);
}

/* ---- COTs ---- */

/* Instances of the sessions that have COTs open. */
static struct opened {
	quo_session *s;
	quo_instance *ot[2];
} opened[4];

static struct opened *opened_of(const quo_session *s)
{
	for (size_t i = 0; i < sizeof opened / sizeof *opened; i++)
		if (opened[i].s == s)
			return &opened[i];
	return NULL;
}

static quo_instance *ot_instance(const char *name)
{
	if (strcmp(name, "dealer") == 0)
		return quo_test_instance(&quo_test_dealer_ot);
	return quo_test_registered_instance(QUO_KIND_OT, name);
}

void quo_test_open_cots(quo_session *s, const char *ot_name)
{
	quo_err err = QUO_ERR_INIT;
	struct opened *o = opened_of(NULL);

	assert_non_null(o);
	o->s = s;
	for (int i = 0; i < 2; i++) {
		o->ot[i] = ot_instance(ot_name);
		s->cot[i] = quo_cot_new(o->ot[i], i, &err);
		if (!s->cot[i])
			fail_msg("%s", err.text);
		quo_test_ok(quo_cot_open(s->cot[i], s, &err));
	}
}

void quo_test_close_cots(quo_session *s)
{
	struct opened *o = opened_of(s);

	if (!o)
		return;
	for (int i = 0; i < 2; i++) {
		quo_cot_free(s->cot[i]);
		s->cot[i] = NULL;
		quo_instance_free(o->ot[i]);
		o->ot[i] = NULL;
	}
	o->s = NULL;
}

/* ---- forecasts ---- */

void quo_test_dry(quo_session *s, int party, quo_cost *cost)
{
	quo_err err = QUO_ERR_INIT;

	*s = (quo_session){
		.party = party, .parties = 2, .dry = true, .dry_parts = 1, .cost = cost
	};
	s->run = quo_arena_new(&err);
	s->step = quo_arena_new(&err);
	if (!s->run || !s->step)
		fail_msg("%s", err.text);
}

void quo_test_dry_end(quo_session *s)
{
	quo_test_close_cots(s);
	quo_arena_free(s->step);
	quo_arena_free(s->run);
}

void quo_test_assert_cost(quo_session *s, quo_traffic before, const quo_cost *cost)
{
	quo_traffic now = quo_channel_traffic(s->peer);

	assert_int_equal(now.sent_bytes - before.sent_bytes, cost->sent_bytes[s->party]);
	assert_int_equal(now.received_bytes - before.received_bytes,
			 cost->sent_bytes[1 - s->party]);
	assert_int_equal(now.rounds - before.rounds, cost->rounds);
}
