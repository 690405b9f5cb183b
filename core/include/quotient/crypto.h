/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Symmetric primitives: blocks, AES-128, the one hash, PRGs, private randomness.
 *
 * Kernels exist in the tiers of tier.h (bit-sliced, AES-NI, VAES). All tiers give the same bytes.
 */
#ifndef QUOTIENT_CRYPTO_H
#define QUOTIENT_CRYPTO_H

#include <quotient/status.h>
#include <quotient/tier.h>

QUO_BEGIN_DECLS

/* 128 bits. w[0] holds bits 0..63 (bytes 0..7 on the wire), w[1] bits 64..127. lsb = bit
 * 0 of w[0]. */
typedef struct quo_block {
	QUO_ALIGNAS(16) uint64_t w[2];
} quo_block;

static inline quo_block quo_xor(quo_block a, quo_block b)
{
	quo_block out = { { a.w[0] ^ b.w[0], a.w[1] ^ b.w[1] } };

	return out;
}

/* a when bit = 0, a ^ b when bit = 1; no branch. bit must be 0 or 1. */
static inline quo_block quo_xor_if(quo_block a, quo_block b, uint64_t bit)
{
	uint64_t mask = 0 - bit;
	quo_block out = { { a.w[0] ^ (b.w[0] & mask), a.w[1] ^ (b.w[1] & mask) } };

	return out;
}

static inline uint64_t quo_lsb(quo_block a)
{
	return a.w[0] & 1;
}

/* Bytes of the largest cache that a core of this machine reads through, as the operating system
 * says; 0: it does not say. Other cores may share it. */
uint64_t quo_cpu_cache_bytes(void);

/*
 * The hash of the framework: a multi-instance tweakable circular correlation-robust hash (MITCCRH),
 * Guo, Katz, Wang, Weng, Yu 2020 (eprint 2019/1168), section 7:
 *     H(key, x) = AES_key(sigma(x)) ^ sigma(x),   sigma(hi || lo) = (hi ^ lo) || hi
 * with AES keys  start ^ tweak  (tweak in the low 64 bits). A key serves at most QUO_TCCR_PER_KEY
 * inputs; input number j under a key is offset by the public constant j (x ^ j), so equal labels
 * under one key still give distinct queries.
 *
 * Number i of n uses key start ^ (tweak + i / per_key) and lane j = i % per_key, 1 <= per_key <= 8.
 * Returns nothing; cannot fail. in and out may be the same array.
 */
#define QUO_TCCR_PER_KEY 8
void quo_tccr(quo_block start, uint64_t tweak, unsigned per_key, const quo_block *in,
	      quo_block *out, size_t n);

/* As quo_tccr for both in[i] (to out0[i]) and in[i] ^ delta (to out1[i]), under the same key. */
void quo_tccr_pair(quo_block start, uint64_t tweak, unsigned per_key, const quo_block *in,
		   quo_block delta, quo_block *out0, quo_block *out1, size_t n);

/* AES-128-CTR key stream of `key`: blocks first, first+1, .. (little-endian counter in
 * w[0]) to out. */
void quo_prg(quo_block key, uint64_t first, quo_block *out, size_t n_blocks);

/*
 * Many short streams: for i < n, per_key blocks of the key stream of keys[i], from counter
 * first + i * step on, to out[i * per_key ..]. Give each stream counters that no other one uses: a
 * search over keys then attacks one stream, not all of them. Key schedules and rounds of several
 * keys are in flight together.
 */
void quo_prg_many(const quo_block *keys, size_t n, uint64_t first, uint64_t step, quo_block *out,
		  size_t per_key);

/*
 * Key schedules, for callers that use the same keys again and again. The contents belong to the
 * tier that made them; they are as secret as the keys.
 */
typedef struct quo_aes_key {
	quo_block round[11];
} quo_aes_key;
void quo_aes_key_set(const quo_block *keys, size_t n, quo_aes_key *out);

/*
 * 2^k key streams folded to k + 1 rows of n_blocks blocks, 1 <= k <= QUO_FOLD_MAX. With G_x the key
 * stream of keys[x] from block `first` on:
 *     rows[i * row_blocks ..] = XOR of G_x over the x whose bit i is set (i < k),
 *     sum[..]                 = XOR of all G_x, and of mask[..] unless that is NULL.
 */
#define QUO_FOLD_MAX 8
void quo_prg_fold(const quo_aes_key *keys, unsigned k, uint64_t first, size_t n_blocks,
		  const quo_block *mask, quo_block *sum, quo_block *rows, size_t row_blocks);

/*
 * The same rows for the party that lacks stream 0: keys[0] is not used. Row i is XORed with
 * `correction` (unless that is NULL) where bit i of `bits` is set; bits may be secret.
 */
void quo_prg_fold_punctured(const quo_aes_key *keys, unsigned k, uint64_t first, size_t n_blocks,
			    const quo_block *correction, uint64_t bits, quo_block *rows,
			    size_t row_blocks);

/* out[i] = a[i] ^ b[i], i < n. out may be a or b. */
void quo_xor_blocks(quo_block *out, const quo_block *a, const quo_block *b, size_t n);

/* io[i] ^= delta where bit i of the plane `bits` is set, i < n. No branch on delta or bits. */
void quo_xor_if_bits(quo_block *io, quo_block delta, const uint64_t *bits, size_t n);

/* AES-128 of one block under one key (set-up and tests; not fast). */
quo_block quo_aes128(quo_block key, quo_block in);

/*
 * Private randomness: AES-128-CTR from a seed drawn from the operating system through OpenSSL,
 * rekeyed after every 2^20 blocks. Not shared between threads.
 */
typedef struct quo_rng quo_rng;
quo_rng *quo_rng_new(quo_err *err);
void quo_rng_bytes(quo_rng *rng, void *out, size_t n);
quo_block quo_rng_block(quo_rng *rng);
void quo_rng_free(quo_rng *rng);

/* SHA-256 (OpenSSL). Streaming state is opaque; quo_sha256() hashes n bytes at once. */
typedef struct quo_sha256_state quo_sha256_state;
quo_sha256_state *quo_sha256_new(quo_err *err);
void quo_sha256_add(quo_sha256_state *state, const void *data, size_t n);
void quo_sha256_end(quo_sha256_state *state, uint8_t digest[32]); /* frees the state */
void quo_sha256(const void *data, size_t n, uint8_t digest[32]);

/*
 * Public randomness, docs/numerics.md: SplitMix64 in counter mode. Stream t of seed s, value number
 * j.
 */
uint64_t quo_public_key(uint64_t seed, uint64_t stream);
uint64_t quo_public_value(uint64_t key, uint64_t j);
uint64_t quo_public_below(uint64_t r, uint64_t n); /* high 64 bits of r * n */
/* The Fisher-Yates order of n rows under a stream; order has n entries. */
void quo_public_order(uint64_t seed, uint64_t stream, uint32_t n, uint32_t *order);
#define QUO_STREAM_EPOCH (UINT64_C(1) << 32)
#define QUO_STREAM_WAGE (UINT64_C(1) << 33)
#define QUO_STREAM_SPLIT (UINT64_C(1) << 34)

QUO_END_DECLS

#endif
