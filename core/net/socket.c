/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Channels over stream sockets.
 *
 * The socket is non-blocking. Small sends collect in a buffer; large ones go to the kernel from the
 * caller's memory, behind what is buffered, in one call. A write that would block polls for both
 * directions and takes in what the peer sends meanwhile (into a queue), so that two parties may
 * send at the same time.
 */
#include <quotient/channel.h>
#include <quotient/memory.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define OUT_BYTES ((size_t)1 << 17)
/* A send of this many bytes is worth a call of its own: the peer can start on it. */
#define DIRECT_BYTES ((size_t)1 << 14)
#define IN_BYTES ((size_t)1 << 17)
#define TAKE_IN_BYTES ((size_t)1 << 16)
/* A peer may be this far ahead of what this party reads while this party sends. */
#define QUEUE_LIMIT_BYTES ((size_t)1 << 30)
/* An empty queue larger than this goes back to the system. */
#define KEEP_BYTES ((size_t)1 << 25)
#define CLOSE_WAIT_MS 10000

struct sock {
	quo_channel base;
	int fd, timeout_seconds; /* of a receive; 0: none */
	bool ended;              /* the peer sends no more */
	bool cut;                /* the peer takes no more */
	uint64_t taken_bytes;
	uint8_t *out;
	size_t out_used;
	uint8_t *in; /* what has come and was not asked for yet: in[in_start .. in_end) */
	size_t in_start, in_end, in_size;
	char peer[200];
};

static quo_status broken(struct sock *c, const char *doing, int error, quo_err *err)
{
	if (error == EPIPE || error == ECONNRESET)
		return quo_fail(err, QUO_FAILED,
				"%s: closed the connection after %llu bytes, while this party was "
				"%s; see its own message",
				c->peer, (unsigned long long)c->taken_bytes, doing);
	return quo_fail(err, QUO_FAILED, "%s: the connection failed while %s: %s", c->peer, doing,
			strerror(error));
}

static quo_status closed_early(struct sock *c, size_t missing, quo_err *err)
{
	return quo_fail(err, QUO_FAILED,
			"%s: closed the connection after %llu bytes (expected %zu more); see its "
			"own message",
			c->peer, (unsigned long long)c->taken_bytes, missing);
}

/* Until bytes may have come. */
static quo_status wait_readable(struct sock *c, size_t missing, quo_err *err)
{
	struct pollfd p = { .fd = c->fd, .events = POLLIN };
	int ms = !c->timeout_seconds || c->timeout_seconds > INT_MAX / 1000
			 ? -1
			 : c->timeout_seconds * 1000;
	int k = poll(&p, 1, ms);

	if (k < 0 && errno != EINTR)
		return broken(c, "receiving", errno, err);
	if (k == 0)
		return quo_fail(err, QUO_FAILED,
				"%s: sent nothing for %d seconds (after %llu bytes, expected %zu "
				"more); see what it waits for, or raise network.timeout",
				c->peer, c->timeout_seconds, (unsigned long long)c->taken_bytes,
				missing);
	return QUO_OK;
}

/* Room for TAKE_IN_BYTES more at the end of the queue. */
static quo_status make_room(struct sock *c, quo_err *err)
{
	size_t used = c->in_end - c->in_start;

	if (c->in_size - c->in_end >= TAKE_IN_BYTES)
		return QUO_OK;
	if (c->in_start >= used && c->in_size - used >= TAKE_IN_BYTES) {
		if (used)
			memcpy(c->in, c->in + c->in_start, used);
	} else {
		size_t size = 2 * c->in_size;
		if (size > QUEUE_LIMIT_BYTES)
			return quo_fail(err, QUO_FAILED,
					"%s: sent %zu bytes that this party has not asked for yet; "
					"the parties are out of step",
					c->peer, used);
		uint8_t *in = malloc(size);
		if (!in)
			return quo_fail(err, QUO_FAILED,
					"out of memory: %zu bytes to receive from %s", size,
					c->peer);
		if (used)
			memcpy(in, c->in + c->in_start, used);
		free(c->in);
		c->in = in;
		c->in_size = size;
	}
	c->in_start = 0;
	c->in_end = used;
	return QUO_OK;
}

/* Queue what has come. An end or error of the incoming side is kept for the receive that needs
 * more. */
static quo_status take_in(struct sock *c, quo_err *err)
{
	ssize_t k;

	QUO_TRY(make_room(c, err));
	k = recv(c->fd, c->in + c->in_end, c->in_size - c->in_end, 0);
	if (k > 0) {
		c->in_end += (size_t)k;
		c->taken_bytes += (uint64_t)k;
	} else if (k == 0 || (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)) {
		c->ended = true;
	}
	return QUO_OK;
}

static quo_status wait_writable(struct sock *c, int wait_ms, quo_err *err)
{
	struct pollfd p = { .fd = c->fd, .events = (short)(c->ended ? POLLOUT : POLLIN | POLLOUT) };
	int k = poll(&p, 1, wait_ms);

	if (k < 0 && errno != EINTR)
		return broken(c, "sending", errno, err);
	if (k == 0)
		return quo_fail(err, QUO_FAILED, "%s: takes no more bytes", c->peer);
	if (k > 0 && !c->ended && (p.revents & POLLIN))
		return take_in(c, err);
	return QUO_OK;
}

/* Send the buffer, then data. */
static quo_status write_all(struct sock *c, const void *data, size_t n, int wait_ms, quo_err *err)
{
	struct iovec v[2] = { { c->out, c->out_used }, { (void *)(uintptr_t)data, n } };

	while (v[0].iov_len || v[1].iov_len) {
		struct msghdr m = { .msg_iov = v, .msg_iovlen = 2 };
		ssize_t k = sendmsg(c->fd, &m, MSG_NOSIGNAL);
		if (k < 0) {
			if (errno == EAGAIN || errno == EWOULDBLOCK) {
				QUO_TRY(wait_writable(c, wait_ms, err));
			} else if (errno != EINTR) {
				c->cut = errno == EPIPE || errno == ECONNRESET;
				return broken(c, "sending", errno, err);
			}
			continue;
		}
		for (int i = 0; i < 2; i++) {
			size_t done = (size_t)k < v[i].iov_len ? (size_t)k : v[i].iov_len;
			v[i].iov_base = (uint8_t *)v[i].iov_base + done;
			v[i].iov_len -= done;
			k -= (ssize_t)done;
		}
	}
	c->out_used = 0;
	return QUO_OK;
}

static quo_status sock_send(quo_channel *ch, const void *data, size_t n, quo_err *err)
{
	struct sock *c = (struct sock *)ch;

	if (c->cut)
		return broken(c, "sending", EPIPE, err);
	if (n >= DIRECT_BYTES || n > OUT_BYTES - c->out_used)
		return write_all(c, data, n, -1, err);
	memcpy(c->out + c->out_used, data, n);
	c->out_used += n;
	return QUO_OK;
}

static quo_status sock_flush(quo_channel *ch, quo_err *err)
{
	return write_all((struct sock *)ch, NULL, 0, -1, err);
}

/* A peer that takes no more may have said why: what it sent before is still received. */
static quo_status flush_before_recv(struct sock *c, quo_err *err)
{
	quo_err e;
	quo_status status;

	if (!c->out_used || c->cut)
		return QUO_OK;
	e.status = QUO_OK;
	status = write_all(c, NULL, 0, -1, &e);
	if (status == QUO_OK || c->cut)
		return QUO_OK;
	return quo_fail(err, status, "%s", e.text);
}

static size_t take_from_queue(struct sock *c, uint8_t *data, size_t n)
{
	size_t used = c->in_end - c->in_start;
	size_t take = n < used ? n : used;

	if (take)
		memcpy(data, c->in + c->in_start, take);
	c->in_start += take;
	if (c->in_start == c->in_end) {
		c->in_start = c->in_end = 0;
		if (c->in_size > KEEP_BYTES) {
			uint8_t *in = realloc(c->in, IN_BYTES);
			if (in) {
				c->in = in;
				c->in_size = IN_BYTES;
			}
		}
	}
	return take;
}

static quo_status sock_recv(quo_channel *ch, void *data, size_t n, quo_err *err)
{
	struct sock *c = (struct sock *)ch;
	uint8_t *p = data;
	size_t take;

	QUO_TRY(flush_before_recv(c, err));
	take = take_from_queue(c, p, n);
	p += take;
	n -= take;
	while (n) {
		/* The queue is empty: to the caller's memory, and read ahead into the queue. */
		struct iovec v[2] = { { p, n }, { c->in, IN_BYTES } };
		struct msghdr m = { .msg_iov = v, .msg_iovlen = 2 };
		ssize_t k = c->ended ? 0 : recvmsg(c->fd, &m, 0);
		if (k == 0)
			return closed_early(c, n, err);
		if (k < 0) {
			if (errno == EAGAIN || errno == EWOULDBLOCK)
				QUO_TRY(wait_readable(c, n, err));
			else if (errno == ECONNRESET)
				return closed_early(c, n, err);
			else if (errno != EINTR)
				return broken(c, "receiving", errno, err);
			continue;
		}
		c->taken_bytes += (uint64_t)k;
		take = (size_t)k < n ? (size_t)k : n;
		c->in_end = (size_t)k - take;
		p += take;
		n -= take;
	}
	return QUO_OK;
}

/* Never shutdown(): after a fork each process closes its copy of the other party's end. */
static void sock_close(quo_channel *ch)
{
	struct sock *c = (struct sock *)ch;

	if (c->base.sticky.status == QUO_OK && c->out_used && !c->cut)
		(void)write_all(c, NULL, 0, CLOSE_WAIT_MS, NULL);
	close(c->fd);
	/* Shares went through them. */
	if (c->out)
		quo_wipe(c->out, OUT_BYTES);
	if (c->in)
		quo_wipe(c->in, c->in_size);
	free(c->out);
	free(c->in);
	quo_free(c);
}

static void sock_timeout(quo_channel *ch, int seconds)
{
	((struct sock *)ch)->timeout_seconds = seconds;
}

static double now_seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static quo_status sock_wait(quo_channel *ch, double seconds, quo_err *err)
{
	struct sock *c = (struct sock *)ch;
	double end = now_seconds() + seconds, left = seconds;

	for (;;) {
		struct pollfd p = { .fd = c->fd, .events = POLLIN };
		struct timespec wait = { 0, 0 };
		if (left > 0) {
			wait.tv_sec = (time_t)left;
			wait.tv_nsec = (long)((left - (double)wait.tv_sec) * 1e9);
		}
		int k = ppoll(&p, c->ended ? 0 : 1, &wait, NULL);
		if (k < 0 && errno != EINTR)
			return broken(c, "waiting", errno, err);
		if (k > 0)
			QUO_TRY(take_in(c, err));
		else if (k == 0 && left <= 0)
			return QUO_OK;
		left = end - now_seconds();
	}
}

static const quo_channel_ops sock_ops = {
	.name = "socket",
	.send = sock_send,
	.recv = sock_recv,
	.flush = sock_flush,
	.close = sock_close,
	.timeout = sock_timeout,
	.wait = sock_wait,
};

/* Best effort: a socket without these works too. TCP sizes its own buffers better than a fixed
 * value would. */
static void tune(int fd)
{
	int one = 1, bytes = 1 << 22, family = 0, idle = 60, every = 10, times = 6;
	socklen_t size = sizeof family;

	(void)getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &family, &size);
	if (family == AF_UNIX) {
		(void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
	} else {
		(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
		(void)setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof one);
		/* A machine that is gone is noticed after about two minutes; one that computes is not
		 * silent to this. */
		(void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof idle);
		(void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &every, sizeof every);
		(void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &times, sizeof times);
	}
}

quo_channel *quo_channel_from_fd(int fd, const char *peer, quo_err *err)
{
	int flags = fcntl(fd, F_GETFL);
	struct sock *c;

	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0) {
		quo_fail(err, QUO_BUG, "%s: file descriptor %d cannot be a channel: %s", peer, fd,
			 strerror(errno));
		return NULL;
	}
	tune(fd);
	c = quo_alloc(1, sizeof *c, err);
	if (!c) {
		close(fd);
		return NULL;
	}
	c->base.ops = &sock_ops;
	c->fd = fd;
	c->in_size = IN_BYTES;
	c->in = malloc(IN_BYTES);
	c->out = malloc(OUT_BYTES);
	snprintf(c->peer, sizeof c->peer, "%s", peer);
	if (!c->in || !c->out) {
		quo_fail(err, QUO_FAILED, "out of memory: the buffers of a channel");
		sock_close(&c->base);
		return NULL;
	}
	return &c->base;
}

quo_status quo_channel_pair(quo_channel *ends[2], quo_err *err)
{
	int fd[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fd) < 0)
		return quo_fail(err, QUO_FAILED, "cannot create a pair of sockets: %s",
				strerror(errno));
	ends[1] = NULL;
	ends[0] = quo_channel_from_fd(fd[0], "party 1 (on this machine)", err);
	if (ends[0])
		ends[1] = quo_channel_from_fd(fd[1], "party 0 (on this machine)", err);
	else
		close(fd[1]);
	if (ends[0] && ends[1])
		return QUO_OK;
	quo_channel_close(ends[0]);
	ends[0] = NULL;
	return QUO_FAILED;
}
