/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Channels: a reliable, ordered, two-way byte stream to the peer.
 *
 * Sends are buffered and flushed by a receive, by quo_channel_flush(), or when the buffer is full.
 * A send that would block takes in what the peer has sent meanwhile, so two parties that send at
 * the same time cannot deadlock, and both directions of the socket stay busy. Channels are sticky:
 * after the first failure sends do nothing and receives fail with the first error. Nothing read
 * from a channel is trusted: receivers ask for exactly the bytes that they know must come. One
 * thread per channel.
 *
 * Counting. A *flight* is a maximal run of traffic in one direction; the number of flights is what
 * a run reports as rounds. Traffic between quo_channel_duplex(ch, true) and (ch, false) counts as
 * one flight whatever its order, because neither side's bytes depend on the other's.
 */
#ifndef QUOTIENT_CHANNEL_H
#define QUOTIENT_CHANNEL_H

#include <quotient/status.h>

QUO_BEGIN_DECLS

typedef struct quo_channel quo_channel;

typedef struct quo_traffic {
	uint64_t sent_bytes;     /* by this party */
	uint64_t received_bytes; /* by this party */
	uint64_t rounds;         /* flights */
} quo_traffic;

/* A channel implementation or decorator: the first field of its struct is this table's pointer. */
typedef struct quo_channel_ops {
	const char *name;
	/* send, recv, flush, close: required; the others: optional. */
	quo_status (*send)(quo_channel *ch, const void *data, size_t n, quo_err *err);
	quo_status (*recv)(quo_channel *ch, void *data, size_t n, quo_err *err);
	quo_status (*flush)(quo_channel *ch, quo_err *err);
	void (*duplex)(quo_channel *ch, bool on);
	void (*traffic)(const quo_channel *ch, quo_traffic *out);
	void (*close)(quo_channel *ch);
	void (*timeout)(quo_channel *ch, int seconds);
	quo_status (*wait)(quo_channel *ch, double seconds, quo_err *err);
} quo_channel_ops;

struct quo_channel {
	const quo_channel_ops *ops;
	quo_err sticky;
};

quo_status quo_channel_send(quo_channel *ch, const void *data, size_t n_bytes,
			    quo_err *err) QUO_NODISCARD;
quo_status quo_channel_recv(quo_channel *ch, void *data, size_t n_bytes,
			    quo_err *err) QUO_NODISCARD;
quo_status quo_channel_flush(quo_channel *ch, quo_err *err) QUO_NODISCARD;
void quo_channel_duplex(quo_channel *ch, bool on);
/* Zero when no decorator of the chain counts. */
quo_traffic quo_channel_traffic(const quo_channel *ch);
/* From now on a receive fails when nothing comes for so many seconds; 0: it waits for ever, as at
 * the start. */
void quo_channel_timeout(quo_channel *ch, int seconds);
/* Do nothing for so long, but take in what the peer sends meanwhile, as a send that would block
 * does; 0: take in what is there. Sends nothing. For decorators that hold bytes back. */
quo_status quo_channel_wait(quo_channel *ch, double seconds, quo_err *err) QUO_NODISCARD;
/* Flushes what it can, closes and frees, decorators and all. NULL is fine. */
void quo_channel_close(quo_channel *ch);

/* Own an open stream socket (made non-blocking; closed on failure). `peer` names it in messages,
 * e.g. "party 1 at 127.0.0.1:4000". */
quo_channel *quo_channel_from_fd(int fd, const char *peer, quo_err *err);
/* Two connected channels of one process, for a fork: ends[i] is party i's. */
quo_status quo_channel_pair(quo_channel *ends[2], quo_err *err);
/* "host:port"; listen accepts one peer; both wait at most timeout_seconds (0: for ever), and so
 * does every receive until quo_channel_timeout() says otherwise (the handshake does, once the peer
 * has proved to be a party). */
quo_channel *quo_channel_listen(const char *address, int timeout_seconds, quo_err *err);
quo_channel *quo_channel_connect(const char *address, int timeout_seconds, quo_err *err);
/* Decorator that counts; owns and closes `inner`. NULL inner gives NULL. */
quo_channel *quo_channel_count(quo_channel *inner, quo_err *err);
/*
 * Decorator that makes a channel between two processes of one machine behave like a link of this
 * one-way latency (0: none) and of so many bytes per second in each direction (0: no limit); owns
 * and closes `inner`, NULL gives NULL. Both ends must be shaped alike, from the same place in the
 * stream on. Sends collect in frames of about a millisecond; a frame carries the time at which its
 * last byte has left the link, and the receiver holds it until the latency after that. A sender
 * further ahead of the link than its buffer holds (4 MiB, or twice bandwidth times latency) waits.
 * Frame headers are not part of the shaped bytes: put quo_channel_count() on top.
 */
quo_channel *quo_channel_shape(quo_channel *inner, double latency_s, double bytes_per_s,
			       quo_err *err);

QUO_END_DECLS

#endif
