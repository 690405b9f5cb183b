/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Run the built tools as a user does: a process of its own, arguments, what it prints, its exit
 * status. And the small things around that: a scratch folder, text files, values out of a JSON
 * text, a free port.
 *
 * Everything fails the test when it cannot be done. A tool that takes longer than TOOL_SECONDS is
 * ended, with its children, and the test fails.
 */
#ifndef QUOTIENT_TESTS_TOOL_H
#define QUOTIENT_TESTS_TOOL_H

#include <sys/types.h>

#include "support.h"

#define TOOL_SECONDS 90
#define TOOL_MAX_ARGS 64

struct tool {
	pid_t pid;
	int out, err; /* memory files that its standard output and error go to */
	const char *const
		*env; /* "NAME=value", NULL-terminated; NULL: nothing but what the test has */
	void (*prepare)(void); /* runs in the child before the tool does; may be NULL */
};

struct tool_result {
	int status; /* of exit; 128 + signal */
	char *out, *err;
};

/* Arguments after the tool's name ("quotient-run"), up to a NULL. Set env and prepare before, zero
 * the rest. */
void tool_start(struct tool *t, const char *name, const char *const *args);
struct tool_result tool_wait(struct tool *t);
struct tool_result tool_run(const char *name, const char *const *args);
void tool_free(struct tool_result *r);

/* Fail with everything that the tool printed unless it ended with this status. */
void tool_assert_status(const struct tool_result *r, int status);
/* The same, and standard error is one line: "tool: ..." with every one of `parts` (up to NULL) in
 * it. */
void tool_assert_refused(const struct tool_result *r, int status, const char *const *parts);

/* A fresh folder in /tmp; the path lives until the next call. tool_folder_remove() takes it away
 * with all in it. */
const char *tool_folder_new(void);
void tool_folder_remove(void);
/* "<folder>/<name>", in one of a few buffers that take turns. */
const char *tool_path(const char *format, ...) QUO_PRINTF(1, 2);
void tool_write(const char *path, const void *data, size_t n);
void tool_write_text(const char *path, const char *text);
char *tool_read(const char *path); /* the caller frees */
bool tool_exists(const char *path);
/* How many entries dir has (-1: it is not there); the path of the last by name goes to last[1000]
 * unless NULL. */
int tool_entries(const char *dir, char *last);

/* The first value of "key" in a JSON text, quotes taken off; false when there is none. */
bool tool_json(const char *text, const char *key, char *value, size_t size);
/* The same, fails the test when there is none; one of a few buffers that take turns. */
const char *tool_json_get(const char *text, const char *key);

/* A TCP port of 127.0.0.1 that was free a moment ago. */
int tool_free_port(void);
/* A socket that listens on 127.0.0.1 at a port of the system's choice. */
int tool_listen(int *port);
/* Wait, at most seconds, for a first connection. */
int tool_accept(int fd);
/* A connection to a tool that will listen there. */
int tool_connect(int port);

/* The ids of a process's children: how many, at most max. */
int tool_children(pid_t pid, pid_t *children, int max);
/* Whether a process is there and has not ended. */
bool tool_is_alive(pid_t pid);
/* Pause a little (for polling); fails the test after TOOL_SECONDS of polls counted in *polls (start
 * it at 0). */
void tool_poll(int *polls);

#endif
