/* SPDX-License-Identifier: Apache-2.0 */
#include "net/handshake.h"
#include "base/bytes.h"

#include <stdio.h>
#include <string.h>

#define NONCE_BYTES 16
#define HEADER_BYTES (4 * 2 + NONCE_BYTES) /* keys, bytes of the list, nonce */
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
				"the experiment has %u settings to agree on; "
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

static quo_status malformed(int from, quo_err *err)
{
	return quo_fail(err, QUO_FAILED,
			"handshake: party %d sent a malformed list of settings; check that all "
			"parties run the same release",
			from);
}

/* Names go into messages: printable ASCII only. */
static bool printable(const uint8_t *name, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (name[i] < 0x21 || name[i] > 0x7e)
			return false;
	return n > 0;
}

static quo_status decode_theirs(struct list *l, int from, quo_err *err)
{
	const uint8_t *p = l->bytes, *end = p + l->n_bytes;

	for (size_t i = 0; i < l->n; i++) {
		if (end - p < 1 || end - p < 1 + p[0] + DIGEST_BYTES || !printable(p + 1, p[0]))
			return malformed(from, err);
		l->key[i] = (struct key){ (const char *)p + 1, p[0], p + 1 + p[0] };
		p += 1 + p[0] + DIGEST_BYTES;
	}
	return p == end ? QUO_OK : malformed(from, err);
}

/* Not flushed: a receive does it, and still gets what a peer that has gone said before. */
static quo_status send_mine(quo_channel *peer, const struct list *mine,
			    const uint8_t nonce[NONCE_BYTES], quo_err *err)
{
	uint8_t header[HEADER_BYTES];

	quo_put_little_endian(header, (uint32_t)mine->n, 4);
	quo_put_little_endian(header + 4, (uint32_t)mine->n_bytes, 4);
	memcpy(header + 8, nonce, NONCE_BYTES);
	QUO_TRY(quo_channel_send(peer, header, sizeof header, err));
	return quo_channel_send(peer, mine->bytes, mine->n_bytes, err);
}

static quo_status receive_theirs(quo_channel *peer, int from, struct list *theirs,
				 uint8_t nonce[NONCE_BYTES], quo_err *err)
{
	uint8_t header[HEADER_BYTES];
	uint32_t n, n_bytes;

	QUO_TRY(quo_channel_recv(peer, header, sizeof header, err));
	n = (uint32_t)quo_little_endian(header, 4);
	n_bytes = (uint32_t)quo_little_endian(header + 4, 4);
	memcpy(nonce, header + 8, NONCE_BYTES);
	if (n > MAX_KEYS || n_bytes > MAX_BYTES)
		return malformed(from, err);
	QUO_TRY(list_alloc(theirs, n, n_bytes, err));
	QUO_TRY(quo_channel_recv(peer, theirs->bytes, n_bytes, err));
	return decode_theirs(theirs, from, err);
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

/* Two parties in the order of their numbers, and what they listed. */
struct two {
	int number[2];
	const struct list *list[2];
	char who[40];
};

static bool only_in(const struct two *t, int which, size_t i, quo_err *err)
{
	const struct list *l = t->list[which];

	if (i >= l->n || has(t->list[1 - which], &l->key[i]))
		return false;
	quo_fail(err, QUO_USAGE,
		 "%s disagree on %.*s: only party %d has this setting; use the same experiment and "
		 "plugins at both sides",
		 t->who, (int)l->key[i].name_bytes, l->key[i].name, t->number[which]);
	return true;
}

/* The first difference of two lists; both parties find the same one. */
static quo_status compare(int parties, int me, int other, const quo_agreement *agreement,
			  const struct list *mine, const struct list *theirs, quo_err *err)
{
	struct two t = { { me, other }, { mine, theirs }, "the parties" };
	size_t i = 0;

	if (other < me)
		t = (struct two){ { other, me }, { theirs, mine }, "the parties" };
	if (parties > 2)
		snprintf(t.who, sizeof t.who, "parties %d and %d", t.number[0], t.number[1]);
	while (i < mine->n && i < theirs->n && same_name(&mine->key[i], &theirs->key[i]) &&
	       memcmp(mine->key[i].digest, theirs->key[i].digest, DIGEST_BYTES) == 0)
		i++;
	if (i == mine->n && i == theirs->n)
		return QUO_OK;
	if (i < mine->n && i < theirs->n && same_name(&mine->key[i], &theirs->key[i]))
		return quo_fail(err, QUO_USAGE,
				"%s disagree on %s: set it equal at both sides; here '%.200s'",
				t.who, agreement->key[i], agreement->value[i]);
	if (only_in(&t, 0, i, err) || only_in(&t, 1, i, err))
		return QUO_USAGE;
	const struct key *key = i < t.list[0]->n ? &t.list[0]->key[i] : &t.list[1]->key[i];
	return quo_fail(
		err, QUO_USAGE,
		"%s list their settings in a different order from %.*s on; install the same "
		"release at both sides",
		t.who, (int)key->name_bytes, key->name);
}

/* ---- the second flight ---- */

/* SHA-256 of a label, the number of parties, all nonces and the agreed settings. */
static quo_status derive(int parties, uint8_t nonce[][NONCE_BYTES], const struct list *agreed,
			 uint8_t digest[DIGEST_BYTES], quo_err *err)
{
	static const char label[] = "QUOTIENT session 2";
	uint8_t n[4];
	quo_sha256_state *state = quo_sha256_new(err);

	if (!state)
		return QUO_FAILED;
	quo_put_little_endian(n, (uint32_t)parties, 4);
	quo_sha256_add(state, label, sizeof label);
	quo_sha256_add(state, n, sizeof n);
	for (int p = 0; p < parties; p++)
		quo_sha256_add(state, nonce[p], NONCE_BYTES);
	quo_sha256_add(state, agreed->bytes, agreed->n_bytes);
	quo_sha256_end(state, digest);
	return QUO_OK;
}

static quo_status two_faces(int parties, int me, int other, quo_err *err)
{
	int low = me < other ? me : other, high = me < other ? other : me;

	if (parties == 3)
		return quo_fail(err, QUO_FAILED,
				"handshake: parties %d and %d do not see the same party %d: it has "
				"shown different bytes to them; check the network between them",
				low, high, 3 - low - high);
	return quo_fail(err, QUO_FAILED,
			"handshake: parties %d and %d do not see the same parties: somebody has "
			"shown different bytes to them; check the network between them",
			low, high);
}

static quo_status confirm(quo_mesh *mesh, const uint8_t digest[DIGEST_BYTES], quo_err *err)
{
	int n = quo_mesh_parties(mesh), me = quo_mesh_me(mesh);
	uint8_t theirs[QUO_MAX_PARTIES][DIGEST_BYTES];
	const void *out[QUO_MAX_PARTIES] = { NULL };
	void *in[QUO_MAX_PARTIES] = { NULL };
	size_t size[QUO_MAX_PARTIES] = { 0 };

	for (int p = 0; p < n; p++) {
		if (p == me)
			continue;
		out[p] = digest;
		in[p] = theirs[p];
		size[p] = DIGEST_BYTES;
	}
	QUO_TRY(quo_mesh_exchange(mesh, out, size, in, size, true, err));
	for (int p = 0; p < n; p++)
		if (p != me && memcmp(theirs[p], digest, DIGEST_BYTES) != 0)
			return two_faces(n, me, p, err);
	return QUO_OK;
}

/* Everybody sends and receives all before anybody refuses: so each has its own line about a difference. */
static quo_status agree(quo_mesh *mesh, const quo_agreement *agreement, quo_rng *rng,
			struct list *list, quo_block *hash_start, quo_err *err)
{
	int n = quo_mesh_parties(mesh), me = quo_mesh_me(mesh);
	uint8_t nonce[QUO_MAX_PARTIES][NONCE_BYTES], digest[DIGEST_BYTES];

	QUO_TRY(encode_mine(agreement, &list[me], err));
	quo_rng_bytes(rng, nonce[me], NONCE_BYTES);
	quo_mesh_round(mesh, true);
	for (int p = 0; p < n; p++)
		if (p != me)
			QUO_TRY(send_mine(quo_mesh_to(mesh, p), &list[me], nonce[me], err));
	for (int p = 0; p < n; p++)
		if (p != me)
			QUO_TRY(receive_theirs(quo_mesh_to(mesh, p), p, &list[p], nonce[p], err));
	quo_mesh_round(mesh, false);
	for (int p = 0; p < n; p++)
		if (p != me)
			QUO_TRY(compare(n, me, p, agreement, &list[me], &list[p], err));
	QUO_TRY(derive(n, nonce, &list[me], digest, err));
	QUO_TRY(confirm(mesh, digest, err));
	memcpy(hash_start, digest, sizeof *hash_start);
	return QUO_OK;
}

quo_status quo_handshake(quo_mesh *mesh, int timeout_seconds, const quo_agreement *mine,
			 quo_rng *rng, quo_block *hash_start, quo_err *err)
{
	struct list list[QUO_MAX_PARTIES] = { 0 };

	quo_mesh_deadline(mesh, timeout_seconds);
	quo_status status = agree(mesh, mine, rng, list, hash_start, err);
	quo_mesh_deadline(mesh, 0);
	for (int p = 0; p < quo_mesh_parties(mesh); p++)
		list_free(&list[p]);
	return status;
}
