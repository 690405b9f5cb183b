/* SPDX-License-Identifier: Apache-2.0 */
#include "tool.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PAUSE_NS 2000000L
#define TURNS 16

static char folder[64];

/* ---- processes ---- */

static void child(const struct tool *t, const char *path, const char *const *argv)
{
	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	int nothing = open("/dev/null", O_RDONLY);
	dup2(nothing, STDIN_FILENO);
	dup2(t->out, STDOUT_FILENO);
	dup2(t->err, STDERR_FILENO);
	for (size_t i = 0; t->env && t->env[i]; i++)
		putenv((char *)(uintptr_t)t->env[i]);
	if (t->prepare)
		t->prepare();
	execv(path, (char *const *)(uintptr_t)argv);
	fprintf(stderr, "%s: %s\n", path, strerror(errno));
	_exit(127);
}

void tool_start(struct tool *t, const char *name, const char *const *args)
{
	const char *argv[TOOL_MAX_ARGS + 2] = { name };
	const char *build = getenv("QUOTIENT_BUILD_ROOT");
	char path[1000];
	size_t n = 1;

	assert_non_null(build);
	snprintf(path, sizeof path, "%s/core/tools/%s", build, name);
	for (; *args; args++) {
		assert_true(n <= TOOL_MAX_ARGS);
		argv[n++] = *args;
	}
	t->out = memfd_create("out", MFD_CLOEXEC);
	t->err = memfd_create("err", MFD_CLOEXEC);
	assert_true(t->out >= 0 && t->err >= 0);
	fflush(NULL);
	t->pid = fork();
	assert_true(t->pid >= 0);
	if (t->pid == 0)
		child(t, path, argv);
	setpgid(t->pid, t->pid); /* whoever is first */
}

static char *read_fd(int fd)
{
	struct stat st;
	char *text = NULL;

	if (fstat(fd, &st) == 0)
		text = malloc((size_t)st.st_size + 1);
	assert_non_null(text);
	ssize_t n = pread(fd, text, (size_t)st.st_size, 0);
	assert_true(n >= 0);
	text[n] = 0;
	return text;
}

struct tool_result tool_wait(struct tool *t)
{
	struct tool_result r;
	struct timespec now, pause = { 0, PAUSE_NS };
	int state = 0;

	clock_gettime(CLOCK_MONOTONIC, &now);
	time_t end = now.tv_sec + TOOL_SECONDS;
	pid_t done;
	while ((done = waitpid(t->pid, &state, WNOHANG)) == 0 && now.tv_sec < end) {
		nanosleep(&pause, NULL);
		clock_gettime(CLOCK_MONOTONIC, &now);
	}
	kill(-t->pid, SIGKILL); /* the rest of its group, or all of it */
	if (done == 0)
		waitpid(t->pid, &state, 0);
	r.out = read_fd(t->out);
	r.err = read_fd(t->err);
	r.status = WIFSIGNALED(state) ? 128 + WTERMSIG(state) : WEXITSTATUS(state);
	close(t->out);
	close(t->err);
	if (done == 0)
		fail_msg("the tool did not end within %d seconds; it printed\n%s%s", TOOL_SECONDS,
			 r.out, r.err);
	return r;
}

struct tool_result tool_run(const char *name, const char *const *args)
{
	struct tool t = { 0 };

	tool_start(&t, name, args);
	return tool_wait(&t);
}

void tool_free(struct tool_result *r)
{
	free(r->out);
	free(r->err);
	*r = (struct tool_result){ 0 };
}

void tool_assert_status(const struct tool_result *r, int status)
{
	if (r->status != status)
		fail_msg("exit status %d, not %d; it printed\n%s%s", r->status, status, r->out,
			 r->err);
}

void tool_assert_refused(const struct tool_result *r, int status, const char *const *parts)
{
	const char *line_end = strchr(r->err, '\n');

	tool_assert_status(r, status);
	if (!line_end || line_end[1] || strncmp(r->err, "quotient-", 9) != 0)
		fail_msg("standard error is not one line of the tool:\n%s", r->err);
	for (; *parts; parts++)
		if (!strstr(r->err, *parts))
			fail_msg("'%s' is not in: %s", *parts, r->err);
}

int tool_children(pid_t pid, pid_t *children, int max)
{
	char path[64];
	int n = 0, number;

	snprintf(path, sizeof path, "/proc/%d/task/%d/children", (int)pid, (int)pid);
	FILE *f = fopen(path, "r");
	while (f && n < max && fscanf(f, "%d", &number) == 1)
		children[n++] = number;
	if (f)
		fclose(f);
	return n;
}

bool tool_is_alive(pid_t pid)
{
	char path[64], state = 0;

	snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
	FILE *f = fopen(path, "r");
	if (!f)
		return false;
	int n = fscanf(f, "%*d (%*[^)]) %c", &state);
	fclose(f);
	return n == 1 && state != 'Z' && state != 'X';
}

void tool_poll(int *polls)
{
	const struct timespec pause = { 0, PAUSE_NS };

	if ((*polls)++ > TOOL_SECONDS * (1000000000L / PAUSE_NS))
		fail_msg("waited %d seconds for what did not happen", TOOL_SECONDS);
	nanosleep(&pause, NULL);
}

/* ---- files ---- */

const char *tool_folder_new(void)
{
	strcpy(folder, "/tmp/quotient-test-XXXXXX");
	assert_non_null(mkdtemp(folder));
	return folder;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *where)
{
	(void)st, (void)type, (void)where;
	return remove(path);
}

void tool_folder_remove(void)
{
	nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

const char *tool_path(const char *format, ...)
{
	static char path[TURNS][1000];
	static int turn;
	char *out = path[turn++ % TURNS];
	va_list args;

	int n = snprintf(out, sizeof path[0], "%s/", folder);
	va_start(args, format);
	vsnprintf(out + n, sizeof path[0] - (size_t)n, format, args);
	va_end(args);
	return out;
}

void tool_write(const char *path, const void *data, size_t n)
{
	FILE *f = fopen(path, "wb");

	assert_non_null(f);
	assert_int_equal(fwrite(data, 1, n, f), n);
	assert_int_equal(fclose(f), 0);
}

void tool_write_text(const char *path, const char *text)
{
	tool_write(path, text, strlen(text));
}

char *tool_read(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		fail_msg("%s: %s", path, strerror(errno));
	char *text = read_fd(fd);
	close(fd);
	return text;
}

bool tool_exists(const char *path)
{
	return access(path, F_OK) == 0;
}

static int is_entry(const struct dirent *entry)
{
	return strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
}

int tool_entries(const char *dir, char *last)
{
	struct dirent **list = NULL;
	int n = scandir(dir, &list, is_entry, alphasort);

	if (n > 0 && last)
		snprintf(last, 1000, "%s/%s", dir, list[n - 1]->d_name);
	for (int i = 0; i < n; i++)
		free(list[i]);
	free(list);
	return n;
}

/* ---- JSON ---- */

bool tool_json(const char *text, const char *key, char *value, size_t size)
{
	char quoted[100];

	snprintf(quoted, sizeof quoted, "\"%s\":", key);
	const char *at = strstr(text, quoted);
	if (!at)
		return false;
	at += strlen(quoted);
	at += strspn(at, " \n");
	size_t n = *at == '"' ? strcspn(++at, "\"") : strcspn(at, ",\n }");
	snprintf(value, size, "%.*s", (int)n, at);
	return true;
}

const char *tool_json_get(const char *text, const char *key)
{
	static char value[TURNS][200];
	static int turn;
	char *out = value[turn++ % TURNS];

	if (!tool_json(text, key, out, sizeof value[0]))
		fail_msg("no \"%s\" in:\n%s", key, text);
	return out;
}

/* ---- sockets ---- */

int tool_listen(int *port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof a;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof a), 0);
	assert_int_equal(listen(fd, 4), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &size), 0);
	*port = ntohs(a.sin_port);
	return fd;
}

int tool_free_port(void)
{
	int port;

	close(tool_listen(&port));
	return port;
}

int tool_connect(int port)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
				 .sin_port = htons((uint16_t)port) };
	int polls = 0;

	for (;; tool_poll(&polls)) {
		int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		assert_true(fd >= 0);
		if (connect(fd, (struct sockaddr *)&a, sizeof a) == 0)
			return fd;
		close(fd);
	}
}

int tool_accept(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	assert_int_equal(poll(&p, 1, TOOL_SECONDS * 1000), 1);
	int peer = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
	assert_true(peer >= 0);
	return peer;
}
