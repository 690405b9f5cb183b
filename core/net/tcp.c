/* SPDX-License-Identifier: Apache-2.0 */
#include "net/tcp.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define BACKLOG 32

quo_status quo_tcp_resolve(const char *address, bool to_listen, struct addrinfo **out, quo_err *err)
{
	char host[256], *port;
	const char *name = host;
	struct addrinfo hints = { .ai_family = AF_UNSPEC,
				  .ai_socktype = SOCK_STREAM,
				  .ai_flags = AI_NUMERICSERV | (to_listen ? AI_PASSIVE : 0) };
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

static int new_socket(const struct addrinfo *a)
{
	return socket(a->ai_family, a->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, a->ai_protocol);
}

static int close_keeping_errno(int fd)
{
	int error = errno;

	close(fd);
	errno = error;
	return -1;
}

static int listen_on(const struct addrinfo *a)
{
	int one = 1, fd = new_socket(a);

	if (fd < 0)
		return -1;
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	if (bind(fd, a->ai_addr, a->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0)
		return fd;
	return close_keeping_errno(fd);
}

quo_status quo_tcp_listen(const char *address, int *fd, quo_err *err)
{
	struct addrinfo *list;

	*fd = -1;
	QUO_TRY(quo_tcp_resolve(address, true, &list, err));
	for (const struct addrinfo *a = list; a && *fd < 0; a = a->ai_next)
		*fd = listen_on(a);
	int error = errno;
	freeaddrinfo(list);
	if (*fd < 0)
		return quo_fail(
			err, QUO_FAILED,
			"cannot listen on %s: %s; give an address of this machine and a free port",
			address, strerror(error));
	return QUO_OK;
}

int quo_tcp_connect(const struct addrinfo *to)
{
	int fd = new_socket(to);

	if (fd < 0)
		return -1;
	if (connect(fd, to->ai_addr, to->ai_addrlen) == 0 || errno == EINPROGRESS || errno == EINTR)
		return fd;
	return close_keeping_errno(fd);
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

int quo_tcp_connected(int fd)
{
	int error = 0;
	socklen_t size = sizeof error;

	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) < 0)
		return errno;
	return !error && is_self(fd) ? ECONNREFUSED : error;
}

void quo_tcp_peer(int fd, char *out, size_t size)
{
	struct sockaddr_storage a;
	socklen_t n = sizeof a;
	char host[64], port[16];

	if (getpeername(fd, (struct sockaddr *)&a, &n) < 0 ||
	    getnameinfo((struct sockaddr *)&a, n, host, sizeof host, port, sizeof port,
			NI_NUMERICHOST | NI_NUMERICSERV))
		snprintf(out, size, "an unknown address");
	else
		snprintf(out, size, "%s%s%s:%s", strchr(host, ':') ? "[" : "", host,
			 strchr(host, ':') ? "]" : "", port);
}
