/* SPDX-License-Identifier: Apache-2.0 */
#include "run/meet.h"
#include "base/clock.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "net/hello.h"
#include "net/tcp.h"

#define RETRY_MS 50
#define ATTEMPT_MS 5000
#define TICK_MS 1000
#define MAX_VISITORS 64
#define SHOWN_BYTES 12

/* A connection whose hello is not there yet. */
struct visitor {
	int fd;
	int called; /* the party this one connects to; -1: it came by itself */
	bool connecting;
	int64_t deadline; /* milliseconds; negative: none */
	size_t got;
	uint8_t hello[QUO_HELLO_BYTES];
	char at[80];
};

struct call {
	struct addrinfo *list;
	const struct addrinfo *next; /* NULL: all were tried, start again at retry_at */
	int64_t retry_at;
	int error;
	bool trying;
};

struct meet {
	const quo_meeting *m;
	int listener; /* -1: none */
	int64_t start, deadline, tick_at;
	struct call call[QUO_MAX_PARTIES];
	int here[QUO_MAX_PARTIES]; /* sockets of those that said hello; -1 */
	char at[QUO_MAX_PARTIES][80];
	struct visitor visitor[MAX_VISITORS];
	int n_visitors;
	char last_note[300]; /* why the last visitor was none */
};

static bool is_missing(const struct meet *s, int party)
{
	return party != s->m->me && s->here[party] < 0;
}

static int first_missing(const struct meet *s)
{
	for (int p = 0; p < s->m->parties; p++)
		if (is_missing(s, p))
			return p;
	return -1;
}

static void note(struct meet *s, const char *line)
{
	snprintf(s->last_note, sizeof s->last_note, "%.299s", line);
	if (s->m->note)
		s->m->note(s->m->arg, line);
}

/* Why a visitor is turned away, and which party is still waited for. */
static void note_refusal(struct meet *s, const char *why)
{
	char line[700];
	int missing = first_missing(s);
	if (missing >= 0)
		snprintf(line, sizeof line, "%.500s; still waiting for party %d", why, missing);
	note(s, missing >= 0 ? line : why);
	snprintf(s->last_note, sizeof s->last_note, "%.290s", why);
}

/* ---- visitors ---- */

static void forget(struct meet *s, struct visitor *v)
{
	if (v->called >= 0)
		s->call[v->called].trying = false;
	*v = s->visitor[--s->n_visitors];
}

static void turn_away(struct meet *s, struct visitor *v)
{
	close(v->fd);
	forget(s, v);
}

/* After an answer: bytes that nobody has read would make the connection's end overtake it. */
static void part(struct meet *s, struct visitor *v)
{
	uint8_t rest[4096];

	shutdown(v->fd, SHUT_WR);
	for (int i = 0; i < 64 && recv(v->fd, rest, sizeof rest, 0) > 0; i++)
		;
	turn_away(s, v);
}

static struct visitor *new_visitor(struct meet *s, int fd, int called)
{
	if (s->n_visitors == MAX_VISITORS) { /* the oldest that nobody called */
		struct visitor *oldest = NULL;
		for (int i = 0; i < s->n_visitors; i++) {
			struct visitor *v = &s->visitor[i];
			if (v->called < 0 && (!oldest || v->deadline < oldest->deadline))
				oldest = v;
		}
		turn_away(s, oldest);
	}
	struct visitor *v = &s->visitor[s->n_visitors++];
	*v = (struct visitor){ .fd = fd, .called = called };
	return v;
}

static void stranger(struct meet *s, const struct visitor *v, const char *what)
{
	char line[400], bytes[4 * SHOWN_BYTES + 8];

	if (what) {
		snprintf(line, sizeof line, "a stranger at %s is not a party (%s)", v->at, what);
	} else {
		quo_hello_show(v->hello, v->got < SHOWN_BYTES ? v->got : SHOWN_BYTES, bytes,
			       sizeof bytes);
		snprintf(line, sizeof line,
			 "a stranger at %s is not a party (its first bytes are '%s')", v->at,
			 bytes);
	}
	note_refusal(s, line);
}

static void say_hello(const struct meet *s, int fd, uint32_t answer)
{
	uint8_t hello[QUO_HELLO_BYTES];

	quo_hello_write(s->m->parties, s->m->me, answer, hello);
	/* On a fresh connection they always fit; a peer that has gone is noticed when it is read. */
	(void)!send(fd, hello, sizeof hello, MSG_NOSIGNAL);
}

static quo_status hello_is_there(struct meet *s, struct visitor *v, const quo_hello *hello,
				 quo_err *err)
{
	quo_err why = QUO_ERR_INIT;
	quo_status status = quo_hello_judge(hello, s->m->parties, s->m->me, v->called, v->at, &why);
	uint32_t answer = QUO_HELLO_REFUSED;
	int party = (int)hello->party;

	if (status != QUO_OK && v->called >= 0)
		return quo_fail(err, status, "%s", why.text);
	if (status == QUO_OK && v->called < 0 && s->m->call[party])
		quo_fail(&why, QUO_USAGE,
			 "party %d at %s calls this one, which is to call it; check that "
			 "network.parties is the same at both",
			 party, v->at);
	else if (status == QUO_OK && s->here[party] >= 0) {
		quo_fail(&why, QUO_USAGE,
			 "party %d is here already (from %s): another process at %s has the same "
			 "number",
			 party, s->at[party], v->at);
		answer = QUO_HELLO_TAKEN;
	}
	if (why.status == QUO_OK)
		answer = QUO_HELLO_FINE;
	if (v->called < 0)
		say_hello(s, v->fd, answer);
	if (why.status != QUO_OK) {
		note_refusal(s, why.text);
		part(s, v);
		return QUO_OK;
	}
	s->here[party] = v->fd;
	snprintf(s->at[party], sizeof s->at[party], "%s", v->at);
	forget(s, v);
	return QUO_OK;
}

static quo_status gone(struct meet *s, struct visitor *v, int error, quo_err *err)
{
	char what[100];

	if (v->called >= 0)
		return quo_fail(err, QUO_FAILED,
				"party %d at %s: %s after %zu bytes, before it said who it is; see "
				"its own message, and check the address",
				v->called, v->at,
				error && error != ECONNRESET ? strerror(error)
							     : "closed the connection",
				v->got);
	snprintf(what, sizeof what, "it closed the connection after %zu bytes", v->got);
	stranger(s, v, what);
	turn_away(s, v);
	return QUO_OK;
}

static quo_status read_hello(struct meet *s, struct visitor *v, quo_err *err)
{
	quo_hello hello;
	ssize_t k = recv(v->fd, v->hello + v->got, QUO_HELLO_BYTES - v->got, 0);

	if (k < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
		return QUO_OK;
	if (k <= 0)
		return gone(s, v, k ? errno : 0, err);
	v->got += (size_t)k;
	switch (quo_hello_read(v->hello, v->got, &hello)) {
	case QUO_HELLO_PART:
		return QUO_OK;
	case QUO_HELLO_NONE:
		if (v->called >= 0)
			return quo_fail(
				err, QUO_FAILED,
				"handshake: the program at %s is not a party of this framework (its "
				"first bytes are wrong); check the address",
				v->at);
		stranger(s, v, NULL);
		turn_away(s, v);
		return QUO_OK;
	default:
		return hello_is_there(s, v, &hello, err);
	}
}

static quo_status too_late(struct meet *s, struct visitor *v, quo_err *err)
{
	char what[100];

	if (v->called >= 0)
		return quo_fail(
			err, QUO_FAILED,
			"party %d at %s: %s for %d seconds; see what it waits for, or raise "
			"network.timeout",
			v->called, v->at, v->got ? "sent no whole hello" : "sent nothing",
			s->m->timeout_seconds);
	snprintf(what, sizeof what, "it sent %zu bytes and no hello in time", v->got);
	stranger(s, v, what);
	turn_away(s, v);
	return QUO_OK;
}

static void accept_all(struct meet *s)
{
	int seconds = s->m->stranger_seconds > 0 ? s->m->stranger_seconds : QUO_STRANGER_SECONDS;
	int fd;

	while ((fd = accept4(s->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK)) >= 0) {
		struct visitor *v = new_visitor(s, fd, -1);
		quo_tcp_peer(fd, v->at, sizeof v->at);
		v->deadline = (quo_now_ns() / 1000000) + (int64_t)seconds * 1000;
	}
}

/* ---- calls ---- */

static void call_failed(struct meet *s, int party, int error)
{
	s->call[party].error = error;
	s->call[party].trying = false;
}

static void call_next(struct meet *s, int party, int64_t now)
{
	struct call *c = &s->call[party];

	if (!c->next) {
		if (now < c->retry_at)
			return;
		c->next = c->list;
		c->retry_at = now + RETRY_MS;
	}
	const struct addrinfo *to = c->next;
	c->next = to->ai_next;
	int fd = quo_tcp_connect(to);
	if (fd < 0) {
		call_failed(s, party, errno);
		return;
	}
	c->trying = true;
	struct visitor *v = new_visitor(s, fd, party);
	v->connecting = true;
	v->deadline = now + ATTEMPT_MS;
	snprintf(v->at, sizeof v->at, "%s", s->m->call[party]);
}

static void call_missing(struct meet *s)
{
	int64_t now = (quo_now_ns() / 1000000);

	for (int p = 0; p < s->m->parties; p++)
		if (s->m->call[p] && is_missing(s, p) && !s->call[p].trying)
			call_next(s, p, now);
}

static void connection_made(struct meet *s, struct visitor *v, int error)
{
	if (error) {
		call_failed(s, v->called, error);
		turn_away(s, v);
		return;
	}
	v->connecting = false;
	v->deadline = s->deadline;
	say_hello(s, v->fd, QUO_HELLO_FINE);
}

/* ---- the loop ---- */

/* Whom this party lacks: rather one that never came than one that gave up waiting for it. */
static int cause(const struct meet *s)
{
	for (int p = 0; p < s->m->parties; p++)
		if (is_missing(s, p) && !s->at[p][0])
			return p;
	return first_missing(s);
}

static quo_status nobody(struct meet *s, quo_err *err)
{
	int p = cause(s);
	const char *because = s->last_note[0] ? "; last: " : "";

	for (int i = 0; i < s->n_visitors; i++)
		if (s->visitor[i].called >= 0 && !s->visitor[i].connecting)
			return too_late(s, &s->visitor[i], err);
	if (s->m->call[p])
		return quo_fail(err, QUO_FAILED,
				"cannot connect to party %d at %s within %d seconds: %s; start the "
				"party that listens, or raise network.timeout",
				p, s->m->call[p], s->m->timeout_seconds,
				strerror(s->call[p].error ? s->call[p].error : ETIMEDOUT));
	return quo_fail(err, QUO_FAILED,
			"party %d did not connect to %s within %d seconds; start it, or raise "
			"network.timeout%s%.300s",
			p, s->m->listen, s->m->timeout_seconds, because, s->last_note);
}

/* A party that was here and is gone: one that came may come again. */
static quo_status left(struct meet *s, int party, quo_err *err)
{
	char line[200];

	if (s->m->call[party])
		return quo_fail(err, QUO_FAILED,
				"party %d at %s: closed the connection while this party waited for "
				"party %d; see its own message",
				party, s->at[party], first_missing(s));
	close(s->here[party]);
	s->here[party] = -1;
	snprintf(line, sizeof line, "party %d at %s went away; waiting for it again", party,
		 s->at[party]);
	note(s, line);
	return QUO_OK;
}

static int64_t earlier(int64_t a, int64_t b)
{
	return a < 0 || (b >= 0 && b < a) ? b : a;
}

/* Milliseconds until something is to be done without anything happening. */
static int patience(const struct meet *s)
{
	int64_t now = (quo_now_ns() / 1000000), until = earlier(s->tick_at, s->deadline);

	for (int i = 0; i < s->n_visitors; i++)
		until = earlier(until, s->visitor[i].deadline);
	for (int p = 0; p < s->m->parties; p++)
		if (s->m->call[p] && is_missing(s, p) && !s->call[p].trying)
			until = earlier(until, s->call[p].next ? now : s->call[p].retry_at);
	return until <= now ? 0 : (int)(until - now);
}

/* From the last on: who is turned away gives its place to the last. */
static quo_status serve_visitors(struct meet *s, const struct pollfd *p, int n, quo_err *err)
{
	for (int i = n - 1; i >= 0; i--) {
		struct visitor *v = &s->visitor[i];
		bool over = v->deadline >= 0 && (quo_now_ns() / 1000000) >= v->deadline;
		if (v->connecting && (p[i].revents || over))
			connection_made(s, v, p[i].revents ? quo_tcp_connected(v->fd) : ETIMEDOUT);
		else if (p[i].revents)
			QUO_TRY(read_hello(s, v, err));
		else if (over)
			QUO_TRY(too_late(s, v, err));
	}
	return QUO_OK;
}

static quo_status wait_once(struct meet *s, quo_err *err)
{
	struct pollfd p[MAX_VISITORS + QUO_MAX_PARTIES + 1];
	int n_visitors = s->n_visitors, n = 0, parties = s->m->parties;

	for (int i = 0; i < n_visitors; i++) {
		const struct visitor *v = &s->visitor[i];
		p[n++] = (struct pollfd){ v->fd, v->connecting ? POLLOUT : POLLIN, 0 };
	}
	for (int i = 0; i < parties; i++)
		p[n++] = (struct pollfd){ s->here[i], POLLRDHUP, 0 };
	p[n++] = (struct pollfd){ s->listener, POLLIN, 0 };
	int k = poll(p, (nfds_t)n, patience(s));
	if (k < 0 && errno != EINTR)
		return quo_fail(err, QUO_FAILED, "cannot wait for the other parties: %s",
				strerror(errno));
	if (k < 0)
		return QUO_OK;
	/* A party that has left makes room for the next one with its number. */
	for (int i = 0; i < parties; i++)
		if (p[n_visitors + i].revents)
			QUO_TRY(left(s, i, err));
	QUO_TRY(serve_visitors(s, p, n_visitors, err));
	if (p[n - 1].revents)
		accept_all(s);
	return QUO_OK;
}

static quo_status meet_all(struct meet *s, quo_err *err)
{
	while (first_missing(s) >= 0) {
		int64_t now = (quo_now_ns() / 1000000);
		if (s->deadline >= 0 && now >= s->deadline)
			return nobody(s, err);
		if (now >= s->tick_at) {
			s->tick_at = now + TICK_MS;
			if (s->m->waiting && now > s->start)
				s->m->waiting(s->m->arg, first_missing(s),
					      (int)((now - s->start) / 1000));
		}
		call_missing(s);
		QUO_TRY(wait_once(s, err));
	}
	return QUO_OK;
}

static quo_status prepare(struct meet *s, quo_err *err)
{
	const quo_meeting *m = s->m;

	if (m->listen)
		QUO_TRY(quo_tcp_listen(m->listen, &s->listener, err));
	for (int p = 0; p < m->parties; p++)
		if (m->call[p])
			QUO_TRY(quo_tcp_resolve(m->call[p], false, &s->call[p].list, err));
	return QUO_OK;
}

static quo_status make_channels(struct meet *s, quo_channel *channel[], quo_err *err)
{
	for (int p = 0; p < s->m->parties; p++) {
		char name[160];
		if (p == s->m->me)
			continue;
		snprintf(name, sizeof name, "party %d at %s", p, s->at[p]);
		channel[p] = quo_channel_from_fd(s->here[p], name, err);
		s->here[p] = -1;
		if (!channel[p])
			return QUO_FAILED;
		quo_channel_timeout(channel[p], s->m->timeout_seconds);
	}
	return QUO_OK;
}

quo_status quo_meet(const quo_meeting *m, quo_channel *channel[], quo_err *err)
{
	struct meet s = { .m = m, .listener = -1, .start = (quo_now_ns() / 1000000) };

	s.deadline = m->timeout_seconds > 0 ? s.start + (int64_t)m->timeout_seconds * 1000 : -1;
	s.tick_at = s.start + TICK_MS;
	for (int p = 0; p < QUO_MAX_PARTIES; p++)
		s.here[p] = -1;
	for (int p = 0; p < m->parties; p++)
		channel[p] = NULL;
	quo_status status = prepare(&s, err);
	if (status == QUO_OK)
		status = meet_all(&s, err);
	if (s.listener >= 0)
		close(s.listener);
	while (s.n_visitors)
		turn_away(&s, &s.visitor[0]);
	if (status == QUO_OK)
		status = make_channels(&s, channel, err);
	for (int p = 0; p < m->parties; p++) {
		if (s.call[p].list)
			freeaddrinfo(s.call[p].list);
		if (s.here[p] >= 0)
			close(s.here[p]);
		if (status != QUO_OK) {
			quo_channel_close(channel[p]);
			channel[p] = NULL;
		}
	}
	return status;
}
