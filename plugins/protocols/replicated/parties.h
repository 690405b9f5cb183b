/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who has what. A value is the sum mod 2^l of three pieces x_0, x_1, x_2, or the XOR of three bits. Party i has pieces i
 * and i + 1 (indices mod 3) as parts 0 and 1 of a tensor, so it lacks one, and every piece has two holders. Key K_q goes
 * with piece q: its holders are the same two parties, q and q - 1.
 */
#ifndef QUOTIENT_PLUGINS_REPLICATED_PARTIES_H
#define QUOTIENT_PLUGINS_REPLICATED_PARTIES_H

#include <quotient/quotient.h>

enum { REP_PARTIES = 3 };

static inline int rep_after(int party, int by)
{
	return (party + by) % REP_PARTIES;
}

/* The part of a tensor in which `me` has a piece; 2: it lacks it. */
static inline int rep_part_of(int me, int piece)
{
	return (piece - me + REP_PARTIES) % REP_PARTIES;
}

/* Elements that one party deals at a time, and the grain at which instances are cut; a multiple of 512. */
#define REP_BLOCK ((size_t)4096)

/* The party that deals block `block` of job `job` of a call. The same in every step, so that a step's forecast holds
 * for all. */
static inline int rep_dealer(size_t job, size_t block)
{
	return (int)((job + block) % REP_PARTIES);
}

#endif
