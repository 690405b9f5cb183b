/* SPDX-License-Identifier: Apache-2.0 */
#include "net/handshake.h"

#include <string.h>

#define MAGIC "QUOTIENT"
#define MAGIC_BYTES 8
#define NONCE_BYTES 16
#define HEADER_BYTES (MAGIC_BYTES + 4 * 4 + NONCE_BYTES)
#define DIGEST_BYTES 32
#define NAME_MAX_BYTES 255
#define MAX_KEYS QUO_HANDSHAKE_MAX_KEYS
#define MAX_BYTES QUO_HANDSHAKE_MAX_BYTES

/* One key of either side's list. `name` is not terminated. */
struct key {
	const char *name;
	size_t name_bytes;
	const uint8_t *digest;
};

struct list {
	struct key *key;
	size_t n;
	uint8_t *bytes; /* as sent: per key one byte of name length, the name, the digest of the
			   value */
	size_t n_bytes;
};

static void put_u32(uint8_t *p, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(v >> 8 * i);
}

static uint32_t get_u32(const uint8_t *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static void list_free(struct list *l)
{
	quo_free(l->bytes);
	quo_free(l->key);
}

static quo_status list_alloc(struct list *l, size_t n, size_t n_bytes, quo_err *err)
{
	l->n = n;
	l->n_bytes = n_bytes;
	l->key = quo_alloc(n + 1, sizeof *l->key, err);
	l->bytes = quo_alloc(n_bytes + 1, 1, err);
	return l->key && l->bytes ? QUO_OK : QUO_FAILED;
}

static quo_status encode_mine(const quo_agreement *mine, struct list *l, quo_err *err)
{
	size_t n_bytes = 0;
	uint8_t *p;

	for (uint32_t i = 0; i < mine->n; i++) {
		size_t k = strlen(mine->key[i]);
		if (!k || k > NAME_MAX_BYTES)
			return quo_fail(err, QUO_USAGE,
					"the name of setting '%.40s..' is longer than %d bytes",
					mine->key[i], NAME_MAX_BYTES);
		n_bytes += 1 + k + DIGEST_BYTES;
	}
	if (mine->n > MAX_KEYS || n_bytes > MAX_BYTES)
		return quo_fail(err, QUO_USAGE,
				"the experiment has %u settings to agree on with the other party; "
				"the limit is %d",
				mine->n, MAX_KEYS);
	QUO_TRY(list_alloc(l, mine->n, n_bytes, err));
	p = l->bytes;
	for (uint32_t i = 0; i < mine->n; i++) {
		size_t k = strlen(mine->key[i]);
		*p++ = (uint8_t)k;
		memcpy(p, mine->key[i], k);
		quo_sha256(mine->value[i], strlen(mine->value[i]), p + k);
		l->key[i] = (struct key){ (const char *)p, k, p + k };
		p += k + DIGEST_BYTES;
	}
	return QUO_OK;
}

static quo_status malformed(quo_err *err)
{
	return quo_fail(err, QUO_FAILED,
			"handshake: the other party sent a malformed list of settings; check that "
			"both parties run the same release");
}

/* Names go into messages: printable ASCII only. */
static bool printable(const uint8_t *name, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (name[i] < 0x21 || name[i] > 0x7e)
			return false;
	return n > 0;
}

static quo_status decode_theirs(struct list *l, quo_err *err)
{
	const uint8_t *p = l->bytes, *end = p + l->n_bytes;

	for (size_t i = 0; i < l->n; i++) {
		if (end - p < 1 || end - p < 1 + p[0] + DIGEST_BYTES || !printable(p + 1, p[0]))
			return malformed(err);
		l->key[i] = (struct key){ (const char *)p + 1, p[0], p + 1 + p[0] };
		p += 1 + p[0] + DIGEST_BYTES;
	}
	return p == end ? QUO_OK : malformed(err);
}

static quo_status send_mine(quo_channel *peer, int party, const struct list *mine,
			    const uint8_t nonce[NONCE_BYTES], quo_err *err)
{
	uint8_t header[HEADER_BYTES];

	memcpy(header, MAGIC, MAGIC_BYTES);
	put_u32(header + 8, QUO_HANDSHAKE_VERSION);
	put_u32(header + 12, (uint32_t)party);
	put_u32(header + 16, (uint32_t)mine->n);
	put_u32(header + 20, (uint32_t)mine->n_bytes);
	memcpy(header + 24, nonce, NONCE_BYTES);
	QUO_TRY(quo_channel_send(peer, header, sizeof header, err));
	return quo_channel_send(peer, mine->bytes, mine->n_bytes, err);
}

static quo_status receive_theirs(quo_channel *peer, int party, struct list *theirs,
				 uint8_t nonce[NONCE_BYTES], quo_err *err)
{
	uint8_t header[HEADER_BYTES];
	uint32_t version, other, n, n_bytes;

	/* Byte by byte: a program of another kind may send little and wait. */
	for (int i = 0; i < MAGIC_BYTES; i++) {
		QUO_TRY(quo_channel_recv(peer, header + i, 1, err));
		if (header[i] != MAGIC[i])
			return quo_fail(
				err, QUO_FAILED,
				"handshake: the program at the other end is not a party of this "
				"framework (its first bytes are wrong); check the address");
	}
	QUO_TRY(quo_channel_recv(peer, header + MAGIC_BYTES, 4, err));
	version = get_u32(header + 8);
	if (version != QUO_HANDSHAKE_VERSION)
		return quo_fail(err, QUO_FAILED,
				"handshake: the other party speaks protocol version %u, this one "
				"version %d; install the same release at both sides",
				version, QUO_HANDSHAKE_VERSION);
	QUO_TRY(quo_channel_recv(peer, header + MAGIC_BYTES + 4, HEADER_BYTES - MAGIC_BYTES - 4,
				 err));
	other = get_u32(header + 12);
	n = get_u32(header + 16);
	n_bytes = get_u32(header + 20);
	memcpy(nonce, header + 24, NONCE_BYTES);
	if (other == (uint32_t)party)
		return quo_fail(err, QUO_USAGE,
				"both sides say that they are party %d; start one with --party 0 "
				"and one with --party 1",
				party);
	if (other > 1 || n > MAX_KEYS || n_bytes > MAX_BYTES)
		return malformed(err);
	QUO_TRY(list_alloc(theirs, n, n_bytes, err));
	QUO_TRY(quo_channel_recv(peer, theirs->bytes, n_bytes, err));
	return decode_theirs(theirs, err);
}

static bool same_name(const struct key *a, const struct key *b)
{
	return a->name_bytes == b->name_bytes && memcmp(a->name, b->name, a->name_bytes) == 0;
}

static bool has(const struct list *l, const struct key *key)
{
	for (size_t i = 0; i < l->n; i++)
		if (same_name(&l->key[i], key))
			return true;
	return false;
}

/* The first difference of two lists; both parties find the same one. */
static quo_status compare(int party, const quo_agreement *agreement, const struct list *mine,
			  const struct list *theirs, quo_err *err)
{
	const struct list *list0 = party == 0 ? mine : theirs, *list1 = party == 0 ? theirs : mine;
	size_t i = 0;

	while (i < mine->n && i < theirs->n && same_name(&mine->key[i], &theirs->key[i]) &&
	       memcmp(mine->key[i].digest, theirs->key[i].digest, DIGEST_BYTES) == 0)
		i++;
	if (i == mine->n && i == theirs->n)
		return QUO_OK;
	if (i < mine->n && i < theirs->n && same_name(&mine->key[i], &theirs->key[i]))
		return quo_fail(
			err, QUO_USAGE,
			"the parties disagree on %s: set it equal at both sides; here '%.200s'",
			agreement->key[i], agreement->value[i]);
	if (i < list0->n && !has(list1, &list0->key[i]))
		return quo_fail(err, QUO_USAGE,
				"the parties disagree on %.*s: only party 0 has this setting; use "
				"the same experiment and plugins at both sides",
				(int)list0->key[i].name_bytes, list0->key[i].name);
	if (i < list1->n && !has(list0, &list1->key[i]))
		return quo_fail(err, QUO_USAGE,
				"the parties disagree on %.*s: only party 1 has this setting; use "
				"the same experiment and plugins at both sides",
				(int)list1->key[i].name_bytes, list1->key[i].name);
	list0 = i < list0->n ? list0 : list1;
	return quo_fail(err, QUO_USAGE,
			"the parties list their settings in a different order from %.*s on; "
			"install the same release at both sides",
			(int)list0->key[i].name_bytes, list0->key[i].name);
}

/* SHA-256 of a label, both nonces and the agreed settings, cut to a block. */
static quo_status derive_start(const uint8_t nonce[2][NONCE_BYTES], const struct list *agreed,
			       quo_block *out, quo_err *err)
{
	static const char label[] = "QUOTIENT session 1";
	uint8_t digest[DIGEST_BYTES];
	quo_sha256_state *state = quo_sha256_new(err);

	if (!state)
		return QUO_FAILED;
	quo_sha256_add(state, label, sizeof label);
	quo_sha256_add(state, nonce[0], NONCE_BYTES);
	quo_sha256_add(state, nonce[1], NONCE_BYTES);
	quo_sha256_add(state, agreed->bytes, agreed->n_bytes);
	quo_sha256_end(state, digest);
	memcpy(out, digest, sizeof *out);
	return QUO_OK;
}

static quo_status agree(quo_channel *peer, int party, const quo_agreement *agreement, quo_rng *rng,
			struct list *mine, struct list *theirs, quo_block *hash_start, quo_err *err)
{
	uint8_t nonce[2][NONCE_BYTES];

	QUO_TRY(encode_mine(agreement, mine, err));
	quo_rng_bytes(rng, nonce[party], NONCE_BYTES);
	QUO_TRY(send_mine(peer, party, mine, nonce[party], err));
	QUO_TRY(receive_theirs(peer, party, theirs, nonce[1 - party], err));
	QUO_TRY(compare(party, agreement, mine, theirs, err));
	return derive_start((const uint8_t(*)[NONCE_BYTES])nonce, mine, hash_start, err);
}

quo_status quo_handshake(quo_channel *peer, int party, const quo_agreement *mine, quo_rng *rng,
			 quo_block *hash_start, quo_err *err)
{
	struct list ours = { 0 }, theirs = { 0 };
	quo_status status;

	quo_channel_duplex(peer, true);
	status = agree(peer, party, mine, rng, &ours, &theirs, hash_start, err);
	quo_channel_duplex(peer, false);
	if (status == QUO_OK)
		quo_channel_timeout(peer, 0);
	list_free(&ours);
	list_free(&theirs);
	return status;
}
