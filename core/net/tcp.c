/* SPDX-License-Identifier: Apache-2.0 */
/* TCP: one party listens, the other connects and retries while nobody listens yet. */
#include <quotient/channel.h>

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define RETRY_MS 50
#define ATTEMPT_MS 5000

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Milliseconds to wait, at most cap (-1: no cap); deadline < 0: none. */
static int remaining_ms(int64_t deadline, int cap)
{
	int64_t left;

	if (deadline < 0)
		return cap;
	left = deadline - now_ms();
	if (left < 0)
		left = 0;
	if (cap >= 0 && left > cap)
		left = cap;
	return left > 1000000000 ? 1000000000 : (int)left;
}

static int64_t deadline_ms(int timeout_seconds)
{
	return timeout_seconds > 0 ? now_ms() + (int64_t)timeout_seconds * 1000 : -1;
}

/* "host:port", "[::1]:port"; an empty host is every interface (listen) or this machine (connect).
 */
static quo_status resolve(const char *address, bool passive, struct addrinfo **out, quo_err *err)
{
	char host[256], *port;
	const char *name = host;
	struct addrinfo hints = { .ai_family = AF_UNSPEC,
				  .ai_socktype = SOCK_STREAM,
				  .ai_flags = AI_NUMERICSERV | (passive ? AI_PASSIVE : 0) };
	unsigned long number = 0;
	int k, used = 0;

	k = snprintf(host, sizeof host, "%s", address);
	port = k > 0 && (size_t)k < sizeof host ? strrchr(host, ':') : NULL;
	if (!port || sscanf(port, ":%lu%n", &number, &used) != 1 || port[used] || port[1] < '0' ||
	    port[1] > '9' || number < 1 || number > 65535)
		return quo_fail(
			err, QUO_USAGE,
			"'%s' is not an address: write host:port with a port from 1 to 65535",
			address);
	*port++ = '\0';
	if (name[0] == '[' && port - 2 > name && port[-2] == ']') {
		port[-2] = '\0';
		name++;
	}
	k = getaddrinfo(*name ? name : NULL, port, &hints, out);
	if (k)
		return quo_fail(err, QUO_USAGE, "cannot find the host of '%s': %s; check its name",
				address, k == EAI_SYSTEM ? strerror(errno) : gai_strerror(k));
	return QUO_OK;
}

static void name_peer(int fd, char *out, size_t size)
{
	struct sockaddr_storage a;
	socklen_t n = sizeof a;
	char host[64], port[16];

	if (getpeername(fd, (struct sockaddr *)&a, &n) < 0 ||
	    getnameinfo((struct sockaddr *)&a, n, host, sizeof host, port, sizeof port,
			NI_NUMERICHOST | NI_NUMERICSERV))
		snprintf(out, size, "the other party");
	else
		snprintf(out, size, "the other party at %s%s%s:%s", strchr(host, ':') ? "[" : "",
			 host, strchr(host, ':') ? "]" : "", port);
}

static quo_channel *wrap(int fd, int timeout_seconds, quo_err *err)
{
	char peer[160];
	quo_channel *ch;

	name_peer(fd, peer, sizeof peer);
	ch = quo_channel_from_fd(fd, peer, err);
	if (ch)
		quo_channel_timeout(ch, timeout_seconds > 0 ? timeout_seconds : 0);
	return ch;
}

static int listen_on(const struct addrinfo *a)
{
	int one = 1;
	int fd =
		socket(a->ai_family, a->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, a->ai_protocol);

	if (fd < 0)
		return -1;
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	if (bind(fd, a->ai_addr, a->ai_addrlen) == 0 && listen(fd, 1) == 0)
		return fd;
	int error = errno;
	close(fd);
	errno = error;
	return -1;
}

quo_channel *quo_channel_listen(const char *address, int timeout_seconds, quo_err *err)
{
	int64_t deadline = deadline_ms(timeout_seconds);
	struct addrinfo *list;
	int server = -1, fd = -1;

	if (resolve(address, true, &list, err) != QUO_OK)
		return NULL;
	for (const struct addrinfo *a = list; a && server < 0; a = a->ai_next)
		server = listen_on(a);
	freeaddrinfo(list);
	if (server < 0) {
		quo_fail(err, QUO_FAILED,
			 "cannot listen on %s: %s; give an address of this machine and a free port",
			 address, strerror(errno));
		return NULL;
	}
	while (fd < 0) {
		struct pollfd p = { .fd = server, .events = POLLIN };
		int k = poll(&p, 1, remaining_ms(deadline, -1));
		if (k == 0) {
			quo_fail(err, QUO_FAILED,
				 "nobody connected to %s within %d seconds; start the other party, "
				 "or raise network.timeout",
				 address, timeout_seconds);
			break;
		}
		if (k > 0)
			fd = accept4(server, NULL, NULL, SOCK_CLOEXEC);
		if (fd < 0 && errno != EINTR && errno != EAGAIN && errno != ECONNABORTED) {
			quo_fail(err, QUO_FAILED, "cannot accept a connection on %s: %s", address,
				 strerror(errno));
			break;
		}
	}
	close(server);
	return fd < 0 ? NULL : wrap(fd, timeout_seconds, err);
}

/* A connect to a free local port can meet itself (simultaneous open); that is nobody. */
static bool is_self(int fd)
{
	struct sockaddr_storage a, b;
	socklen_t n = sizeof a, m = sizeof b;

	memset(&a, 0, sizeof a);
	memset(&b, 0, sizeof b);
	return getsockname(fd, (struct sockaddr *)&a, &n) == 0 &&
	       getpeername(fd, (struct sockaddr *)&b, &m) == 0 && n == m && memcmp(&a, &b, n) == 0;
}

static int connect_to(const struct addrinfo *a, int64_t deadline)
{
	int fd =
		socket(a->ai_family, a->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, a->ai_protocol);
	int error = 0;
	socklen_t size = sizeof error;

	if (fd < 0)
		return -1;
	if (connect(fd, a->ai_addr, a->ai_addrlen) < 0) {
		error = errno;
		if (error == EINPROGRESS || error == EINTR) {
			struct pollfd p = { .fd = fd, .events = POLLOUT };
			error = ETIMEDOUT;
			if (poll(&p, 1, remaining_ms(deadline, ATTEMPT_MS)) > 0 &&
			    getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) < 0)
				error = errno;
		}
	}
	if (!error && is_self(fd))
		error = ECONNREFUSED;
	if (!error)
		return fd;
	close(fd);
	errno = error;
	return -1;
}

quo_channel *quo_channel_connect(const char *address, int timeout_seconds, quo_err *err)
{
	int64_t deadline = deadline_ms(timeout_seconds);
	const struct timespec pause = { 0, RETRY_MS * 1000000L };
	struct addrinfo *list;
	int fd = -1;

	if (resolve(address, false, &list, err) != QUO_OK)
		return NULL;
	for (;;) {
		for (const struct addrinfo *a = list; a && fd < 0; a = a->ai_next)
			fd = connect_to(a, deadline);
		if (fd >= 0 || remaining_ms(deadline, 1) == 0)
			break;
		nanosleep(&pause, NULL);
	}
	int error = errno;
	freeaddrinfo(list);
	if (fd < 0) {
		quo_fail(err, QUO_FAILED,
			 "cannot connect to %s within %d seconds: %s; start the party that "
			 "listens, or raise network.timeout",
			 address, timeout_seconds, strerror(error));
		return NULL;
	}
	return wrap(fd, timeout_seconds, err);
}
