/* SPDX-License-Identifier: Apache-2.0 */
#include "net/hello.h"
#include "base/bytes.h"

#include <stdio.h>
#include <string.h>

static const char magic[] = "QUOTIENT";
#define MAGIC_BYTES 8
#define VERSION_BYTES 12

void quo_hello_write(int parties, int party, uint32_t answer, uint8_t out[QUO_HELLO_BYTES])
{
	memcpy(out, magic, MAGIC_BYTES);
	quo_put_little_endian(out + 8, QUO_HANDSHAKE_VERSION, 4);
	quo_put_little_endian(out + 12, (uint32_t)parties, 4);
	quo_put_little_endian(out + 16, (uint32_t)party, 4);
	quo_put_little_endian(out + 20, answer, 4);
}

quo_hello_state quo_hello_read(const uint8_t *bytes, size_t n, quo_hello *out)
{
	memset(out, 0, sizeof *out);
	if (memcmp(bytes, magic, n < MAGIC_BYTES ? n : MAGIC_BYTES) != 0)
		return QUO_HELLO_NONE;
	if (n < VERSION_BYTES)
		return QUO_HELLO_PART;
	out->version = (uint32_t)quo_little_endian(bytes + 8, 4);
	if (out->version != QUO_HANDSHAKE_VERSION)
		return QUO_HELLO_OTHER_VERSION;
	if (n < QUO_HELLO_BYTES)
		return QUO_HELLO_PART;
	out->parties = (uint32_t)quo_little_endian(bytes + 12, 4);
	out->party = (uint32_t)quo_little_endian(bytes + 16, 4);
	out->answer = (uint32_t)quo_little_endian(bytes + 20, 4);
	return QUO_HELLO_WHOLE;
}

/* Both have one number. */
static quo_status same_number(int parties, int me, const char *where, quo_err *err)
{
	if (parties == 2)
		return quo_fail(
			err, QUO_USAGE,
			"both sides say that they are party %d (the other one at %s); start "
			"one with --party 0 and one with --party 1",
			me, where);
	return quo_fail(err, QUO_USAGE,
			"the process at %s says that it is party %d, as this one is; start every "
			"party with a number of its own (--party)",
			where, me);
}

quo_status quo_hello_judge(const quo_hello *h, int parties, int me, int expected, const char *where,
			   quo_err *err)
{
	if (h->version != QUO_HANDSHAKE_VERSION)
		return quo_fail(err, QUO_FAILED,
				"handshake: the party at %s speaks protocol version %u, this one "
				"version %d; install the same release at all parties",
				where, h->version, QUO_HANDSHAKE_VERSION);
	if (h->parties != (uint32_t)parties)
		return quo_fail(
			err, QUO_USAGE,
			"party %u at %s runs with %u parties, this one with %d; use the same "
			"protocol and network.parties at all of them",
			h->party, where, h->parties, parties);
	if (h->party >= h->parties)
		return quo_fail(err, QUO_USAGE,
				"the process at %s says that it is party %u of %d; the numbers go "
				"from 0 to %d",
				where, h->party, parties, parties - 1);
	if (h->answer == QUO_HELLO_TAKEN)
		return quo_fail(err, QUO_USAGE,
				"party %u at %s has met another process as party %d already; start "
				"every party once, with a number of its own (--party)",
				h->party, where, me);
	if (h->party == (uint32_t)me)
		return same_number(parties, me, where, err);
	if (expected >= 0 && h->party != (uint32_t)expected)
		return quo_fail(err, QUO_USAGE,
				"party %u answers at %s, where party %d should be; check the "
				"addresses in network.parties",
				h->party, where, expected);
	if (h->answer != QUO_HELLO_FINE)
		return quo_fail(err, QUO_FAILED,
				"party %u at %s does not take this one for party %d; see its own "
				"message",
				h->party, where, me);
	return QUO_OK;
}

void quo_hello_show(const uint8_t *bytes, size_t n, char *out, size_t size)
{
	size_t used = 0;

	*out = '\0';
	for (size_t i = 0; i < n && used + 5 <= size; i++) {
		bool plain = bytes[i] >= 0x20 && bytes[i] <= 0x7e && bytes[i] != '\\' &&
			     bytes[i] != '\'';
		used += (size_t)snprintf(out + used, size - used, plain ? "%c" : "\\x%02x",
					 bytes[i]);
	}
}
