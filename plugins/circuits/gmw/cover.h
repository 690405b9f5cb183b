/* SPDX-License-Identifier: Apache-2.0 */
/* Which operands become centres of stars: a small vertex cover. */
#ifndef QUOTIENT_GMW_COVER_H
#define QUOTIENT_GMW_COVER_H

#include <quotient/quotient.h>

/* An AND gate between two operands, numbered as the caller likes below n_vertices. */
struct gmw_edge {
	uint32_t a, b;
};

/*
 * Choose a centre for every edge, few in all: centre[e] is a or b of edge e. Greedy: the operand
 * with most uncovered edges first; then centres whose edges all have another centre are dropped.
 */
quo_status gmw_cover(const struct gmw_edge *edges, uint32_t n, uint32_t n_vertices,
		     uint32_t *centre, quo_err *err);

#endif
