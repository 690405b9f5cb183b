/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ot/iknp: semi-honest OT extension as random correlated OT, 127 bits a COT.
 *
 * Ishai, Kilian, Nissim, Petrank, "Extending oblivious transfers efficiently" (CRYPTO 2003), with
 * the PRG expansion and the correlated form of Asharov, Lindell, Schneider, Zohner, "More efficient
 * oblivious transfer and extensions for faster secure computation" (CCS 2013), protocol 5.2.
 *
 * Set-up: 128 base OTs in the reverse direction. The COT receiver holds seeds k[j][0], k[j][1]; the
 * COT sender holds k[j][Delta_j]. Extension, with r the receiver's choices and G the PRG: column j
 * of the receiver's matrix is t_j = G(k[j][0]); it sends u_j = G(k[j][0]) ^ G(k[j][1]) ^ r; the
 * sender's column is q_j = G(k[j][Delta_j]) ^ Delta_j * u_j = t_j ^ Delta_j * r. Row i of the
 * transposes: q_i = t_i ^ r_i * Delta.
 *
 * Random choices make column 0 free. Delta_0 = 1 is public (free XOR needs lsb(Delta) = 1), so the
 * sender holds k[0][1] and never k[0][0]. Both parties set r := G(k[0][0]) ^ G(k[0][1]), that is
 * u_0 = 0: the receiver computes r and the sender's column G(k[0][1]) is t_0 ^ r without anything
 * sent. r is pseudorandom to the sender since G(k[0][0]) is, and that seed is used for nothing
 * else. The other 127 columns are as in the paper; Delta has 127 secret bits.
 */
#include <quotient/quotient.h>

#include <string.h>

#include "base_ot.h"

#define COLUMNS 128
/* COTs of one pass: the matrix and what is sent stay in the second-level cache. */
#define CHUNK ((size_t)1 << 14)
/* Rows of the matrix are a cache line longer than a power of two, so that a transpose does not hit
 * one cache set. */
#define ROW_WORDS (CHUNK / 64 + 8)

struct iknp {
	bool is_sender;
	quo_block delta;
	quo_block key[COLUMNS][2]; /* the sender's are in [j][0] */
	uint64_t next_block;       /* PRG counter of every column; never restarts */
	uint64_t *matrix;          /* COLUMNS rows of ROW_WORDS */
	uint64_t *row;             /* ROW_WORDS */
	uint8_t *wire;             /* COLUMNS - 1 columns of at most CHUNK / 8 bytes */
};

static size_t column_bytes(size_t n)
{
	return n / 8 + (n % 8 != 0);
}

static size_t column_blocks(size_t n)
{
	return n / 128 + (n % 128 != 0);
}

static quo_status set_up_sender(struct iknp *k, quo_session *s, int sender, quo_err *err)
{
	quo_block chosen[COLUMNS];
	quo_status status;

	k->delta = quo_rng_block(s->rng);
	k->delta.w[0] |= 1;
	status = base_ot_receive(s, sender, COLUMNS, k->delta.w, chosen, err);
	if (status == QUO_OK)
		for (int j = 0; j < COLUMNS; j++)
			k->key[j][0] = chosen[j];
	quo_wipe(chosen, sizeof chosen);
	return status;
}

static quo_status iknp_open(void *self, quo_session *s, int sender, quo_err *err)
{
	struct iknp *k = self;

	k->is_sender = s->party == sender;
	k->matrix = quo_alloc((COLUMNS + 1) * ROW_WORDS, sizeof *k->matrix, err);
	k->wire = quo_alloc(COLUMNS - 1, CHUNK / 8, err);
	if (!k->matrix || !k->wire)
		return QUO_FAILED;
	k->row = k->matrix + COLUMNS * ROW_WORDS;
	if (k->is_sender)
		return set_up_sender(k, s, sender, err);
	return base_ot_send(s, sender, COLUMNS, k->key, err);
}

static void iknp_fini(void *self)
{
	struct iknp *k = self;

	quo_free(k->matrix);
	quo_free(k->wire);
	quo_wipe(k, sizeof *k);
}

/* The next n key-stream bits of a key, n <= CHUNK. */
static void expand(const struct iknp *k, quo_block key, size_t n, uint64_t *out)
{
	quo_prg(key, k->next_block, (quo_block *)(void *)out, column_blocks(n));
}

/* Rows to COTs; n <= CHUNK need not be a multiple of 128. */
static void transpose(const struct iknp *k, size_t n, quo_block *out)
{
	size_t whole = n / 128 * 128;
	quo_block last[128];

	quo_transpose_128(k->matrix, ROW_WORDS, whole, out);
	if (whole == n)
		return;
	quo_transpose_128(k->matrix + whole / 64, ROW_WORDS, 128, last);
	memcpy(out + whole, last, (n - whole) * sizeof *out);
	quo_wipe(last, sizeof last);
}

static quo_status extend_receiver(struct iknp *k, quo_session *s, size_t n, quo_block *out,
				  uint64_t *choices, quo_err *err)
{
	size_t words = 2 * column_blocks(n), bytes = column_bytes(n);
	uint64_t *r = k->row; /* becomes the pad of column j, then u_j */
	uint64_t random[CHUNK / 64];

	expand(k, k->key[0][0], n, k->matrix);
	expand(k, k->key[0][1], n, random);
	for (size_t w = 0; w < words; w++)
		random[w] ^= k->matrix[w];
	for (size_t j = 1; j < COLUMNS; j++) {
		uint64_t *t = k->matrix + j * ROW_WORDS;
		expand(k, k->key[j][0], n, t);
		expand(k, k->key[j][1], n, r);
		for (size_t w = 0; w < words; w++)
			r[w] ^= t[w] ^ random[w];
		memcpy(k->wire + (j - 1) * bytes, r, bytes);
	}
	memcpy(choices, random, quo_words(n) * sizeof *choices);
	if (n % 64)
		choices[n / 64] &= (UINT64_C(1) << n % 64) - 1;
	quo_wipe(random, sizeof random);
	QUO_TRY(quo_channel_send(s->peer, k->wire, (COLUMNS - 1) * bytes, err));
	transpose(k, n, out);
	return QUO_OK;
}

static quo_status extend_sender(struct iknp *k, quo_session *s, size_t n, quo_block *out,
				quo_err *err)
{
	size_t words = 2 * column_blocks(n), bytes = column_bytes(n);

	QUO_TRY(quo_channel_recv(s->peer, k->wire, (COLUMNS - 1) * bytes, err));
	expand(k, k->key[0][0], n, k->matrix);
	for (size_t j = 1; j < COLUMNS; j++) {
		uint64_t *q = k->matrix + j * ROW_WORDS;
		uint64_t mask = 0 - (k->delta.w[j / 64] >> (j % 64) & 1);
		k->row[words - 1] = k->row[words - 2] = 0;
		memcpy(k->row, k->wire + (j - 1) * bytes, bytes);
		expand(k, k->key[j][0], n, q);
		for (size_t w = 0; w < words; w++)
			q[w] ^= k->row[w] & mask;
	}
	transpose(k, n, out);
	return QUO_OK;
}

static quo_status iknp_extend(void *self, quo_session *s, size_t n, quo_block *out,
			      uint64_t *choices, quo_err *err)
{
	struct iknp *k = self;

	for (size_t at = 0; at < n; at += CHUNK) {
		size_t m = n - at < CHUNK ? n - at : CHUNK;
		if (k->is_sender)
			QUO_TRY(extend_sender(k, s, m, out + at, err));
		else
			QUO_TRY(extend_receiver(k, s, m, out + at, choices + at / 64, err));
		k->next_block += column_blocks(m);
	}
	return QUO_OK;
}

static quo_block iknp_delta(void *self)
{
	return ((struct iknp *)self)->delta;
}

static void iknp_cost_open(void *self, int sender, quo_cost *cost)
{
	uint64_t bytes[2];

	(void)self;
	bytes[sender] = BASE_OT_RECEIVER_BYTES(COLUMNS);
	bytes[1 - sender] = BASE_OT_SENDER_BYTES(COLUMNS);
	quo_cost_duplex(cost, bytes[0], bytes[1]);
}

static void iknp_cost_extend(void *self, int sender, size_t n, quo_cost *cost)
{
	(void)self;
	quo_cost_send(cost, 1 - sender, (COLUMNS - 1) * (uint64_t)column_bytes(n));
}

static const quo_ot_ops iknp_ops = {
	.life = { .fini = iknp_fini },
	.open = iknp_open,
	.extend = iknp_extend,
	.delta = iknp_delta,
	.cost_open = iknp_cost_open,
	.cost_extend = iknp_cost_extend,
};

static const quo_component iknp = {
	.size = sizeof(quo_component),
	.kind = QUO_KIND_OT,
	.name = "iknp",
	.summary = "OT extension of Ishai, Kilian, Nissim and Petrank: 127 bits a COT, little "
		   "computation",
	.security = "semi-honest, kappa = 128; DDH on P-256 and random oracle (base OTs), AES-128 "
		    "as PRG",
	.wire_version = 1,
	.instance_size = sizeof(struct iknp),
	.ops_size = sizeof(quo_ot_ops),
	.ops = &iknp_ops,
};

QUO_PLUGIN("ot-iknp", "1.0", &iknp)
