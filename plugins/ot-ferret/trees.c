/* SPDX-License-Identifier: Apache-2.0 */
#include "trees.h"

#include <string.h>

static uint64_t level_tweaks(size_t nodes)
{
	return nodes / QUO_TCCR_PER_KEY + (nodes % QUO_TCCR_PER_KEY != 0);
}

uint64_t ferret_batch_tweaks(size_t trees, unsigned depth)
{
	uint64_t n = 0;

	for (unsigned level = 1; level < depth; level++)
		n += level_tweaks(trees << level);
	return n;
}

/* The hashes of a level behind the level. */
static void hash_level(const ferret_batch *b, size_t nodes, uint64_t *tweak)
{
	quo_tccr(b->hash_start, *tweak, QUO_TCCR_PER_KEY, b->leaves, b->leaves + nodes, nodes);
	*tweak += level_tweaks(nodes);
}

void ferret_trees_send(const ferret_batch *b, quo_block delta, const quo_block *roots)
{
	quo_block side0[FERRET_BATCH_MAX], side1[FERRET_BATCH_MAX];
	uint64_t tweak = b->tweak;

	for (size_t j = 0; j < b->trees; j++) {
		side0[j] = b->leaves[b->trees + j] = roots[j];
		b->leaves[j] = quo_xor(roots[j], delta);
	}
	for (unsigned level = 0; level < b->depth; level++) {
		const quo_block *q = b->base + level * b->trees;
		quo_block *sums = b->sums + level * b->trees;

		if (level) {
			hash_level(b, b->trees << level, &tweak);
			b->kernels->join(b->leaves, (size_t)1 << level, b->trees, side0, side1);
		}
		for (size_t j = 0; j < b->trees; j++)
			sums[j] = quo_xor(side0[j], q[j]);
	}
	quo_wipe(side0, sizeof side0);
	quo_wipe(side1, sizeof side1);
}

/* What the receiver keeps of every tree of a batch. */
struct paths {
	quo_block side0[FERRET_BATCH_MAX], side1[FERRET_BATCH_MAX];
	quo_block learnt_at[FERRET_BATCH_MAX], learnt[FERRET_BATCH_MAX];
	quo_block missing_at[FERRET_BATCH_MAX], missing[FERRET_BATCH_MAX];
};

/*
 * After a level of m nodes got children: where the path forks, the child of side r is learnt and
 * the other is missing. Both hold garbage g that went into the sums of their sides, so XORing (true
 * sum) ^ (our sum) into the child takes g out. The missing leaf is to be the sum of all others: the
 * sum of everything, itself and the correction included, goes into it.
 */
static void fork_paths(const ferret_batch *b, struct paths *p, unsigned level)
{
	const quo_block *t = b->base + level * b->trees, *sums = b->sums + level * b->trees;
	uint64_t m = UINT64_C(1) << level;

	for (size_t j = 0; j < b->trees; j++) {
		uint64_t r = quo_lsb(t[j]), at = p->missing_at[j].w[0];
		uint64_t learnt_at = at + (m & (r - 1)), missing_at = at + (m & (0 - r));
		quo_block all = quo_xor(p->side0[j], p->side1[j]);
		quo_block ours = quo_xor_if(p->side0[j], all, r);

		p->learnt[j] = quo_xor(quo_xor(sums[j], t[j]), ours);
		p->learnt_at[j] = (quo_block){ { learnt_at, learnt_at } };
		p->missing[j] = quo_xor(all, p->learnt[j]);
		p->missing_at[j] = (quo_block){ { missing_at, missing_at } };
	}
}

void ferret_trees_receive(const ferret_batch *b)
{
	struct paths p;
	uint64_t tweak = b->tweak;

	memset(&p, 0, sizeof p);
	memset(b->leaves, 0, 2 * b->trees * sizeof *b->leaves);
	for (unsigned level = 0; level < b->depth; level++) {
		size_t m = (size_t)1 << level;
		ferret_patch learnt = { p.learnt_at, p.learnt };

		if (level) {
			hash_level(b, b->trees << level, &tweak);
			b->kernels->join(b->leaves, m, b->trees, p.side0, p.side1);
		}
		fork_paths(b, &p, level);
		if (level + 1 < b->depth)
			b->kernels->patch(b->leaves, 2 * m, b->trees, learnt);
		else
			b->kernels->patch_leaves(b->leaves, 2 * m, b->trees, learnt,
						 (ferret_patch){ p.missing_at, p.missing });
	}
	quo_wipe(&p, sizeof p);
}
