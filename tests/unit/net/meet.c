/* SPDX-License-Identifier: Apache-2.0 */
/* Parties that meet over TCP, and everybody else who comes to their address. */
#include "run/meet.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "net/hello.h"
#include "net_support.h"

/* A port that is free just now. */
static int free_port(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof a;
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof a), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &n), 0);
	close(fd);
	return ntohs(a.sin_port);
}

/* Addresses of a run, what the parties noted, how long they waited: in shared memory. */
struct run {
	int n;
	char address[QUO_MAX_PARTIES][32];
	char notes[QUO_MAX_PARTIES][32000];
	int ticks[QUO_MAX_PARTIES];
};

static struct run *run_new(int n)
{
	struct run *run = quo_test_shared(1, sizeof *run);

	run->n = n;
	for (int p = 0; p < n; p++)
		snprintf(run->address[p], sizeof run->address[p], "127.0.0.1:%d", free_port());
	return run;
}

static void run_free(struct run *run)
{
	quo_test_unshare(run, 1, sizeof *run);
}

struct told {
	struct run *run;
	int me;
};

static void note(void *arg, const char *line)
{
	const struct told *t = arg;
	char *notes = t->run->notes[t->me];
	size_t used = strlen(notes);

	for (const char *c = line; *c; c++)
		assert_true(*c >= 0x20 && *c <= 0x7e);
	snprintf(notes + used, sizeof t->run->notes[0] - used, "%s\n", line);
}

static void waiting(void *arg, int party, int seconds)
{
	const struct told *t = arg;

	assert_true(party >= 0 && party < t->run->n && party != t->me && seconds > 0);
	t->run->ticks[t->me]++;
}

static quo_meeting meeting(const struct run *run, int me, struct told *told, int timeout)
{
	const char *addresses[QUO_MAX_PARTIES];
	quo_network_config network = { .mode = QUO_MODE_LOCAL, .bind = "", .timeout = timeout };
	quo_err err = QUO_ERR_INIT;
	quo_meeting m;

	for (int p = 0; p < run->n; p++)
		addresses[p] = run->address[p];
	network.parties = (quo_strings){ .n = (uint32_t)run->n, .item = addresses };
	assert_int_equal(quo_meeting_mode(&network, me), QUO_MODE_MESH);
	assert_int_equal(quo_meeting_mode(&network, -1), QUO_MODE_LOCAL);
	quo_test_ok(quo_meeting_of(&network, run->n, me, &m, &err));
	*told = (struct told){ (struct run *)(uintptr_t)run, me };
	m.note = note;
	m.waiting = waiting;
	m.arg = told;
	m.stranger_seconds = 1;
	return m;
}

/* Meet and say one's number to everybody. 0, or 1 and a line on standard error. */
static int take_part(const struct run *run, int me, int timeout)
{
	quo_channel *channel[QUO_MAX_PARTIES];
	quo_err err = QUO_ERR_INIT;
	struct told told;
	quo_meeting m = meeting(run, me, &told, timeout);
	uint8_t mine = (uint8_t)me, got[QUO_MAX_PARTIES];
	const void *out[QUO_MAX_PARTIES];
	void *in[QUO_MAX_PARTIES];
	size_t size[QUO_MAX_PARTIES];
	bool good = true;

	if (quo_meet(&m, channel, &err) != QUO_OK) {
		note(&told, err.text);
		return 1;
	}
	quo_mesh *mesh = net_mesh(run->n, me, channel);
	for (int p = 0; p < run->n; p++) {
		out[p] = &mine;
		in[p] = &got[p];
		size[p] = p != me;
	}
	quo_test_ok(quo_mesh_exchange(mesh, out, size, in, size, true, &err));
	for (int p = 0; p < run->n; p++)
		good = good && (p == me || got[p] == p);
	quo_mesh_close(mesh);
	return good ? 0 : 2;
}

static pid_t begin(const struct run *run, int me, int timeout)
{
	fflush(NULL);
	pid_t pid = fork();

	if (pid == 0) {
		alarm(QUO_TEST_SECONDS);
		_exit(take_part(run, me, timeout));
	}
	return pid;
}

static int end(pid_t pid)
{
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 100;
}

static void assert_noted(const struct run *run, int me, const char *part)
{
	if (!strstr(run->notes[me], part))
		fail_msg("party %d did not note '%s' but:\n%s", me, part, run->notes[me]);
}

/* In any order, some late. */
static void test_meet(void **state)
{
	(void)state;
	for (int n = 2; n <= 5; n++)
		for (int first = 0; first < n; first += n - 1) {
			struct run *run = run_new(n);
			pid_t pid[QUO_MAX_PARTIES];
			for (int i = 0; i < n; i++) {
				int p = (first + i) % n;
				pid[p] = begin(run, p, 60);
				usleep(i == 0 ? 1200000 : 20000);
			}
			for (int p = 0; p < n; p++) {
				assert_int_equal(end(pid[p]), 0);
				assert_string_equal(run->notes[p], "");
			}
			assert_true(run->ticks[first] >= 1);
			run_free(run);
		}
}

/* ---- strangers ---- */

static int visit(const char *address)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = -1;

	a.sin_port = htons((uint16_t)atoi(strchr(address, ':') + 1));
	for (int i = 0; i < 400; i++) { /* it may not listen yet */
		fd = socket(AF_INET, SOCK_STREAM, 0);
		if (connect(fd, (struct sockaddr *)&a, sizeof a) == 0)
			return fd;
		close(fd);
		usleep(25000);
	}
	fail_msg("nobody listens at %s", address);
	return fd;
}

static void put(int fd, const void *data, size_t n)
{
	(void)!send(fd, data, n, MSG_NOSIGNAL);
}

/* The answer to a hello, and that the connection ends after it. */
static quo_hello answer(int fd)
{
	uint8_t bytes[QUO_HELLO_BYTES];
	quo_hello h;

	assert_int_equal(recv(fd, bytes, sizeof bytes, MSG_WAITALL), sizeof bytes);
	quo_hello_read(bytes, sizeof bytes, &h);
	assert_true(recv(fd, bytes, 1, 0) <= 0);
	return h;
}

static quo_hello refused(const char *address, int parties, int party, uint32_t version)
{
	uint8_t bytes[QUO_HELLO_BYTES + 100] = { 0 };
	int fd = visit(address);

	quo_hello_write(parties, party, QUO_HELLO_FINE, bytes);
	bytes[8] = (uint8_t)version;
	put(fd, bytes, sizeof bytes);
	quo_hello h = answer(fd);
	close(fd);
	return h;
}

static const struct {
	const char *bytes;
	size_t n;
	const char *noted;
} programs[] = {
	{ "GET / HTTP/1.1\r\nHost: a\r\n\r\n", 27, "(its first bytes are 'GET / HTTP/1')" },
	{ "\x16\x03\x01\x02", 4, "(its first bytes are '\\x16\\x03\\x01\\x02')" },
	{ "SSH-2.0-x\r\n", 11, "(its first bytes are 'SSH-2.0-x\\x0d\\x0a')" },
	{ "\x1b[2J'", 5, "(its first bytes are '\\x1b[2J\\x27')" },
	{ "QUOTIENx", 8, "(its first bytes are 'QUOTIENx')" },
};

static void visit_all(const struct run *run, int fd[3])
{
	const char *at = run->address[0];

	close(visit(at));  /* a scanner */
	fd[0] = visit(at); /* says nothing */
	fd[1] = visit(at); /* stops in the middle of a hello */
	put(fd[1], "QUOTIENT\2", 9);
	fd[2] = visit(at); /* drips */
	for (size_t i = 0; i < sizeof programs / sizeof *programs; i++) {
		int f = visit(at);
		put(f, programs[i].bytes, programs[i].n);
		char c;
		assert_true(recv(f, &c, 1, 0) <= 0); /* no answer to those */
		close(f);
	}
	quo_hello h = refused(at, 3, 1, 77);
	assert_true(h.version == QUO_HANDSHAKE_VERSION && h.party == 0);
	h = refused(at, 2, 1, QUO_HANDSHAKE_VERSION);
	assert_true(h.answer == QUO_HELLO_REFUSED && h.parties == 3 && h.party == 0);
	h = refused(at, 3, 0, QUO_HANDSHAKE_VERSION);
	assert_int_equal(h.answer, QUO_HELLO_REFUSED);
	h = refused(at, 3, 3, QUO_HANDSHAKE_VERSION);
	assert_int_equal(h.answer, QUO_HELLO_REFUSED);
	for (int i = 0; i < 100; i++) /* more than a party keeps */
		close(visit(at));
}

static void test_strangers(void **state)
{
	static const char *const noted[] = {
		"is not a party (it closed the connection after 0 bytes); still waiting for party 1",
		"is not a party (it sent 0 bytes and no hello in time)",
		"is not a party (it sent 9 bytes and no hello in time)",
		"speaks protocol version 77, this one version 2",
		"runs with 2 parties, this one with 3",
		"says that it is party 0, as this one is",
		"says that it is party 3 of 3; the numbers go from 0 to 2",
	};
	struct run *run = run_new(3);
	pid_t pid[3];
	int fd[3];

	(void)state;
	pid[0] = begin(run, 0, 60);
	visit_all(run, fd);
	for (int i = 0; i < 13; i++) {
		put(fd[2], i < 8 ? &"QUOTIENT"[i] : "\2", 1);
		usleep(100000);
	}
	pid[1] = begin(run, 1, 60);
	pid[2] = begin(run, 2, 60);
	for (int p = 0; p < 3; p++)
		assert_int_equal(end(pid[p]), 0);
	for (size_t i = 0; i < sizeof noted / sizeof *noted; i++)
		assert_noted(run, 0, noted[i]);
	for (size_t i = 0; i < sizeof programs / sizeof *programs; i++)
		assert_noted(run, 0, programs[i].noted);
	for (int i = 0; i < 3; i++)
		close(fd[i]);
	run_free(run);
}

/* Others are served while a stranger says nothing. */
static void test_silent_stranger(void **state)
{
	struct run *run = run_new(2);
	pid_t pid[2];

	(void)state;
	double start = net_now();
	pid[0] = begin(run, 0, 60);
	int fd = visit(run->address[0]);
	pid[1] = begin(run, 1, 60);
	assert_int_equal(end(pid[1]), 0);
	assert_int_equal(end(pid[0]), 0);
	print_message("    with a silent stranger: %.2f s\n", net_now() - start);
	assert_string_equal(run->notes[0], "");
	close(fd);
	run_free(run);
}

/* ---- numbers ---- */

static void test_number_twice(void **state)
{
	struct run *run = run_new(3);
	pid_t pid[3];

	(void)state;
	pid[0] = begin(run, 0, 60);
	pid[1] = begin(run, 1, 60);
	usleep(500000);
	/* A second party 1, whose own address is taken, and one that gets as far as party 0. */
	pid_t second = begin(run, 1, 60);
	assert_int_equal(end(second), 1);
	assert_noted(run, 1, "cannot listen on");
	quo_hello h = refused(run->address[0], 3, 1, QUO_HANDSHAKE_VERSION);
	assert_int_equal(h.answer, QUO_HELLO_TAKEN);
	pid[2] = begin(run, 2, 60);
	for (int p = 0; p < 3; p++)
		assert_int_equal(end(pid[p]), 0);
	assert_noted(run, 0, "party 1 is here already (from 127.0.0.1:");
	assert_noted(run, 0, "still waiting for party 2");
	run_free(run);
}

/* A party that went away before all were there may come again. */
static void test_comes_again(void **state)
{
	struct run *run = run_new(3);
	uint8_t bytes[QUO_HELLO_BYTES];
	pid_t pid[3];

	(void)state;
	pid[0] = begin(run, 0, 60);
	int fd = visit(run->address[0]);
	quo_hello_write(3, 1, QUO_HELLO_FINE, bytes);
	put(fd, bytes, sizeof bytes);
	assert_int_equal(recv(fd, bytes, sizeof bytes, MSG_WAITALL), sizeof bytes);
	close(fd);
	pid[2] = begin(run, 2, 60);
	pid[1] = begin(run, 1, 60);
	for (int p = 0; p < 3; p++)
		assert_int_equal(end(pid[p]), 0);
	assert_noted(run, 0, "went away; waiting for it again");
	run_free(run);
}

/* ---- mistakes ---- */

static void fails(const quo_meeting *m, quo_status status, const char *part)
{
	quo_channel *channel[QUO_MAX_PARTIES];
	quo_err err = QUO_ERR_INIT;

	assert_int_equal(quo_meet(m, channel, &err), status);
	quo_test_assert_error(&err, status, part);
	for (int p = 0; p < m->parties; p++)
		assert_null(channel[p]);
}

static void test_nobody(void **state)
{
	struct run *run = run_new(3);
	struct told told;
	quo_meeting m = meeting(run, 1, &told, 1);
	int fd;

	(void)state;
	fails(&m, QUO_FAILED, "cannot connect to party 0 at 127.0.0.1:");
	m = meeting(run, 0, &told, 2);
	fails(&m, QUO_FAILED, "party 1 did not connect to 127.0.0.1:");
	assert_true(run->ticks[0] >= 1);
	/* It says why those who came were none. */
	pid_t pid = fork();
	if (pid == 0) {
		fd = visit(run->address[0]);
		put(fd, "GET /", 5);
		(void)!read(fd, &fd, 1);
		_exit(0);
	}
	fails(&m, QUO_FAILED, "(its first bytes are 'GET /')");
	end(pid);
	run_free(run);
}

/* Where a party calls, somebody else is a mistake. */
static void called(const char *bytes, size_t n, bool shut, const char *part)
{
	struct run *run = run_new(2);
	struct told told;
	quo_meeting m = meeting(run, 1, &told, 2);
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int one = 1, server = socket(AF_INET, SOCK_STREAM, 0);

	a.sin_port = htons((uint16_t)atoi(strchr(run->address[0], ':') + 1));
	setsockopt(server, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	assert_int_equal(bind(server, (struct sockaddr *)&a, sizeof a), 0);
	assert_int_equal(listen(server, 5), 0);
	fflush(NULL);
	pid_t pid = fork();
	if (pid == 0) {
		int fd = accept(server, NULL, NULL);
		char c[QUO_HELLO_BYTES];
		put(fd, bytes, n);
		if (shut)
			shutdown(fd, SHUT_WR);
		while (read(fd, c, sizeof c) > 0)
			;
		_exit(0);
	}
	close(server);
	fails(&m, m.timeout_seconds ? QUO_FAILED : QUO_OK, part);
	end(pid);
	run_free(run);
}

static void test_called(void **state)
{
	(void)state;
	called("HTTP/1.1 400 Bad Request\r\n", 26, false, "not a party of this framework");
	called("QUOTIENT\1\0\0\0", 12, false, "speaks protocol version 1, this one version 2");
	called("QUOT", 4, true, "closed the connection after 4 bytes");
	called("", 0, true, "closed the connection after 0 bytes");
	called("", 0, false, "sent nothing for 2 seconds");
}

static void test_addresses(void **state)
{
	static const char *const bad[] = { "",
					   "localhost",
					   "127.0.0.1:",
					   "127.0.0.1:0",
					   "127.0.0.1:65536",
					   "127.0.0.1:12x",
					   "127.0.0.1:-1",
					   "127.0.0.1: 5" };
	quo_meeting m = { .parties = 2, .timeout_seconds = 1 };

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		m.listen = bad[i];
		m.call[1] = NULL;
		fails(&m, QUO_USAGE, "host:port");
		m.listen = NULL;
		m.call[1] = bad[i];
		fails(&m, QUO_USAGE, "host:port");
	}
}

static void test_meeting_of(void **state)
{
	static const char *const two[] = { "a:1", "b:2", "c:3" };
	quo_network_config c = { .mode = QUO_MODE_LISTEN, .address = "h:1", .bind = "" };
	quo_err err = QUO_ERR_INIT;
	quo_meeting m;

	(void)state;
	quo_test_ok(quo_meeting_of(&c, 2, 1, &m, &err));
	assert_string_equal(m.listen, "h:1");
	assert_null(m.call[0]);
	c.mode = QUO_MODE_CONNECT;
	quo_test_ok(quo_meeting_of(&c, 2, 0, &m, &err));
	assert_null(m.listen);
	assert_string_equal(m.call[1], "h:1");
	assert_int_equal(quo_meeting_of(&c, 3, 0, &m, &err), QUO_USAGE);
	quo_test_assert_error(&err, QUO_USAGE, "--listen and --connect are for two parties");
	err = (quo_err)QUO_ERR_INIT;
	c.mode = QUO_MODE_MESH;
	c.parties = (quo_strings){ .n = 3, .item = two };
	quo_test_ok(quo_meeting_of(&c, 3, 1, &m, &err));
	assert_string_equal(m.listen, "b:2");
	assert_string_equal(m.call[0], "a:1");
	assert_null(m.call[2]);
	c.bind = "0.0.0.0:9";
	quo_test_ok(quo_meeting_of(&c, 3, 1, &m, &err));
	assert_string_equal(m.listen, "0.0.0.0:9");
	quo_test_ok(quo_meeting_of(&c, 3, 2, &m, &err));
	assert_null(m.listen);
	assert_int_equal(quo_meeting_of(&c, 2, 1, &m, &err), QUO_USAGE);
	quo_test_assert_error(&err, QUO_USAGE, "network.parties has 3 addresses");
	err = (quo_err)QUO_ERR_INIT;
	assert_int_equal(quo_meeting_of(&c, 3, 3, &m, &err), QUO_USAGE);
	quo_test_assert_error(&err, QUO_USAGE, "party 3 cannot be one of 3");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_meet),
		cmocka_unit_test(test_strangers),
		cmocka_unit_test(test_silent_stranger),
		cmocka_unit_test(test_number_twice),
		cmocka_unit_test(test_comes_again),
		cmocka_unit_test(test_nobody),
		cmocka_unit_test(test_called),
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_meeting_of),
	};

	return cmocka_run_group_tests_name("meet", tests, NULL, NULL);
}
