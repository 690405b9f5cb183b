/* SPDX-License-Identifier: Apache-2.0 */
/* A decorator that shows a test what passes through a channel. */
#include "tap.h"

struct tap {
	quo_channel base;
	quo_channel *inner;
	int other;
};

/* Of this process. */
static quo_test_tap listener;

void quo_test_listen(const quo_test_tap *tap)
{
	listener = tap ? *tap : (quo_test_tap){ 0 };
}

static struct tap *tap_of(quo_channel *ch)
{
	return (struct tap *)ch;
}

static quo_status tap_send(quo_channel *ch, const void *data, size_t n, quo_err *err)
{
	if (listener.sent)
		listener.sent(listener.arg, tap_of(ch)->other, data, n);
	return quo_channel_send(tap_of(ch)->inner, data, n, err);
}

static quo_status tap_recv(quo_channel *ch, void *data, size_t n, quo_err *err)
{
	QUO_TRY(quo_channel_recv(tap_of(ch)->inner, data, n, err));
	if (listener.received)
		listener.received(listener.arg, tap_of(ch)->other, data, n);
	return QUO_OK;
}

static quo_status tap_flush(quo_channel *ch, quo_err *err)
{
	return quo_channel_flush(tap_of(ch)->inner, err);
}

static void tap_duplex(quo_channel *ch, bool on)
{
	quo_channel_duplex(tap_of(ch)->inner, on);
}

static void tap_traffic(const quo_channel *ch, quo_traffic *out)
{
	*out = quo_channel_traffic(((const struct tap *)ch)->inner);
}

static void tap_close(quo_channel *ch)
{
	quo_channel_close(tap_of(ch)->inner);
	quo_free(ch);
}

static void tap_timeout(quo_channel *ch, int seconds)
{
	quo_channel_timeout(tap_of(ch)->inner, seconds);
}

static quo_status tap_wait(quo_channel *ch, double seconds, quo_err *err)
{
	return quo_channel_wait(tap_of(ch)->inner, seconds, err);
}

static void tap_deadline(quo_channel *ch, double seconds)
{
	quo_channel_deadline(tap_of(ch)->inner, seconds);
}

static void tap_post(quo_channel *ch, void *data, size_t n)
{
	quo_channel_post(tap_of(ch)->inner, data, n);
}

static void tap_join(quo_channel *ch, struct quo_channel_group *group)
{
	quo_channel_join(tap_of(ch)->inner, group);
}

static const quo_channel_ops tap_ops = {
	.name = "tap",
	.send = tap_send,
	.recv = tap_recv,
	.flush = tap_flush,
	.duplex = tap_duplex,
	.traffic = tap_traffic,
	.close = tap_close,
	.timeout = tap_timeout,
	.wait = tap_wait,
	.deadline = tap_deadline,
	.post = tap_post,
	.join = tap_join,
};

quo_channel *quo_test_tapped(quo_channel *inner, int other)
{
	quo_err err = QUO_ERR_INIT;
	struct tap *tap = quo_alloc(1, sizeof *tap, &err);

	assert_non_null(tap);
	*tap = (struct tap){ { &tap_ops, QUO_ERR_INIT }, inner, other };
	return &tap->base;
}
