/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keyed streams and shares of zero.
 */
#ifndef QUOTIENT_PLUGINS_REPLICATED_STREAMS_H
#define QUOTIENT_PLUGINS_REPLICATED_STREAMS_H

#include <quotient/quotient.h>

/*
 * Counters. The three keys count blocks in one sequence for the whole session: whoever needs key stream, at
 * whichever of its parties, takes the next blocks of that sequence for one purpose. All parties take alike, as sizes are
 * public, also those that lack the key. Nothing gives blocks back and the count stops short of its end, so that no two uses
 * have a (key, counter) pair in common.
 * A range that is used with several keys has different pairs with each.
 */
struct rep_keys {
	quo_block key[2]; /* K_me, K_me+1 */
	quo_aes_key schedule[2];
	uint64_t next; /* the first block that nobody has taken */
};

struct rep_range {
	uint64_t first, blocks;
};

/* The next `bytes` bytes of all three key streams; QUO_FAILED when the counters are used up. */
quo_status rep_take(struct rep_keys *keys, uint64_t bytes, struct rep_range *out, quo_err *err);
void rep_keys_set(struct rep_keys *keys, quo_block own, quo_block next);

/* Which stream: of the key of part 0 or 1, or the XOR of both (shares of zero bits). */
enum rep_stream { REP_PART_0, REP_PART_1, REP_BOTH };

/* Blocks at .. at + n - 1 of a range, on the pool's threads (NULL: one). */
void rep_stream(quo_pool *pool, const struct rep_keys *keys, enum rep_stream which,
		struct rep_range range, uint64_t at, quo_block *out, size_t n);
/*
 * Words at .. at + n - 1 of a range, 32 bits each; `at` a multiple of 4, room for a multiple of 4. rep_zero_words() adds
 * to z this party's summand of zero: words of part 0 less words of part 1.
 */
void rep_words(const struct rep_keys *keys, unsigned part, struct rep_range range, uint64_t at,
	       uint32_t *out, size_t n);
void rep_zero_words(const struct rep_keys *keys, struct rep_range range, uint32_t *z, size_t n);

static inline size_t rep_blocks(size_t bytes)
{
	return bytes / 16 + (bytes % 16 != 0);
}

#endif
