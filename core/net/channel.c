/* SPDX-License-Identifier: Apache-2.0 */
/* The public face of channels: checks, stickiness, dispatch. */
#include <quotient/channel.h>

#include <errno.h>
#include <time.h>

/* Implementations fail into the sticky record itself; hand its text to the caller. */
static quo_status pass_on(quo_channel *ch, quo_status status, quo_err *err)
{
	if (status == QUO_OK)
		return QUO_OK;
	if (ch->sticky.status == QUO_OK)
		quo_fail(&ch->sticky, status, "%s channel: failed without a reason", ch->ops->name);
	return quo_fail(err, ch->sticky.status, "%s", ch->sticky.text);
}

quo_status quo_channel_send(quo_channel *ch, const void *data, size_t n_bytes, quo_err *err)
{
	if (ch->sticky.status != QUO_OK)
		return pass_on(ch, ch->sticky.status, err);
	if (!n_bytes)
		return QUO_OK;
	return pass_on(ch, ch->ops->send(ch, data, n_bytes, &ch->sticky), err);
}

quo_status quo_channel_recv(quo_channel *ch, void *data, size_t n_bytes, quo_err *err)
{
	if (ch->sticky.status != QUO_OK)
		return pass_on(ch, ch->sticky.status, err);
	if (!n_bytes)
		return QUO_OK;
	return pass_on(ch, ch->ops->recv(ch, data, n_bytes, &ch->sticky), err);
}

quo_status quo_channel_flush(quo_channel *ch, quo_err *err)
{
	if (ch->sticky.status != QUO_OK)
		return pass_on(ch, ch->sticky.status, err);
	return pass_on(ch, ch->ops->flush(ch, &ch->sticky), err);
}

void quo_channel_duplex(quo_channel *ch, bool on)
{
	if (ch->ops->duplex)
		ch->ops->duplex(ch, on);
}

quo_traffic quo_channel_traffic(const quo_channel *ch)
{
	quo_traffic traffic = { 0, 0, 0 };

	if (ch->ops->traffic)
		ch->ops->traffic(ch, &traffic);
	return traffic;
}

void quo_channel_timeout(quo_channel *ch, int seconds)
{
	if (ch->ops->timeout)
		ch->ops->timeout(ch, seconds);
}

void quo_channel_deadline(quo_channel *ch, double seconds)
{
	if (ch->ops->deadline)
		ch->ops->deadline(ch, seconds);
}

void quo_channel_post(quo_channel *ch, void *data, size_t n_bytes)
{
	if (ch->ops->post && ch->sticky.status == QUO_OK)
		ch->ops->post(ch, n_bytes ? data : NULL, n_bytes);
}

void quo_channel_join(quo_channel *ch, struct quo_channel_group *group)
{
	if (ch->ops->join)
		ch->ops->join(ch, group);
}

quo_status quo_channel_wait(quo_channel *ch, double seconds, quo_err *err)
{
	if (ch->sticky.status != QUO_OK)
		return pass_on(ch, ch->sticky.status, err);
	if (ch->ops->wait)
		return pass_on(ch, ch->ops->wait(ch, seconds, &ch->sticky), err);
	struct timespec left = { (time_t)seconds,
				 (long)((seconds - (double)(time_t)seconds) * 1e9) };
	while (seconds > 0 && nanosleep(&left, &left) != 0 && errno == EINTR)
		;
	return QUO_OK;
}

void quo_channel_close(quo_channel *ch)
{
	if (ch)
		ch->ops->close(ch);
}
