/* SPDX-License-Identifier: Apache-2.0 */
#include "parties.h"

#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct child {
	net_party *party;
	void *arg;
	int me;
	quo_channel **channel;
};

static void child_test(void **state)
{
	struct child *c = *state;

	c->party(c->me, c->channel, c->arg);
}

static int child_main(struct child *c)
{
	char name[24];
	const struct CMUnitTest tests[] = { { name, child_test, NULL, NULL, c } };

	snprintf(name, sizeof name, "party %d", c->me);
	int failed = _cmocka_run_group_tests(name, tests, 1, NULL, NULL);
	fflush(NULL);
	return failed ? 1 : 0;
}

static void show(FILE *text)
{
	char line[512];

	rewind(text);
	while (fgets(line, sizeof line, text))
		fputs(line, stderr);
}

void net_parties(int n, net_party *party, void *arg, int dying)
{
	quo_channel *ends[QUO_MAX_PARTIES][QUO_MAX_PARTIES];
	quo_err err = QUO_ERR_INIT;
	FILE *text[QUO_MAX_PARTIES];
	pid_t pid[QUO_MAX_PARTIES];
	int bad = -1;

	quo_test_ok(quo_mesh_pairs(n, ends, &err));
	for (int i = 0; i < n; i++) {
		text[i] = tmpfile();
		assert_non_null(text[i]);
		fflush(NULL);
		pid[i] = fork();
		assert_true(pid[i] >= 0);
		if (pid[i] == 0) {
			struct child c = { party, arg, i, ends[i] };
			quo_mesh_keep(n, ends, i);
			dup2(fileno(text[i]), STDOUT_FILENO);
			dup2(fileno(text[i]), STDERR_FILENO);
			alarm(QUO_TEST_SECONDS);
			_exit(child_main(&c));
		}
	}
	quo_mesh_keep(n, ends, -1);
	for (int i = 0; i < n; i++) {
		int status;
		assert_int_equal(waitpid(pid[i], &status, 0), pid[i]);
		if (status && i != dying) {
			bad = i;
			show(text[i]);
		}
		fclose(text[i]);
	}
	if (bad >= 0)
		fail_msg("party %d failed", bad);
}

quo_mesh *net_mesh(int n, int me, quo_channel *channel[])
{
	quo_err err = QUO_ERR_INIT;
	quo_mesh *mesh = quo_mesh_new(n, me, channel, &err);

	if (!mesh)
		fail_msg("%s", err.text);
	return mesh;
}

void net_fill(uint8_t *p, size_t n, uint64_t seed)
{
	for (size_t i = 0; i + 8 <= n; i += 8) {
		uint64_t v = quo_test_random(&seed);
		memcpy(p + i, &v, 8);
	}
	for (size_t i = n & ~(size_t)7; i < n; i++)
		p[i] = (uint8_t)quo_test_random(&seed);
}

double net_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}
