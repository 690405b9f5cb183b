/* SPDX-License-Identifier: Apache-2.0 */
#include "run/children.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <quotient/memory.h>

#include "base/clock.h"
#include "store/summary.h"

/* What a child tells its parent, in a shared page. */
struct outcome {
	quo_err err;
	double failed_at; /* monotonic seconds; 0: not yet */
	uint64_t rss;
};

struct child {
	pid_t pid; /* 0: not started, or waited for */
	const char *name;
};

struct quo_children {
	int n;
	struct outcome *outcome;
	struct child child[];
};

pid_t quo_fork_child(quo_err *err)
{
	fflush(NULL);
	pid_t parent = getpid(), pid = fork();
	if (pid < 0)
		quo_fail(err, QUO_FAILED, "cannot start a process: %s", strerror(errno));
	if (pid != 0)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
	return 0;
}

quo_children *quo_children_new(int n, quo_err *err)
{
	quo_children *c = quo_alloc(1, sizeof *c + (size_t)n * sizeof c->child[0], err);

	if (!c)
		return NULL;
	c->n = n;
	c->outcome = mmap(NULL, (size_t)n * sizeof *c->outcome, PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (c->outcome != MAP_FAILED)
		return c;
	quo_free(c);
	quo_fail(err, QUO_FAILED, "out of memory: the results of %d processes", n);
	return NULL;
}

void quo_children_failed(quo_children *c, int i)
{
	if (!(c->outcome[i].failed_at > 0))
		c->outcome[i].failed_at = quo_now_seconds();
}

quo_status quo_children_start(quo_children *c, int i, const char *name,
			      quo_status (*main)(void *arg, quo_err *err), void *arg, quo_err *err)
{
	c->child[i].name = name;
	c->child[i].pid = quo_fork_child(err);
	if (c->child[i].pid != 0)
		return c->child[i].pid > 0 ? QUO_OK : QUO_FAILED;
	quo_err mine = QUO_ERR_INIT;
	quo_status status = main(arg, &mine);
	c->outcome[i].rss = quo_peak_rss_bytes();
	if (status != QUO_OK) {
		quo_children_failed(c, i);
		c->outcome[i].err = mine;
	}
	fflush(NULL);
	_exit(status == QUO_OK ? 0 : 1);
}

uint64_t quo_children_peak_rss(const quo_children *c, int but)
{
	uint64_t most = 0;

	for (int i = 0; i < c->n; i++)
		if (i != but && c->outcome[i].rss > most)
			most = c->outcome[i].rss;
	return most;
}

uint64_t quo_children_rss(const quo_children *c, int i)
{
	return c->outcome[i].rss;
}

static void died(struct outcome *o, int state)
{
	bool killed = WIFSIGNALED(state);

	o->failed_at = 0;
	quo_fail(&o->err, QUO_FAILED, "its process was ended by %s %d%s; the run has no result",
		 killed ? "signal" : "exit status", killed ? WTERMSIG(state) : WEXITSTATUS(state),
		 killed && WTERMSIG(state) == SIGKILL
			 ? " (kill -9, or memory ran out: quotient-check says what a run needs)"
			 : "");
}

quo_status quo_children_wait(quo_children *c, quo_err *err)
{
	int first = -1;

	for (int i = 0; i < c->n; i++) {
		struct outcome *o = &c->outcome[i];
		int state = 0;
		if (c->child[i].pid <= 0)
			continue;
		while (waitpid(c->child[i].pid, &state, 0) < 0 && errno == EINTR)
			;
		c->child[i].pid = 0;
		if (state != 0 && o->err.status == QUO_OK)
			died(o, state);
		if (o->err.status != QUO_OK &&
		    (first < 0 || o->failed_at < c->outcome[first].failed_at))
			first = i;
	}
	if (first < 0)
		return QUO_OK;
	const quo_err *cause = &c->outcome[first].err;
	return quo_fail(err, cause->status, "%s: %s", c->child[first].name, cause->text);
}

void quo_children_free(quo_children *c)
{
	if (!c)
		return;
	munmap(c->outcome, (size_t)c->n * sizeof *c->outcome);
	quo_free(c);
}
