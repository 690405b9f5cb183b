/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The counting decorator: bytes and flights. It counts exactly as quo_cost_send() and
 * quo_cost_round() forecast, and both parties count the same flights.
 */
#include <quotient/channel.h>
#include <quotient/memory.h>

enum direction { NONE, OUT, IN, DUPLEX };

struct counter {
	quo_channel base;
	quo_channel *inner;
	quo_traffic total;
	enum direction last;
	bool in_duplex, duplex_counted;
};

static void count_flight(struct counter *c, enum direction direction)
{
	if (c->in_duplex) {
		c->total.rounds += !c->duplex_counted;
		c->duplex_counted = true;
		c->last = DUPLEX;
	} else {
		c->total.rounds += c->last != direction;
		c->last = direction;
	}
}

static quo_status count_send(quo_channel *ch, const void *data, size_t n, quo_err *err)
{
	struct counter *c = (struct counter *)ch;

	QUO_TRY(quo_channel_send(c->inner, data, n, err));
	c->total.sent_bytes += n;
	count_flight(c, OUT);
	return QUO_OK;
}

static quo_status count_recv(quo_channel *ch, void *data, size_t n, quo_err *err)
{
	struct counter *c = (struct counter *)ch;

	QUO_TRY(quo_channel_recv(c->inner, data, n, err));
	c->total.received_bytes += n;
	count_flight(c, IN);
	return QUO_OK;
}

static quo_status count_flush(quo_channel *ch, quo_err *err)
{
	return quo_channel_flush(((struct counter *)ch)->inner, err);
}

static void count_duplex(quo_channel *ch, bool on)
{
	struct counter *c = (struct counter *)ch;

	c->in_duplex = on;
	c->duplex_counted = false;
	quo_channel_duplex(c->inner, on);
}

static void count_traffic(const quo_channel *ch, quo_traffic *out)
{
	*out = ((const struct counter *)ch)->total;
}

static void count_timeout(quo_channel *ch, int seconds)
{
	quo_channel_timeout(((struct counter *)ch)->inner, seconds);
}

static void count_deadline(quo_channel *ch, double seconds)
{
	quo_channel_deadline(((struct counter *)ch)->inner, seconds);
}

static void count_join(quo_channel *ch, struct quo_channel_group *group)
{
	quo_channel_join(((struct counter *)ch)->inner, group);
}

static void count_post(quo_channel *ch, void *data, size_t n)
{
	quo_channel_post(((struct counter *)ch)->inner, data, n);
}

static quo_status count_wait(quo_channel *ch, double seconds, quo_err *err)
{
	return quo_channel_wait(((struct counter *)ch)->inner, seconds, err);
}

static void count_close(quo_channel *ch)
{
	struct counter *c = (struct counter *)ch;

	quo_channel_close(c->inner);
	quo_free(c);
}

static const quo_channel_ops count_ops = {
	.name = "count",
	.send = count_send,
	.recv = count_recv,
	.flush = count_flush,
	.duplex = count_duplex,
	.traffic = count_traffic,
	.close = count_close,
	.timeout = count_timeout,
	.wait = count_wait,
	.deadline = count_deadline,
	.join = count_join,
	.post = count_post,
};

quo_channel *quo_channel_count(quo_channel *inner, quo_err *err)
{
	struct counter *c;

	if (!inner)
		return NULL;
	c = quo_alloc(1, sizeof *c, err);
	if (!c) {
		quo_channel_close(inner);
		return NULL;
	}
	c->base.ops = &count_ops;
	c->inner = inner;
	return &c->base;
}
