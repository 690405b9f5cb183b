/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The shaping decorator: a link of given latency and bandwidth between two processes of one
 * machine, whose monotonic clock both read.
 *
 * The sender keeps the time at which its link is free. A frame of n bytes leaves it at max(now,
 * free) + n / rate and says so in its header; it is handed to the inner channel at once. The
 * receiver takes frames in as they come, which is early, and gives bytes out when they would have
 * arrived. So the inner channel's buffers do not bound what is under way, and computing at either
 * side overlaps with transmission as on a real link.
 */
#include "base/clock.h"

#include <quotient/channel.h>
#include <quotient/memory.h>

#include <string.h>
#include <time.h>

#define HEADER_BYTES 12 /* departure in nanoseconds (8), payload bytes (4) */
#define MIN_FRAME_BYTES ((size_t)1 << 12)
#define MAX_FRAME_BYTES ((size_t)1 << 17)
#define FRAME_SECONDS 1e-3
#define QUEUE_BYTES ((double)((size_t)1 << 22))
/* A departure this much later than any honest one comes from another clock. */
#define SLACK_SECONDS 30.0

struct shape {
	quo_channel base;
	quo_channel *inner;
	double latency_s, rate; /* bytes per second; 0: no limit */
	double queue_s;         /* how far a sender may be ahead of its link */
	double free_at;         /* when the outgoing link has sent all that it was given */
	size_t frame_bytes, used;
	uint8_t *out;      /* header, then frame_bytes */
	size_t in_left;    /* payload bytes of the incoming frame not given out yet */
	double in_arrival; /* of that frame; never goes back */
};

static void put_header(uint8_t *p, uint64_t departure_ns, size_t n)
{
	for (int i = 0; i < 8; i++)
		p[i] = (uint8_t)(departure_ns >> 8 * i);
	for (int i = 0; i < 4; i++)
		p[8 + i] = (uint8_t)(n >> 8 * i);
}

/* Hand the collected bytes over, stamped. With `pace`, first wait until the link's
 * buffer has room. */
static quo_status seal(struct shape *c, bool pace, quo_err *err)
{
	double now = quo_now_seconds();

	if (!c->used)
		return QUO_OK;
	if (pace && c->free_at - now > c->queue_s) {
		QUO_TRY(quo_channel_wait(c->inner, c->free_at - now - c->queue_s, err));
		now = quo_now_seconds();
	}
	if (c->free_at < now)
		c->free_at = now;
	if (c->rate > 0)
		c->free_at += (double)c->used / c->rate;
	put_header(c->out, (uint64_t)(c->free_at * 1e9), c->used);
	size_t n = HEADER_BYTES + c->used;
	c->used = 0;
	QUO_TRY(quo_channel_send(c->inner, c->out, n, err));
	return quo_channel_flush(c->inner, err);
}

static quo_status shape_send(quo_channel *ch, const void *data, size_t n, quo_err *err)
{
	struct shape *c = (struct shape *)ch;
	const uint8_t *p = data;

	while (n) {
		size_t room = c->frame_bytes - c->used, take = n < room ? n : room;
		memcpy(c->out + HEADER_BYTES + c->used, p, take);
		c->used += take;
		p += take;
		n -= take;
		if (c->used == c->frame_bytes)
			QUO_TRY(seal(c, true, err));
	}
	return QUO_OK;
}

static quo_status shape_flush(quo_channel *ch, quo_err *err)
{
	return seal((struct shape *)ch, true, err);
}

static quo_status next_frame(struct shape *c, quo_err *err)
{
	uint8_t header[HEADER_BYTES];
	uint64_t departure_ns = 0;
	size_t n = 0;

	QUO_TRY(quo_channel_recv(c->inner, header, sizeof header, err));
	for (int i = 0; i < 8; i++)
		departure_ns |= (uint64_t)header[i] << 8 * i;
	for (int i = 0; i < 4; i++)
		n |= (size_t)header[8 + i] << 8 * i;
	double departure = (double)departure_ns * 1e-9;
	double latest = quo_now_seconds() + c->queue_s + SLACK_SECONDS;
	if (c->rate > 0)
		latest += (double)c->frame_bytes / c->rate;
	if (!n || n > c->frame_bytes || departure > latest)
		return quo_fail(err, QUO_FAILED,
				"shaped link: what came is no frame of a link shaped alike; "
				"network.shape works between two processes of one machine that "
				"both set it");
	if (departure + c->latency_s > c->in_arrival)
		c->in_arrival = departure + c->latency_s;
	c->in_left = n;
	return QUO_OK;
}

static quo_status shape_recv(quo_channel *ch, void *data, size_t n, quo_err *err)
{
	struct shape *c = (struct shape *)ch;
	uint8_t *p = data;

	QUO_TRY(seal(c, true, err));
	while (n) {
		if (!c->in_left)
			QUO_TRY(next_frame(c, err));
		size_t take = n < c->in_left ? n : c->in_left;
		QUO_TRY(quo_channel_recv(c->inner, p, take, err));
		c->in_left -= take;
		p += take;
		n -= take;
	}
	/* The last byte asked for is the last to arrive. */
	double left = c->in_arrival - quo_now_seconds();
	return left > 0 ? quo_channel_wait(c->inner, left, err) : QUO_OK;
}

static void shape_duplex(quo_channel *ch, bool on)
{
	quo_channel_duplex(((struct shape *)ch)->inner, on);
}

static void shape_traffic(const quo_channel *ch, quo_traffic *out)
{
	*out = quo_channel_traffic(((const struct shape *)ch)->inner);
}

static void shape_timeout(quo_channel *ch, int seconds)
{
	quo_channel_timeout(((struct shape *)ch)->inner, seconds);
}

static void shape_deadline(quo_channel *ch, double seconds)
{
	quo_channel_deadline(((struct shape *)ch)->inner, seconds);
}

static void shape_join(quo_channel *ch, struct quo_channel_group *group)
{
	quo_channel_join(((struct shape *)ch)->inner, group);
}

static quo_status shape_wait(quo_channel *ch, double seconds, quo_err *err)
{
	return quo_channel_wait(((struct shape *)ch)->inner, seconds, err);
}

static void shape_close(quo_channel *ch)
{
	struct shape *c = (struct shape *)ch;

	if (c->base.sticky.status == QUO_OK)
		(void)!seal(c, false, NULL);
	quo_channel_close(c->inner);
	quo_free(c->out);
	quo_free(c);
}

static const quo_channel_ops shape_ops = {
	.name = "shape",
	.send = shape_send,
	.recv = shape_recv,
	.flush = shape_flush,
	.duplex = shape_duplex,
	.traffic = shape_traffic,
	.close = shape_close,
	.timeout = shape_timeout,
	.wait = shape_wait,
	.deadline = shape_deadline,
	.join = shape_join,
};

/* About a millisecond of the link: small against any latency worth shaping, large
 * against a header. */
static size_t frame_bytes_for(double rate)
{
	double n = rate * FRAME_SECONDS;

	if (rate <= 0 || n > (double)MAX_FRAME_BYTES)
		return MAX_FRAME_BYTES;
	return n < (double)MIN_FRAME_BYTES ? MIN_FRAME_BYTES : (size_t)n;
}

quo_channel *quo_channel_shape(quo_channel *inner, double latency_s, double bytes_per_s,
			       quo_err *err)
{
	struct shape *c = NULL;

	if (!inner)
		return NULL;
	if (!(latency_s >= 0 && latency_s <= 3600) || !(bytes_per_s == 0 || bytes_per_s >= 1))
		quo_fail(err, QUO_BUG, "a link cannot have %g s of latency and %g bytes/s",
			 latency_s, bytes_per_s);
	else
		c = quo_alloc(1, sizeof *c, err);
	if (!c) {
		quo_channel_close(inner);
		return NULL;
	}
	c->base.ops = &shape_ops;
	c->inner = inner;
	c->latency_s = latency_s;
	c->rate = bytes_per_s;
	c->queue_s = 2 * latency_s;
	if (bytes_per_s > 0 && QUEUE_BYTES / bytes_per_s > c->queue_s)
		c->queue_s = QUEUE_BYTES / bytes_per_s;
	c->frame_bytes = frame_bytes_for(bytes_per_s);
	c->out = quo_alloc(HEADER_BYTES + c->frame_bytes, 1, err);
	if (!c->out) {
		shape_close(&c->base);
		return NULL;
	}
	return &c->base;
}
