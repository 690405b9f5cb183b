/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Single-point COTs by correlated GGM trees, many at a time.
 *
 * Guo, Yang, Wang, Zhang, Xie, Liu, Zhao, "Half-Tree: halving the cost of tree expansion in COT and
 * DPF" (EUROCRYPT 2023, eprint 2022/1431), the tree cGGM and the single-point COT built on it. The
 * children of node x are H(x) and x ^ H(x), with H circular correlation robust under a fresh tweak;
 * the two nodes of level 1 add up to Delta, and so does every level. For each level the sender
 * sends (sum of the nodes of side 0) ^ q, with q of a COT; the receiver takes off t = q ^ r * Delta
 * and has the sum of side r, whatever r is. So r is which half it learns, and the path that it
 * never learns is that of the complements: no choice bits are sent. All leaves but one are equal at
 * both parties; the receiver sets that one to the sum of the others, which is the sender's ^ Delta.
 * Nothing comes after the last level either.
 *
 * Lowest bits carry choices (ferret.c): the base COTs have lsb(q) = 0 and lsb(t) = r, and of the
 * receiver's leaves exactly the odd one has its lowest bit set. The sender's leaves come with a
 * lowest bit that the caller must take as 0.
 */
#ifndef QUOTIENT_FERRET_TREES_H
#define QUOTIENT_FERRET_TREES_H

#include "kernels.h"
#include "params.h"

#define FERRET_BATCH_MAX 64 /* trees of a batch */

/* Tweaks of QUO_DOMAIN_OT_* that a batch takes. */
uint64_t ferret_batch_tweaks(size_t trees, unsigned depth);

/* One batch: trees <= FERRET_BATCH_MAX of depth <= FERRET_DEPTH_MAX. */
typedef struct ferret_batch {
	const ferret_kernels *kernels;
	quo_block hash_start;
	uint64_t tweak; /* the first of ferret_batch_tweaks() */
	size_t trees;
	unsigned depth;
	const quo_block *base; /* COTs [depth][trees] */
	quo_block *sums;       /* the message, [depth][trees] */
	quo_block *leaves;     /* [2^depth][trees] */
} ferret_batch;

/* roots: one random block a tree. Writes sums and leaves. */
void ferret_trees_send(const ferret_batch *b, quo_block delta, const quo_block *roots);
/* Reads sums, writes leaves. Touches the same memory whatever the secrets are. */
void ferret_trees_receive(const ferret_batch *b);

#endif
