/* SPDX-License-Identifier: Apache-2.0 */
#include "net/probe.h"
#include "base/clock.h"

#include <math.h>
#include <string.h>
#include <time.h>

#include <quotient/crypto.h>
#include <quotient/memory.h>

#define PINGS 9
#define LOG_FIRST 14
#define LOG_MOST 22
/* A transfer shows the rate once it takes so many round trips and at least so long. */
#define TRIPS 8
#define LONG_ENOUGH_S 0.02
/* What a report may say. */
#define LATENCY_MIN 1e-7
#define LATENCY_MAX 1e3
#define RATE_MIN 1.0
#define RATE_MAX 1e13

enum {
	PING,
	SEND,
	TAKE,
	DONE
}; /* requests of party 0: answer; send 2^log bytes; take as many; no more */

struct request {
	uint8_t what, log_bytes;
};

/* ---- party 0 ---- */

/* Seconds from the request to its answer. */
static quo_status ask(quo_channel *ch, uint8_t what, uint8_t log_bytes, uint8_t *buffer,
		      double *seconds, quo_err *err)
{
	const struct request r = { what, log_bytes };
	size_t n = (size_t)1 << log_bytes;
	double start = quo_now_seconds();

	QUO_TRY(quo_channel_send(ch, &r, sizeof r, err));
	if (what == TAKE)
		QUO_TRY(quo_channel_send(ch, buffer, n, err));
	QUO_TRY(quo_channel_recv(ch, buffer, what == SEND ? n : 1, err));
	*seconds = quo_now_seconds() - start;
	return QUO_OK;
}

static quo_status ping(quo_channel *ch, uint8_t *buffer, double *round_trip, quo_err *err)
{
	double t[PINGS];

	for (int i = 0; i < PINGS; i++) {
		double s;
		int j = i;
		QUO_TRY(ask(ch, PING, 0, buffer, &s, err));
		for (; j > 0 && t[j - 1] > s; j--)
			t[j] = t[j - 1];
		t[j] = s;
	}
	*round_trip = t[PINGS / 2];
	return QUO_OK;
}

/* A round trip of every transfer is latency. */
static quo_status transfer(quo_channel *ch, uint8_t what, uint8_t *buffer, double round_trip,
			   double *rate, quo_err *err)
{
	double enough = TRIPS * round_trip > LONG_ENOUGH_S ? TRIPS * round_trip : LONG_ENOUGH_S;

	for (uint8_t log = LOG_FIRST; log <= LOG_MOST; log = (uint8_t)(log + 2)) {
		double s, floor;
		QUO_TRY(ask(ch, what, log, buffer, &s, err));
		floor = s / 10;
		*rate = (double)((size_t)1 << log) /
			(s - round_trip > floor ? s - round_trip : floor);
		if (s > enough)
			break;
	}
	return QUO_OK;
}

static double within(double x, double least, double most)
{
	return x < least ? least : x > most ? most : x;
}

static quo_status measure(quo_channel *ch, uint8_t *buffer, quo_link *out, quo_err *err)
{
	double round_trip, rate[2];

	QUO_TRY(ping(ch, buffer, &round_trip, err));
	QUO_TRY(transfer(ch, SEND, buffer, round_trip, &rate[0], err));
	QUO_TRY(transfer(ch, TAKE, buffer, round_trip, &rate[1], err));
	out->latency_s = within(round_trip / 2, LATENCY_MIN, LATENCY_MAX);
	out->bytes_per_s = within(rate[0] < rate[1] ? rate[0] : rate[1], RATE_MIN, RATE_MAX);
	return QUO_OK;
}

static quo_status report(quo_channel *ch, const quo_link *link, quo_err *err)
{
	const struct request done = { DONE, 0 };

	QUO_TRY(quo_channel_send(ch, &done, sizeof done, err));
	QUO_TRY(quo_channel_send(ch, &link->latency_s, sizeof link->latency_s, err));
	QUO_TRY(quo_channel_send(ch, &link->bytes_per_s, sizeof link->bytes_per_s, err));
	return quo_channel_flush(ch, err);
}

static quo_status ask_all(quo_mesh *mesh, uint8_t *buffer, quo_link *out, quo_err *err)
{
	*out = (quo_link){ LATENCY_MIN, RATE_MAX };
	for (int p = 1; p < quo_mesh_parties(mesh); p++) {
		quo_link link;
		QUO_TRY(measure(quo_mesh_to(mesh, p), buffer, &link, err));
		if (link.latency_s > out->latency_s)
			out->latency_s = link.latency_s;
		if (link.bytes_per_s < out->bytes_per_s)
			out->bytes_per_s = link.bytes_per_s;
	}
	for (int p = 1; p < quo_mesh_parties(mesh); p++)
		QUO_TRY(report(quo_mesh_to(mesh, p), out, err));
	return QUO_OK;
}

/* ---- the others ---- */

static quo_status take_report(quo_channel *ch, quo_link *out, quo_err *err)
{
	QUO_TRY(quo_channel_recv(ch, &out->latency_s, sizeof out->latency_s, err));
	QUO_TRY(quo_channel_recv(ch, &out->bytes_per_s, sizeof out->bytes_per_s, err));
	if (!(out->latency_s >= LATENCY_MIN && out->latency_s <= LATENCY_MAX &&
	      out->bytes_per_s >= RATE_MIN && out->bytes_per_s <= RATE_MAX))
		return quo_fail(err, QUO_FAILED,
				"party 0 reports a link that cannot be; give network.latency and "
				"network.bandwidth to do without measuring");
	return QUO_OK;
}

static quo_status answer(quo_channel *ch, uint8_t *buffer, quo_link *out, quo_err *err)
{
	/* Party 0 never asks more often. */
	for (int i = 0; i <= PINGS + (LOG_MOST - LOG_FIRST + 2); i++) {
		struct request r;
		QUO_TRY(quo_channel_recv(ch, &r, sizeof r, err));
		if (r.what == DONE)
			return take_report(ch, out, err);
		if (r.what > DONE || r.log_bytes > LOG_MOST)
			break;
		size_t n = (size_t)1 << r.log_bytes;
		if (r.what == TAKE)
			QUO_TRY(quo_channel_recv(ch, buffer, n, err));
		QUO_TRY(quo_channel_send(ch, buffer, r.what == SEND ? n : 1, err));
		QUO_TRY(quo_channel_flush(ch, err));
	}
	return quo_fail(err, QUO_FAILED, "party 0 does not measure the link as this version does");
}

quo_status quo_probe_links(quo_mesh *mesh, quo_link *out, quo_err *err)
{
	const size_t n = (size_t)1 << LOG_MOST;
	quo_block *buffer = quo_alloc(n / sizeof *buffer, sizeof *buffer, err);

	if (!buffer)
		return QUO_FAILED;
	/* Nothing that a tunnel could compress. */
	quo_prg((quo_block){ { 0, 0 } }, 0, buffer, n / sizeof *buffer);
	quo_status status = quo_mesh_me(mesh) == 0
				    ? ask_all(mesh, (uint8_t *)buffer, out, err)
				    : answer(quo_mesh_to(mesh, 0), (uint8_t *)buffer, out, err);
	quo_free(buffer);
	return status;
}
