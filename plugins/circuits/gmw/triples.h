/* SPDX-License-Identifier: Apache-2.0 */
/* Multiplication triples of a wave: where they lie, and how they are made. */
#ifndef QUOTIENT_GMW_TRIPLES_H
#define QUOTIENT_GMW_TRIPLES_H

#include "plan.h"

static inline uint64_t *gmw_plane(const struct gmw_part *part, uint32_t plane)
{
	return part->planes + plane * part->words;
}

/* Rows of a star's triples: vectors or single words as its kind says. */
static inline uint64_t *gmw_a(const struct gmw_part *part, const struct gmw_star *s)
{
	return gmw_wide(s) ? gmw_plane(part, s->planes) : part->scalars + s->words;
}

/* Where the opened centre goes: d = centre ^ a. */
static inline uint64_t *gmw_d(const struct gmw_part *part, const struct gmw_star *s)
{
	return gmw_wide(s) ? gmw_plane(part, s->planes + 1) : part->scalars + s->words + 1;
}

static inline uint64_t *gmw_b(const struct gmw_part *part, const struct gmw_star *s, uint32_t j)
{
	if (s->kind == GMW_ONE)
		return part->scalars + s->words + 2 + j;
	return gmw_plane(part, s->planes + (gmw_wide(s) ? 2 : 0) + j);
}

static inline uint64_t *gmw_c(const struct gmw_part *part, const struct gmw_star *s, uint32_t j)
{
	return gmw_b(part, s, s->degree + j);
}

/* Make the triples of a wave's parts, whose planes and scalars are zero; in a dry session, account
 * for it. */
quo_status gmw_triples(quo_session *s, const struct gmw_part *parts, size_t n_parts, quo_err *err);

#endif
