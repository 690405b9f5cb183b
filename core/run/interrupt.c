/* SPDX-License-Identifier: Apache-2.0 */
#include "run/interrupt.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static char line[4096];
static size_t line_length;
static pid_t teller;

/* The live line has no newline of its own yet. */
static void tell(int signal_number)
{
	if (getpid() == teller && write(STDERR_FILENO, line, line_length) < 0)
		line_length = 0; /* nothing to be done about it here */
	signal(signal_number, SIG_DFL);
	raise(signal_number);
}

void quo_tell_when_interrupted(const char *what, const char *folder)
{
	const int signals[] = { SIGINT, SIGTERM };
	int n = snprintf(line, sizeof line, "\ninterrupted; %s %s\n", what, folder);

	line_length = n < 0 ? 0 : strlen(line);
	teller = getpid();
	for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
		struct sigaction now;
		/* What nohup and the like ignore stays ignored. */
		if (sigaction(signals[i], NULL, &now) == 0 && now.sa_handler != SIG_IGN)
			signal(signals[i], tell);
	}
}
