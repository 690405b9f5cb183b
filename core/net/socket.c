/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Channels over stream sockets.
 *
 * The socket is non-blocking. Small sends collect in a buffer; large ones go to the kernel from the
 * caller's memory, behind what is buffered, in one call. A write that would block polls for both
 * directions and takes in what the peer sends meanwhile (into a queue, or where the next receive wants it), so that
 * two parties may send at the same time; in a group all sockets take in.
 */
#include "base/clock.h"
#include "net/group.h"

#include <quotient/channel.h>

#include <quotient/memory.h>

#include <errno.h>
#include <fcntl.h>
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
#define CLOSE_WAIT_SECONDS 10

/* Before the others of a group are closed because of one: its own end reaches their peers first. */
#define BEFORE_OTHERS_NS 100000000L

struct quo_socket {
	quo_channel base;
	int fd, timeout_seconds; /* of a receive; 0: none */
	double deadline;         /* of every receive, monotonic seconds; 0: none */
	unsigned ended; /* the peer sends no more: the how manieth of its group; 0: it does */
	int ended_by;   /* error number; 0: it closed */
	bool cut;       /* the peer takes no more */
	uint64_t taken_bytes;
	uint8_t *out;
	size_t out_used;
	uint8_t *in; /* what has come and was not asked for yet: in[in_start .. in_end) */
	size_t in_start, in_end, in_size;
	uint8_t *
		post; /* where the next receive wants its bytes; while some are missing the queue is empty */
	size_t post_bytes, post_got;
	struct quo_channel_group *group; /* NULL: alone */
	char peer[200];
};

static int members(struct quo_socket *c)
{
	return c->group ? c->group->n : 1;
}

static struct quo_socket *member(struct quo_socket *c, int i)
{
	return c->group ? c->group->member[i] : c;
}

/* A party that goes takes the others with it; the first to close is the one to look at. */
static const struct quo_socket *first_to_close(struct quo_socket *c)
{
	const struct quo_socket *first = c;

	for (int i = 0; i < members(c); i++) {
		const struct quo_socket *m = member(c, i);
		if (m->ended && (!first->ended || m->ended < first->ended))
			first = m;
	}
	return first;
}

static quo_status broken(struct quo_socket *c, const char *doing, int error, quo_err *err)
{
	const struct quo_socket *first = first_to_close(c);

	if (error != EPIPE && error != ECONNRESET)
		return quo_fail(err, QUO_FAILED, "%s: the connection failed while %s: %s", c->peer,
				doing, strerror(error));
	if (first != c)
		return quo_fail(err, QUO_FAILED,
				"%s: closed the connection after %llu bytes; so did %s, while this "
				"party was %s; see their own messages",
				first->peer, (unsigned long long)first->taken_bytes, c->peer,
				doing);
	return quo_fail(err, QUO_FAILED,
			"%s: closed the connection after %llu bytes, while this party was %s; see "
			"its own message",
			c->peer, (unsigned long long)c->taken_bytes, doing);
}

static quo_status closed_early(struct quo_socket *c, quo_err *err)
{
	size_t missing = c->post_bytes - c->post_got;
	const struct quo_socket *first = first_to_close(c);

	if (c->ended_by && c->ended_by != ECONNRESET)
		return broken(c, "receiving", c->ended_by, err);
	if (first != c)
		return quo_fail(err, QUO_FAILED,
				"%s: closed the connection after %llu bytes; so did %s (after %llu "
				"bytes, expected %zu more); see their own messages",
				first->peer, (unsigned long long)first->taken_bytes, c->peer,
				(unsigned long long)c->taken_bytes, missing);
	return quo_fail(err, QUO_FAILED,
			"%s: closed the connection after %llu bytes (expected %zu more); see its "
			"own message",
			c->peer, (unsigned long long)c->taken_bytes, missing);
}

/* Room for TAKE_IN_BYTES more at the end of the queue. */
static quo_status make_room(struct quo_socket *c, quo_err *err)
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

/* Take in what has come: what is asked for to where it is wanted, the rest to the queue. An end or error of the
 * incoming side is kept for the receive that needs more. */
static quo_status take_in(struct quo_socket *c, bool *nothing, quo_err *err)
{
	size_t wanted = c->post_bytes - c->post_got;

	*nothing = false;
	if (!wanted)
		QUO_TRY(make_room(c, err));
	struct iovec v[2] = { { wanted ? c->post + c->post_got : NULL, wanted },
			      { c->in + c->in_end, wanted ? IN_BYTES : c->in_size - c->in_end } };
	struct msghdr m = { .msg_iov = wanted ? v : v + 1, .msg_iovlen = wanted ? 2 : 1 };
	ssize_t k = recvmsg(c->fd, &m, 0);
	if (k > 0) {
		size_t direct = (size_t)k < wanted ? (size_t)k : wanted;
		c->post_got += direct;
		c->in_end += (size_t)k - direct;
		c->taken_bytes += (uint64_t)k;
	} else if (k < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
		*nothing = true;
	} else if (k == 0 || errno != EINTR) {
		c->ended_by = k ? errno : 0;
		c->ended = c->group ? ++c->group->ended : 1;
	}
	return QUO_OK;
}

/*
 * Until c may be written to, if it is to, or until bytes may have come; the whole group takes in what has. At most so
 * many seconds (negative: no end); *over: they passed without anything.
 */
static quo_status wait_for(struct quo_socket *c, bool to_write, double seconds, bool *over,
			   quo_err *err)
{
	struct pollfd p[QUO_MAX_PARTIES];
	struct quo_socket *who[QUO_MAX_PARTIES];
	struct timespec most = { (time_t)seconds,
				 (long)((seconds - (double)(time_t)seconds) * 1e9) };
	nfds_t n = 0;
	bool nothing;

	for (int i = 0; i < members(c); i++) {
		struct quo_socket *m = member(c, i);
		short events =
			(short)((m->ended ? 0 : POLLIN) | (to_write && m == c ? POLLOUT : 0));
		if (!events)
			continue;
		p[n] = (struct pollfd){ .fd = m->fd, .events = events };
		who[n++] = m;
	}
	int k = ppoll(p, n, seconds < 0 ? NULL : &most, NULL);
	*over = k == 0;
	if (k < 0)
		return errno == EINTR ? QUO_OK : broken(c, "waiting", errno, err);
	for (nfds_t i = 0; i < n; i++)
		if ((p[i].revents & ~POLLOUT) && !who[i]->ended)
			QUO_TRY(take_in(who[i], &nothing, err));
	return QUO_OK;
}

static quo_status cannot_send(struct quo_socket *c, int error, quo_err *err)
{
	bool over;

	c->cut = error == EPIPE || error == ECONNRESET;
	if (c->group) /* who else has gone? */
		(void)!wait_for(c, false, 0, &over, NULL);
	return broken(c, "sending", error, err);
}

/* Send the buffer, then data; each wait lasts at most so many seconds (negative: no end). */
static quo_status write_all(struct quo_socket *c, const void *data, size_t n, double wait_seconds,
			    quo_err *err)
{
	struct iovec v[2] = { { c->out, c->out_used }, { (void *)(uintptr_t)data, n } };

	while (v[0].iov_len || v[1].iov_len) {
		struct msghdr m = { .msg_iov = v, .msg_iovlen = 2 };
		ssize_t k = sendmsg(c->fd, &m, MSG_NOSIGNAL);
		if (k < 0) {
			bool over = false;
			if (errno == EAGAIN || errno == EWOULDBLOCK) {
				QUO_TRY(wait_for(c, true, wait_seconds, &over, err));
			} else if (errno != EINTR) {
				return cannot_send(c, errno, err);
			}
			if (over)
				return quo_fail(err, QUO_FAILED, "%s: takes no more bytes",
						c->peer);
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

/* The run is over when one channel of a group fails: the others end too, and their peers notice. */
static quo_status all_fail(struct quo_socket *c, quo_status status)
{
	static const struct timespec before_others = { 0, BEFORE_OTHERS_NS };

	if (status == QUO_OK || !c->group || c->group->n < 2)
		return status;
	nanosleep(&before_others, NULL);
	for (int i = 0; i < c->group->n; i++) {
		struct quo_socket *m = c->group->member[i];
		if (m != c)
			quo_fail(&m->base.sticky, status, "%s", c->base.sticky.text);
		m->post = NULL;
		m->post_bytes = m->post_got = 0;
		shutdown(m->fd, SHUT_RDWR);
	}
	return status;
}

static quo_status sock_send(quo_channel *ch, const void *data, size_t n, quo_err *err)
{
	struct quo_socket *c = (struct quo_socket *)ch;

	if (c->cut)
		return all_fail(c, broken(c, "sending", EPIPE, err));
	if (n >= DIRECT_BYTES || n > OUT_BYTES - c->out_used)
		return all_fail(c, write_all(c, data, n, -1, err));
	memcpy(c->out + c->out_used, data, n);
	c->out_used += n;
	return QUO_OK;
}

static quo_status sock_flush(quo_channel *ch, quo_err *err)
{
	struct quo_socket *c = (struct quo_socket *)ch;

	return all_fail(c, write_all(c, NULL, 0, -1, err));
}

/* A peer that takes no more may have said why: what it sent before is still received. */
static quo_status flush_before_recv(struct quo_socket *c, quo_err *err)
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

static void take_from_queue(struct quo_socket *c)
{
	size_t used = c->in_end - c->in_start, n = c->post_bytes - c->post_got;
	size_t take = n < used ? n : used;

	if (take)
		memcpy(c->post + c->post_got, c->in + c->in_start, take);
	c->post_got += take;
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
}

static void sock_post(quo_channel *ch, void *data, size_t n)
{
	struct quo_socket *c = (struct quo_socket *)ch;

	c->post = data;
	c->post_bytes = n;
	c->post_got = 0;
	if (n)
		take_from_queue(c);
}

static quo_status too_late(struct quo_socket *c, int seconds, quo_err *err)
{
	size_t missing = c->post_bytes - c->post_got;

	if (seconds)
		return quo_fail(err, QUO_FAILED,
				"%s: sent nothing for %d seconds (after %llu bytes, expected %zu "
				"more); see what it waits for, or raise network.timeout",
				c->peer, seconds, (unsigned long long)c->taken_bytes, missing);
	return quo_fail(err, QUO_FAILED,
			"%s: did not send in time what this party waits for (%llu bytes so far, "
			"expected %zu more); see what it does, or raise network.timeout",
			c->peer, (unsigned long long)c->taken_bytes, missing);
}

/* Wait for c's bytes; `since`: when the last came. */
static quo_status wait_to_recv(struct quo_socket *c, double since, quo_err *err)
{
	double quiet_end = since + c->timeout_seconds, now, left = -1;
	bool over, limited = c->timeout_seconds > 0 || c->deadline > 0;

	if (limited) {
		now = quo_now_seconds();
		if (c->timeout_seconds > 0)
			left = quiet_end > now ? quiet_end - now : 0;
		if (c->deadline > 0 && (left < 0 || c->deadline - now < left))
			left = c->deadline > now ? c->deadline - now : 0;
	}
	size_t got = c->post_got;
	QUO_TRY(wait_for(c, false, left, &over, err));
	if (!limited || c->post_got > got || c->ended)
		return QUO_OK;
	now = quo_now_seconds();
	if (c->timeout_seconds > 0 && now >= quiet_end)
		return too_late(c, c->timeout_seconds, err);
	return c->deadline > 0 && now >= c->deadline ? too_late(c, 0, err) : QUO_OK;
}

static quo_status receive_posted(struct quo_socket *c, quo_err *err)
{
	double since = c->timeout_seconds > 0 ? quo_now_seconds() : 0;

	for (int i = 0; i < members(c); i++)
		QUO_TRY(flush_before_recv(member(c, i), err));
	while (c->post_got < c->post_bytes) {
		bool nothing = false;
		size_t got = c->post_got;
		if (c->ended)
			return closed_early(c, err);
		QUO_TRY(take_in(c, &nothing, err));
		if (nothing)
			QUO_TRY(wait_to_recv(c, since, err));
		if (c->post_got > got && c->timeout_seconds > 0)
			since = quo_now_seconds();
	}
	return QUO_OK;
}

static quo_status sock_recv(quo_channel *ch, void *data, size_t n, quo_err *err)
{
	struct quo_socket *c = (struct quo_socket *)ch;

	if (!c->post_bytes)
		sock_post(ch, data, n);
	else if (c->post != data || c->post_bytes != n)
		return quo_fail(err, QUO_BUG, "%s: a receive of %zu bytes, but %zu were announced",
				c->peer, n, c->post_bytes);
	QUO_TRY(all_fail(c, receive_posted(c, err)));
	c->post = NULL;
	c->post_bytes = c->post_got = 0;
	return QUO_OK;
}

static void leave_group(struct quo_socket *c)
{
	struct quo_channel_group *g = c->group;

	for (int i = 0; g && i < g->n; i++)
		if (g->member[i] == c)
			g->member[i--] = g->member[--g->n];
	c->group = NULL;
}

/* Never shutdown(): after a fork each process closes its copy of the other party's end. */
static void sock_close(quo_channel *ch)
{
	struct quo_socket *c = (struct quo_socket *)ch;

	leave_group(c);
	if (c->base.sticky.status == QUO_OK && c->out_used && !c->cut)
		(void)write_all(c, NULL, 0, CLOSE_WAIT_SECONDS, NULL);
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
	((struct quo_socket *)ch)->timeout_seconds = seconds;
}

static void sock_deadline(quo_channel *ch, double seconds)
{
	((struct quo_socket *)ch)->deadline = seconds > 0 ? quo_now_seconds() + seconds : 0;
}

static void sock_join(quo_channel *ch, struct quo_channel_group *group)
{
	struct quo_socket *c = (struct quo_socket *)ch;

	leave_group(c);
	if (group->n == QUO_MAX_PARTIES)
		return; /* cannot be: a mesh has a channel less than parties */
	group->member[group->n++] = c;
	c->group = group;
	if (c->ended)
		c->ended = ++group->ended;
}

static quo_status sock_wait(quo_channel *ch, double seconds, quo_err *err)
{
	struct quo_socket *c = (struct quo_socket *)ch;
	double end = quo_now_seconds() + seconds, left = seconds > 0 ? seconds : 0;

	for (;;) {
		bool over;
		QUO_TRY(all_fail(c, wait_for(c, false, left, &over, err)));
		if (over && left <= 0)
			return QUO_OK;
		left = end - quo_now_seconds();
		if (left < 0)
			left = 0;
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
	.deadline = sock_deadline,
	.post = sock_post,
	.join = sock_join,
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
	struct quo_socket *c;

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
