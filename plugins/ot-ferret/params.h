/* SPDX-License-Identifier: Apache-2.0 */
/*
 * LPN parameters with regular noise, 128-bit security: `trees` noise blocks of 2^depth outputs with
 * one noisy output each, a secret of 2^log_secret bits, FERRET_ROW ones in a row of the code.
 */
#ifndef QUOTIENT_FERRET_PARAMS_H
#define QUOTIENT_FERRET_PARAMS_H

#include <stddef.h>
#include <stdint.h>

typedef struct ferret_params {
	uint32_t trees;
	unsigned log_secret;
	unsigned depth;
} ferret_params;

static inline size_t ferret_secret(const ferret_params *p)
{
	return (size_t)1 << p->log_secret;
}

/* COTs that an iteration makes. */
static inline size_t ferret_rows(const ferret_params *p)
{
	return (size_t)p->trees << p->depth;
}

/* COTs that an iteration takes: the secret, then one for each level of each tree. */
static inline size_t ferret_needs(const ferret_params *p)
{
	return ferret_secret(p) + (size_t)p->trees * p->depth;
}

/* By depth; a set's table is its secret, of 2^log_secret blocks. */
static const ferret_params ferret_sets[] = {
	{ 850, 16, 10 },
	{ 1170, 17, 11 },
	{ 1520, 18, 12 },
	{ 1900, 19, 13 },
};

#define FERRET_DEPTH_MIN 10
#define FERRET_DEPTH_MAX 13

static inline const ferret_params *ferret_set(unsigned depth)
{
	return &ferret_sets[depth - FERRET_DEPTH_MIN];
}

/* Of the first iteration, whatever follows: it takes the fewest COTs from the set-up engine. */
#define FERRET_FIRST_SET ferret_set(FERRET_DEPTH_MIN)

#endif
