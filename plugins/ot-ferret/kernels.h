/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The loops of ot/ferret that touch every COT, in the tiers of the core (quotient/tier.h). All
 * tiers give the same bytes.
 *
 * Trees come in batches of `trees` that are expanded together, with the tree's number running
 * fastest: node i of tree j is x[i * trees + j]. The children of node i of a level of m nodes are
 * nodes m + i (side 0) and i (side 1) of the next.
 */
#ifndef QUOTIENT_FERRET_KERNELS_H
#define QUOTIENT_FERRET_KERNELS_H

#include <quotient/quotient.h>

#define FERRET_ROW 10                           /* ones in a row of the code */
#define FERRET_PAIR_BLOCKS (2 * FERRET_ROW / 4) /* of the key stream, for two rows */

/*
 * The code. Row r has words FERRET_ROW * r .. FERRET_ROW * r + 9 of the AES-128-CTR stream of
 * `key`, 32 bits each: word & mask is the byte offset of a block of the secret, and the highest bit
 * of the row's first word its public bit. The key is public.
 */
typedef struct ferret_code {
	quo_block key;
	const quo_block *secret;
	uint32_t mask;
	uint32_t publish; /* 0 or 1 */
	quo_block keep;
} ferret_code;

/* A value to be XORed into node `at` of every tree of a batch; at is in w[0] and again in w[1]. */
typedef struct ferret_patch {
	const quo_block *at, *value; /* [trees] */
} ferret_patch;

typedef struct ferret_kernels {
	/*
	 * x holds m nodes a tree and behind them their hashes, which are the children of side 0.
	 * Makes the children of side 1 (node ^ hash, in the nodes' place) and sums each side of
	 * each tree.
	 */
	void (*join)(quo_block *x, size_t m, size_t trees, quo_block *side0, quo_block *side1);
	/* Over m nodes a tree. Reads and writes all of them, whatever `at` is. */
	void (*patch)(quo_block *x, size_t m, size_t trees, ferret_patch p);
	/* The last level: both patches; then clears the lowest bit of every leaf but those of
	 * `second`, where it becomes 1. */
	void (*patch_leaves)(quo_block *x, size_t m, size_t trees, ferret_patch first,
			     ferret_patch second);
	/*
	 * Rows 2 * pair .. 2 * pair + n - 1 of the code: out[i] = (leaf[i] & keep) ^ FERRET_ROW
	 * blocks of the secret. choices gets the lowest bits, eight to a byte, (n + 7) / 8 bytes.
	 * Then, if `publish` is 1, the lowest bits of out are XORed with the code's.
	 */
	void (*encode)(const ferret_code *code, uint64_t pair, const quo_block *leaf,
		       quo_block *out, uint8_t *choices, size_t n);
} ferret_kernels;

/* Of the core's tier. */
const ferret_kernels *ferret_kernels_get(void);

extern const ferret_kernels ferret_kernels_portable, ferret_kernels_avx2, ferret_kernels_avx512;

#endif
