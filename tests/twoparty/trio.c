/* SPDX-License-Identifier: Apache-2.0 */
#include "trio.h"

#include <unistd.h>

static const char experiment[] = "name: tiny\n"
				 "data: {use: digits, size: 8, train_rows: 40, test_rows: 20}\n"
				 "model:\n"
				 "  - {use: fc, out: 8}\n"
				 "  - {use: fc, out: 10}\n"
				 "train: {epochs: 2, batch: 16, seed: 3, optimizer: {use: "
				 "amsgrad}, quantizer: {use: npow}}\n"
				 "protocol: {use: replicated}\n";

const char *trio_yaml(void)
{
	return tool_path("trio.yaml");
}

void trio_write(void)
{
	tool_write_text(trio_yaml(), experiment);
}

void trio_parties(char parties[120], const int port[TRIO])
{
	snprintf(parties, 120,
		 "network.parties=[\"127.0.0.1:%d\", \"127.0.0.1:%d\", \"127.0.0.1:%d\"]", port[0],
		 port[1], port[2]);
}

void trio_meet(struct trio *t)
{
	int fd[TRIO];

	*t = (struct trio){ 0 };
	for (int i = 0; i < TRIO; i++) /* at once, so that they differ */
		fd[i] = tool_listen(&t->port[i]);
	for (int i = 0; i < TRIO; i++)
		close(fd[i]);
	trio_parties(t->parties, t->port);
}

void trio_start_one(struct tool *tool, const char *name, int party, const char *parties,
		    const char *dir, const char *const *more)
{
	char folder[60], number[12];

	snprintf(folder, sizeof folder, "%s-%d", dir, party);
	snprintf(number, sizeof number, "%d", party);
	const char *args[40] = { trio_yaml(), "--party",          number, "--set", parties,
				 "--set",     tiny_output(folder) };
	size_t n = 7;
	for (; more && *more; more++)
		args[n++] = *more;
	*tool = (struct tool){ 0 };
	tool_start(tool, name, args);
}

void trio_start(struct trio *t, const char *dir, const char *const *more)
{
	for (int i = 0; i < TRIO; i++)
		trio_start_one(&t->tool[i], "quotient-run", i, t->parties, dir, more);
}
